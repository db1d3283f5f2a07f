//! Learning-rate schedules, as
//! [`torch.optim.lr_scheduler`](https://docs.pytorch.org/docs/2.11/optim.html#how-to-adjust-learning-rate):
//! Python's arithmetic on Python's float64 numbers, step by step where Python's is.
//!
//! A scheduler does not hold its optimizer: pass it to each step.
//!
//! ```
//! use torch_exact::nn::{Linear, Module};
//! use torch_exact::optim::lr_scheduler::StepLR;
//! use torch_exact::optim::{self, Optimizer, SGD};
//!
//! # fn main() -> torch_exact::Result<()> {
//! let mut optimizer = SGD::new(Linear::new(1, 1)?.parameters(), optim::lr(0.1))?;
//! let mut scheduler = StepLR::new(&mut optimizer, 2)?;
//! for epoch in 0..4 {
//!     optimizer.step()?;
//!     scheduler.step(&mut optimizer)?;
//! }
//! assert_eq!(optimizer.lr(0)?, 0.1 * 0.1 * 0.1);
//! # Ok(())
//! # }
//! ```

mod reduce_on_plateau;
mod schedule;
mod scheduled;

use super::state_dict::Read;
use super::{Entries, Optimizer, StateValue, Warning};
use crate::{Error, Result};

pub use reduce_on_plateau::{Mode, ReduceLROnPlateau, ReduceLROnPlateauOptions, ThresholdMode};
pub use schedule::{
    CosineAnnealingLR, CosineAnnealingLROptions, ExponentialLR, ExponentialLROptions, StepLR,
    StepLROptions,
};
pub(super) use scheduled::Scheduled;

/// A scheduler that follows the count of epochs: [`StepLR`], [`ExponentialLR`],
/// [`CosineAnnealingLR`], by its options.
#[derive(Debug, Clone)]
pub struct LRScheduler<S> {
    schedule: S,
    base_lrs: Vec<f64>,
    last_epoch: i64,
    step_count: i64,
    last_lr: Vec<f64>,
    warnings: Vec<Warning>,
}

/// Where a schedule is when it is asked for a group's next rate.
#[derive(Debug)]
pub struct At {
    pub(super) last_epoch: i64,
    pub(super) step_count: i64,
    /// Whether the scheduler is being made.
    pub(super) initial: bool,
    pub(super) base_lr: f64,
    pub(super) lr: f64,
}

/// The arithmetic of a schedule.
pub trait Schedule {
    /// Refuses what fails in Python, at once or at a later step.
    fn check(&self) -> Result<()>;

    /// The index of the last epoch when the scheduler is made.
    fn last_epoch(&self) -> i64;

    /// A group's next rate: `get_lr`.
    fn lr(&self, at: &At) -> f64;

    /// The schedule's own entries in a state dictionary.
    fn entries(&self) -> Vec<(&'static str, StateValue)>;

    /// Takes the schedule's own entries over.
    fn load(&mut self, entries: &Entries) -> Result<()>;
}

impl<S: Schedule> LRScheduler<S> {
    /// `torch.optim.lr_scheduler.NAME(optimizer, …)`.
    ///
    /// As in Python, the optimizer keeps its rates as `initial_lr`, and the schedule takes its first
    /// step.
    ///
    /// # Errors
    /// [`Error::Argument`] for a period of 0, and, where `last_epoch` is not -1, for a group
    /// without `initial_lr`.
    pub fn new(optimizer: &mut dyn Optimizer, options: impl Into<S>) -> Result<Self> {
        let schedule = options.into();
        schedule.check()?;
        let last_epoch = schedule.last_epoch();
        let mut base_lrs = vec![];
        for group in 0..optimizer.groups() {
            base_lrs.push(match optimizer.initial_lr(group)? {
                Some(lr) => lr,
                None if last_epoch == -1 => {
                    let lr = optimizer.lr(group)?;
                    optimizer.set_initial_lr(group, lr)?;
                    lr
                }
                None => {
                    let accepted = "it must be -1 unless the optimizer's state was loaded";
                    return Err(Error::argument("last_epoch", last_epoch, accepted));
                }
            });
        }
        optimizer.stepped();
        let (last_lr, warnings) = (vec![], vec![]);
        let mut this = Self { schedule, base_lrs, last_epoch, step_count: 0, last_lr, warnings };
        this.update(optimizer, true)?;
        Ok(this)
    }

    /// Sets each group's rate for the next epoch: `scheduler.step()`.
    ///
    /// # Errors
    /// [`Error::Argument`] for an optimizer with another number of groups.
    pub fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        if self.step_count == 1 && !optimizer.stepped() {
            self.warnings.push(Warning::SchedulerBeforeOptimizer);
        }
        self.update(optimizer, false)
    }

    fn update(&mut self, optimizer: &mut dyn Optimizer, initial: bool) -> Result<()> {
        if optimizer.groups() != self.base_lrs.len() {
            let accepted = "the scheduler was made for another number of groups";
            return Err(Error::argument("optimizer.param_groups", optimizer.groups(), accepted));
        }
        self.step_count += 1;
        self.last_epoch += 1;
        let &mut Self { last_epoch, step_count, .. } = self;
        self.last_lr.clear();
        for (group, &base_lr) in self.base_lrs.iter().enumerate() {
            let lr = optimizer.lr(group)?;
            let lr = self.schedule.lr(&At { last_epoch, step_count, initial, base_lr, lr });
            optimizer.set_lr(group, lr)?;
            self.last_lr.push(lr);
        }
        Ok(())
    }

    /// The rates that the last step set, one a group: `scheduler.get_last_lr()`.
    pub fn get_last_lr(&self) -> &[f64] {
        &self.last_lr
    }

    /// What Python would have warned of.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// `scheduler.state_dict()`.
    pub fn state_dict(&self) -> Entries {
        let own = self.schedule.entries().into_iter();
        let shared = [
            ("base_lrs", StateValue::floats(&self.base_lrs)),
            ("last_epoch", StateValue::Int(self.last_epoch)),
            ("_step_count", StateValue::Int(self.step_count)),
            ("_is_initial", StateValue::Bool(false)),
            ("_get_lr_called_within_step", StateValue::Bool(false)),
            ("_last_lr", StateValue::floats(&self.last_lr)),
        ];
        own.chain(shared).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// `scheduler.load_state_dict(state_dict)`. What is left out of it stays as it is.
    ///
    /// # Errors
    /// [`Error::StateDict`] for an entry of another type than it should be. Nothing has changed
    /// then.
    pub fn load_state_dict(&mut self, state_dict: &Entries) -> Result<()>
    where
        S: Clone,
    {
        let mut new = self.clone();
        new.schedule.load(state_dict)?;
        new.schedule.check()?;
        state_dict.load("base_lrs", &mut new.base_lrs, Entries::numbers)?;
        state_dict.load("last_epoch", &mut new.last_epoch, Entries::integer)?;
        state_dict.load("_step_count", &mut new.step_count, Entries::integer)?;
        state_dict.load("_last_lr", &mut new.last_lr, Entries::numbers)?;
        *self = new;
        Ok(())
    }
}
