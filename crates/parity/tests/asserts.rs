//! Parity as a test of somebody's package: when it passes, when it fails and with what, when it is skipped.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use common::example;
use parity::{Arithmetic, Golden, Options, Pair};

fn port(words: &[&str]) -> Vec<String> {
    let program = example("planted").display().to_string();
    [program].into_iter().chain(words.iter().map(ToString::to_string)).collect()
}

fn shell(script: &str) -> [String; 3] {
    ["sh".into(), "-c".into(), script.into()]
}

/// What a test fails with; nothing if it passes.
fn failure(test: impl FnOnce()) -> Option<String> {
    let failed = catch_unwind(AssertUnwindSafe(test)).err()?;
    Some(*failed.downcast::<String>().expect("a sentence"))
}

#[test]
fn a_pair_that_is_not_identical_fails_with_its_lines() {
    let right = port(&[]);
    assert_eq!(failure(|| Pair::new(right.clone(), right.clone()).assert_identical()), None);
    let mistaken = port(&["learning rate"]);
    let text = failure(|| Pair::new(right, mistaken).assert_identical()).expect("a failure");
    for part in [
        "first difference: computing call ",
        "optimizer.step()?;",
        "output     float32 [3, 3]: 9 of 9 elements differ, the first [0, 0]: ",
        "\nstandard output ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

const MISSING: [&str; 2] = ["/nowhere/python", "mine.py"];

const WITHOUT_TORCH: &str = "echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1";

#[test]
#[ignore = "started by the next, which reads what it prints"]
fn pairs_that_are_skipped() {
    Pair::new(MISSING, port(&[])).or_skip().assert_identical();
    Pair::new(shell(WITHOUT_TORCH), port(&[])).or_skip().assert_identical();
}

#[test]
fn a_pair_is_skipped_only_where_its_first_program_is_not_to_be_had() {
    let (missing, without_torch) = (MISSING, shell(WITHOUT_TORCH));
    let text = failure(|| Pair::new(missing, port(&[])).assert_identical()).expect("a failure");
    assert!(text.starts_with("cannot start /nowhere/python: No such file"), "{text}");
    let pair = || Pair::new(without_torch.clone(), port(&[]));
    let text = failure(|| pair().assert_identical()).expect("a failure");
    assert!(
        text.ends_with("exit status 1: ModuleNotFoundError: No module named 'torch'"),
        "{text}"
    );
    // In a process of its own, so that the two are not taken for tests that were skipped.
    let skipped = ["--exact", "--ignored", "--nocapture", "pairs_that_are_skipped"];
    let output = Command::new(env::current_exe().unwrap()).args(skipped).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("SKIPPED: cannot start /nowhere/python: No such file"), "{text}");
    assert!(text.contains("ModuleNotFoundError: No module named 'torch'"), "{text}");
    // Whatever else is wrong is no reason.
    for (right, compared) in [
        (port(&[]), missing.map(String::from).to_vec()),
        (port(&[]), without_torch.to_vec()),
        (shell("echo SyntaxError >&2; exit 1").to_vec(), port(&[])),
        (port(&[]), port(&["sum for mean"])),
    ] {
        let pair = Pair::new(right.clone(), compared.clone()).or_skip();
        assert!(failure(|| pair.assert_identical()).is_some(), "{right:?} {compared:?}");
    }
}

#[test]
fn a_program_has_the_options_and_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file").display().to_string();
    let asked =
        format!("test \"$MINE\" = here && test \"$OMP_NUM_THREADS\" = 3 && cd '{}' &&", "/");
    let right = shell(&format!("{asked} '{}'", port(&[])[0]));
    let options = Options {
        threads: Some(3),
        variables: vec![("MINE".into(), "here".into())],
        ..Options::default()
    };
    let pair = || Pair::new(right.clone(), port(&[]));
    assert!(failure(|| pair().assert_identical()).is_some());
    assert_eq!(failure(|| pair().with(options).assert_identical()), None);

    // With what it has started.
    let hanging = shell(&format!("(sleep 3; touch '{file}') & wait"));
    let options = Options { time_limit: Some(Duration::from_millis(500)), ..Options::default() };
    let pair = Pair::new(hanging, port(&[])).with(options);
    let text = failure(|| pair.assert_identical()).expect("a failure");
    assert!(text.ends_with("killed, since it ran longer than 500ms"), "{text}");
    std::thread::sleep(Duration::from_secs(4));
    assert!(!Path::new(&file).exists());
}

#[test]
fn a_golden_is_recorded_once_and_compared_with_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.parity");
    let options =
        Options { arithmetic: Arithmetic::Portable, threads: Some(1), ..Options::default() };
    let golden = || Golden::new(&path).with(options.clone());
    let text = failure(|| golden().assert_identical(port(&[]))).expect("a failure");
    assert!(
        text.ends_with(
            "mine.parity is not a recording: it is neither a folder with calls.jsonl nor a golden"
        ),
        "{text}"
    );
    assert_eq!(failure(|| golden().or_record(port(&[])).assert_identical(port(&[]))), None);
    let recorded = fs::read(&path).unwrap();
    // No program that it could be recorded of is needed any more.
    let missing = ["/nowhere/python", "mine.py"];
    assert_eq!(failure(|| golden().or_record(missing).assert_identical(port(&[]))), None);
    let mistaken = || golden().or_record(missing).assert_identical(port(&["learning rate"]));
    let text = failure(mistaken).expect("a failure");
    assert!(text.contains("optimizer.step()?;") && text.ends_with(Golden::ADVICE), "{text}");
    assert_eq!(fs::read(&path).unwrap(), recorded);
}
