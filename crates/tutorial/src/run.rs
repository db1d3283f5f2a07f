//! One run of an example, from its flags to its exit code.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::time::Instant;

use anyhow::Context;
use parity::{Manifest, Step, Trace};
use plot::Figure;
use tch::{Cuda, Device, Kind, Tensor};
use torch_exact::cuda::{CapturedStep, Graph};
use torch_exact::device::{self, Selected};
use torch_exact::nn::Module;

use crate::figures::Folder;
use crate::flags::{self, About, Flags};
use crate::output;

/// What an example's `run` is given.
#[derive(Debug)]
pub struct Run {
    about: About,
    flags: Flags,
    selected: Selected,
    trace: RefCell<Trace>,
    figures: Option<Folder>,
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

    /// Records tensors at a place in the run, with `--trace`; without it, nothing is done.
    ///
    /// # Errors
    /// A name that is already recorded there, or a tensor that cannot be copied.
    pub fn record(&self, step: impl Step, tensors: &[(&str, &Tensor)]) -> anyhow::Result<()> {
        let mut trace = self.trace.borrow_mut();
        trace.step(step);
        tensors.iter().try_for_each(|(name, tensor)| Ok(trace.record(name, tensor)?))
    }

    /// Records leaves and their gradients, where they have one, at the place of the last
    /// [`record`](Self::record).
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn record_leaves(&self, leaves: &[(&str, &Tensor)]) -> anyhow::Result<()> {
        let mut trace = self.trace.borrow_mut();
        if !trace.is_on() {
            return Ok(());
        }
        for (name, leaf) in leaves {
            trace.record(name, leaf)?;
            let grad = leaf.f_grad()?;
            if grad.defined() {
                trace.record(&format!("{name}.grad"), &grad)?;
            }
        }
        Ok(())
    }

    /// [`record_leaves`](Self::record_leaves) of a model's parameters.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn record_model(&self, model: &dyn Module) -> anyhow::Result<()> {
        if !self.trace.borrow().is_on() {
            return Ok(());
        }
        let parameters = model.named_parameters();
        let leaves: Vec<_> = parameters.iter().map(|(name, p)| (name.as_str(), &**p)).collect();
        self.record_leaves(&leaves)
    }

    /// Records as `indices` which rows of `data` (`[n, k]`, no two alike) a batch `[m, k]` is made
    /// of: `int64`, `[m]`, at the place of the last [`record`](Self::record).
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn record_indices(&self, data: &Tensor, batch: &Tensor) -> anyhow::Result<()> {
        let mut trace = self.trace.borrow_mut();
        if !trace.is_on() {
            return Ok(());
        }
        let same = batch.f_unsqueeze(1)?.f_eq_tensor(data)?.f_all_dim(-1, false)?;
        let indices = same.f_to_kind(Kind::Uint8)?.f_argmax(1, false)?;
        Ok(trace.record("indices", &indices)?)
    }

    /// Saves a figure as `STEM.png` in the figures' folder and tells standard error its path, as
    /// `plt.savefig` saves one; with `--no-figures`, nothing is done.
    ///
    /// With `--layouts`, `STEM.json` has what was decided about the figure: its [`plot::Layout`].
    ///
    /// # Errors
    /// What cannot be drawn, or a file that cannot be written; see [`plot::PlotError`].
    pub fn savefig(&self, fig: &Figure, stem: &str) -> anyhow::Result<()> {
        let Some(folder) = &self.figures else {
            return Ok(());
        };
        let path = folder.save(fig, stem)?;
        self.say(format_args!("figure: {}", path.display()));
        Ok(())
    }

    /// The training step of a loop: taken as it stands, or with `--cuda-graph` recorded and replayed.
    ///
    /// # Errors
    /// As [`CapturedStep::new`].
    pub fn training_step<const N: usize>(&self) -> anyhow::Result<TrainingStep<N>> {
        let captured = self.flags.cuda_graph.then(|| CapturedStep::new(self.device()));
        Ok(TrainingStep(captured.transpose().context("--cuda-graph")?))
    }

    /// Tells standard error how long the returned value lived, with `--timings`.
    ///
    /// A card that still works when it is dropped is waited for, as the time is the loop's.
    #[must_use = "the time runs until this value is dropped"]
    pub fn timer(&self, label: &'static str) -> Timer {
        Timer(self.flags.timings.then(|| (label, self.device(), Instant::now())))
    }

    /// Writes a line to standard error, unless `--quiet`.
    fn say(&self, line: std::fmt::Arguments<'_>) {
        if !self.flags.quiet {
            // Where standard error takes nothing there is nobody to tell.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
}

/// A training step; see [`Run::training_step`].
#[derive(Debug)]
pub struct TrainingStep<const N: usize>(Option<CapturedStep<N>>);

impl<const N: usize> TrainingStep<N> {
    /// Takes the step and returns the tensors it returns.
    ///
    /// # Errors
    /// Those of `step`, and with `--cuda-graph` those of [`CapturedStep::take`].
    pub fn take(
        &mut self,
        step: impl FnOnce() -> anyhow::Result<[Tensor; N]>,
    ) -> anyhow::Result<[Tensor; N]> {
        match &mut self.0 {
            None => step(),
            Some(captured) => captured.take(step),
        }
    }
}

/// A stretch of a run that is timed; see [`Run::timer`].
#[derive(Debug)]
pub struct Timer(Option<(&'static str, Device, Instant)>);

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some((label, device, started)) = self.0 {
            if let Device::Cuda(index) = device {
                Cuda::synchronize(index as i64);
            }
            let seconds = started.elapsed().as_secs_f64();
            // Where standard error takes nothing there is nobody to tell.
            let _ = writeln!(io::stderr(), "timing: {label} {seconds:.9} s");
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
        Ok(started) => {
            finish(run(&started).and_then(|()| Ok(started.trace.into_inner().finish()?)))
        }
    };
    // Everything is written; what is left are libtorch's static destructors.
    shim::exit_now(code)
}

fn start(about: &About) -> Result<Run, i32> {
    // Rust's runtime puts /dev/null in the place of a closed stream, so this is asked first.
    if !shim::stdout_was_open() {
        return Err(fail(1, "standard output is closed"));
    }
    let flags = Flags::parse(about).map_err(|error| match error.use_stderr() {
        true => fail(2, &flags::sentence(&error, about)),
        // `--help`.
        false => finish(error.print().map_err(Into::into)),
    })?;
    if let Some(threads) = flags.threads {
        tch::set_num_threads(threads);
    }
    // Before anything draws: libtorch asks once whether CUDA is there.
    let selected = device::select(flags.device)
        .map_err(|e| fail(2, &format!("--device {}: {e}; {}", flags.device, e.remedy())))?;
    if flags.cuda_graph {
        can_record(selected.device)
            .map_err(|reason| fail(2, &format!("--cuda-graph: {reason}")))?;
    }
    // What else was asked for is finished, also when nobody reads the transcript to its end.
    output::outlive_the_reader(flags.trace.is_some());
    let trace = start_trace(about, &flags, selected.device)
        .map_err(|error| fail(2, &format!("--trace: {error:#}")))?;
    let figures = (flags.figures.as_deref())
        .map(|path| Folder::create(path, flags.layouts))
        .transpose()
        .map_err(|error| {
            let elsewhere = "name another folder, or give --no-figures";
            fail(2, &format!("--figures: {error:#}; {elsewhere}"))
        })?;
    let run = Run {
        about: *about,
        flags,
        selected,
        trace: RefCell::new(trace),
        figures,
        warned: Cell::new(false),
    };
    run.say(format_args!("device: {}", run.selected));
    Ok(run)
}

/// Whether a device records and replays steps, or why not.
fn can_record(device: Device) -> Result<(), String> {
    if device == Device::Cpu {
        let reason = "the device is cpu, and only a card records and replays steps";
        return Err(format!("{reason}; ask for --device cuda, or leave it out"));
    }
    Graph::new(device).map(drop).map_err(|error| format!("{error}; leave it out"))
}

fn start_trace(about: &About, flags: &Flags, device: Device) -> anyhow::Result<Trace> {
    let Some(path) = &flags.trace else {
        return Ok(Trace::off());
    };
    let args = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    let seed = flags.seed.unwrap_or(about.seed);
    let manifest = Manifest::of_process(device).with("seed", seed);
    Ok(Trace::create(path, manifest.with_flags(args))?)
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
