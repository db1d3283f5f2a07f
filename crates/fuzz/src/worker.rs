//! The Python process that does what it is asked, over and over.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use arithmetic::Arithmetic;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::outcome::Side;

/// Python's side, and the module by which it chooses an arithmetic.
const SCRIPTS: [(&str, &str); 2] =
    [("fuzz.py", include_str!("../fuzz.py")), ("arithmetic.py", include_str!("arithmetic.py"))];

/// A running `fuzz.py`: one request a line goes in, one answer each comes out.
pub struct Worker {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    answered: DefaultHasher,
    _scripts: TempDir,
}

/// The line before an answer's bytes.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Header {
    Bytes(usize),
    Error(String),
}

impl Worker {
    /// Starts `fuzz.py`, or `script` in its place.
    pub fn start(
        python: &Path,
        script: Option<&Path>,
        threads: i32,
        arithmetic: Arithmetic,
    ) -> anyhow::Result<Self> {
        let scripts = tempfile::tempdir().context("cannot make a temporary folder")?;
        for (name, text) in SCRIPTS {
            fs::write(scripts.path().join(name), text)
                .with_context(|| format!("cannot write {name}"))?;
        }
        let ours = scripts.path().join("fuzz.py");
        if let Some(script) = script {
            fs::copy(script, &ours).with_context(|| format!("cannot read {}", script.display()))?;
        }
        let mut process = Command::new(python)
            .arg(ours)
            .args(["--threads", &threads.to_string(), "--arithmetic", arithmetic.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", python.display()))?;
        let requests = process.stdin.take();
        let answers = process.stdout.take().context("Python's standard output was not piped")?;
        let answers = BufReader::new(answers);
        Ok(Self { process, requests, answers, answered: DefaultHasher::new(), _scripts: scripts })
    }

    /// The bits of all answers as one number, which another machine's can be held to.
    pub fn fingerprint(&self) -> u64 {
        self.answered.finish()
    }

    /// Sends a request and does not wait: Python works on it while Rust does the same.
    pub fn ask(&mut self, task: &str, spec: &impl Serialize) -> anyhow::Result<()> {
        let requests = self.requests.as_mut().context("Python's standard input was not piped")?;
        let request = serde_json::json!({ task: spec });
        writeln!(requests, "{request}").context("Python ended early; its message is above")
    }

    /// Waits for the answer to the oldest request: bytes, or why Python refused.
    pub fn answer(&mut self) -> anyhow::Result<Side<Vec<u8>>> {
        let mut header = String::new();
        self.answers.read_line(&mut header).context("cannot read Python's answer")?;
        if header.is_empty() {
            bail!("Python ended early; its message is above");
        }
        match serde_json::from_str(&header).with_context(|| format!("not an answer: {header:?}"))? {
            Header::Error(reason) => Ok(Err(reason)),
            Header::Bytes(length) => {
                let mut bytes = vec![0; length];
                self.answers.read_exact(&mut bytes).context("Python's answer broke off")?;
                self.answered.write(&bytes);
                Ok(Ok(bytes))
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Python leaves its loop when its input ends.
        self.requests = None;
        let _ = self.process.wait();
    }
}
