//! Running the scripts of `tests/python`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail};

pub use test_support::{python_with, skipped, workspace as repo_root};

use super::arithmetic;

/// What `script` (a path from the repository root) prints, given `args` and `stdin`, in the tests'
/// arithmetic.
pub fn run_script(python: &Path, script: &str, args: &[&str], stdin: &str) -> Result<String> {
    let mut child = Command::new(python)
        .arg(repo_root().join("scripts/reference/tutorial/arithmetic.py"))
        .arg(arithmetic::chosen().name())
        .arg(repo_root().join(script))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {} {script}", python.display()))?;
    let mut pipe = child.stdin.take().context("the script's standard input")?;
    let stdin = stdin.to_owned();
    // Fed from a thread: a script that prints while it reads would otherwise block both. A
    // script that stops reading early is not at fault, so a broken pipe is not looked at.
    let feeder = thread::spawn(move || drop(pipe.write_all(stdin.as_bytes())));
    let output = child.wait_with_output()?;
    drop(feeder.join());
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{script} ended with {}:\n{complaint}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{script} printed no UTF-8"))
}
