//! Running `parity`, and the programs that tests give it.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs `parity` with these words.
pub fn parity<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(words: I) -> Output {
    Command::new(env!("CARGO_BIN_EXE_parity")).args(words).output().unwrap()
}

/// What a program wrote to standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a program wrote to standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The root of the checkout.
pub fn checkout() -> PathBuf {
    test_support::workspace().to_owned()
}

/// The Python to compare with; where there is none, that is said. `PARITY_PYTHON` names one with any
/// PyTorch, for tests that compare Python with Python.
pub fn python() -> Option<PathBuf> {
    if let Some(any) = std::env::var_os("PARITY_PYTHON") {
        return Some(any.into());
    }
    let python = test_support::python_with("torch, safetensors");
    if python.is_none() {
        println!("SKIPPED: no Python with PyTorch and safetensors");
    }
    python
}

/// The program of an example of this crate, as the sources are now.
pub fn example(name: &str) -> PathBuf {
    let parity = Path::new(env!("CARGO_BIN_EXE_parity"));
    static BUILT: std::sync::Once = std::sync::Once::new();
    BUILT.call_once(|| {
        // Without Cargo it is `scripts/test` that started this, and has built them.
        let Some(cargo) = std::env::var_os("CARGO") else { return };
        let mut build = Command::new(cargo);
        // With the features of the whole workspace, in which `cargo test --workspace` built the rest.
        build.args(["build", "--quiet", "--workspace", "--examples"]).current_dir(checkout());
        if parity.parent().is_some_and(|folder| folder.ends_with("release")) {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success());
    });
    parity.with_file_name("examples").join(name)
}

/// What `parity run` says of a script of this crate and of an example with these words.
pub fn compared(
    python: &Path,
    script: &str,
    port: &str,
    words: &[&str],
    flags: &[&str],
) -> (i32, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let first = format!("'{}' '{}'", python.display(), script.display());
    let words: String = words.iter().map(|word| format!(" '{word}'")).collect();
    let second = format!("'{}'{words}", example(port).display());
    let output = parity(["run"].iter().chain(flags).copied().chain([first.as_str(), &second]));
    match output.status.code().unwrap() {
        2 => (2, stdout(&output) + &stderr(&output)),
        // Standard error may say that the recorder was compiled.
        code => (code, stdout(&output)),
    }
}

/// Records a command, and says how `parity` ended.
pub fn record(out: &Path, command: &[&str]) -> Output {
    let words = ["record", out.to_str().unwrap(), "--"];
    parity(words.iter().chain(command))
}

/// A recording of the port of the crate's page.
pub fn guide(folder: &Path, name: &str) -> PathBuf {
    let out = folder.join(name);
    let output = record(&out, &[example("guide").to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    out
}

/// What `parity compare` says of two recordings.
pub fn compared_recordings(a: &Path, b: &Path) -> (i32, String) {
    let output = parity(["compare".as_ref(), a.as_os_str(), b.as_os_str()]);
    (output.status.code().unwrap(), stdout(&output) + &stderr(&output))
}

/// A recording of these lines of Python.
pub fn python_lines(python: &Path, folder: &Path, name: &str, lines: &str) -> PathBuf {
    let script = folder.join(format!("{name}.py"));
    fs::write(&script, format!("import torch\n{lines}\n")).unwrap();
    let out = folder.join(name);
    let output = record(&out, &[python.to_str().unwrap(), script.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    out
}
