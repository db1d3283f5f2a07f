//! `parity fuzz` finds what was planted in Python's half, cuts it down, and can repeat it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use test_support::python_with;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz.py");

/// The Python to use, or the test's end.
macro_rules! python_or_skip {
    () => {
        match python_with("torch, safetensors") {
            Some(python) => python,
            None => return,
        }
    };
}

fn fuzz(python: &Path, script: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parity-fuzz"));
    command.arg("--python").arg(python).arg("--script").arg(script).args(words);
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A copy of fuzz.py that has `planted` in place of `original`.
fn with_mistake(folder: &Path, original: &str, planted: &str) -> PathBuf {
    let text = fs::read_to_string(SCRIPT).unwrap();
    assert!(text.contains(original), "fuzz.py has no {original:?} any more");
    let wrong = folder.join("wrong.py");
    fs::write(&wrong, text.replace(original, planted)).unwrap();
    wrong
}

#[test]
fn random_trainings_are_identical() {
    let python = python_or_skip!();
    let output = fuzz(&python, SCRIPT.as_ref(), &["--runs", "40", "--seed", "7", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["runs"], &summary["identical_runs"]), (&40.into(), &40.into()));
    assert_eq!(summary["compared"], summary["identical"]);
    assert!(summary["compared"].as_u64().unwrap() > 1000);

    // As many as fit, and one at least.
    let output = fuzz(&python, SCRIPT.as_ref(), &["--runs", "40", "--seconds", "0", "--json"]);
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["runs"], &summary["identical_runs"]), (&1.into(), &1.into()));
}

/// And in an arithmetic that both were told to compute with, whose bits are not the machine's.
#[test]
fn trainings_in_another_arithmetic_are_identical() {
    let python = python_or_skip!();
    for arithmetic in ["portable", "compatible"] {
        let words =
            ["--replay", "--runs", "60", "--seed", "11", "--arithmetic", arithmetic, "--json"];
        let output = fuzz(&python, SCRIPT.as_ref(), &words);
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&summary["runs"], &summary["identical_runs"]), (&60.into(), &60.into()));
        assert_eq!(summary["compared"], summary["identical"]);
    }
}

/// Python takes as they stand the steps that Rust replays.
#[test]
fn replayed_trainings_are_identical() {
    let python = python_or_skip!();
    let words = ["--replay", "--runs", "150", "--seed", "7", "--json"];
    let output = fuzz(&python, SCRIPT.as_ref(), &words);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["runs"], &summary["identical_runs"]), (&150.into(), &150.into()));
    let replays = &summary["replays"];
    let [steps, replayed] = ["steps", "replayed"].map(|key| replays[key].as_u64().unwrap());
    let refused = replays["refused"].as_object().unwrap().values();
    assert!(refused.filter_map(Value::as_u64).sum::<u64>() <= 15, "{replays}");
    assert!(replayed * 2 > steps, "{replays}");
    println!("replayed steps as Python takes them: {replayed} of {replayed} (150 trainings)");

    // What is replayed is compared: a mistake in Python shows in the first step that is not recorded.
    let folder = tempfile::tempdir().unwrap();
    let planted = "optimizer.zero_grad() if epoch < 6 else None";
    let wrong = with_mistake(folder.path(), "optimizer.zero_grad()", planted);
    let output = fuzz(&python, &wrong, &["--replay", "--runs", "50", "--seed", "3", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (spec, report) = (&summary["failure"]["spec"], &summary["failure"]["report"]);
    assert_eq!((&spec["replay"], &spec["epochs"]), (&true.into(), &7.into()), "{spec}");
    assert!(report.as_str().unwrap().starts_with("00006/00000/0.weight.grad"), "{report}");
}

#[test]
fn random_tensors_print_alike() {
    let python = python_or_skip!();
    let output = fuzz(&python, SCRIPT.as_ref(), &["--repr", "--runs", "400", "--seed", "7"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let line = stdout(&output);
    assert!(line.starts_with("seed 7: 400 of 400 printings identical"), "{line}");
}

#[test]
fn a_wrong_training_is_cut_down_to_what_it_takes() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let wrong = with_mistake(folder.path(), r#", "drop_last")"#, ")");
    let output = fuzz(&python, &wrong, &["--runs", "50", "--seed", "3", "--json"]);
    // A batch too many is a tensor that only one trace holds.
    assert_eq!(output.status.code(), Some(2), "{}{}", stdout(&output), stderr(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let spec = &summary["failure"]["spec"];
    let expected = serde_json::json!({
        "seed": 0, "device": "cpu", "dtype": "float32", "widths": [1, 1], "activation": "Identity", "bias": false,
        "rows": 1, "scale": 1.0, "batch_size": 2, "shuffle": false, "drop_last": true,
        "sampler": null, "batched": false, "concatenated": false,
        "loss": {"name": "MSELoss", "reduction": "mean"},
        "optimizer": {"name": "SGD", "lr": 0.1, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0,
                      "nesterov": false, "maximize": false, "foreach": null, "fused": null},
        "rate": null, "epochs": 1, "scheduler": null, "front": null, "closure": false, "replay": false,
    });
    assert_eq!(spec, &expected);
    // What the command to repeat it holds is the specification itself.
    let repeat = summary["failure"]["repeat"].as_str().unwrap();
    let quoted =
        repeat.strip_prefix("parity fuzz --spec '").and_then(|rest| rest.strip_suffix('\''));
    assert_eq!(&serde_json::from_str::<Value>(quoted.unwrap()).unwrap(), spec);

    let again = fuzz(&python, &wrong, &["--spec", &spec.to_string()]);
    assert_eq!(again.status.code(), Some(2), "{}", stdout(&again));
    let right = fuzz(&python, SCRIPT.as_ref(), &["--spec", &spec.to_string()]);
    assert_eq!(right.status.code(), Some(0), "{}{}", stdout(&right), stderr(&right));
}

#[test]
fn a_wrong_text_is_cut_down_to_one_element() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    // As if numbers were never written with an exponent.
    let wrong = with_mistake(
        folder.path(),
        r#"torch.set_printoptions(**spec["options"])"#,
        r#"torch.set_printoptions(**(spec["options"] | {"sci_mode": False}))"#,
    );
    let output = fuzz(&python, &wrong, &["--repr", "--runs", "200", "--seed", "3", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    let failure = &serde_json::from_slice::<Value>(&output.stdout).unwrap()["failure"];
    let spec = &failure["spec"];
    assert_eq!((&spec["form"], &spec["grad"]), (&"tensor".into(), &"none".into()), "{failure}");
    let elements =
        spec["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).product::<u64>();
    assert!(elements <= 2, "{failure}");
    assert!(
        failure["repeat"].as_str().unwrap().starts_with("parity fuzz --repr --spec '{"),
        "{failure}"
    );
}

#[test]
fn bad_words_are_refused_in_one_sentence() {
    let python = python_or_skip!();
    let cases: [(&[&str], &str); 3] = [
        (&["--device", "tpu"], "--device"),
        (&["--spec", "{}"], "--spec"),
        (&["--script", "/nonexistent"], "cannot read /nonexistent"),
    ];
    for (words, reason) in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parity-fuzz"));
        let output = command.arg("--python").arg(&python).args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    }
}
