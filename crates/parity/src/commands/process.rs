//! Running a program to its end.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// What a program that succeeded left behind.
#[derive(Debug)]
pub struct Finished {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// From its start to its exit.
    pub wall: Duration,
}

/// Runs a program in `folder`; one that fails is an error that ends in the last line it wrote to
/// standard error.
pub fn run<S: AsRef<OsStr>>(
    program: &Path,
    args: impl IntoIterator<Item = S>,
    folder: &Path,
) -> anyhow::Result<Finished> {
    let start = Instant::now();
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let wall = start.elapsed();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last =
            errors.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        bail!("{} failed with {}: {}", program.display(), output.status, last.trim());
    }
    Ok(Finished { stdout: output.stdout, wall })
}
