//! `seed-recovery`: from a printed tensor back to the seed.
#![forbid(unsafe_code)]

mod merge;
mod options;
mod progress;
mod report;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use seed_recovery::{Error, Progress, Search, StateFile};

use options::{Arguments, Command};

/// Exit codes: a seed was found; none was; what was asked cannot be done; stopped by Ctrl-C.
const FOUND: u8 = 0;
const NONE: u8 = 1;
const BAD_INPUT: u8 = 2;
const STOPPED: u8 = 130;

/// How often the state is saved.
const SAVE_EVERY: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            // One sentence, as for all other bad input; `--help` has the rest.
            let text = error.to_string();
            eprintln!("{}", text.lines().next().unwrap_or_default().trim_start_matches("error: "));
            return ExitCode::from(BAD_INPUT);
        }
        Err(help) => help.exit(),
    };
    match run(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:#}");
            let known = error.downcast_ref::<Error>().is_some()
                || error.downcast_ref::<std::io::Error>().is_some();
            ExitCode::from(if known { BAD_INPUT } else { NONE })
        }
    }
}

fn run(arguments: &Arguments) -> Result<u8> {
    if let Some(Command::Merge(files)) = &arguments.command {
        return Ok(if merge::run(files)? { FOUND } else { NONE });
    }
    let search = arguments.search()?;
    if !arguments.weak {
        search.check_strength()?;
    }
    let state = StateFile::new(&search, arguments.state.clone());
    let resumed = state.load()?;
    let begun = resumed.clone().unwrap_or_else(|| search.begin());
    if !arguments.quiet {
        report::announce(&search, &begun, resumed.is_some().then(|| state.path()));
    }
    if arguments.dry_run {
        return Ok(FOUND);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let signal = Arc::clone(&stop);
    ctrlc::set_handler(move || signal.store(true, Ordering::Relaxed))?;

    let started = Instant::now();
    let ended = search_on(&search, begun, &stop, &state, arguments);
    if !search.is_done(&ended) {
        state.save(&ended)?;
        report::stopped(&search, &ended, state.path());
        return Ok(STOPPED);
    }
    state.remove()?;
    let seconds = started.elapsed().as_secs_f64();
    if arguments.json {
        println!("{}", report::json(&search, &ended, seconds)?);
    } else {
        print!("{}", report::text(&search, &ended, seconds));
    }
    Ok(if ended.hits.is_empty() { NONE } else { FOUND })
}

/// Runs the search under a progress bar and saves its state now and then.
fn search_on(
    search: &Search,
    begun: Progress,
    stop: &AtomicBool,
    state: &StateFile,
    arguments: &Arguments,
) -> Progress {
    let bar = progress::bar(search, &begun, arguments.quiet);
    let mut saved = Instant::now();
    let mut reported = begun.hits.len();
    let ended = search.run(begun, stop, &mut |now| {
        bar.set_position(now.tried_to - search.seeds().start);
        for hit in now.hits.iter().skip(reported).filter(|_| !arguments.quiet) {
            bar.suspend(|| eprintln!("found: seed {}, offset {}", hit.seed, hit.offset));
        }
        reported = now.hits.len();
        if saved.elapsed() >= SAVE_EVERY {
            saved = Instant::now();
            if let Err(error) = state.save(now) {
                bar.suspend(|| eprintln!("warning: {error}"));
            }
        }
    });
    bar.finish_and_clear();
    ended
}
