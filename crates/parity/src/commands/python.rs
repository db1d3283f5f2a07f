//! Which Python runs the references.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::bail;

/// Succeeds without importing anything, since importing PyTorch takes seconds.
const HAS_MODULES: &str = "import importlib.util as u, sys; \
     sys.exit(any(u.find_spec(m) is None for m in ('torch', 'safetensors')))";

/// The Python to use: the one asked for; else the first that has PyTorch and safetensors of
/// `TORCH_EXACT_PYTHON`, `.venv` in the checkout, and `python3`.
pub fn find(asked: Option<&Path>, checkout: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(python) = asked {
        if !has_modules(python) {
            bail!("{} is not a Python with PyTorch and safetensors", python.display());
        }
        return Ok(python.to_path_buf());
    }
    let candidates = [
        env::var_os("TORCH_EXACT_PYTHON").map(PathBuf::from),
        checkout.map(|folder| folder.join(".venv/bin/python")),
        Some(PathBuf::from("python3")),
    ];
    match candidates.into_iter().flatten().find(|python| has_modules(python)) {
        Some(python) => Ok(python),
        None => bail!(
            "no Python with PyTorch and safetensors: neither TORCH_EXACT_PYTHON nor \
             .venv/bin/python nor python3 has them; run scripts/setup, or name one with --python"
        ),
    }
}

fn has_modules(python: &Path) -> bool {
    Command::new(python)
        .args(["-c", HAS_MODULES])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
