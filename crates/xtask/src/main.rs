//! The checkout's chores, which `scripts/` call by the names that a user types.
#![forbid(unsafe_code)]

mod checkout;
mod mutants;
mod setup;
mod tutorial;

use std::env;
use std::process::ExitCode;

use anyhow::Result;
use checkout::Checkout;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(bin_name = "cargo run -p xtask --", about)]
struct Flags {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Setup(setup::Flags),
    Tutorial(tutorial::Flags),
    Mutants(mutants::Flags),
    /// Print a version from Cargo.toml: tch, pytorch, cuda or nvidia-driver.
    Version {
        #[arg(value_parser = ["tch", "pytorch", "cuda", "nvidia-driver"])]
        key: String,
    },
    /// Print, for a shell, what leads builds and programs to the linked libtorch.
    Environment,
}

fn main() -> ExitCode {
    let task = Flags::parse().task;
    run(task).unwrap_or_else(|error| {
        let name = env::args().nth(1).unwrap_or_default();
        eprintln!("{name}: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(task: Task) -> Result<ExitCode> {
    let checkout = Checkout::find()?;
    match task {
        Task::Setup(flags) => setup::run(&checkout, &flags),
        Task::Tutorial(flags) => tutorial::run(&checkout, flags),
        Task::Mutants(flags) => mutants::run_all(&checkout, &flags),
        Task::Version { key } => {
            println!("{}", checkout.pinned(&key));
            Ok(ExitCode::SUCCESS)
        }
        Task::Environment => {
            print!("{}", checkout.linked_environment());
            Ok(ExitCode::SUCCESS)
        }
    }
}
