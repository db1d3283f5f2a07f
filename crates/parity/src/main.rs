//! `parity`: whether two programs on one libtorch compute the same bits.
#![forbid(unsafe_code)]

mod commands;

use std::env;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use parity::Verdict;

/// Compares two programs bit for bit: every call they make of libtorch, and what they print.
///
/// Neither program is changed. A call that computes is matched with one of the other program, and
/// the first that makes other bits is named by its line on both sides.
///
/// Exit status: 0 identical, 1 different, 2 not comparable, 3 identical up to where both failed
/// alike, 130 interrupted.
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
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return refused(&error),
    };
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

/// What clap says of the words; and, where `run` is given a flag it does not have, whose it may be.
fn refused(error: &clap::Error) -> ExitCode {
    // Nobody is left to be told where standard error is closed.
    let _ = error.print();
    let is_run = env::args_os().nth(1).is_some_and(|word| word == "run");
    if is_run && error.kind() == ErrorKind::UnknownArgument {
        eprintln!(
            "\nA command with flags of its own goes in quotes, as in \
             `parity run 'python hello.py --epochs 3' 'target/release/hello --epochs 3'`"
        );
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}
