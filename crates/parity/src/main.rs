//! `parity`: whether two programs on one libtorch compute the same bits.
#![forbid(unsafe_code)]

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use parity::Verdict;

/// Compares two programs bit for bit: every call they make of libtorch, and what they print.
///
/// Neither program is changed. A call that computes is matched with one of the other program, and
/// the first that makes other bits is named by its line on both sides.
///
/// Exit status: 0 identical, 1 different, 2 not comparable, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "parity", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(commands::run::Args),
    Record(commands::record::Args),
    Compare(commands::compare::Args),
    Check(commands::check::Args),
    Recorder(commands::recorder::Args),
    Fuzz(commands::fuzz::Args),
    New(commands::new::Args),
}

fn main() -> ExitCode {
    let code = |verdict: Verdict| ExitCode::from(verdict.exit_code());
    let command = Cli::parse().command;
    if let Err(error) = parity::recorder::end_with_signals() {
        eprintln!("parity: signals end it at once: {error}");
    }
    let result = match command {
        Command::Run(args) => commands::run::run(&args),
        Command::Record(args) => commands::record::run(&args),
        Command::Compare(args) => commands::compare::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Recorder(args) => commands::recorder::run(&args),
        Command::Fuzz(args) => commands::fuzz::run(&args),
        Command::New(args) => commands::new::run(&args),
    };
    result.unwrap_or_else(|error| {
        match error.downcast_ref::<parity::recording::Error>() {
            Some(parity::recording::Error::Interrupted) => return ExitCode::from(130),
            // Its sentence ends in the system's own.
            Some(error) => eprintln!("parity: {error}"),
            None => eprintln!("parity: {error:#}"),
        }
        code(Verdict::NotComparable)
    })
}
