//! `parity recorder`.

use std::path::PathBuf;
use std::process::ExitCode;

use parity::recorder::compiled;

use super::{print, say};

/// Compile the recorder for a libtorch before a program needs it, and print where it is.
///
/// Else it is compiled for the first program that is recorded. PARITY_CACHE names the folder for compiled
/// recorders [default: ~/.cache/parity], which can be taken to a machine without a compiler.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The `torch` folder of a Python that has PyTorch, or an unpacked libtorch.
    libtorch: PathBuf,
}

/// Compiles, where that was not done before.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let path = compiled(&args.libtorch.join("lib"), say)?;
    print(&path.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
