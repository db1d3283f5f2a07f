//! Learning-rate schedules, as
//! [`torch.optim.lr_scheduler`](https://docs.pytorch.org/docs/2.11/optim.html#how-to-adjust-learning-rate):
//! Python's arithmetic on Python's float64 numbers, step by step where Python's is.
//!
//! A scheduler does not hold its optimizer: pass it to each step. What Python takes as a number or as
//! a list of one for each group is [`PerGroup`]: `max_lr: 0.1.into()`, `max_lr: [0.1, 0.2].into()`.
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

#[macro_use]
mod options;
mod composed;
mod cyclic;
mod lambda;
mod last_lr;
mod number;
mod one_cycle;
mod per_group;
mod reduce_on_plateau;
mod schedule;
mod scheduled;
mod steps;
mod warm_restarts;

use std::fmt::{self, Debug};

use super::real::Real;
use super::state_dict::Read;
use super::{Entries, Optimizer, StateValue, Warning};
use crate::number::Number;
use crate::{Error, Result};
use last_lr::LastLr;

pub use composed::{ChainedScheduler, Scheduler, SequentialLR};
pub use cyclic::{CyclicLR, CyclicLROptions, CyclicMode, ScaleFn, ScaleMode};
pub use lambda::{LambdaLR, LambdaLROptions, LrLambda, MultiplicativeLR, MultiplicativeLROptions};
pub use one_cycle::{OneCycleLR, OneCycleLROptions};
pub use per_group::{AnnealStrategy, PerGroup};
pub use reduce_on_plateau::{Mode, ReduceLROnPlateau, ReduceLROnPlateauOptions, ThresholdMode};
pub use schedule::{
    CosineAnnealingLR, CosineAnnealingLROptions, ExponentialLR, ExponentialLROptions, LinearLR,
    LinearLROptions, PolynomialLR, PolynomialLROptions,
};
pub(super) use scheduled::Scheduled;
pub use steps::{
    ConstantLR, ConstantLROptions, MultiStepLR, MultiStepLROptions, StepLR, StepLROptions,
};
pub use warm_restarts::{CosineAnnealingWarmRestarts, CosineAnnealingWarmRestartsOptions};

/// A scheduler that follows the count of epochs, all but [`ReduceLROnPlateau`], by its options:
/// [`StepLR`], [`OneCycleLR`] and the others.
#[derive(Debug, Clone)]
pub struct LRScheduler<S> {
    schedule: S,
    base_lrs: Vec<Real>,
    last_epoch: i64,
    step_count: i64,
    last_lr: LastLr,
    warnings: Vec<Warning>,
}

/// Where a schedule is when it is asked for a group's next rate.
pub struct At<'a> {
    optimizer: &'a dyn Optimizer,
    pub(in crate::optim) group: usize,
    pub(in crate::optim) last_epoch: i64,
    pub(in crate::optim) step_count: i64,
    /// Whether the scheduler is being made.
    pub(in crate::optim) initial: bool,
    pub(in crate::optim) base_lr: &'a Real,
    pub(in crate::optim) lr: Real,
}

impl At<'_> {
    /// What a scheduler has kept with the group.
    pub(in crate::optim) fn entry(&self, name: &str) -> Result<Real> {
        let missing = || Error::StateDict(format!("{name} is missing in the optimizer's group"));
        self.optimizer.entry(self.group, name)?.ok_or_else(missing)
    }
}

impl Debug for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("At");
        fields.field("group", &self.group).field("last_epoch", &self.last_epoch);
        fields.finish_non_exhaustive()
    }
}

/// The arithmetic of a schedule.
pub trait Schedule: Clone + Debug {
    /// Whether it counts its steps: [`CosineAnnealingWarmRestarts`] alone does not.
    const COUNTS: bool = true;

    /// Refuses what fails in Python, at once or at a later step.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The index of the last epoch when the scheduler is made.
    fn last_epoch(&self) -> i64;

    /// What comes before the first step: sets what the schedule keeps with the groups.
    fn begin(&mut self, _: &mut dyn Optimizer) -> Result<()> {
        Ok(())
    }

    /// The rates that the schedule starts from, where they are not the groups' `initial_lr`.
    fn base_lrs(&self) -> Option<Vec<Real>> {
        None
    }

    /// The next epoch, or the one that was given.
    fn advance(&mut self, last_epoch: i64, given: Option<Number>) -> Result<i64> {
        match given {
            None => Ok(last_epoch.saturating_add(1)),
            Some(Number::Int(epoch)) => Ok(epoch),
            Some(other) => Err(Error::argument("epoch", other, "it must be a whole number")),
        }
    }

    /// A group's next rate: `get_lr`.
    fn lr(&self, at: &At<'_>) -> Result<Real>;

    /// The rate of an epoch that was given: `_get_closed_form_lr`, where there is one.
    fn closed_form(&self, at: &At<'_>) -> Result<Real> {
        self.lr(at)
    }

    /// A group's next momentum, where the schedule cycles it.
    fn momentum(&self, _: &At<'_>) -> Result<Option<f64>> {
        Ok(None)
    }

    /// The schedule's own entries in a state dictionary.
    fn entries(&self) -> Vec<(&'static str, StateValue)>;

    /// Those that come last.
    fn last_entries(&self) -> Vec<(&'static str, StateValue)> {
        vec![]
    }

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
    /// [`Error::Argument`] for options that Python refuses, at once or at a later step, and, where
    /// `last_epoch` is not -1, for a group without `initial_lr`.
    pub fn new(optimizer: &mut dyn Optimizer, options: impl Into<S>) -> Result<Self> {
        let mut schedule = options.into();
        schedule.check()?;
        schedule.begin(optimizer)?;
        let last_epoch = schedule.last_epoch();
        let mut base_lrs = vec![];
        for group in 0..optimizer.groups() {
            base_lrs.push(match optimizer.entry(group, INITIAL_LR)? {
                Some(lr) => lr.copy()?,
                None if last_epoch == -1 => {
                    let lr = optimizer.rate(group)?.copy()?;
                    optimizer.set_entry(group, INITIAL_LR, lr.clone())?;
                    lr.copy()?
                }
                None => {
                    let accepted = "it must be -1 unless the optimizer's state was loaded";
                    return Err(Error::argument("last_epoch", last_epoch, accepted));
                }
            });
        }
        optimizer.stepped();
        let (last_lr, warnings) = (LastLr::default(), vec![]);
        let mut this = Self { schedule, base_lrs, last_epoch, step_count: 0, last_lr, warnings };
        this.advance(optimizer, None, true)?;
        this.base_lrs = this.schedule.base_lrs().unwrap_or(this.base_lrs);
        Ok(this)
    }

    /// Sets each group's rate for the next epoch: `scheduler.step()`.
    ///
    /// # Errors
    /// [`Error::Argument`] for an optimizer with another number of groups, and where Python divides
    /// by zero, overflows or has no more steps to take.
    pub fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.advance(optimizer, None, false)
    }

    /// Sets each group's rate for an epoch: `scheduler.step(epoch)`. All but
    /// [`CosineAnnealingWarmRestarts`] warn of it, and use the closed form of their schedule where
    /// it has one.
    ///
    /// # Errors
    /// As [`step`](Self::step), and for an epoch that is below 0 or not whole where Python, or this
    /// schedule, wants another.
    pub fn step_to(
        &mut self,
        optimizer: &mut dyn Optimizer,
        epoch: impl Into<Number>,
    ) -> Result<()> {
        self.advance(optimizer, Some(epoch.into()), false)
    }

    fn advance(
        &mut self,
        optimizer: &mut dyn Optimizer,
        epoch: Option<Number>,
        initial: bool,
    ) -> Result<()> {
        if S::COUNTS {
            if self.step_count == 1 && !optimizer.stepped() {
                self.warnings.push(Warning::SchedulerBeforeOptimizer);
            }
            self.step_count = self.step_count.saturating_add(1);
            self.warnings.extend(epoch.map(|_| Warning::EpochGiven));
        }
        self.last_epoch = self.schedule.advance(self.last_epoch, epoch)?;
        self.set(optimizer, initial, S::COUNTS && epoch.is_some())
    }

    /// Sets the rates of the epoch: `_update_lr`.
    fn set(&mut self, optimizer: &mut dyn Optimizer, initial: bool, given: bool) -> Result<()> {
        if optimizer.groups() != self.base_lrs.len() {
            let accepted = "the scheduler was made for another number of groups";
            return Err(Error::argument("optimizer.param_groups", optimizer.groups(), accepted));
        }
        let &mut Self { last_epoch, step_count, .. } = self;
        let mut lrs = vec![];
        for (group, base_lr) in self.base_lrs.iter().enumerate() {
            let lr = optimizer.rate(group)?;
            let at = At { optimizer, group, last_epoch, step_count, initial, base_lr, lr };
            let schedule = &self.schedule;
            let lr = if given { schedule.closed_form(&at) } else { schedule.lr(&at) }?;
            if let Some(momentum) = schedule.momentum(&at)? {
                optimizer.set_momentum(group, momentum)?;
            }
            lrs.push(lr);
        }
        // Two groups may have the same tensor.
        for (group, lr) in lrs.iter().enumerate() {
            optimizer.update_lr(group, lr)?;
        }
        self.last_lr = LastLr::of(optimizer)?;
        Ok(())
    }

    /// The rates that the last step set, one a group: `scheduler.get_last_lr()`, or their values where
    /// they are tensors.
    pub fn get_last_lr(&self) -> &[f64] {
        self.last_lr.values()
    }

    /// What Python would have warned of.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// `scheduler.state_dict()`.
    pub fn state_dict(&self) -> Entries {
        let own = self.schedule.entries().into_iter();
        let shared = [
            ("base_lrs", StateValue::reals(&self.base_lrs)),
            ("last_epoch", StateValue::Int(self.last_epoch)),
            ("_step_count", StateValue::Int(self.step_count)),
            ("_is_initial", StateValue::Bool(false)),
            ("_get_lr_called_within_step", StateValue::Bool(false)),
            ("_last_lr", self.last_lr.entry()),
        ];
        let all = own.chain(shared).chain(self.schedule.last_entries());
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// `scheduler.load_state_dict(state_dict)`. What is left out of it stays as it is.
    ///
    /// # Errors
    /// [`Error::StateDict`] for an entry of another type than it should be. Nothing has changed
    /// then.
    pub fn load_state_dict(&mut self, state_dict: &Entries) -> Result<()> {
        let mut new = self.clone();
        new.schedule.load(state_dict)?;
        new.schedule.check()?;
        state_dict.load("base_lrs", &mut new.base_lrs, Entries::reals)?;
        state_dict.load("last_epoch", &mut new.last_epoch, Entries::integer)?;
        state_dict.load("_step_count", &mut new.step_count, Entries::integer)?;
        state_dict.load("_last_lr", &mut new.last_lr, LastLr::read)?;
        *self = new;
        Ok(())
    }
}

/// The rate that a group's schedule starts from.
const INITIAL_LR: &str = "initial_lr";
