//! Features of PyTorch: each compared with itself is identical, and with one number changed, the line
//! of that number is named.

mod common;

use std::fs;
use std::path::Path;

use common::{parity, python, stderr, stdout};
use serde_json::Value;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/features/features.py");

/// The comparison of each feature's process, features against features with these words.
fn compared(python: &Path, words: &str) -> Vec<Value> {
    let first = format!("'{}' '{SCRIPT}'", python.display());
    let output = parity(["run", "--json", &first, &format!("{first} {words}")]);
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap_or_default();
    let processes = json["comparison"]["other_processes"].as_array().cloned();
    processes.unwrap_or_else(|| panic!("{}{}", stdout(&output), stderr(&output)))
}

/// The name of each feature, and the number of its line that `planted` changes.
fn features() -> Vec<(String, u64)> {
    let text = fs::read_to_string(SCRIPT).unwrap();
    let mut functions: Vec<(String, u64)> = Vec::new();
    let mut lines = (1..).zip(text.lines()).skip_while(|(_, line)| *line != "def autocast():");
    for (number, line) in lines.by_ref().take_while(|(_, line)| !line.starts_with("FEATURES")) {
        match line.strip_prefix("def ").and_then(|rest| rest.split('(').next()) {
            Some("scripted") => {}
            Some("custom_function") => functions.last_mut().unwrap().0 = "custom_function".into(),
            Some(name) => functions.push((name.into(), 0)),
            None if line.starts_with("class ") => functions.push(("class".into(), 0)),
            None if line.contains("pick(") => functions.last_mut().unwrap().1 = number,
            None => {}
        }
    }
    functions
}

#[test]
fn a_feature_is_identical_to_itself() {
    let Some(python) = python() else { return };
    let features = features();
    let processes = compared(&python, "");
    assert_eq!(processes.len(), features.len());
    for ((feature, _), comparison) in features.iter().zip(processes) {
        assert_eq!(comparison["verdict"], "identical", "{feature}: {comparison:#}");
        assert!(comparison["identical"].as_u64() >= Some(2), "{feature}: {comparison:#}");
    }
}

#[test]
fn a_changed_number_in_a_feature_is_named_by_its_line() {
    let Some(python) = python() else { return };
    let features = features();
    let processes = compared(&python, "planted");
    assert_eq!(processes.len(), features.len());
    for ((feature, line), comparison) in features.iter().zip(processes) {
        let found = &comparison["first_difference"];
        let lines = [0, 1].map(|side| found["calls"][side][0]["line"]["line"].as_u64());
        assert!(lines.contains(&Some(*line)), "{feature}, line {line}: {found:#}");
    }
}
