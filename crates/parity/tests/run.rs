//! `parity run` judges both programs by what they record and print.
//!
//! The programs here are shell scripts, and so is the Python that runs the references.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{parity, stderr, stdout, write};
use safetensors::Dtype;

/// A folder with examples, references and a stand-in for Python.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(stage.path("examples")).unwrap();
        fs::create_dir(stage.path("references")).unwrap();
        // Asked with -c whether it has its modules, it says yes; given a program, it runs it as
        // shell.
        stage.script("python", "[ \"$1\" = -c ] && exit 0\nexec sh \"$@\"");
        for (name, byte) in [("zero", 0), ("one", 1)] {
            write(&stage.path(name), &[("loss", Dtype::U8, vec![], vec![byte])]);
        }
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn script(&self, name: &str, body: &str) {
        let path = self.path(name);
        // What tells a reference from what lies beside it.
        fs::write(&path, format!("#!/bin/sh\n# tutorial.run(\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A program that prints its flags but the last two (`--trace FILE`), says `text`, and leaves
    /// `trace` as its trace.
    fn program(&self, name: &str, text: &str, trace: &Path) {
        let body = format!(
            "while [ $# -gt 2 ]; do echo \"$1\"; shift; done\n[ \"$1\" = --trace ] || exit 9\nprintf '{text}'\ncp '{}' \"$2\"",
            trace.display()
        );
        self.script(name, &body);
    }

    fn run(&self, words: &[&str]) -> Output {
        let (examples, references, python) =
            (self.path("examples"), self.path("references"), self.path("python"));
        let folders = [
            "run".as_ref(),
            "--examples".as_ref(),
            examples.as_os_str(),
            "--references".as_ref(),
            references.as_os_str(),
            "--python".as_ref(),
            python.as_os_str(),
        ];
        parity(folders.into_iter().chain(words.iter().map(|word| word.as_ref())))
    }
}

#[test]
fn identical_programs_get_one_line_and_exit_0() {
    let stage = Stage::new();
    stage.program("examples/fit", "done\\n", &stage.path("zero"));
    stage.program("references/fit.py", "done\\n", &stage.path("zero"));
    let output = stage.run(&["fit", "--epochs", "3"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let line = stdout(&output);
    let start = "fit: 1 tensor compared, 1 identical, largest ULP distance 0; output identical (16 bytes); Rust ";
    assert!(line.starts_with(start), "{line}");
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn a_differing_tensor_or_line_is_shown_and_exits_1() {
    let stage = Stage::new();
    stage.program("examples/fit", "done\\n", &stage.path("zero"));
    stage.program("references/fit.py", "done\\n", &stage.path("one"));
    let output = stage.run(&["fit"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).contains("first divergence in order of recording: loss"),
        "{}",
        stdout(&output)
    );

    stage.program("references/fit.py", "done", &stage.path("zero"));
    let output = stage.run(&["fit", "--seed", "1"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("output differs from line 3"), "{text}");
    assert!(text.contains("Rust:   \"done\\n\"\nPython: \"done\"\n"), "{text}");
}

#[test]
fn a_failing_program_or_a_missing_trace_exits_2_with_the_reason() {
    let stage = Stage::new();
    stage.program("examples/fit", "", &stage.path("zero"));
    let absent = stage.run(&["fit"]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(stdout(&absent).contains("there is no"), "{}", stdout(&absent));

    stage.script("references/fit.py", "echo first >&2\necho 'no such flag' >&2\nexit 2");
    let failed = stage.run(&["fit"]);
    assert_eq!(failed.status.code(), Some(2));
    assert!(stdout(&failed).contains("exit status: 2: no such flag"), "{}", stdout(&failed));

    stage.script("references/fit.py", "true");
    let traceless = stage.run(&["fit"]);
    assert_eq!(traceless.status.code(), Some(2));
    assert!(stdout(&traceless).contains("cannot read"), "{}", stdout(&traceless));

    let unnamed = stage.run(&[]);
    assert_eq!(unnamed.status.code(), Some(2));
    assert!(stderr(&unnamed).contains("name an example"), "{}", stderr(&unnamed));
}

#[test]
fn all_takes_every_reference_and_notices_a_missing_partner() {
    let stage = Stage::new();
    for name in ["a", "b"] {
        stage.program(&format!("examples/{name}"), "", &stage.path("zero"));
        stage.program(&format!("references/{name}.py"), "", &stage.path("zero"));
    }
    // A module that the references import is no reference.
    fs::write(stage.path("references/fuzz.py"), "from tensor_trace import Trace").unwrap();
    fs::write(stage.path("references/tensor_trace.py"), "class Trace: pass").unwrap();
    let kept = stage.path("kept");
    let output = stage.run(&["--keep", kept.to_str().unwrap(), "--json", "--all", "--lr", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let outcomes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcomes.as_array().unwrap().len(), 2);
    assert_eq!(outcomes[1]["name"], "b");
    assert_eq!(outcomes[1]["verdict"], "identical");
    assert_eq!(outcomes[1]["flags"], serde_json::json!(["--lr", "2"]));
    assert_eq!(outcomes[1]["trace"]["compared"], 1);
    assert_eq!(fs::read_to_string(kept.join("b.rust.stdout")).unwrap(), "--lr\n2\n");
    assert!(kept.join("a.python.safetensors").exists());

    stage.program("references/c.py", "", &stage.path("zero"));
    let output = stage.run(&["--all"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains("c: not comparable: there is no"), "{}", stdout(&output));
}
