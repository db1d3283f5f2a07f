//! The recorder is compiled once for each libtorch, when a program first needs it; where it cannot be,
//! a sentence says why.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use common::{checkout, example, guide, python, stderr, stdout};
use parity::recorder::CACHE;
use parity::recording::Recording;

/// `parity` with these words, an own folder for compiled recorders, and a compiler.
fn parity(cache: &Path, compiler: &str, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parity"));
    command.args(words).env(CACHE, cache).env("CXX", compiler).output().unwrap()
}

fn record(cache: &Path, compiler: &str, out: &Path, command: &[&str]) -> Output {
    parity(cache, compiler, &[&["record", out.to_str().unwrap(), "--"], command].concat())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn script(path: &Path, text: &str) -> String {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// PyTorch under another version: the same files but for the one that says which it is.
fn pytorch_of_version(version: &str, folder: &Path) -> PathBuf {
    let ours = fs::canonicalize(checkout().join(".libtorch")).unwrap();
    let other = folder.join("torch");
    fs::create_dir_all(other.join("lib")).unwrap();
    for below in ["", "lib"] {
        for name in names(&ours.join(below)) {
            if !(below.is_empty() && ["lib", "version.py", "__pycache__"].contains(&name.as_str()))
            {
                symlink(ours.join(below).join(&name), other.join(below).join(&name)).unwrap();
            }
        }
    }
    // CUDA's libraries are looked for from there.
    let packages = ours.parent().unwrap().join("nvidia");
    if packages.exists() {
        symlink(packages, folder.join("nvidia")).unwrap();
    }
    let text = fs::read_to_string(ours.join("version.py")).unwrap();
    let line = text.lines().find(|line| line.starts_with("__version__")).unwrap();
    let line_of_other = format!("__version__ = '{version}'");
    fs::write(other.join("version.py"), text.replace(line, &line_of_other)).unwrap();
    other
}

#[test]
fn another_version_has_a_recorder_of_its_own_and_is_not_compared() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (cache, version) = (folder.path().join("cache"), "9.9.9");
    let torch = pytorch_of_version(version, folder.path());
    let on_it = format!("LD_LIBRARY_PATH={}", torch.join("lib").display());
    let program = example("guide");
    let (ours, other) = (guide(folder.path(), "ours"), folder.path().join("other"));
    let output = record(&cache, "c++", &other, &["env", &on_it, program.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = format!(
        "parity: compiling the recorder for libtorch {version}, once; this takes about half a minute\n"
    );
    assert!(stderr(&output).starts_with(&said), "{}", stderr(&output));

    let compare = |flags: &[&str]| {
        let folders = [ours.to_str().unwrap(), other.to_str().unwrap()];
        parity(&cache, "c++", &[&["compare"], flags, &folders].concat())
    };
    let output = compare(&[]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    let reason = "second rust on 9.9.9; bits are compared on one version (--any-version compares all the same)";
    assert!(stdout(&output).contains(reason), "{}", stdout(&output));
    assert_eq!(compare(&["--any-version"]).status.code(), Some(0));

    // In Python, by the same recorder.
    let out = folder.path().join("python");
    let output = Command::new(env!("CARGO_BIN_EXE_parity"))
        .args(["record", out.to_str().unwrap(), "--", python.to_str().unwrap()])
        .args(["-c", "import torch; torch.ones(2)"])
        .env(CACHE, &cache)
        .env("PYTHONPATH", folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("compiling"), "{}", stderr(&output));
    assert_eq!(Recording::read(out).unwrap().header().libtorch, version);
}

/// The recorder that other tests have had compiled, in a folder of its own.
fn recorder(folder: &Path) -> PathBuf {
    let libtorch = checkout().join(".libtorch");
    let output = common::parity(["recorder".as_ref(), libtorch.as_os_str()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let (from, to) = (PathBuf::from(stdout(&output).trim_end()), folder.join("recorder.so"));
    fs::copy(from, &to).unwrap();
    to
}

/// What a compiler writes is there for the next program as a whole or not at all.
#[test]
fn several_programs_wait_for_one_compiler() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    // In place of the compiler: takes its time, and says that it was there.
    let text = format!(
        "echo once >> '{0}/compiled'\nwhile [ \"$1\" != -o ]; do shift; done\n\
         head -c 1000 '{1}' > \"$2\"; sleep 2; cp '{1}' \"$2\"",
        folder.path().display(),
        recorder(folder.path()).display()
    );
    let compiler = script(&folder.path().join("compiler"), &text);
    let program = example("guide");
    let said: Vec<_> = thread::scope(|scope| {
        let start = |number: usize| {
            let (cache, compiler, program) = (&cache, &compiler, &program);
            let out = folder.path().join(number.to_string());
            scope.spawn(move || record(cache, compiler, &out, &[program.to_str().unwrap()]))
        };
        let running: Vec<_> = (0..4).map(start).collect();
        running.into_iter().map(|one| stderr(&one.join().unwrap())).collect()
    });
    for said in &said {
        assert!(said.contains("1003 of them compute"), "{said}");
    }
    assert_eq!(said.iter().filter(|said| said.contains("compiling")).count(), 1, "{said:?}");
    assert_eq!(fs::read_to_string(folder.path().join("compiled")).unwrap(), "once\n");
    let mut left = names(&cache);
    left.sort();
    assert!(left.len() == 2 && left[0] == "lock" && left[1].ends_with(".so"), "{left:?}");
}

#[test]
fn what_cannot_be_compiled_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let failing =
        "echo 'a.cpp: In function f:' >&2; echo 'a.cpp:7: error: no such thing' >&2; exit 1";
    let failing = script(&folder.path().join("failing"), failing);
    let program = example("guide");
    let program = program.to_str().unwrap();
    let version = test_support::pinned("pytorch");
    for (number, (compiler, reason)) in [
        (
            "/nowhere/c++",
            "the C++ compiler `/nowhere/c++` does not start (No such file or directory",
        ),
        (&failing, "failed: a.cpp:7: error: no such thing"),
        ("false", "`false` failed: it does not say why"),
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.path().join(number.to_string());
        let output = record(&cache, compiler, &out, &[program]);
        assert!(output.status.success(), "the program itself goes on: {}", stderr(&output));
        let text = stderr(&output);
        let beginning =
            format!("parity: {program}: nothing was recorded: the recorder for libtorch {version}");
        let line = text.lines().last().unwrap();
        assert!(line.starts_with(&beginning) && line.contains(reason), "{text}");
        assert_eq!(names(&cache), ["lock"]);
    }
    // Where nothing can be written, and without headers.
    let out = folder.path().join("nowhere");
    let text = stderr(&record(Path::new("/dev/null/x"), "c++", &out, &[program]));
    assert!(text.contains("cannot write into /dev/null/x: "), "{text}");
    assert!(text.contains("PARITY_CACHE names another folder"), "{text}");
    let torch = pytorch_of_version(&version, folder.path());
    fs::remove_file(torch.join("include")).unwrap();
    let output = parity(&cache, "c++", &["recorder", torch.to_str().unwrap()]);
    let reason = format!(
        "parity: the recorder for libtorch {version} cannot be compiled: its headers, which PyTorch's \
         wheels have, are not in {}\n",
        torch.canonicalize().unwrap().join("include").display()
    );
    assert!(stderr(&output).ends_with(&reason), "{}", stderr(&output));
    let output = parity(&cache, "c++", &["recorder", "/nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "parity: cannot find /nowhere/lib: No such file or directory (os error 2)\n"
    );
}
