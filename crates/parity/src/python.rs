//! Which Python runs the scripts that programs are compared with.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::recording::{Error, Result};

/// Succeeds without importing anything, since importing PyTorch takes seconds.
const HAS_MODULES: &str = "import importlib.util as u, sys; \
     sys.exit(any(u.find_spec(m) is None for m in ('torch', 'safetensors')))";

/// The checkout of torch-exact that the current folder or this program is in.
#[must_use]
pub fn checkout() -> Option<PathBuf> {
    let starts = [env::current_dir(), env::current_exe()];
    let mut folders = starts.iter().flatten().flat_map(|path| path.ancestors());
    folders.find(|folder| folder.join("scripts/reference").is_dir()).map(Path::to_path_buf)
}

/// The Python to use: the one asked for; else the first that has PyTorch and safetensors of
/// `TORCH_EXACT_PYTHON`, `.venv` in the checkout, and `python3`.
///
/// # Errors
/// [`Error::NoPython`].
pub fn find(asked: Option<&Path>) -> Result<PathBuf> {
    let candidates = match asked {
        Some(python) => vec![python.to_path_buf()],
        None => [
            env::var_os("TORCH_EXACT_PYTHON").map(PathBuf::from),
            checkout().map(|folder| folder.join(".venv/bin/python")),
            Some("python3".into()),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    let found = candidates.into_iter().find(|python| has_modules(python));
    let python = found.ok_or_else(|| Error::NoPython {
        reason: match asked {
            Some(python) => format!("{} is not a Python with PyTorch and safetensors", python.display()),
            None => "no Python with PyTorch and safetensors: neither TORCH_EXACT_PYTHON nor \
                     .venv/bin/python nor python3 has them; run scripts/setup, or name one with --python"
                .into(),
        },
    })?;
    // It may be started in another folder, so a relative path is completed; a bare name is looked up
    // by the system.
    let is_path = python.components().count() > 1;
    Ok(if is_path { env::current_dir().unwrap_or_default().join(python) } else { python })
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
