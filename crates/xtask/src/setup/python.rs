//! A Python, and what it has of what is needed here.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::checkout::{printed, which};

/// Prints a line each: the version, the interpreter behind a virtual environment, PyTorch's version and
/// folder, and what is missing of what the references and the tests import. Looks for PyTorch without
/// importing it, which would take seconds.
const PROBE: &str = r#"
import importlib.util as util, os, re, sys
print("%d.%d" % sys.version_info[:2], getattr(sys, "_base_executable", None) or sys.executable, sep="\n")
spec = util.find_spec("torch")
folder = os.path.realpath(os.path.dirname(spec.origin)) if spec and spec.origin else "/nowhere"
try:
    found = re.search(r"__version__ = '([^'+]*)", open(os.path.join(folder, "version.py")).read())
except OSError:
    found = None
print(found.group(1) if found else "", folder, sep="\n")
modules = "torch", "numpy", "sklearn", "matplotlib", "safetensors", "IPython"
print(*(name for name in modules if util.find_spec(name) is None), sep=", ")
"#;

#[derive(Clone)]
pub struct Python {
    pub program: PathBuf,
    /// As in `3.11`.
    pub version: String,
    /// The interpreter behind a virtual environment; itself where it is none.
    pub base: PathBuf,
    /// The version of its PyTorch; empty without.
    pub pytorch: String,
    /// Its PyTorch's folder; one that is not there without.
    pub libtorch: PathBuf,
    /// What the references import and this one does not have.
    pub missing: String,
}

impl Python {
    /// Asks a Python; none where there is no such program, or it does not run.
    pub fn ask(program: impl AsRef<OsStr>) -> Option<Self> {
        let program = which(program.as_ref())?;
        let said = printed(Command::new(&program).args(["-c", PROBE]))?;
        let mut lines = said.lines().map(str::to_owned);
        let mut next = || lines.next().unwrap_or_default();
        let (version, base, pytorch, folder) = (next(), next().into(), next(), next().into());
        Some(Self { program, version, base, pytorch, libtorch: folder, missing: next() })
    }

    /// The Pythons that a user may mean without naming one, the active one first.
    pub fn active() -> impl Iterator<Item = Self> {
        let environments = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(env::var_os);
        let programs = environments.map(|folder| Path::new(&folder).join("bin/python3"));
        programs.chain(["python3".into()]).filter_map(Self::ask)
    }

    /// The one whose PyTorch this is.
    pub fn beside(libtorch: &Path) -> Option<Self> {
        // PREFIX/lib/python3.N/site-packages/torch
        let own =
            libtorch.ancestors().nth(4).and_then(|prefix| Self::ask(prefix.join("bin/python3")));
        own.into_iter().chain(Self::active()).find(|python| python.libtorch == libtorch)
    }
}
