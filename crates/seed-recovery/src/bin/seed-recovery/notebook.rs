//! `seed-recovery notebook`: from a file to the seed of its run.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use seed_recovery::notebook::{
    Agreement, Attempt, Notebook, Understanding, agreement, attempts, describe, evidence_text,
};
use seed_recovery::{
    Error, Evidence, Hit, Library, Offsets, Options, Search, parse_items, readings, reproduce,
};

use crate::options::NotebookArguments;
use crate::{FOUND, NONE, STOPPED};

/// A hit with what it was found by and how much it draws again.
struct Found<'a> {
    attempt: &'a Attempt,
    hit: Hit,
    agreement: Agreement,
}

/// Reads the notebook, says what was understood, and searches.
pub fn run(arguments: &NotebookArguments) -> Result<u8> {
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
        why: format!("the evidence of {}", path.display()),
        items: reading.items,
        assumes: reading.assumes,
        offsets: vec![Offsets::at(0)],
        seeds: None,
        before: 0,
        library,
    };
    Ok(readings(&items, false).into_iter().map(attempt).collect())
}

fn search(
    arguments: &NotebookArguments,
    understanding: &Understanding,
    plan: &[Attempt],
) -> Result<u8> {
    let options = arguments.options()?;
    let stop = Arc::new(AtomicBool::new(false));
    let signal = Arc::clone(&stop);
    ctrlc::set_handler(move || signal.store(true, Ordering::Relaxed))?;
    let started = Instant::now();
    let deadline = arguments
        .budget
        .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO));
    let late = || deadline.is_some_and(|deadline| started.elapsed() >= deadline);
    let mut tried = 0;
    for attempt in plan {
        if late() || stop.load(Ordering::Relaxed) {
            break;
        }
        if !arguments.quiet {
            eprintln!("trying {} of {}: {}", tried + 1, plan.len(), attempt.summary());
        }
        let (hits, whole) = try_attempt(attempt, &options, &stop, &late, arguments.quiet)?;
        let found: Vec<Found> = hits
            .into_iter()
            .map(|hit| Found { attempt, hit, agreement: agreement(understanding, attempt, &hit) })
            .collect();
        if !found.is_empty() {
            report(arguments, &found, started.elapsed().as_secs_f64())?;
            return Ok(FOUND);
        }
        if !whole {
            break;
        }
        tried += 1;
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

/// Searches one attempt; whether it was searched to its end comes with the hits.
fn try_attempt(
    attempt: &Attempt,
    options: &Options,
    stop: &AtomicBool,
    late: &dyn Fn() -> bool,
    quiet: bool,
) -> Result<(Vec<Hit>, bool)> {
    let evidence = attempt.evidence()?;
    let seeds = attempt.seeds.clone().unwrap_or_else(|| options.seeds.clone());
    let search = Search::new(
        evidence,
        Options { offsets: cover(&attempt.offsets), seeds, ..options.clone() },
    )?;
    if attempt.seeds.is_none()
        && let Err(weak) = search.check_strength()
    {
        if !quiet {
            eprintln!("left out: {weak}");
        }
        return Ok((Vec::new(), true));
    }
    let halt = AtomicBool::new(false);
    let ended = search.run(search.begin(), &halt, &mut |_| {
        if late() || stop.load(Ordering::Relaxed) {
            halt.store(true, Ordering::Relaxed);
        }
    });
    let asked = |hit: &Hit| attempt.offsets.iter().any(|offsets| offsets.contains(hit.offset));
    let whole = search.is_done(&ended);
    Ok((ended.hits.into_iter().filter(asked).collect(), whole))
}

/// One stretch that holds all offsets: one pass over the seeds, where each offset alone would take one.
fn cover(offsets: &[Offsets]) -> Offsets {
    let first = offsets.iter().map(|one| one.first).min().unwrap_or(0);
    let last = offsets.iter().map(Offsets::last).max().unwrap_or(0);
    let strides = offsets.iter().flat_map(|one| {
        let own = if one.count() > 1 { one.stride } else { 0 };
        [one.first - first, own]
    });
    let stride = strides.fold(0, gcd).max(1);
    Offsets { first, end: last + 1, stride }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn report(arguments: &NotebookArguments, found: &[Found], seconds: f64) -> Result<()> {
    if arguments.json {
        let hits: Vec<_> = found
            .iter()
            .map(|Found { attempt, hit, agreement }| {
                let programs = reproduce(&attempt.items, attempt.library, hit);
                serde_json::json!({
                    "seed": hit.seed,
                    "offset": hit.offset,
                    "arithmetic": hit.arithmetic,
                    "assumes": attempt.assumes,
                    "search": attempt.why,
                    "agreement": agreement,
                    "python": programs.python,
                    "rust": programs.rust,
                })
            })
            .collect();
        let json = serde_json::json!({ "hits": hits, "seconds": seconds });
        println!("{}", serde_json::to_string_pretty(&json)?);
        return Ok(());
    }
    for Found { attempt, hit, agreement } in found {
        println!("seed {}, offset {}: {}", hit.seed, hit.offset, attempt.summary());
        let epoch = agreement.assumes.iter().filter(|one| !attempt.assumes.contains(one));
        for assumption in epoch {
            println!("the draws that follow fit {assumption}");
        }
        println!(
            "{} of {} printed values of its draws are drawn again{}",
            agreement.drawn_again,
            agreement.printed,
            match &agreement.departs_at {
                Some(place) => format!("; from {place} on the run is another one than is shown"),
                None => String::new(),
            },
        );
        if hit.arithmetic.is_default() && attempt.library == Library::Torch {
            println!("the arithmetic is that of a processor without AVX2");
        }
        let programs = reproduce(&attempt.items, attempt.library, hit);
        let lines: Vec<String> =
            programs.python.lines().map(|line| format!("    {line}")).collect();
        println!("\nPython:\n\n{}\n", lines.join("\n"));
    }
    Ok(())
}
