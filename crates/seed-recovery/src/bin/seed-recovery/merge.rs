//! `seed-recovery merge`: one result from those of shards.

use std::path::PathBuf;

use anyhow::{Context, Result};
use seed_recovery::Outcome;

/// Joins the results of shards, files that `--json` printed, into that of the whole search.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The results, in any order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Prints the whole search's result, and says whether anything was found.
pub fn run(arguments: &Arguments) -> Result<bool> {
    let parts = arguments.files.iter().map(|path| {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        let part = Outcome::read(&name, &text)?;
        Ok((name, part))
    });
    let whole = Outcome::merge(parts.collect::<Result<_>>()?)?;
    println!("{}", serde_json::to_string_pretty(&whole)?);
    Ok(!whole.hits.is_empty())
}
