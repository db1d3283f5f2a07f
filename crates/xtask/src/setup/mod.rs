//! `scripts/setup`: finds PyTorch, or installs it into `.venv`, and links it as `.libtorch`.

mod doctor;
mod install;
mod libtorch;
mod plan;
mod python;
mod variables;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fmt};

use anyhow::{Error, Result};
use plan::{Action, Plan};

use crate::checkout::{Checkout, printed, which};

/// Find PyTorch, or install it, and link it as .libtorch.
///
/// It uses, in this order: the libtorch that LIBTORCH names; a Python that has this PyTorch already
/// (--python, TORCH_EXACT_PYTHON, the active one, python3); a .venv of its own, from the hashed
/// requirements in scripts/requirements. Once that is done it stays, until you name another one.
#[derive(clap::Args, Default)]
#[command(override_usage = "scripts/setup [OPTIONS]")]
pub struct Flags {
    /// Libtorch alone: builds and runs on a CPU, 0.5 GB to download [default without an NVIDIA driver]
    #[arg(long, conflicts_with = "full")]
    slim: bool,
    /// PyTorch with CUDA, and what the tests import: 2.8 GB to download [default with one]
    #[arg(long)]
    full: bool,
    /// The Python to use, or to make .venv with; TORCH_EXACT_PYTHON does the same
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Change nothing; report what is here and what would be done; exit 0 if ready, 1 if not
    #[arg(long)]
    doctor: bool,
    /// At the end, print the Python that can run the reference scripts, if there is one
    #[arg(long)]
    which_python: bool,
    /// Say nothing when there is nothing to do
    #[arg(long)]
    quiet: bool,
}

/// Which of the two lists of requirements.
#[derive(Clone, Copy, PartialEq)]
enum Set {
    Slim,
    Full,
}

impl Set {
    fn name(self) -> &'static str {
        if self == Self::Slim { "slim" } else { "full" }
    }

    /// MB on the disk while it is installed: the downloaded wheels lie beside the unpacked files.
    fn room(self) -> u64 {
        if self == Self::Slim { 1900 } else { 8000 }
    }
}

/// A sentence on what keeps this from going on, and the lines that mend it.
fn refusal(problem: impl fmt::Display, mend: &[&str]) -> Error {
    Error::msg(format!("{problem}\nTo mend it:\n    {}", mend.join("\n    ")))
}

/// What was asked for.
struct Setup<'a> {
    checkout: &'a Checkout,
    root: &'a Path,
    pytorch: &'a str,
    set: Set,
    /// Whether the Python must be able to run the reference scripts.
    for_references: bool,
    given: Option<PathBuf>,
    /// The command that was given, to be given again.
    again: String,
}

impl<'a> Setup<'a> {
    fn new(checkout: &'a Checkout, flags: &Flags) -> Result<Self> {
        let is_slim = flags.slim || !flags.full && driver().is_none();
        let set = if is_slim { Set::Slim } else { Set::Full };
        let mut again = "scripts/setup".to_owned();
        if flags.slim || flags.full {
            again += &format!(" --{}", set.name());
        }
        let variable = env::var_os("TORCH_EXACT_PYTHON").filter(|path| !path.is_empty());
        let mut given = flags.python.clone().or(variable.map(PathBuf::from));
        if let Some(path) = &mut given {
            // A name without a folder is looked for in PATH.
            if path.components().count() > 1 {
                *path = std::path::absolute(&path)?;
            }
            again += &format!(" --python {}", path.display());
        }
        let (root, pytorch) = (&*checkout.root, checkout.pinned("pytorch"));
        Ok(Self { checkout, root, pytorch, set, for_references: flags.full, given, again })
    }

    /// The free MB of the checkout's disk.
    fn room(&self) -> u64 {
        let rows = printed(Command::new("df").arg("-Pk").arg(self.root)).unwrap_or_default();
        let free = rows.lines().nth(1).and_then(|row| row.split_whitespace().nth(3)?.parse().ok());
        free.map_or(u64::MAX, |kilobytes: u64| kilobytes / 1024)
    }

    /// Does what is to be done.
    fn work(&self, quiet: bool) -> Result<Plan> {
        let mut plan = self.plan()?;
        let is_silent = quiet && plan.action == Action::Keep;
        if !plan.note.is_empty() && !is_silent {
            eprintln!("setup: {}", plan.note);
        }
        if plan.action != Action::Keep {
            let _lock = self.lock()?;
            check_compiler(self)?;
            // Another one may have done it by now.
            plan = self.plan()?;
            if let Action::Install(base) = &plan.action {
                plan = self.install(base)?;
            }
            libtorch::link(self, &plan.libtorch)?;
        }
        if !is_silent {
            eprintln!("setup: ready: PyTorch {} at {}", self.pytorch, plan.libtorch.display());
        }
        Ok(plan)
    }

    /// Of two at once the second waits.
    fn lock(&self) -> Result<File> {
        let lock = File::create(self.root.join(".venv.lock")).map_err(|_| {
            let root = self.root.display();
            let mend = format!("sudo chown -R \"$USER\" \"{root}\"");
            refusal(format!("{root} cannot be written to."), &[&mend])
        })?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            eprintln!("setup: another scripts/setup is at work in this checkout; waiting for it");
        }
        lock.lock()?;
        Ok(lock)
    }
}

fn compiler() -> String {
    env::var("CXX").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "c++".into())
}

/// Refuses a C++ compiler that is not there or too old.
fn check_compiler(setup: &Setup) -> Result<()> {
    let name = compiler();
    let words = ["-std=c++17", "-include", "optional", "-x", "c++", "-fsyntax-only", "/dev/null"];
    let problem = if which(&name).is_none() {
        format!("There is no C++ compiler ({name} is not on the PATH).")
    } else if printed(Command::new(&name).args(words)).is_none() {
        format!("The C++ compiler {name} does not compile C++17.")
    } else {
        return Ok(());
    };
    Err(refusal(problem, &[&package_line("g++", "gcc-c++"), &setup.again]))
}

/// The install command of this machine's package manager.
fn package_line(debian: &str, fedora: &str) -> String {
    match () {
        () if which("apt-get").is_some() => format!("sudo apt-get install {debian}"),
        () if which("dnf").is_some() => format!("sudo dnf install {fedora}"),
        () => format!("install {debian} (or your system's name for it)"),
    }
}

/// The NVIDIA driver's version. `/proc` is asked first because nvidia-smi can take seconds.
fn driver() -> Option<String> {
    let is_version =
        |word: &&str| word.contains('.') && word.split('.').all(|part| part.parse::<u32>().is_ok());
    if let Ok(text) = fs::read_to_string("/proc/driver/nvidia/version") {
        return text.split_whitespace().find(is_version).map(str::to_owned);
    }
    let mut ask = Command::new("nvidia-smi");
    let said = printed(ask.args(["--query-gpu=driver_version", "--format=csv,noheader"]))?;
    said.lines().next().map(str::to_owned)
}

pub fn run(checkout: &Checkout, flags: &Flags) -> Result<ExitCode> {
    let setup = Setup::new(checkout, flags)?;
    if flags.doctor {
        return Ok(doctor::report(&setup));
    }
    let plan = setup.work(flags.quiet)?;
    if let (true, Some(python)) = (flags.which_python, plan.python.filter(|p| p.missing.is_empty()))
    {
        println!("{}", python.program.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Sets up what a tutorial needs, in silence where it is there.
pub fn ensure_ready(checkout: &Checkout) -> Result<()> {
    Setup::new(checkout, &Flags::default())?.work(true).map(drop)
}

/// The Python that runs the references, set up where it is missing.
pub fn references_python(checkout: &Checkout) -> Result<PathBuf> {
    let flags = Flags { full: true, ..Flags::default() };
    let plan = Setup::new(checkout, &flags)?.work(true)?;
    let python = plan.python.filter(|python| python.missing.is_empty());
    let problem =
        "no Python here has what the references import; scripts/setup --full --doctor says more";
    python.map(|python| python.program).ok_or_else(|| Error::msg(problem))
}
