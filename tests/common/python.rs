//! Running the scripts of `tests/python`.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
pub use test_support::{python_with, skipped, workspace as repo_root};

use super::arithmetic;

/// What `script` (a path from the repository root) prints, given `args` and `stdin`, in the tests'
/// arithmetic.
pub fn run_script(python: &Path, script: &str, args: &[&str], stdin: &str) -> Result<String> {
    let arithmetic = arithmetic::chosen();
    let output = test_support::run_script(python, arithmetic.name(), script, args, stdin)
        .with_context(|| format!("running {script} with {}", python.display()))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{script} ended with {}:\n{complaint}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{script} printed no UTF-8"))
}
