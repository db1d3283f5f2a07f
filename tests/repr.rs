//! Python's printing: thousands of values printed here and by Python, compared byte for byte.
//!
//! `tests/python/repr.py` makes the values, prints them and describes them bit for bit; each is
//! made again here and printed by `torch_exact::repr`. `tests/golden/repr.jsonl` holds what it
//! once printed, the notebook form with it, for which Python needs IPython.

#[path = "repr/case.rs"]
mod case;
mod common;

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use case::Case;
use common::python::{python_with, repo_root, run_script, skipped};
use tch::{Kind, Tensor};
use torch_exact::repr::{self, Repr};

const SCRIPT: &str = "tests/python/repr.py";
const GOLDEN: &str = "tests/golden/repr.jsonl";

/// Prints every case of the script's output and compares; the number of cases.
fn compare(lines: &str) -> Result<usize> {
    let mut lines: Vec<&str> = lines.lines().collect();
    let last = lines.pop().context("no output")?;
    ensure!(last == format!("end {}", lines.len()), "incomplete output: {last}");
    let mut wrong = Vec::new();
    for line in &lines {
        let case: Case = serde_json::from_str(line).with_context(|| (*line).to_owned())?;
        let printed = case.print().unwrap_or_else(|error| format!("error: {error:#}"));
        if printed != case.text {
            let (form, python) = (&case.form, &case.text);
            wrong.push(format!("{line}\n{form} in Python:\n{python}\nhere:\n{printed}\n"));
        }
    }
    if let Some(shortest) = wrong.iter().min_by_key(|report| report.len()) {
        bail!("{} of {} differ, the shortest:\n{shortest}", wrong.len(), lines.len());
    }
    Ok(lines.len())
}

#[test]
fn golden_texts_are_printed() -> Result<()> {
    let golden = fs::read_to_string(repo_root().join(GOLDEN)).context(GOLDEN)?;
    ensure!(compare(&golden)? > 700, "{GOLDEN} has lost most of its cases");
    Ok(())
}

#[test]
fn thousands_of_values_print_as_in_python() -> Result<()> {
    let Some(python) = python_with("torch, numpy") else {
        skipped(&format!("no Python imports torch and numpy, so only {GOLDEN} was compared"));
        return Ok(());
    };
    let live = run_script(&python, SCRIPT, &["--runs", "2500", "--seed", "1"], "")?;
    ensure!(compare(&live)? > 3000, "the script printed too few cases");
    Ok(())
}

#[test]
fn what_is_not_dense_is_refused_and_does_not_panic() -> Result<()> {
    let dense = Tensor::from_slice(&[1.0_f32, 2.0]).f_view([1, 2])?;
    let components = Tensor::from_slice(&[1_i64, 2]).f_view([1, 2])?;
    let refused = [
        ("undefined", Tensor::new()),
        ("sparse", dense.f_to_sparse(None, None::<i64>, None)?),
        ("compressed", dense.f_to_sparse_csr(None)?),
        ("quantized", dense.f_quantize_per_tensor(0.1, 0, Kind::QInt8)?),
        (
            "nested",
            Tensor::f_internal_nested_from_padded(&dense.f_view([1, 1, 2])?, &components, false)?,
        ),
    ];
    for (name, tensor) in &refused {
        for outcome in [tensor.repr(), repr::format(tensor), repr::parameter(tensor)] {
            let error = outcome.err().with_context(|| format!("{name} was printed"))?;
            ensure!(matches!(error, repr::Error::Unsupported { .. }), "{name}: {error}");
        }
    }
    Ok(())
}
