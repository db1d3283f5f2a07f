//! `parity-fuzz`, which `parity fuzz` starts: random trainings and random tensors to print, done in Rust
//! and in Python.
//!
//! Both sides write down the tensors of a training under names, since `parity` sees neither what
//! replayed steps compute, which are no calls of libtorch's, nor many trainings in one process as many.
#![forbid(unsafe_code)]

mod case;
mod draw;
mod front;
mod outcome;
mod parts;
mod printing;
mod rows;
mod schedule;
mod shrink;
mod summary;
mod trace;
mod train;
mod training;
mod values;
mod worker;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use arithmetic::Arithmetic;
use clap::Parser;
use parity::Verdict;
use tch::Device;
use torch_exact::device::{self, DeviceRequest};

use case::{Asked, Case};
use draw::Draw;
use printing::Printing;
use summary::{Failure, Summary};
use training::Training;
use worker::Worker;

/// Do random trainings in Rust and in Python, and compare them bit for bit.
///
/// The first that differs is cut down to the smallest that still does.
#[derive(Debug, Parser)]
#[command(name = "parity-fuzz", bin_name = "parity fuzz", version)]
struct Args {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 200)]
    runs: u32,
    /// Begin no further one after so long.
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u32>,
    /// What they all follow from.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u32,
    /// Where the trainings run: auto, cpu, cuda or cuda:N.
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
    /// Print random tensors instead, and compare the texts.
    #[arg(long)]
    repr: bool,
    /// Have Rust replay the trainings' steps, which Python takes as they stand.
    #[arg(long, conflicts_with = "repr")]
    replay: bool,
    /// Do only this one, as an earlier failure printed it.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["runs", "seconds", "seed", "device", "replay", "keep_going"])]
    spec: Option<String>,
    /// Do all of them, though some differ; the first that does is cut down.
    #[arg(long)]
    keep_going: bool,
    /// Threads within one operation, on both sides. Both sides work at once, and more threads than
    /// cores wait for each other.
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(i32).range(1..=1024))]
    threads: i32,
    /// What both compute with: native, portable, compatible, avx2 or avx512.
    #[arg(long, value_name = "ARITHMETIC", default_value_t)]
    arithmetic: Arithmetic,
    /// Python's side, in place of this program's own fuzz.py.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Python to run it [default: TORCH_EXACT_PYTHON, .venv/bin/python, python3].
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Those that a command to repeat one needs.
    fn to_repeat(&self) -> String {
        let mut flags = String::new();
        if self.threads != 1 {
            flags += &format!(" --threads {}", self.threads);
        }
        if self.arithmetic != Arithmetic::Native {
            flags += &format!(" --arithmetic {}", self.arithmetic);
        }
        flags
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result =
        if args.repr { compare_all::<Printing>(&args) } else { compare_all::<Training>(&args) };
    let verdict = result.unwrap_or_else(|error| {
        eprintln!("parity fuzz: {error:#}");
        Verdict::NotComparable
    });
    ExitCode::from(verdict.exit_code())
}

/// Compares as many as asked for and prints what was found.
fn compare_all<C: Case>(args: &Args) -> anyhow::Result<Verdict> {
    torch_exact::arithmetic::set(args.arithmetic).context("--arithmetic")?;
    tch::set_num_threads(args.threads);
    let python = parity::python::find(args.python.as_deref())?;
    let start = || Worker::start(&python, args.script.as_deref(), args.threads, args.arithmetic);
    let summary = match &args.spec {
        Some(spec) => {
            let spec: C = serde_json::from_str(spec).context("--spec")?;
            one(args, spec, &mut start()?)?
        }
        None => {
            // Before anything draws: libtorch asks once whether CUDA is there.
            let request: DeviceRequest = args.device.parse().context("--device")?;
            let device = match device::select(request).context("--device")?.device {
                Device::Cuda(index) => format!("cuda:{index}"),
                _ => "cpu".into(),
            };
            many::<C>(args, &device, &mut start()?)?
        }
    };
    let text = if args.json { serde_json::to_string_pretty(&summary)? } else { summary.text() };
    writeln!(io::stdout(), "{text}").context("cannot write to standard output")?;
    Ok(summary.verdict)
}

fn one<C: Case>(args: &Args, spec: C, python: &mut Worker) -> anyhow::Result<Summary<C>> {
    let mut summary = Summary::default();
    let outcome = spec.run(python)?;
    summary.count(&spec, &outcome);
    if outcome.verdict != Verdict::Identical {
        summary.failure = Some(Failure::new(0, spec, outcome, &args.to_repeat())?);
    }
    Ok(summary)
}

fn many<C: Case>(args: &Args, device: &str, python: &mut Worker) -> anyhow::Result<Summary<C>> {
    let start = Instant::now();
    let mut summary = Summary { seed: Some(args.seed), ..Default::default() };
    let mut draw = Draw::new(args.seed);
    let is_over = || args.seconds.is_some_and(|most| start.elapsed().as_secs() >= most.into());
    for run in (0..args.runs).take_while(|&run| run == 0 || !is_over()) {
        let spec = C::draw(&mut draw, Asked { device, replay: args.replay });
        let outcome = spec.run(python)?;
        summary.count(&spec, &outcome);
        if outcome.verdict != Verdict::Identical && summary.failure.is_none() {
            let (spec, outcome) = shrink::smallest(spec, outcome, python)?;
            summary.failure = Some(Failure::new(run, spec, outcome, &args.to_repeat())?);
            if !args.keep_going {
                break;
            }
        }
    }
    summary.fingerprint = Some(format!("{:016x}", python.fingerprint()));
    summary.seconds = start.elapsed().as_secs_f64();
    Ok(summary)
}
