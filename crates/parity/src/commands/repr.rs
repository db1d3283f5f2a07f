//! `parity repr FILE`.

use std::path::PathBuf;

use anyhow::Context as _;
use parity::Verdict;
use parity::trace::TraceFile;

use super::print;

/// Print each tensor of a file as Python would, under its name and in order of recording.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A trace, or any safetensors file.
    file: PathBuf,
}

/// Prints every tensor.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let file = TraceFile::read(&args.file)?;
    for name in file.order() {
        let tensor = file.tensor(name)?;
        let text = torch_exact::repr::tensor(&tensor).with_context(|| name.clone())?;
        print(&format!("# {name}\n{text}"))?;
    }
    Ok(Verdict::Identical)
}
