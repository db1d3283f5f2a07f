//! `parity record`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use arithmetic::Arithmetic;
use parity::Comparison;
use parity::recorder::{Output, Recorder};
use parity::recording::{Ending, Error, Recording, Written, discard};

use super::{print, say};

/// Run a command and record every call it makes of libtorch, into a folder or into one small file.
///
/// The exit status is the command's own, and 2 where nothing could be recorded.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder for the recording, which must be empty or not exist.
    #[arg(required_unless_present = "to")]
    out: Option<PathBuf>,
    /// Write one file, a golden, for `parity check`: without the elements of the tensors, but small
    /// enough to be committed. The command runs in a copy of this folder, and what it writes there goes.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "keep"])]
    to: Option<PathBuf>,
    /// Replace the file, once it has been shown what is other than before; it is recorded in the
    /// arithmetic and with the threads that it has, unless others are named.
    #[arg(long, requires = "to")]
    update: bool,
    /// Run the command in this folder itself, and not in a copy of it, where the file is made.
    #[arg(long, requires = "to")]
    here: bool,
    /// Keep the tensors of this call, by its number, whatever their size; may be repeated.
    #[arg(long, value_name = "CALL")]
    keep: Vec<usize>,
    /// What it computes with, whatever it asks for itself: native, portable (the same bits on
    /// every x86-64 processor with AVX2), compatible, avx2 or avx512 [default: as it chooses].
    #[arg(long, value_name = "ARITHMETIC")]
    arithmetic: Option<Arithmetic>,
    /// Threads within one operation, unless it sets a number itself [default: as it chooses].
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Records, says to standard error what, and passes the command's exit status on.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match (&args.to, &args.out) {
        (Some(file), _) => golden(args, file),
        (None, Some(folder)) => {
            let recorder = recorder(args, None)?;
            let ending = recorder.record(&args.command, folder, Output::Shown, &args.keep, None)?;
            match Recording::read(folder) {
                Ok(recording) => said(&recording, folder),
                Err(error) => {
                    eprintln!("parity: {error}");
                    // So that the folder can be named again.
                    if matches!(error, Error::NothingRecorded { .. }) {
                        discard(folder);
                    }
                }
            }
            Ok(code(&ending))
        }
        (None, None) => bail!("name a folder, or a file with --to"),
    }
}

/// Writes the file only when all went well.
fn golden(args: &Args, file: &Path) -> anyhow::Result<ExitCode> {
    let before = match file.exists() {
        false => None,
        true if args.update => Some(Recording::read(file)?),
        true => bail!(
            "{} is there already: --update records it anew and shows what is other, `parity check` \
             compares with it",
            file.display()
        ),
    };
    let recorder = recorder(args, before.as_ref().and_then(Recording::ending))?;
    let recorder = recorder.own_folder(!args.here);
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let ending = recorder.record(&args.command, temporary.path(), Output::Shown, &[], None)?;
    let recording = Recording::read(temporary.path())?;
    if let Some(before) = &before {
        print(&Comparison::new(before, &recording).to_string())?;
    }
    recording.write_golden(file)?;
    if recording.written() == Some(&Written::TooLarge) {
        say(
            "the folder is too large to copy, so that it ran in the folder itself: what it wrote is there",
        );
    }
    said(&recording, file);
    Ok(code(&ending))
}

fn recorder(args: &Args, before: Option<&Ending>) -> anyhow::Result<Recorder> {
    let arithmetic = match (args.arithmetic, before) {
        (Some(arithmetic), _) => arithmetic,
        (None, Some(before)) => before.arithmetic.parse()?,
        (None, None) => Arithmetic::default(),
    };
    let threads = args.threads.or(before.and_then(|before| before.threads));
    Ok(Recorder::with_arithmetic(arithmetic, say)?.threads(threads))
}

fn said(recording: &Recording, out: &Path) {
    eprintln!(
        "parity: {} calls, {} of them compute, in {}",
        recording.calls().len(),
        recording.computing().len(),
        out.display()
    );
}

/// As a shell has it for a command that was killed.
fn code(ending: &Ending) -> ExitCode {
    let code = ending.exit.or(ending.signal.map(|signal| 128 + signal)).unwrap_or(2);
    ExitCode::from(u8::try_from(code).unwrap_or(2))
}
