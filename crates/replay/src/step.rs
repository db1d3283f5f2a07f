//! The step: when it is recorded, compared, compiled and replayed.

use std::fmt::Display;
use std::panic::Location;
use std::rc::Rc;

use tch::{Device, Kind, Tensor};
use torch_exact::{Error, Result, hook};

use crate::bindings::{self, Captured, Fit, Program, Recording, Refusal};
use crate::cuda::{Graph, WARM_UP_STEPS};
use crate::dependencies::{Dependencies, Gathering};
use crate::source_line;

/// How often a step is recorded until it is given up: the first one makes the optimizer's state.
const ATTEMPTS: usize = 4;

/// Shapes beyond which further ones are taken as they stand.
const MOST_VARIANTS: usize = 16;

/// Graphs in a row that a changed number made useless until no more are captured.
const MOST_UNUSED_GRAPHS: usize = 3;

/// Has the step that is being recorded on this thread, if there is one, refused, for a reason that
/// is read behind "the step cannot be replayed: ".
pub fn refuse(reason: &str) {
    bindings::refuse(reason);
}

/// What tells the shapes of a step apart.
type Shape = Vec<(Vec<i64>, Vec<i64>, Kind)>;

/// A recorded step, ready to be taken.
#[derive(Debug)]
enum Replay {
    /// On the CPU.
    Kernels(Program),
    /// On a GPU.
    Graph { graph: Graph, captured: Captured, replays: u64 },
}

impl Replay {
    fn fit(&self, arguments: &[&Tensor]) -> Result<Fit> {
        Ok(match self {
            Self::Kernels(program) => program.fit(arguments)?,
            Self::Graph { captured, .. } => captured.fit(arguments)?,
        })
    }

    /// Whether these numbers are others than those that it was recorded with and keeps.
    fn has_frozen_others(&self, numbers: &[f64], recorded: &[f64]) -> bool {
        let bits = |numbers: &[f64]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
        matches!(self, Self::Graph { .. }) && bits(numbers) != bits(recorded)
    }

    fn take<const N: usize>(
        &mut self,
        arguments: &[&Tensor],
        numbers: &[f64],
    ) -> Result<[Tensor; N]> {
        match self {
            Self::Kernels(program) => Ok(program.take(arguments, numbers)?),
            Self::Graph { graph, captured, replays } => {
                *replays += 1;
                captured.take(arguments, || graph.replay())
            }
        }
    }
}

#[derive(Debug)]
enum State {
    /// Taken as it stands, so many times, with the last recording that was not refused.
    Recorded {
        attempts: usize,
        last: Option<Recording>,
    },
    Ready {
        replay: Replay,
        dependencies: Dependencies,
    },
    Refused,
}

#[derive(Debug)]
struct Variant {
    shape: Shape,
    state: State,
}

/// A training step that is recorded and replayed; see the [crate](crate).
///
/// It belongs to the thread that takes the steps.
#[derive(Debug, Default)]
pub struct Step<const N: usize> {
    variants: Vec<Variant>,
    refusal: Option<String>,
    replays: u64,
    numbers: Vec<f64>,
    /// On a GPU, the graph that the next step is captured in, on whose stream steps are taken before.
    graph: Option<Graph>,
    /// The GPU that the last step that was recorded is on.
    gpu: Option<usize>,
    warmed_up: usize,
    /// Graphs in a row that were of no use: a number changed before the first replay.
    unused_graphs: usize,
}

impl<const N: usize> Step<N> {
    /// A step that was not taken yet.
    pub fn new() -> Self {
        Self {
            variants: vec![],
            refusal: None,
            replays: 0,
            numbers: vec![],
            graph: None,
            gpu: None,
            warmed_up: 0,
            unused_graphs: 0,
        }
    }

    /// Why the step, or one of its shapes, is not replayed, with the line of the program that it is
    /// about; `None` where nothing stands in the way.
    ///
    /// The line is that of [`take`](Self::take) where the program has no debugging information.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// How many steps were replayed.
    pub fn replays(&self) -> u64 {
        self.replays
    }

    /// Takes the step and returns what it computes, cut off from autograd.
    ///
    /// # Errors
    /// What `step` returns, and what libtorch throws.
    #[track_caller]
    pub fn take<E: From<Error> + Display>(
        &mut self,
        mut step: impl FnMut() -> std::result::Result<[Tensor; N], E>,
    ) -> std::result::Result<[Tensor; N], E> {
        self.take_with([], |[]| step())
    }

    /// Takes the step on these tensors, which may be others each time, a loader's batch for example.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    #[track_caller]
    pub fn take_with<const M: usize, E: From<Error> + Display>(
        &mut self,
        arguments: [&Tensor; M],
        mut step: impl FnMut([&Tensor; M]) -> std::result::Result<[Tensor; N], E>,
    ) -> std::result::Result<[Tensor; N], E> {
        let mut step = |arguments: [&Tensor; M]| Ok(detached(step(arguments)?)?);
        if bindings::is_observed() {
            return step(arguments);
        }
        if let Some(results) = self.replay(&arguments)? {
            return Ok(results);
        }
        let Some((index, mut attempts, last)) = self.attempt(&arguments) else {
            return step(arguments);
        };
        let caller = Location::caller();
        let with_frames = attempts >= ATTEMPTS;
        let gathering = Rc::new(Gathering::default());
        let mut record = || {
            let body = || hook::recording(gathering.clone(), || step(arguments));
            Recording::new(&arguments, last.as_ref(), with_frames, body, |results| {
                results.iter().collect()
            })
        };
        let (results, recording, refusal) = match &mut self.graph {
            Some(graph) => {
                self.warmed_up += 1;
                graph.warm_up(record)?
            }
            None => record()?,
        };
        let dependencies = gathering.take();
        let whole = refusal.is_none();
        let reason = match (refusal, &last) {
            (Some(refusal), _) => Some(refusal),
            (None, None) => self.find_gpu(&recording).map(unplaced),
            (None, Some(last)) => match last.difference(&recording)? {
                None if self.is_warming_up() => {
                    // The steps of the warm-up are no attempts.
                    attempts -= 1;
                    None
                }
                None => match self.compile(&recording, &dependencies, step)? {
                    Ok(replay) => {
                        self.variants[index].state = State::Ready { replay, dependencies };
                        return Ok(results);
                    }
                    Err(reason) => {
                        if self.gpu.is_some() {
                            attempts = ATTEMPTS;
                        }
                        Some(unplaced(reason))
                    }
                },
                difference => difference,
            },
        };
        self.variants[index].state = match reason {
            Some(Refusal { reason, frames }) if attempts >= ATTEMPTS => {
                let line = source_line::find(&frames)
                    .unwrap_or_else(|| format!("{}:{}", caller.file(), caller.line()));
                self.refusal.get_or_insert(format!("{reason} ({line})"));
                self.graph = None;
                State::Refused
            }
            _ => State::Recorded { attempts, last: whole.then_some(recording) },
        };
        Ok(results)
    }

    /// The index of the variant to record now, how often that was tried with this time, and the
    /// recording of the time before; `None` where the step is to be taken as it stands.
    fn attempt(&mut self, arguments: &[&Tensor]) -> Option<(usize, usize, Option<Recording>)> {
        let shape: Shape = arguments.iter().map(|t| (t.size(), t.stride(), t.kind())).collect();
        let index = self.variants.iter().position(|variant| {
            variant.shape == shape && !matches!(variant.state, State::Ready { .. })
        });
        let index = index.unwrap_or_else(|| {
            let state = State::Recorded { attempts: 0, last: None };
            self.variants.push(Variant { shape, state });
            self.variants.len() - 1
        });
        if index >= MOST_VARIANTS {
            self.variants.truncate(MOST_VARIANTS);
            let reason = format!("it has more than {MOST_VARIANTS} shapes or modes");
            self.refusal.get_or_insert(reason);
            return None;
        }
        match &mut self.variants[index].state {
            State::Recorded { attempts, last } => {
                *attempts += 1;
                Some((index, *attempts, last.take()))
            }
            _ => None,
        }
    }

    fn is_warming_up(&self) -> bool {
        self.graph.is_some() && self.warmed_up < WARM_UP_STEPS
    }

    /// Makes a graph for the steps to come of a step on a GPU; why there is none.
    fn find_gpu(&mut self, recording: &Recording) -> Option<String> {
        self.gpu = recording.gpu();
        if self.graph.is_none() {
            match Graph::new(Device::Cuda(self.gpu?)) {
                Ok(graph) => self.graph = Some(graph),
                Err(error) => return Some(error.to_string()),
            }
        }
        None
    }

    /// Makes ready what the two last recordings agree on, the last one's step having just been taken,
    /// or says why not.
    fn compile<const M: usize, E: From<Error> + Display>(
        &mut self,
        recording: &Recording,
        dependencies: &Dependencies,
        mut step: impl FnMut([&Tensor; M]) -> std::result::Result<[Tensor; N], E>,
    ) -> std::result::Result<std::result::Result<Replay, String>, E> {
        if recording.gpu().is_none() {
            return Ok(recording.compile(&dependencies.scalars)?.map(Replay::Kernels));
        }
        if let Some(reason) = self.find_gpu(recording) {
            return Ok(Err(reason));
        }
        let Some(mut graph) = self.graph.take() else {
            return Ok(Err("there is no graph".to_owned()));
        };
        let (mut captured, inputs) = Captured::new(recording)?;
        let launched = graph.capture(|| step(inputs.each_ref())).and_then(|results| {
            captured.set(&results.iter().collect::<Vec<_>>())?;
            Ok(graph.replay()?)
        });
        if let Err(error) = launched {
            captured.forget()?;
            return Ok(Err(format!("it cannot be captured in a CUDA graph: {error}")));
        }
        Ok(match captured.verify()? {
            Some(reason) => Err(reason),
            None => Ok(Replay::Graph { graph, captured, replays: 0 }),
        })
    }

    /// Replays the step, if one was recorded that fits.
    fn replay(&mut self, arguments: &[&Tensor]) -> Result<Option<[Tensor; N]>> {
        let mut index = 0;
        while index < self.variants.len() {
            let State::Ready { replay, dependencies } = &mut self.variants[index].state else {
                index += 1;
                continue;
            };
            let stale = match replay.fit(arguments)? {
                Fit::Stale => true,
                Fit::OtherStep => false,
                Fit::Fits if !dependencies.are_current() => true,
                Fit::Fits if !dependencies.hold() => false,
                Fit::Fits => {
                    dependencies.advance(&mut self.numbers)?;
                    if !replay.has_frozen_others(&self.numbers, &dependencies.scalars) {
                        let results = replay.take(arguments, &self.numbers)?;
                        self.replays += 1;
                        return Ok(Some(results));
                    }
                    let used = !matches!(replay, Replay::Graph { replays: 0, .. });
                    self.unused_graphs = if used { 0 } else { self.unused_graphs + 1 };
                    true
                }
            };
            match stale {
                true if self.unused_graphs >= MOST_UNUSED_GRAPHS => {
                    let reason = "a number, as a learning rate, changes from step to step, and a \
                                  CUDA graph keeps it";
                    self.refusal.get_or_insert(reason.to_owned());
                    self.variants[index].state = State::Refused;
                }
                true => drop(self.variants.remove(index)),
                false => index += 1,
            }
        }
        Ok(None)
    }
}

/// A refusal that is about the step as a whole.
fn unplaced(reason: String) -> Refusal {
    Refusal { reason, frames: vec![] }
}

/// The tensors, cut off from autograd.
fn detached<const N: usize>(mut tensors: [Tensor; N]) -> Result<[Tensor; N]> {
    for tensor in &mut tensors {
        *tensor = tensor.f_detach()?;
    }
    Ok(tensors)
}
