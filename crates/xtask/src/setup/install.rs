//! Making `.venv` from the hashed requirements.

use std::fs;
use std::path::Path;
use std::process::{Command, id};
use std::{env, io};

use anyhow::{Context as _, Result};

use super::plan::{Action, Plan};
use super::python::Python;
use super::{Set, Setup, libtorch, refusal, variables};
use crate::checkout::run;

/// Words of pip's log, what they mean, and what mends it.
const FAULTS: [(&str, &str, &str); 4] = [
    ("No space left on device", "The disk filled up while installing.", "df -h .   # make room"),
    (
        "DO NOT MATCH THE HASHES",
        "A downloaded package is not the one that was locked (a broken download, or a changed index).",
        ".venv/bin/python -m pip cache purge",
    ),
    (
        "NewConnectionError|NameResolutionError|Max retries|ConnectTimeout|ReadTimeout|ProxyError|\
         SSLError|Connection reset|Connection refused|Connection aborted",
        "The package index cannot be reached: no network, or a proxy that pip does not know.",
        "export HTTPS_PROXY=http://your-proxy:port   # only behind a proxy",
    ),
    (
        "No matching distribution found",
        "A package is not there for this Python and machine; the last ERROR line above names it.",
        "scripts/setup --python PATH_TO_ANOTHER_PYTHON   # or: LIBTORCH=/path/to/libtorch scripts/setup",
    ),
];

impl Setup<'_> {
    /// Makes `.venv` and installs the set into it; gives the plan of linking it.
    pub fn install(&self, base: &Path) -> Result<Plan> {
        let (room, needed) = (self.room(), self.set.room());
        if room < needed {
            let root = self.root.display();
            let problem = format!(
                "Not enough disk: {root} has {room} MB free, installing takes {needed} MB."
            );
            return Err(refusal(problem, &["df -h .   # make room", &self.again]));
        }
        let venv = self.root.join(".venv");
        let mark = venv.join(".torch-exact");
        self.discard(&venv)?;
        fs::create_dir(&venv)?;
        fs::write(&mark, "incomplete\n")?;
        eprintln!("setup: making .venv with {}", base.display());
        run(Command::new(base).args(["-I", "-m", "venv"]).arg(&venv))?;
        let (pytorch, set) = (self.pytorch, self.set.name());
        let size = match self.set {
            Set::Slim => "0.5 GB to download, 1.3 GB on disk",
            Set::Full => "2.8 GB to download, 5.1 GB on disk",
        };
        eprintln!("setup: installing PyTorch {pytorch}, the {set} set, into .venv: {size}");
        self.pip(&venv)?;
        let python = venv.join("bin/python");
        let python = Python::ask(python).context("the Python of .venv does not run")?;
        libtorch::check(&python.libtorch, pytorch).map_err(|fault| {
            let mend = format!("rm -rf .venv; {}", self.again);
            refusal(format!("What was installed cannot be used: {fault}."), &[&mend])
        })?;
        fs::write(&mark, self.mark(self.set) + "\n")?;
        let (libtorch, note) = (python.libtorch.clone(), String::new());
        Ok(Plan { action: Action::Link, libtorch, python: Some(python), note })
    }

    /// Moves `.venv` before it is removed, so that an interruption cannot leave a half-removed one
    /// without its mark.
    fn discard(&self, venv: &Path) -> Result<()> {
        if venv.exists() {
            fs::rename(venv, self.root.join(format!(".venv.discarded.{}", id())))?;
        }
        for entry in fs::read_dir(self.root)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(".venv.discarded.") {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    fn pip(&self, venv: &Path) -> Result<()> {
        let (log, temporary) = (venv.join("pip.log"), venv.join("tmp"));
        drop(fs::remove_file(&log));
        fs::create_dir_all(&temporary)?;
        let requirements = format!("scripts/requirements/{}.txt", self.set.name());
        let mut pip = Command::new(venv.join("bin/python"));
        // --no-deps: the lock names every package. TMPDIR: /tmp is often too small for the wheels.
        let words = "-I -m pip install --disable-pip-version-check --no-input --no-deps \
                     --require-hashes --only-binary :all: --log";
        pip.args(words.split(' ')).arg(&log).args(["-r", &requirements]);
        pip.current_dir(self.root).env("TMPDIR", &temporary).stdout(io::stderr());
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("PIP_") && !variables::pip_keeps(&name) {
                pip.env_remove(&*name);
            }
        }
        let is_done = pip.status()?.success();
        fs::remove_dir_all(temporary)?;
        if is_done {
            return Ok(());
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        let is_said = |words: &str| words.split('|').any(|word| said.contains(word));
        let fault = FAULTS.iter().find(|(words, ..)| is_said(words));
        Err(match fault {
            Some((_, problem, mend)) => refusal(problem, &[mend, &self.again]),
            None => {
                let log = log.display();
                refusal(format!("pip failed; all that it did is in {log}."), &[&self.again])
            }
        })
    }
}
