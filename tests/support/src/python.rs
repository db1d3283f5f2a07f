//! Finding the Python to compare with.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::{pinned, workspace};

/// The first Python that imports `modules` (as in `"numpy, sklearn"`), with PyTorch in the pinned
/// version where that is among them: that of the variable `TORCH_EXACT_PYTHON`, of the checkout's
/// `.venv`, or `python3`.
///
/// `None`, and a word on it, where `TORCH_EXACT_GOLDENS_ONLY` is set; nothing else lets a test do
/// without Python.
///
/// # Panics
/// If there is none: a comparison that could be made and was not is a failure.
#[track_caller]
pub fn python_with(modules: &str) -> Option<PathBuf> {
    if env::var_os("TORCH_EXACT_GOLDENS_ONLY").is_some_and(|value| !value.is_empty()) {
        println!("goldens only, as asked: {modules} of a live Python were not compared with");
        return None;
    }
    let named = env::var_os("TORCH_EXACT_PYTHON").filter(|path| !path.is_empty());
    let candidates = [
        named.map(PathBuf::from),
        Some(workspace().join(".venv/bin/python")),
        Some(PathBuf::from("python3")),
    ];
    let mut faults = String::new();
    for python in candidates.into_iter().flatten() {
        match fault(&python, modules) {
            None => return Some(python),
            Some(fault) => faults.push_str(&format!("\n  {}: {fault}", python.display())),
        }
    }
    panic!(
        "no Python here imports {modules}:{faults}\nscripts/setup --full installs one; to compare \
         with goldens alone, set TORCH_EXACT_GOLDENS_ONLY"
    )
}

/// Why this Python cannot be compared with. That it finds the modules is enough: importing them takes seconds, and one
/// that is broken fails the test.
fn fault(python: &Path, modules: &str) -> Option<String> {
    static FOUND: Mutex<BTreeMap<(PathBuf, String), Option<String>>> = Mutex::new(BTreeMap::new());
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let asked = (python.to_owned(), modules.to_owned());
    found.entry(asked).or_insert_with(|| look(python, modules)).clone()
}

fn look(python: &Path, modules: &str) -> Option<String> {
    // Another version's bits say nothing about ours.
    let check = "\
import sys
from importlib import metadata, util
pinned, *modules = sys.argv[1:]
for module in modules:
    if util.find_spec(module) is None:
        sys.exit(f\"No module named '{module}'\")
if 'torch' in modules and metadata.version('torch').split('+')[0] != pinned:
    sys.exit(f\"PyTorch {metadata.version('torch')} is not {pinned}\")";
    let mut command = Command::new(python);
    command.args(["-c", check]).arg(pinned("pytorch")).args(modules.split(", "));
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Some(said.trim_end().lines().next_back().unwrap_or("it says nothing").to_owned())
        }
        Err(error) => Some(error.to_string()),
    }
}
