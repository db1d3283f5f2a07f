//! The examples and their Python references.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, bail};
use parity::python;

use super::outcome::Job;

/// Where both are.
pub struct Tutorials {
    examples: PathBuf,
    references: PathBuf,
    python: PathBuf,
}

impl Tutorials {
    /// What was asked for, else what lies beside this program and in its checkout.
    pub fn find(
        examples: Option<&Path>,
        references: Option<&Path>,
        python: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let references = match (references, python::checkout()) {
            (Some(folder), _) => absolute(folder)?,
            (None, Some(checkout)) => checkout.join("scripts/reference"),
            (None, None) => {
                bail!(
                    "there is no scripts/reference above this folder or program; pass --references"
                )
            }
        };
        let python = python::find(python)?;
        let examples = match examples {
            Some(folder) => absolute(folder)?,
            None => {
                let this = env::current_exe().context("cannot tell where this program is")?;
                absolute(&this.with_file_name("examples"))?
            }
        };
        Ok(Self { examples, references, python })
    }

    /// Every reference; what serves them lies in folders.
    pub fn names(&self) -> anyhow::Result<Vec<String>> {
        let folder = self.references.display();
        let mut names = Vec::new();
        for entry in
            fs::read_dir(&self.references).with_context(|| format!("cannot list {folder}"))?
        {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".py"));
            names.extend(name.map(str::to_owned));
        }
        if names.is_empty() {
            bail!("there are no references in {folder}");
        }
        names.sort();
        Ok(names)
    }

    /// The reference first, as the one that is right; both run in the folder `work_in`.
    pub fn job(&self, name: &str, flags: &[String], work_in: &Path) -> anyhow::Result<Job> {
        let example = self.examples.join(name);
        let reference = self.references.join(format!("{name}.py"));
        for path in [&example, &reference] {
            if !path.is_file() {
                let build = format!("cargo build --release --example {name}");
                let build = if path == &example {
                    format!("; build it with `{build}`")
                } else {
                    String::new()
                };
                bail!("there is no {}{build}", path.display());
            }
        }
        let words = |first: &[&Path]| {
            let first = first.iter().map(|path| path.display().to_string());
            first.chain(flags.iter().cloned()).collect::<Vec<_>>()
        };
        Ok(Job {
            name: name.to_owned(),
            commands: [words(&[&self.python, &reference]), words(&[&example])],
            work_in: Some(work_in.to_path_buf()),
        })
    }
}

/// The folder's full path; an error if there is none.
fn absolute(folder: &Path) -> anyhow::Result<PathBuf> {
    fs::canonicalize(folder).with_context(|| format!("there is no folder {}", folder.display()))
}
