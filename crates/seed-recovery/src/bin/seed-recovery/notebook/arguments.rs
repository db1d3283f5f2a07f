//! The command line of `seed-recovery notebook`.

use std::path::PathBuf;

use clap::Args;
use seed_recovery::notebook::Given;
use seed_recovery::{Error, Options};

use crate::range::range;

/// Reads a notebook, a script with pasted output or a post, and searches for its seed.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file: .ipynb, .py, .md or .html
    pub file: PathBuf,
    /// The CSV file that the notebook reads, for its rows and columns
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// The value of a name that the notebook does not show, as num_rows=1271
    #[arg(long, value_name = "NAME=N")]
    pub set: Vec<String>,
    /// Write the evidence to a file, to be edited, and stop
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub evidence: Option<PathBuf>,
    /// Search for the evidence in a file that --evidence wrote
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub budget: Option<f64>,
    /// Try only the seeds from A to below B
    #[arg(long, value_name = "A..B")]
    seeds: Option<String>,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Say what was understood and what would be searched, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Say nothing on standard error but errors
    #[arg(long, short)]
    pub quiet: bool,
}

impl Arguments {
    /// What a search adds to its evidence.
    pub fn options(&self) -> Result<Options, Error> {
        let defaults = Options::default();
        let seeds = self.seeds.as_deref();
        Ok(Options {
            seeds: seeds.map_or(Ok(defaults.seeds.clone()), |text| range("--seeds", text))?,
            threads: self.threads.unwrap_or(defaults.threads),
            ..defaults
        })
    }

    /// What is known of the notebook's data from outside.
    pub fn given(&self) -> Result<Given, Error> {
        let mut given = Given::default();
        if let Some(path) = &self.data {
            given.table = Some(Given::read_table(path)?);
        }
        for text in &self.set {
            let pair = text.split_once('=');
            let pair = pair.and_then(|(name, n)| Some((name.trim(), n.trim().parse().ok()?)));
            let (name, number) = pair.ok_or_else(|| Error::Option {
                option: "--set",
                expected: "NAME=N with a whole number".into(),
                found: text.clone(),
            })?;
            given.numbers.insert(name.to_owned(), number);
        }
        Ok(given)
    }
}
