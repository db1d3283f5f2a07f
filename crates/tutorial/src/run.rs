//! One run of an example, from its flags to its exit code.

use std::cell::Cell;
use std::io::{self, Write};

use anyhow::Context;
use tch::{Device, Tensor};
use torch_exact::device::{self, Selected};

use crate::flags::{self, About, Flags};

/// What an example's `run` is given.
#[derive(Debug)]
pub struct Run {
    about: About,
    flags: Flags,
    selected: Selected,
    warned: Cell<bool>,
}

impl Run {
    /// The device to move data and parameters to.
    pub fn device(&self) -> Device {
        self.selected.device
    }

    /// The seed: the user's, or the one whose run the document shows.
    pub fn seed(&self) -> u64 {
        self.flags.seed.unwrap_or(self.about.seed)
    }

    /// Whether the seed is the document's own, so that what the document drew before counts too.
    pub fn seed_is_documents(&self) -> bool {
        self.flags.seed.is_none()
    }

    /// Passes over the training data.
    pub fn epochs(&self) -> i64 {
        self.flags.epochs
    }

    /// Learning rate, per step.
    pub fn lr(&self) -> f64 {
        self.flags.lr
    }

    /// The loss as a number, read back from the device; a first one that is not finite is warned
    /// of on standard error.
    ///
    /// # Errors
    /// A tensor of more than one element.
    pub fn item(&self, loss: &Tensor) -> anyhow::Result<f64> {
        let value = f64::try_from(loss).context("reading the loss")?;
        if !value.is_finite() && !self.warned.replace(true) {
            self.say(format_args!(
                "warning: the loss is no longer finite; a smaller --lr may help"
            ));
        }
        Ok(value)
    }

    /// Writes a line to standard error, unless `--quiet`.
    fn say(&self, line: std::fmt::Arguments<'_>) {
        if !self.flags.quiet {
            // Where standard error takes nothing there is nobody to tell.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
}

/// Runs an example and ends the process.
///
/// Exit codes: 0 done, also where the reader of standard output left early; 1 failed; 2 the command
/// line asks for what cannot be had.
pub fn main(about: &About, run: fn(&Run) -> anyhow::Result<()>) -> ! {
    let code = match start(about) {
        Err(code) => code,
        Ok(started) => finish(run(&started)),
    };
    // Everything is written; what is left are libtorch's static destructors.
    libtorch::exit_now(code)
}

fn start(about: &About) -> Result<Run, i32> {
    let flags = Flags::parse(about).map_err(|error| match error.use_stderr() {
        true => fail(2, &flags::sentence(&error, about)),
        // `--help`.
        false => finish(error.print().map_err(Into::into)),
    })?;
    if !libtorch::stdout_was_open() {
        return Err(fail(1, "standard output is closed"));
    }
    if let Some(threads) = flags.threads {
        tch::set_num_threads(threads);
    }
    // Before anything draws: libtorch asks once whether CUDA is there.
    let selected = device::select(flags.device).map_err(|e| {
        fail(
            2,
            &format!("--device {}: {e}; {}", flags.device, e.remedy()),
        )
    })?;
    let run = Run {
        about: *about,
        flags,
        selected,
        warned: Cell::new(false),
    };
    run.say(format_args!("device: {}", run.selected));
    Ok(run)
}

fn finish(result: anyhow::Result<()>) -> i32 {
    match result.and_then(|()| Ok(io::stdout().flush().context("writing standard output")?)) {
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
