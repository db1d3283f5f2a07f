//! `parity check`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use parity::recorder::{Output, Recorder};
use parity::recording::Recording;
use parity::{Comparison, Golden};

use super::compare::tell;
use super::reports::Reports;
use super::say;

/// Compare a program with a golden, which `parity record --to` has made of another.
///
/// parity check hello.parity 'target/release/hello' needs no Python. The program computes in the
/// arithmetic and with the threads that the golden was recorded with.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The golden; the folder of a recording will do.
    golden: PathBuf,
    /// The command, in quotes; or its words behind --.
    #[arg(required_unless_present = "words", conflicts_with = "words")]
    command: Option<String>,
    /// Run it in this folder itself, and not in a copy of it.
    #[arg(long)]
    here: bool,
    #[command(flatten)]
    reports: Reports,
    /// The command and its arguments.
    #[arg(last = true, value_name = "COMMAND")]
    words: Vec<String>,
}

/// Records, compares and prints; the exit status says how the two compare.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.reports.check()?;
    let golden = Recording::read(&args.golden)?;
    let words = match &args.command {
        None => args.words.clone(),
        Some(command) => shlex::split(command)
            .filter(|words| !words.is_empty())
            .with_context(|| format!("{command:?} is not a command"))?,
    };
    let recorder = Recorder::like(&golden, say)?.own_folder(!args.here).shows_progress(true);
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    recorder.record(&words, temporary.path(), Output::Kept, &[], None)?;
    let recording = Recording::read(temporary.path())?;
    let across = args.reports.across();
    let comparison = Comparison::across(&golden, &recording, across);
    let to_keep = comparison.first_difference.as_ref().and_then(|found| found.to_keep());
    let advice = to_keep.map(|_| Golden::ADVICE).unwrap_or_default();
    tell(comparison, &args.reports, advice)
}
