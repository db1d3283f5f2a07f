//! `parity`: whether two programs on one libtorch compute the same bits.
#![forbid(unsafe_code)]

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Compares two runs bit for bit: the tensors they recorded, and what they printed.
///
/// Exit status: 0 identical, 1 different, 2 not comparable.
#[derive(Debug, Parser)]
#[command(name = "parity", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Compare(commands::compare::Args),
    Run(commands::run::Args),
    Fuzz(commands::fuzz::Args),
    Repr(commands::repr::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Compare(args) => commands::compare::run(&args),
        Command::Run(args) => commands::run::run(&args),
        Command::Fuzz(args) => commands::fuzz::run(&args),
        Command::Repr(args) => commands::repr::run(&args),
    };
    match result {
        Ok(verdict) => ExitCode::from(verdict.exit_code()),
        Err(error) => {
            eprintln!("parity: {error:#}");
            ExitCode::from(parity::Verdict::NotComparable.exit_code())
        }
    }
}
