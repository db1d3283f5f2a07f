//! A tutorial in Rust and in Python, on the CPU and on a GPU alike.

use std::path::Path;

use anyhow::{Result, ensure};
use parity::recorder::{Output, Recorder};
use parity::recording::Recording;
use parity::{Comparison, Verdict};

use super::examples::{example_path, scratch};
use super::python::{python_with, repo_root};

/// The document's own settings and others, in its own arithmetic, the machine's and the portable one.
#[rustfmt::skip]
const SETTINGS: [&[&str]; 4] = [
    &[],
    &["--arithmetic", "native", "--seed", "1", "--epochs", "30"],
    &["--arithmetic", "portable", "--seed", "4294967295", "--epochs", "101", "--lr", "0.0005"],
    &["--arithmetic", "native", "--seed", "20201122", "--epochs", "40", "--lr", "0.00000003", "--threads", "1"],
];

/// The example and its reference print the same bytes, and every call that computes has the same
/// bits in both, on `device`.
pub fn same_as_python(name: &str, device: &str) -> Result<()> {
    let Some(python) = python_with("torch, numpy, sklearn, safetensors") else {
        return Ok(());
    };
    let reference = repo_root().join(format!("scripts/reference/{name}.py"));
    let programs: [&[&Path]; 2] = [&[&python, &reference], &[&example_path(name)?]];
    let recorder = Recorder::new()?;
    let mut calls = 0;
    for settings in SETTINGS {
        let flags = [&["--device", device, "--quiet", "--no-figures"], settings].concat();
        let folder = tempfile::tempdir()?;
        let folders = ["python", "rust"].map(|side| folder.path().join(side));
        for (program, folder) in programs.iter().zip(&folders) {
            let program = program.iter().map(|path| path.display().to_string());
            let words: Vec<_> = program.chain(flags.iter().map(ToString::to_string)).collect();
            recorder.record(&words, folder, Output::Kept, &[], Some(&scratch()?))?;
        }
        let [theirs, ours] = folders.each_ref().map(Recording::read);
        let comparison = Comparison::new(&theirs?, &ours?);
        ensure!(comparison.verdict == Verdict::Identical, "{name} {settings:?}: {comparison}");
        ensure!(comparison.output.is_some(), "{name} {settings:?}: no transcripts were compared");
        calls += comparison.sides[0].computing;
    }
    println!("computing calls with Python's bits: {calls} of {calls} ({name}, {device})");
    Ok(())
}
