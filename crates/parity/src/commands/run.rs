//! `parity run`: two programs, or an example and its reference, recorded and compared.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use arithmetic::Arithmetic;
use parity::Verdict;
use parity::recorder::Recorder;

use super::outcome::Job;
use super::reports::Reports;
use super::tutorials::Tutorials;
use super::{print, say};

/// Run two programs, neither of them changed, and compare what they compute and print.
///
/// parity run 'python hello.py' 'target/release/hello' compares any two; parity run NAME an example
/// with its Python reference. Words behind -- go to both programs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Two commands, each in quotes; or the name of one example (not with --all).
    #[arg(value_name = "COMMAND COMMAND | NAME")]
    programs: Vec<String>,
    /// Run every example.
    #[arg(long, conflicts_with = "programs")]
    all: bool,
    /// Where the examples compute: auto, cpu, cuda or cuda:N.
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// What both compute with, whatever they ask for themselves: native, portable (the same bits on
    /// every x86-64 processor with AVX2), compatible, avx2 or avx512 [default: as they choose].
    #[arg(long, value_name = "ARITHMETIC")]
    arithmetic: Option<Arithmetic>,
    /// Folder of the example programs [default: examples/ beside this program].
    #[arg(long, value_name = "DIR")]
    examples: Option<PathBuf>,
    /// Folder of the Python references [default: the checkout's scripts/reference].
    #[arg(long, value_name = "DIR")]
    references: Option<PathBuf>,
    /// Python to run the references [default: TORCH_EXACT_PYTHON, .venv/bin/python, python3].
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Run both in this folder itself, and not each in a copy of it: the second finds what the first has
    /// written.
    #[arg(long)]
    here: bool,
    /// Keep the recordings in this folder, which must be empty or not exist.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    #[command(flatten)]
    reports: Reports,
    /// For both programs.
    #[arg(last = true, value_name = "FLAGS")]
    flags: Vec<String>,
}

/// Runs what is asked for, prints what each comes to; the exit status is that of the worst.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.reports.check()?;
    let recorder = Recorder::with_arithmetic(args.arithmetic.unwrap_or_default(), say)?;
    let recorder = recorder.own_folder(!args.here).shows_progress(true);
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let folder = args.keep.as_deref().unwrap_or(temporary.path());
    let work_in = tempfile::tempdir().context("cannot make a temporary folder")?;
    let (jobs, is_pair) = match args.programs.as_slice() {
        [a, b] => (vec![pair(args, a, b)?], true),
        [] if !args.all => bail!(
            "name two commands, as in `parity run 'python hello.py' target/release/hello`, an \
             example, as in `parity run hello_pytorch`, or pass --all"
        ),
        [name] if is_command(name) => bail!(
            "{name:?} is one command; name the other, too, each in quotes, as in \
             `parity run 'python hello.py' target/release/hello`"
        ),
        names @ ([] | [_]) => (tutorials(args, names, work_in.path())?, false),
        words => bail!(
            "these are {} words; name two commands, each in quotes, as in \
             `parity run 'python hello.py' target/release/hello`",
            words.len()
        ),
    };
    let mut outcomes = Vec::new();
    for job in jobs {
        let into = match is_pair {
            true => folder.to_path_buf(),
            false => folder.join(&job.name),
        };
        let outcome = job.run(&recorder, &into, &args.reports)?;
        if !args.reports.json {
            print(&outcome.text(!is_pair))?;
        }
        outcomes.push(outcome);
    }
    if args.reports.json {
        print(&match outcomes.as_slice() {
            [outcome] if is_pair => serde_json::to_string_pretty(outcome)?,
            all => serde_json::to_string_pretty(all)?,
        })?;
    }
    let entries: Vec<_> = outcomes.iter().map(|outcome| outcome.entry(&args.reports)).collect();
    args.reports.write(&entries)?;
    let worst =
        outcomes.iter().max_by_key(|outcome| match args.reports.accept(outcome.is_near()) {
            true => Verdict::Identical,
            false => outcome.verdict(),
        });
    let code = worst.map(|outcome| args.reports.exit_code(outcome.verdict(), outcome.is_near()));
    Ok(ExitCode::from(code.unwrap_or_else(|| Verdict::NotComparable.exit_code())))
}

fn pair(args: &Args, a: &str, b: &str) -> anyhow::Result<Job> {
    let words = |command| anyhow::Ok([words(command)?, args.flags.clone()].concat());
    if args.device.is_some() {
        bail!("--device is for the examples; say the device in the commands");
    }
    Ok(Job { name: String::new(), commands: [words(a)?, words(b)?], work_in: None })
}

/// Whether it is no example's name.
fn is_command(name: &str) -> bool {
    name.contains([' ', '/', '.'])
}

/// The words of a command.
fn words(command: &str) -> anyhow::Result<Vec<String>> {
    let words = shlex::split(command)
        .with_context(|| format!("in {command:?} a quote is opened and not closed"))?;
    let Some(program) = words.first() else { bail!("{command:?} is not a command") };
    // Looked for in PATH, and not here.
    if !program.contains('/') && Path::new(program).is_file() && !is_in_path(program) {
        bail!(
            "{program} is not a command; write {}",
            match program.ends_with(".py") {
                true => format!("'python {command}'"),
                false => format!("'./{command}'"),
            }
        );
    }
    Ok(words)
}

fn is_in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn tutorials(args: &Args, names: &[String], work_in: &Path) -> anyhow::Result<Vec<Job>> {
    let tutorials = Tutorials::find(
        args.examples.as_deref(),
        args.references.as_deref(),
        args.python.as_deref(),
    )?;
    let names = if args.all { tutorials.names()? } else { names.to_vec() };
    let mut flags = vec!["--no-figures".to_owned()];
    flags.extend(args.device.iter().flat_map(|device| ["--device".to_owned(), device.clone()]));
    flags.extend(args.arithmetic.iter().flat_map(|a| ["--arithmetic".to_owned(), a.to_string()]));
    flags.extend(args.flags.iter().cloned());
    names.iter().map(|name| tutorials.job(name, &flags, work_in)).collect()
}
