//! Goldens: lines of JSON, one a case, closed by `{"end": N}`; recorded by `scripts/record`.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::arithmetic;
use super::python::{python_with, repo_root, run_script};

/// The closing line, which shows that nothing is missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    end: usize,
}

/// The cases of such lines.
pub fn parse<Case: DeserializeOwned>(text: &str) -> Result<Vec<Case>> {
    let mut lines: Vec<&str> = text.lines().collect();
    let last = lines.pop().context("no lines")?;
    let End { end } = serde_json::from_str(last).with_context(|| format!("cut short at {last}"))?;
    ensure!(end == lines.len(), "{} lines of {end}", lines.len());
    let case = |line: &&str| serde_json::from_str(line).with_context(|| (*line).to_owned());
    lines.iter().map(case).collect()
}

/// The cases of `tests/golden/NAME.jsonl`; none in another arithmetic than theirs.
pub fn golden<Case: DeserializeOwned>(name: &str) -> Result<Vec<Case>> {
    if !arithmetic::is_of_goldens() {
        return Ok(vec![]);
    }
    let path = format!("tests/golden/{name}.jsonl");
    parse(&fs::read_to_string(repo_root().join(&path)).context(path.clone())?).context(path)
}

/// The cases that `tests/python/NAME.py` makes now, given `args`; `None` where the tests were told
/// to do without Python. Its golden must be what it prints with `--golden`.
pub fn live<Case: DeserializeOwned>(
    name: &str,
    modules: &str,
    args: &[&str],
) -> Result<Option<Vec<Case>>> {
    let Some(python) = python_with(modules) else {
        return Ok(None);
    };
    let script = format!("tests/python/{name}.py");
    let cases = run_script(&python, &script, args, "")?;
    if arithmetic::is_of_goldens() {
        let golden = format!("tests/golden/{name}.jsonl");
        let recorded = fs::read_to_string(repo_root().join(&golden)).context(golden.clone())?;
        let makes_fewer = fs::read_to_string(repo_root().join(&script))?.contains("--golden");
        let fresh = match makes_fewer {
            true => &run_script(&python, &script, &["--golden"], "")?,
            false => &cases,
        };
        let parted = recorded.lines().zip(fresh.lines()).find(|(a, b)| a != b);
        ensure!(
            *fresh == recorded,
            "{golden} is not what this Python prints: they part at {parted:?}"
        );
    }
    parse(&cases).map(Some).context(script)
}

/// [`live`] with no arguments, and the [`golden`] cases.
pub fn live_and_golden<Case: DeserializeOwned>(
    name: &str,
    modules: &str,
) -> Result<(Option<Vec<Case>>, Vec<Case>)> {
    Ok((live(name, modules, &[])?, golden(name)?))
}
