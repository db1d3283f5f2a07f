//! The subcommands, and what they share.

pub mod check;
pub mod compare;
pub mod fuzz;
pub mod new;
mod outcome;
pub mod record;
pub mod recorder;
mod reports;
pub mod run;
mod tutorials;

use std::io::{self, Write as _};

/// Writes a line to standard output. A reader that has gone away (`| head`) has seen enough and is
/// no failure.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => {
            result.map_err(|error| anyhow::anyhow!("cannot write to standard output: {error}"))
        }
    }
}

/// Says on standard error what takes long.
pub fn say(what: &str) {
    eprintln!("parity: {what}");
}
