//! `seed-recovery notebook`: from a file to the seed of its run.

mod arguments;
mod found;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use seed_recovery::notebook::{
    Attempt, Notebook, Understanding, attempts, describe, evidence_text,
};
use seed_recovery::{Error, Evidence, Hit, Offsets, Options, Search, parse_items, readings};

use crate::{FOUND, NONE, STOPPED};
pub use arguments::Arguments;

/// Reads the notebook, says what was understood, and searches.
pub fn run(arguments: &Arguments) -> Result<u8> {
    let notebook = Notebook::read(&arguments.file)?;
    let understanding = Understanding::new(notebook, &arguments.given()?);
    let plan = match &arguments.from {
        Some(path) => from_file(path)?,
        None => attempts(&understanding).map_err(|reason| {
            if !arguments.quiet {
                eprint!("{}", describe(&understanding, &[]));
            }
            Error::NoEvidence { path: arguments.file.clone(), reason }
        })?,
    };
    if !arguments.quiet {
        eprint!("{}", describe(&understanding, &plan));
    }
    if let Some(path) = &arguments.evidence {
        let name = arguments.file.file_name().unwrap_or_default().to_string_lossy();
        let text = plan.first().map(|first| evidence_text(&name, first)).unwrap_or_default();
        atomic_file::write(path, |file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))?;
        return Ok(FOUND);
    }
    if arguments.dry_run {
        return Ok(FOUND);
    }
    search(arguments, &understanding, &plan)
}

/// The attempts of an evidence file.
fn from_file(path: &Path) -> Result<Vec<Attempt>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let items = parse_items(&[], Some(&text))?;
    let library = Evidence::new(items.clone())?.library();
    let attempt = |reading: seed_recovery::Reading| Attempt {
        stage: 0,
        why: format!("the evidence of {}", path.display()),
        items: reading.items,
        assumes: reading.assumes,
        offsets: Offsets::at(0).into(),
        seeds: None,
        before: 0,
        library,
    };
    Ok(readings(&items, false).into_iter().map(attempt).collect())
}

fn search(arguments: &Arguments, understanding: &Understanding, plan: &[Attempt]) -> Result<u8> {
    let options = arguments.options()?;
    let stop = Arc::new(AtomicBool::new(false));
    let signal = Arc::clone(&stop);
    ctrlc::set_handler(move || signal.store(true, Ordering::Relaxed))?;
    let started = Instant::now();
    let deadline = arguments
        .budget
        .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO));
    let halt = || {
        stop.load(Ordering::Relaxed)
            || deadline.is_some_and(|deadline| started.elapsed() >= deadline)
    };
    let mut tried = 0;
    for stage in plan.chunk_by(|a, b| a.stage == b.stage && a.seeds == b.seeds) {
        if halt() {
            break;
        }
        for (i, attempt) in stage.iter().enumerate().filter(|_| !arguments.quiet) {
            eprintln!("trying {} of {}: {}", tried + i + 1, plan.len(), attempt.summary());
        }
        let (hits, whole) = try_stage(stage, &options, &halt, arguments.quiet)?;
        let found = found::best(understanding, hits);
        if !found.is_empty() {
            found::report(arguments.json, &found, started.elapsed().as_secs_f64())?;
            return Ok(FOUND);
        }
        if !whole {
            break;
        }
        tried += stage.len();
    }
    let ended = tried == plan.len();
    if arguments.json {
        let json = serde_json::json!({ "hits": [], "tried": tried, "searches": plan.len() });
        println!("{}", serde_json::to_string_pretty(&json)?);
    } else if ended {
        println!("no seed draws what the notebook prints, by any of the {tried} searches");
    } else {
        println!("no seed found so far: {tried} of {} searches were made", plan.len());
    }
    Ok(if ended { NONE } else { STOPPED })
}

/// Makes the attempts of a stage in one pass, until one hits; whether all seeds were tried comes with
/// the hits.
fn try_stage<'a>(
    stage: &'a [Attempt],
    options: &Options,
    halt: &dyn Fn() -> bool,
    quiet: bool,
) -> Result<(Vec<(&'a Attempt, Hit)>, bool)> {
    let [first, ..] = stage else { return Ok((Vec::new(), true)) };
    let seeds = first.seeds.clone().unwrap_or_else(|| options.seeds.clone());
    let options = Options { seeds, first: true, ..options.clone() };
    let targets = stage.iter().map(Attempt::target).collect::<Result<Vec<_>, _>>()?;
    let mut search = Search::for_targets(targets, options.clone())?;
    let mut kept: Vec<&Attempt> = stage.iter().collect();
    if first.seeds.is_none() {
        let mut strong = Vec::new();
        for (i, attempt) in stage.iter().enumerate() {
            match search.check_strength_of(i) {
                Ok(()) => strong.push((attempt, search.targets()[i].clone())),
                Err(_) if quiet => {}
                Err(weak) => eprintln!("left out, {}: {weak}", attempt.summary()),
            }
        }
        if strong.is_empty() {
            return Ok((Vec::new(), true));
        }
        if strong.len() < stage.len() {
            let targets;
            (kept, targets) = strong.into_iter().unzip();
            search = Search::for_targets(targets, options)?;
        }
    }
    let stop = AtomicBool::new(false);
    let ended = search.run(search.begin(), &stop, &mut |_| {
        if halt() {
            stop.store(true, Ordering::Relaxed);
        }
    });
    let whole = search.is_done(&ended);
    Ok((ended.hits.into_iter().map(|hit| (kept[hit.target], hit)).collect(), whole))
}
