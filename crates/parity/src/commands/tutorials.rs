//! The examples and their Python references.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, bail};

use super::outcome::Job;
use super::places::{Places, absolute};

/// Where both are.
pub struct Tutorials {
    examples: PathBuf,
    places: Places,
}

impl Tutorials {
    /// What was asked for, else what lies beside this program and in its checkout.
    pub fn find(
        examples: Option<&Path>,
        references: Option<&Path>,
        python: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let places = Places::find(references, python)?;
        let examples = match examples {
            Some(folder) => absolute(folder)?,
            None => {
                let this = env::current_exe().context("cannot tell where this program is")?;
                absolute(&this.with_file_name("examples"))?
            }
        };
        Ok(Self { examples, places })
    }

    /// Every reference; what serves them lies in folders.
    pub fn names(&self) -> anyhow::Result<Vec<String>> {
        let folder = self.places.references.display();
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.places.references)
            .with_context(|| format!("cannot list {folder}"))?
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
        let reference = self.places.references.join(format!("{name}.py"));
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
            commands: [words(&[&self.places.python, &reference]), words(&[&example])],
            work_in: Some(work_in.to_path_buf()),
        })
    }
}
