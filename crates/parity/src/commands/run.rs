//! `parity run NAME`: an example against its reference.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, bail};
use parity::{Comparison, TraceFile, Verdict, compare};
use serde::Serialize;

use super::places::{Places, absolute};
use super::{print, process};

/// Run an example and its Python reference with the same flags, and compare what they recorded and
/// printed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run every example.
    #[arg(long)]
    all: bool,
    /// Folder of the example programs [default: examples/ beside this program].
    #[arg(long, value_name = "DIR")]
    examples: Option<PathBuf>,
    /// Folder of the Python references [default: the checkout's scripts/reference].
    #[arg(long, value_name = "DIR")]
    references: Option<PathBuf>,
    /// Python to run the references [default: TORCH_EXACT_PYTHON, .venv/bin/python, python3].
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Keep traces and standard outputs in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
    /// The example's name (not with --all), then flags for both programs.
    #[arg(value_name = "NAME] [FLAGS", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// How an example and its reference compare.
#[derive(Debug, Serialize)]
struct Outcome {
    name: String,
    flags: Vec<String>,
    verdict: Verdict,
    /// Why they are not comparable, where a program failed or its trace cannot be read.
    reason: Option<String>,
    #[serde(flatten)]
    ran: Option<Ran>,
}

#[derive(Debug, Serialize)]
struct Ran {
    output_identical: bool,
    output_bytes: usize,
    /// The first line of the two outputs that differs.
    output_difference: Option<LineDifference>,
    rust_seconds: f64,
    python_seconds: f64,
    trace: Comparison,
}

#[derive(Debug, Serialize)]
struct LineDifference {
    line: usize,
    rust: Option<String>,
    python: Option<String>,
}

/// Where the programs of a comparison are.
struct Programs {
    examples: PathBuf,
    places: Places,
}

/// Runs what is asked for, prints a line for each, and says how the worst of them compares.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let programs = Programs::find(args)?;
    let (names, flags) = match (args.all, args.words.split_first()) {
        (true, _) => (programs.names()?, args.words.as_slice()),
        (false, Some((name, flags))) if !name.starts_with('-') => (vec![name.clone()], flags),
        _ => bail!("name an example, as in `parity run hello_pytorch`, or pass --all"),
    };
    let mut outcomes = Vec::new();
    for name in &names {
        let outcome = programs.outcome(name, flags, args.keep.as_deref())?;
        if !args.json {
            print(&outcome.text())?;
        }
        outcomes.push(outcome);
    }
    if args.json {
        print(&serde_json::to_string_pretty(&outcomes)?)?;
    }
    let worst =
        outcomes.iter().map(|outcome| outcome.verdict).max_by_key(|verdict| verdict.exit_code());
    Ok(worst.unwrap_or(Verdict::NotComparable))
}

impl Programs {
    fn find(args: &Args) -> anyhow::Result<Self> {
        let places = Places::find(args.references.as_deref(), args.python.as_deref())?;
        let examples = match &args.examples {
            Some(folder) => absolute(folder)?,
            None => {
                let this = env::current_exe().context("cannot tell where this program is")?;
                absolute(&this.with_file_name("examples"))?
            }
        };
        Ok(Self { examples, places })
    }

    /// Every example that has a reference: a script that runs through `tutorial.run`.
    fn names(&self) -> anyhow::Result<Vec<String>> {
        let folder = self.places.references.display();
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.places.references)
            .with_context(|| format!("cannot list {folder}"))?
        {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".py"));
            let text = fs::read_to_string(&path).unwrap_or_default();
            // What lies beside the references serves them or other commands.
            if let (Some(name), true) = (name, text.contains("tutorial.run(")) {
                names.push(name.to_owned());
            }
        }
        if names.is_empty() {
            bail!("there are no references in {folder}");
        }
        names.sort();
        Ok(names)
    }

    fn outcome(
        &self,
        name: &str,
        flags: &[String],
        keep: Option<&Path>,
    ) -> anyhow::Result<Outcome> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let result = self.both(name, flags, folder.path());
        if let Some(keep) = keep {
            keep_files(name, folder.path(), keep)?;
        }
        let (verdict, reason, ran) = match result {
            Ok(ran) => (ran.verdict(), None, Some(ran)),
            Err(error) => (Verdict::NotComparable, Some(format!("{error:#}")), None),
        };
        Ok(Outcome { name: name.to_string(), flags: flags.to_vec(), verdict, reason, ran })
    }

    fn both(&self, name: &str, flags: &[String], folder: &Path) -> anyhow::Result<Ran> {
        let example = self.examples.join(name);
        if !example.is_file() {
            bail!(
                "there is no {}; build it with `cargo build --release --example {name}`",
                example.display()
            );
        }
        let reference = self.places.references.join(format!("{name}.py"));
        if !reference.is_file() {
            bail!("there is no {}", reference.display());
        }
        let (rust_trace, python_trace) =
            (folder.join("rust.safetensors"), folder.join("python.safetensors"));
        let with_trace = |trace: &Path| {
            let flags = flags.iter().map(OsString::from);
            flags.chain(["--trace".into(), trace.as_os_str().to_owned()]).collect::<Vec<_>>()
        };
        let rust = process::run(&example, with_trace(&rust_trace), folder)?;
        fs::write(folder.join("rust.stdout"), &rust.stdout)?;
        let python_args = [reference.into_os_string()].into_iter().chain(with_trace(&python_trace));
        let python = process::run(&self.places.python, python_args, folder)?;
        fs::write(folder.join("python.stdout"), &python.stdout)?;
        let trace = compare(&TraceFile::read(&rust_trace)?, &TraceFile::read(&python_trace)?);
        Ok(Ran {
            output_identical: rust.stdout == python.stdout,
            output_bytes: rust.stdout.len(),
            output_difference: first_difference(&rust.stdout, &python.stdout),
            rust_seconds: rust.wall.as_secs_f64(),
            python_seconds: python.wall.as_secs_f64(),
            trace,
        })
    }
}

impl Ran {
    fn verdict(&self) -> Verdict {
        match self.trace.verdict {
            Verdict::Identical if !self.output_identical => Verdict::Different,
            verdict => verdict,
        }
    }
}

impl Outcome {
    fn text(&self) -> String {
        let Some(ran) = &self.ran else {
            return format!(
                "{}: not comparable: {}",
                self.name,
                self.reason.as_deref().unwrap_or_default()
            );
        };
        let output = match &ran.output_difference {
            None => format!("output identical ({} bytes)", ran.output_bytes),
            Some(difference) => format!("output differs from line {}", difference.line),
        };
        let mut text = format!(
            "{}: {}; {output}; Rust {:.2} s, Python {:.2} s",
            self.name,
            ran.trace.summary(),
            ran.rust_seconds,
            ran.python_seconds
        );
        if let Some(difference) = &ran.output_difference {
            let line =
                |line: &Option<String>| line.clone().unwrap_or_else(|| "(no such line)".into());
            text += &format!(
                "\nRust:   {}\nPython: {}",
                line(&difference.rust),
                line(&difference.python)
            );
        }
        if ran.trace.verdict != Verdict::Identical {
            text += &format!("\n{}", ran.trace);
        }
        text
    }
}

/// The first line that differs, counted from 1; of two that differ in nothing but their last line's
/// ending, that line.
fn first_difference(rust: &[u8], python: &[u8]) -> Option<LineDifference> {
    if rust == python {
        return None;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let lines = |bytes| text(bytes).split_inclusive('\n').map(String::from).collect::<Vec<_>>();
    let (rust, python) = (lines(rust), lines(python));
    let line = rust.iter().zip(&python).take_while(|(a, b)| a == b).count();
    let shown = |lines: &[String]| lines.get(line).map(|line| format!("{line:?}"));
    Some(LineDifference { line: line + 1, rust: shown(&rust), python: shown(&python) })
}

fn keep_files(name: &str, folder: &Path, keep: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(keep).with_context(|| format!("cannot make {}", keep.display()))?;
    for file in ["rust.safetensors", "python.safetensors", "rust.stdout", "python.stdout"] {
        let (from, to) = (folder.join(file), keep.join(format!("{name}.{file}")));
        if from.exists() {
            fs::copy(&from, &to).with_context(|| format!("cannot write {}", to.display()))?;
        }
    }
    Ok(())
}
