//! Where the references and a Python to run them are.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, bail};

use super::python;

/// The Python half of a comparison.
pub struct Places {
    /// Folder of the reference scripts.
    pub references: PathBuf,
    /// The Python that runs them.
    pub python: PathBuf,
}

impl Places {
    /// What was asked for; else the scripts of the checkout that this folder or this program is in,
    /// and the first Python that has what they need.
    pub fn find(references: Option<&Path>, python: Option<&Path>) -> anyhow::Result<Self> {
        let here = env::current_dir().context("cannot tell the current folder")?;
        let this = env::current_exe().context("cannot tell where this program is")?;
        let checkout = here
            .ancestors()
            .chain(this.ancestors())
            .find(|folder| folder.join("scripts/reference").is_dir());
        let references = match (references, checkout) {
            (Some(folder), _) => absolute(folder)?,
            (None, Some(checkout)) => checkout.join("scripts/reference"),
            (None, None) => bail!(
                "no scripts/reference above {} or this program; pass --references",
                here.display()
            ),
        };
        let python = python::find(python, checkout)?;
        // The programs run in another folder, so a relative path is completed; a bare name is
        // looked up by the system.
        let python = if python.components().count() > 1 { here.join(python) } else { python };
        Ok(Self { references, python })
    }
}

/// The folder's full path; an error if there is none.
pub fn absolute(folder: &Path) -> anyhow::Result<PathBuf> {
    fs::canonicalize(folder).with_context(|| format!("there is no folder {}", folder.display()))
}
