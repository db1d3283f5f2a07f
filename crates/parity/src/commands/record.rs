//! `parity record`.

use std::path::PathBuf;
use std::process::ExitCode;

use arithmetic::Arithmetic;
use parity::recorder::{Output, Recorder};
use parity::recording::{Error, Recording, discard};

use super::say;

/// Run a command and record every call it makes of libtorch.
///
/// The exit status is the command's own.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder for the recording, which must be empty or not exist.
    out: PathBuf,
    /// Keep the tensors of this call, by its number, whatever their size; may be repeated.
    #[arg(long, value_name = "CALL")]
    keep: Vec<usize>,
    /// What it computes with, whatever it asks for itself: native, portable (the same bits on
    /// every x86-64 processor with AVX2), compatible, avx2 or avx512 [default: as it chooses].
    #[arg(long, value_name = "ARITHMETIC")]
    arithmetic: Option<Arithmetic>,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Records, says to standard error what, and passes the command's exit status on.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let recorder = Recorder::with_arithmetic(args.arithmetic.unwrap_or_default(), say)?;
    let ending = recorder.record(&args.command, &args.out, Output::Shown, &args.keep, None)?;
    match Recording::read(&args.out) {
        Ok(recording) => eprintln!(
            "parity: {} calls, {} of them compute, in {}",
            recording.calls().len(),
            recording.computing().len(),
            args.out.display()
        ),
        Err(error) => {
            eprintln!("parity: {error}");
            // So that the folder can be named again.
            if matches!(error, Error::NothingRecorded { .. }) {
                discard(&args.out);
            }
        }
    }
    // As a shell has it for a command that was killed.
    let code = ending.exit.or(ending.signal.map(|signal| 128 + signal)).unwrap_or(2);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(2)))
}
