//! A training step recorded once and then replayed at its kernels' own speed, with the same bits.
//!
//! In a small step most of the time goes to autograd and to finding the kernel of each operator. A
//! [`Step`] takes the first steps as they stand, writes down which operators two of them call on what
//! memory, and from then on calls the kernels alone, on memory that stands ready:
//!
//! ```
//! use tch::Tensor;
//! use torch_exact::nn::{Linear, Module};
//! use torch_exact::optim::{Optimizer, SGD};
//! use torch_exact::replay::Step;
//! use torch_exact::{Error, loss, random};
//!
//! # fn main() -> torch_exact::Result<()> {
//! let (x, y) = (random::rand([40, 1])?, random::rand([40, 1])?);
//! let model = Linear::new(1, 1)?;
//! let mut optimizer = SGD::new(model.parameters(), 0.1)?;
//! let mut step = Step::new();
//! for _ in 0..10 {
//!     let [loss] = step.take(|| {
//!         let loss = loss::mse_loss(&model.forward(&x)?, &y)?;
//!         optimizer.zero_grad()?;
//!         loss.backward();
//!         optimizer.step()?;
//!         Ok::<_, Error>([loss])
//!     })?;
//!     assert!(loss.double_value(&[]).is_finite());
//! }
//! assert_eq!(step.refusal(), None);
//! assert!(step.replays() > 0);
//! # Ok(())
//! # }
//! ```
//!
//! # What is the same, and what is not
//! Parameters, optimizer states, gradients and results have the bits of the steps as they stand.
//! Before a recording is trusted, the step that it was made of is taken once more from what was
//! there before, and every bit of what it leaves is compared. A step that differs, reads a value
//! back, depends on the program in a way that is not seen or calls what has no safe replay is
//! refused: it goes on as it stands, and [`Step::refusal`] says why.
//!
//! - The closure is not called for a replay. What it does besides tensor operations, such as
//!   counting or changing a learning rate, belongs outside of it, and so do numbers that change.
//! - Tensors from outside are read where they lie: copy new data into them, or give the step its
//!   batch with [`Step::take_with`]. Each shape of a batch is recorded for itself.
//! - A learning rate that was set, by a scheduler for example, and the corrections of `Adam` are those
//!   of the step that is taken. Another option, a group that was added or a state that was loaded
//!   has the step recorded anew, and so does a layer that [reads](crate::nn::Training::get) another
//!   mode.
//! - Results are cut off from autograd. They and the gradients belong to the caller: one that is kept
//!   keeps its values.
//! - Random numbers are drawn as the step draws them.
//! - While somebody records the calls, as `parity` does, steps are taken as they stand.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use shim::replay::{Fit, Program, Recording};
use tch::{Kind, Tensor};

use crate::{Error, Result};

/// How often a step is recorded until it is given up: the first one makes the optimizer's state.
const ATTEMPTS: usize = 4;

/// Shapes beyond which further ones are taken as they stand.
const MOST_VARIANTS: usize = 16;

/// Numbers of a program's own that change from step to step.
pub(crate) trait Supplier: Debug {
    /// Whether the step is still the one that was recorded.
    fn is_current(&self) -> bool;

    /// Does what the step does to the program's own state, and appends the step's numbers.
    fn advance(&mut self, numbers: &mut Vec<f64>) -> Result<()>;
}

/// What the step that is being recorded depends on besides tensors.
#[derive(Debug, Default)]
struct Dependencies {
    suppliers: Vec<Box<dyn Supplier>>,
    numbers: Vec<f64>,
    flags: Vec<(Arc<AtomicBool>, bool)>,
}

impl Dependencies {
    fn hold(&self) -> bool {
        self.suppliers.iter().all(|supplier| supplier.is_current())
            && self.flags.iter().all(|(flag, value)| flag.load(Ordering::Relaxed) == *value)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Dependencies>> = const { RefCell::new(None) };
}

/// A number that is supplied anew to each replay of the step that is being recorded, if one is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    pub value: f64,
    slot: Option<usize>,
}

impl Number {
    /// Runs an operation that takes the number.
    pub fn with<T>(self, body: impl FnOnce(f64) -> T) -> T {
        let slots = self.slot.as_slice();
        shim::replay::supplied(&[self.value], slots, || body(self.value))
    }

    /// Runs an operation that takes a list of numbers.
    pub fn with_all<T>(numbers: &[Self], body: impl FnOnce(&[f64]) -> T) -> T {
        let values: Vec<_> = numbers.iter().map(|number| number.value).collect();
        let slots: Vec<_> = numbers.iter().filter_map(|number| number.slot).collect();
        shim::replay::supplied(&values, &slots, || body(&values))
    }
}

/// Has `supplier` give these numbers, from now on, to the step that is being recorded, if one is.
pub(crate) fn supply<const N: usize>(
    values: [f64; N],
    supplier: impl FnOnce() -> Box<dyn Supplier>,
) -> [Number; N] {
    CURRENT.with_borrow_mut(|current| {
        let Some(current) = current else {
            return values.map(|value| Number { value, slot: None });
        };
        current.suppliers.push(supplier());
        values.map(|value| {
            current.numbers.push(value);
            Number { value, slot: Some(current.numbers.len() - 1) }
        })
    })
}

/// Notes that the step that is being recorded depends on a flag.
pub(crate) fn depend_on(flag: &Arc<AtomicBool>, value: bool) {
    CURRENT.with_borrow_mut(|current| {
        if let Some(current) = current {
            current.flags.push((Arc::clone(flag), value));
        }
    });
}

/// Has the step that is being recorded on this thread, if there is one, refused, for a reason that
/// is read behind "the step cannot be replayed: ".
pub fn refuse(reason: &str) {
    shim::replay::refuse(reason);
}

/// What tells the shapes of a step apart.
type Shape = Vec<(Vec<i64>, Vec<i64>, Kind)>;

#[derive(Debug)]
enum State {
    /// Taken as it stands, so many times, with the last recording that was not refused.
    Recorded {
        attempts: usize,
        last: Option<Recording>,
    },
    Ready {
        program: Program,
        dependencies: Dependencies,
    },
    Refused,
}

#[derive(Debug)]
struct Variant {
    shape: Shape,
    state: State,
}

/// A training step that is recorded and replayed; see the [module](self).
///
/// It belongs to the thread that takes the steps.
#[derive(Debug, Default)]
pub struct Step<const N: usize> {
    variants: Vec<Variant>,
    refusal: Option<String>,
    replays: u64,
    numbers: Vec<f64>,
}

impl<const N: usize> Step<N> {
    /// A step that was not taken yet.
    pub fn new() -> Self {
        Self { variants: vec![], refusal: None, replays: 0, numbers: vec![] }
    }

    /// Why the step, or one of its shapes, is not replayed; `None` where nothing stands in the way.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// How many steps were replayed.
    pub fn replays(&self) -> u64 {
        self.replays
    }

    /// The kernels that a replay calls, in order, one a line, for each shape that is replayed.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn kernels(&self) -> Result<Vec<String>> {
        let programs = self.variants.iter().filter_map(|variant| match &variant.state {
            State::Ready { program, .. } => Some(program),
            _ => None,
        });
        programs.map(|program| Ok(program.listing()?)).collect()
    }

    /// Takes the step and returns what it computes, cut off from autograd.
    ///
    /// # Errors
    /// What `step` returns, and what libtorch throws.
    pub fn take<E: From<shim::Error> + From<Error>>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<[Tensor; N], E>,
    ) -> std::result::Result<[Tensor; N], E> {
        self.take_with([], |[]| step())
    }

    /// Takes the step on these tensors, which may be others each time, a loader's batch for example.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_with<const M: usize, E: From<shim::Error> + From<Error>>(
        &mut self,
        arguments: [&Tensor; M],
        step: impl FnOnce([&Tensor; M]) -> std::result::Result<[Tensor; N], E>,
    ) -> std::result::Result<[Tensor; N], E> {
        let step = || Ok(detached(step(arguments)?)?);
        if shim::replay::is_observed() {
            return step();
        }
        if let Some(results) = self.replay(&arguments)? {
            return Ok(results);
        }
        let shape: Shape = arguments.iter().map(|t| (t.size(), t.stride(), t.kind())).collect();
        let place = self.variants.iter().position(|variant| {
            variant.shape == shape && !matches!(variant.state, State::Ready { .. })
        });
        let place = place.unwrap_or_else(|| {
            let state = State::Recorded { attempts: 0, last: None };
            self.variants.push(Variant { shape, state });
            self.variants.len() - 1
        });
        if place >= MOST_VARIANTS {
            self.variants.truncate(MOST_VARIANTS);
            let reason = format!("it has more than {MOST_VARIANTS} shapes or modes");
            self.refusal.get_or_insert(reason);
            return step();
        }
        let State::Recorded { attempts, last } = &mut self.variants[place].state else {
            return step();
        };
        *attempts += 1;
        let attempts = *attempts;
        let ended = Ended::begin();
        let (results, recording, refusal) =
            Recording::of(&arguments, last.as_ref(), step, |results| results.iter().collect())?;
        let dependencies = ended.take();
        let outcome = match (refusal, last.take()) {
            (Some(reason), _) => (Some(reason), None),
            (None, None) => (None, Some(recording)),
            (None, Some(last)) => match last.difference(&recording)? {
                Some(reason) => (Some(reason), Some(recording)),
                None => match recording.compile(&dependencies.numbers)? {
                    Ok(program) => {
                        self.variants[place].state = State::Ready { program, dependencies };
                        return Ok(results);
                    }
                    Err(reason) => (Some(reason), Some(recording)),
                },
            },
        };
        self.variants[place].state = match outcome {
            (Some(reason), _) if attempts >= ATTEMPTS => {
                self.refusal.get_or_insert(reason);
                State::Refused
            }
            (_, last) => State::Recorded { attempts, last },
        };
        Ok(results)
    }

    /// Replays the step, if one was recorded that fits.
    fn replay(&mut self, arguments: &[&Tensor]) -> Result<Option<[Tensor; N]>> {
        let mut place = 0;
        while place < self.variants.len() {
            if let State::Ready { program, dependencies } = &mut self.variants[place].state {
                match program.fit(arguments)? {
                    Fit::Fits if dependencies.hold() => {
                        self.numbers.clear();
                        for supplier in &mut dependencies.suppliers {
                            supplier.advance(&mut self.numbers)?;
                        }
                        let results = program.take(arguments, &self.numbers)?;
                        self.replays += 1;
                        return Ok(Some(results));
                    }
                    Fit::Stale => {
                        self.variants.remove(place);
                        continue;
                    }
                    Fit::Fits if !dependencies.suppliers.iter().all(|s| s.is_current()) => {
                        self.variants.remove(place);
                        continue;
                    }
                    _ => {}
                }
            }
            place += 1;
        }
        Ok(None)
    }
}

/// The dependencies of the step that is being recorded, gathered until this is dropped.
struct Ended;

impl Ended {
    fn begin() -> Self {
        CURRENT.set(Some(Dependencies::default()));
        Self
    }

    fn take(self) -> Dependencies {
        CURRENT.take().unwrap_or_default()
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

/// The tensors, cut off from autograd.
fn detached<const N: usize>(mut tensors: [Tensor; N]) -> Result<[Tensor; N]> {
    for tensor in &mut tensors {
        *tensor = tensor.f_detach()?;
    }
    Ok(tensors)
}
