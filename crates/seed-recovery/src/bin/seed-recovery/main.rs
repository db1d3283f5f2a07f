//! `seed-recovery`: from a printed tensor back to the seed.
#![forbid(unsafe_code)]

mod asked;
mod merge;
mod notebook;
mod options;
mod progress;
mod range;
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
    match &arguments.command {
        Some(Command::Merge(files)) => return Ok(if merge::run(files)? { FOUND } else { NONE }),
        Some(Command::Notebook(arguments)) => return notebook::run(arguments),
        None => {}
    }
    let asked = arguments.asked()?;
    let search = &asked.search;
    let state = StateFile::new(search, arguments.state.clone());
    let resumed = state.load()?;
    let begun = resumed.clone().unwrap_or_else(|| search.begin());
    if !arguments.quiet {
        report::announce(&asked, &begun, resumed.is_some().then(|| state.path()));
    }
    if arguments.dry_run {
        return Ok(FOUND);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let signal = Arc::clone(&stop);
    ctrlc::set_handler(move || signal.store(true, Ordering::Relaxed))?;

    let started = Instant::now();
    let ended = search_on(search, begun, &stop, &state, arguments);
    let seconds = started.elapsed().as_secs_f64();
    let stopped = !search.is_done(&ended);
    if stopped {
        state.save(&ended)?;
        report::stopped(search, &ended, state.path());
    } else {
        state.remove()?;
    }
    if arguments.json {
        println!("{}", report::json(&asked, &ended, seconds, stopped.then(|| state.path()))?);
    } else if !stopped {
        print!("{}", report::text(&asked, &ended, seconds));
    }
    Ok(match (stopped, ended.hits.is_empty()) {
        (true, _) => STOPPED,
        (false, true) => NONE,
        (false, false) => FOUND,
    })
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
