//! Which programs are recorded, and what is said of those that cannot be.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{checkout, parity, python, record, stderr, stdout};
use parity::recording::{Extent, Recording};
use parity::{Comparison, Verdict};

#[test]
fn a_command_without_libtorch_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = record(&folder.path().join("a"), &["true"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "parity: true: nothing was recorded: it never loaded libtorch\n");
    // The folder is there for the next attempt.
    assert!(!folder.path().join("a").exists());
}

#[test]
fn a_static_program_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("x.c"), folder.path().join("x"));
    fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let built = Command::new("cc").arg("-static").arg(&source).arg("-o").arg(&program).status();
    if !built.is_ok_and(|status| status.success()) {
        println!("SKIPPED: no compiler links statically here");
        return;
    }
    let output = record(&folder.path().join("a"), &[program.to_str().unwrap()]);
    assert!(stderr(&output).contains("it is linked statically"), "{}", stderr(&output));
}

#[test]
fn python_that_does_not_look_for_the_recorder_says_so() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let words = [python.to_str().unwrap(), "-I", "-c", "import torch; torch.ones(2)"];
    let output = record(&folder.path().join("a"), &words);
    assert!(stderr(&output).contains("its Python ignores PYTHONPATH"), "{}", stderr(&output));
}

#[test]
fn a_killed_program_and_a_child_process_leave_recordings() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let killed = folder.path().join("killed");
    let script = "import os, torch\nx = torch.ones(2) + 1\nos.kill(os.getpid(), 9)";
    let output = record(&killed, &[python.to_str().unwrap(), "-c", script]);
    assert_eq!(output.status.code(), Some(128 + 9));
    let recording = Recording::read(&killed).unwrap();
    assert_eq!(recording.computing().len(), 2);
    let Extent::Cut(reason) = recording.extent() else { panic!() };
    assert!(reason.contains("was killed by signal 9"), "{reason}");

    let forked = folder.path().join("forked");
    let script = "import os, torch\nx = torch.ones(2)\nif os.fork() == 0:\n    x + 1\n    os._exit(0)\n\
                  os.wait()\nx + 2";
    assert!(record(&forked, &[python.to_str().unwrap(), "-c", script]).status.success());
    let recording = Recording::read(&forked).unwrap();
    assert_eq!((recording.computing().len(), recording.processes().len()), (2, 1));
    assert_eq!(recording.processes()[0].computing().len(), 1);
}

/// `hello.cpp`, compiled against the wheel: the program, and the same as a library.
fn hello(folder: &Path) -> [PathBuf; 2] {
    let libtorch = fs::canonicalize(checkout().join(".libtorch")).unwrap();
    let lib = libtorch.join("lib");
    let run = |command: &mut Command| assert!(command.status().unwrap().success());
    let object = folder.join("hello.o");
    run(Command::new("c++")
        .args(["-std=c++17", "-O1", "-g1", "-fPIC", "-c", "-o"])
        .arg(&object)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/hello.cpp"))
        .arg(format!("-I{}", libtorch.join("include").display())));
    let link = |name: &str, flags: &[&str]| {
        let path = folder.join(name);
        run(Command::new("c++").args(flags).arg(&object).arg("-o").arg(&path).args([
            format!("-L{}", lib.display()),
            format!("-Wl,-rpath,{}", lib.display()),
            "-ltorch_cpu".into(),
            "-lc10".into(),
        ]));
        path
    };
    [link("hello", &[]), link("libhello.so", &["-shared"])]
}

#[test]
fn a_program_that_opens_libtorch_later_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let [_, library] = hello(folder.path());
    let program = folder.path().join("opens");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/opens.c");
    let built = Command::new("cc").arg(source).arg("-o").arg(&program).arg("-ldl").status();
    assert!(built.unwrap().success());
    let words = [program.to_str().unwrap(), library.to_str().unwrap(), "2"];
    let called = folder.path().join("called");
    let output = record(&called, &words);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(Recording::read(called).unwrap().computing().len(), 3);
    let output = record(&folder.path().join("opened"), &words[..2]);
    assert!(stderr(&output).contains("it opened libtorch and never asked"), "{}", stderr(&output));
}

#[test]
fn a_cpp_program_is_recorded_with_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let [program, _] = hello(folder.path());
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    for (out, factor) in [(&a, "2"), (&b, "3")] {
        let output = record(out, &[program.to_str().unwrap(), factor]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let (a, b) = (Recording::read(a).unwrap(), Recording::read(b).unwrap());
    assert_eq!(a.language(), "c++");
    let comparison = Comparison::new(&a, &b);
    assert_eq!(comparison.verdict, Verdict::Different);
    let found = comparison.first_difference.unwrap();
    let line = found.calls[0][0].line.as_ref().unwrap();
    assert!(line.file.ends_with("tests/programs/hello.cpp"), "{line:?}");
    assert_eq!(line.text.as_deref(), Some("at::Tensor y = x.mul(factor);"));
}

#[test]
fn every_reference_is_run_and_an_example_that_is_missing_is_named() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let words = ["run", "--all", "--python", python.to_str().unwrap(), "--examples"];
    let output = parity(words.iter().copied().chain([folder.path().to_str().unwrap()]));
    assert_eq!(output.status.code(), Some(2));
    let first = folder.path().join("creating_a_model");
    assert_eq!(
        stderr(&output),
        format!(
            "parity: there is no {}; build it with `cargo build --release --example \
             creating_a_model`\n",
            first.canonicalize().unwrap_or(first).display()
        )
    );
}
