//! A tutorial in Rust and in Python, on the CPU and on the card alike.

use anyhow::{Context as _, Result, ensure};
use parity::{TraceFile, Verdict};

use super::examples::{example, scrubbed, transcript_of};
use super::python::{python_with, repo_root};

/// The document's own settings and three others.
const SETTINGS: [&[&str]; 4] = [
    &[],
    &["--seed", "1", "--epochs", "30"],
    &["--seed", "4294967295", "--epochs", "101", "--lr", "0.0005"],
    &["--seed", "20201122", "--epochs", "40", "--lr", "0.00000003", "--threads", "1"],
];

/// The example and its reference print the same bytes and record the same tensors on `device`.
pub fn same_as_python(name: &str, device: &str) -> Result<()> {
    let Some(python) = python_with("torch, numpy, sklearn, safetensors") else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let reference = repo_root().join(format!("scripts/reference/{name}.py"));
    let mut tensors = 0;
    for settings in SETTINGS {
        let trace = |side: &str| folder.path().join(format!("{side}.safetensors"));
        let flags = [&["--device", device, "--quiet"], settings].concat();
        let ours = transcript_of(example(name)?.args(&flags).arg("--trace").arg(trace("rust")))?;
        let theirs = transcript_of(
            scrubbed(&python).arg(&reference).args(&flags).arg("--trace").arg(trace("python")),
        )?;
        let differing = ours.lines().zip(theirs.lines()).find(|(a, b)| a != b);
        ensure!(ours == theirs, "{name} {settings:?}: the transcripts part at {differing:?}");
        let comparison = parity::compare(
            &TraceFile::read(trace("rust")).context("the example's trace")?,
            &TraceFile::read(trace("python")).context("the reference's trace")?,
        );
        ensure!(
            comparison.verdict == Verdict::Identical && comparison.compared > 0,
            "{name} {settings:?}: {} of {} tensors are identical, the first that is not: {:?}, {:?}",
            comparison.identical,
            comparison.compared,
            comparison.first_divergence,
            comparison.differing.first(),
        );
        tensors += comparison.compared;
    }
    println!("tensors with Python's bits: {tensors} of {tensors} ({name}, {device})");
    Ok(())
}
