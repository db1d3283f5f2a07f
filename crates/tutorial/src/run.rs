//! One run of an example, from its flags to its exit code.

use std::io::{self, Write};

use anyhow::Context;
use plot::Figure;
use tch::Device;
use torch_exact::arithmetic::{self, Arithmetic, ArithmeticError};
use torch_exact::device;

use crate::figures::Folder;
use crate::flags::{self, Flags};
use crate::tutorial::Tutorial;

impl Tutorial {
    /// Runs the example and ends the process.
    ///
    /// Exit codes: 0 done, also where the reader of standard output left early; 1 failed; 2 the
    /// command line asks for what cannot be had.
    pub fn run(self, run: fn(&Run) -> anyhow::Result<()>) -> ! {
        let code = start(&self).map_or_else(|code| code, |started| finish(run(&started)));
        // Everything is written; what is left are libtorch's static destructors.
        shim::exit_now(code)
    }
}

/// What an example's `run` is given.
#[derive(Debug)]
pub struct Run {
    /// The device to move data and parameters to.
    pub device: Device,
    /// The seed: the user's, or the one whose run the document shows.
    pub seed: u64,
    /// Whether the seed is the document's own, so that what the document drew before counts too.
    pub seed_is_documents: bool,
    /// Passes over the training data.
    pub epochs: i64,
    /// Learning rate, per step.
    pub lr: f64,
    /// None with `--no-figures`.
    figures: Option<Folder>,
    quiet: bool,
}

impl Run {
    /// Saves the figure that `draw` draws as `STEM.png` in the figures' folder, and tells standard
    /// error its path; with `--no-figures`, nothing is done.
    ///
    /// # Errors
    /// What cannot be drawn, or a file that cannot be written; see [`plot::PlotError`].
    pub fn figure(&self, stem: &str, draw: impl FnOnce(&mut Figure)) -> anyhow::Result<()> {
        if let Some(folder) = &self.figures {
            let mut fig = Figure::default();
            draw(&mut fig);
            let path = folder.save(&fig, stem)?;
            self.say(format_args!("figure: {}", path.display()));
        }
        Ok(())
    }

    /// Writes a line to standard error, unless `--quiet`.
    fn say(&self, line: std::fmt::Arguments<'_>) {
        if !self.quiet {
            // Where standard error takes nothing there is nobody to tell.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
}

fn start(tutorial: &Tutorial) -> Result<Run, i32> {
    let flags = Flags::parse(tutorial).map_err(|error| match error.use_stderr() {
        true => fail(2, &flags::sentence(&error, tutorial)),
        // `--help`.
        false => finish(error.print().map_err(Into::into)),
    })?;
    if let Some(threads) = flags.threads {
        tch::set_num_threads(threads);
    }
    let arithmetic = set_arithmetic(tutorial, flags.arithmetic)
        .map_err(|e| fail(2, &format!("--arithmetic {e}; {}", e.remedy())))?;
    // Before anything draws: libtorch asks once whether CUDA is there.
    let selected = device::select(flags.device)
        .map_err(|e| fail(2, &format!("--device {}: {e}; {}", flags.device, e.remedy())))?;
    let figures = flags.figures.as_deref().map(Folder::create).transpose().map_err(|error| {
        let elsewhere = "name another folder, or give --no-figures";
        fail(2, &format!("--figures: {error:#}; {elsewhere}"))
    })?;
    let run = Run {
        device: selected.device,
        seed: flags.seed.unwrap_or(tutorial.seed),
        seed_is_documents: flags.seed.is_none(),
        epochs: flags.epochs,
        lr: flags.lr,
        figures,
        quiet: flags.quiet,
    };
    run.say(format_args!("device: {selected}"));
    run.say(format_args!("arithmetic: {arithmetic}"));
    Ok(run)
}

/// Chooses the arithmetic, the document's if the user names none, and says which it is and why.
///
/// What the environment asks for stands, and so does what the machine has if it has no other.
fn set_arithmetic(
    tutorial: &Tutorial,
    asked: Option<Arithmetic>,
) -> Result<String, ArithmeticError> {
    let wanted = asked.unwrap_or(tutorial.arithmetic);
    let said = match asked {
        None if wanted == Arithmetic::Portable => {
            "portable: the same on every x86-64 processor with AVX2".to_owned()
        }
        None => format!("{wanted}, the document's"),
        Some(_) => format!("{wanted}, as asked"),
    };
    match arithmetic::set(wanted) {
        Ok(()) => Ok(said),
        Err(error @ ArithmeticError::Environment { .. }) => {
            Ok(format!("the environment's ({error})"))
        }
        Err(error) if asked.is_some() => Err(error),
        Err(error) if wanted == Arithmetic::Avx512 => match arithmetic::set(Arithmetic::Compatible)
        {
            Ok(()) => Ok(format!("compatible, since the document's cannot be had ({error})")),
            Err(_) => Ok(format!("native ({error})")),
        },
        Err(error) => Ok(format!("native ({error})")),
    }
}

fn finish(result: anyhow::Result<()>) -> i32 {
    match result.and_then(|()| io::stdout().flush().context("writing standard output")) {
        Ok(()) => 0,
        // Whoever read standard output has seen enough: `| head -1`.
        Err(error) if is_broken_pipe(&error) => 0,
        Err(error) => fail(1, &format!("{error:#}")),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

fn fail(code: i32, sentence: &str) -> i32 {
    let _ = writeln!(io::stderr(), "error: {sentence}");
    code
}
