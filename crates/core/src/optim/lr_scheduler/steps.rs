//! Schedules whose rates stay as they are but at a few epochs.

use super::super::real::{Real, divided};
use super::super::state_dict::{Read, wrong};
use super::super::{Entries, StateValue};
use super::number::{floor_divided, power};
use super::{At, LRScheduler, Schedule};
use crate::{Error, Result};

/// Multiplies the rates by `gamma` every `step_size` epochs:
/// `torch.optim.lr_scheduler.StepLR(optimizer, step_size, gamma)`.
///
/// `StepLR::new(&mut optimizer, 30)` has a `gamma` of 0.1.
pub type StepLR = LRScheduler<StepLROptions>;

schedule_options! {
    /// What [`StepLR`] takes, with PyTorch's names: `StepLROptions { gamma: 0.5, ..30.into() }`.
    StepLROptions;
    /// The period, in epochs.
    step_size: i64, "step_size";
    /// The factor, 0.1 by default.
    gamma: f64, "gamma";
}

impl From<i64> for StepLROptions {
    /// The defaults with this period.
    fn from(step_size: i64) -> Self {
        Self { step_size, gamma: 0.1, last_epoch: -1 }
    }
}

/// Python divides by a period only at a later step, and fails there.
pub(super) fn not_zero(name: &'static str, period: i64) -> Result<()> {
    match period {
        0 => Err(Error::argument(name, 0, "it must not be 0")),
        _ => Ok(()),
    }
}

impl Schedule for StepLROptions {
    of_schedule_options!();

    fn check(&self) -> Result<()> {
        not_zero("step_size", self.step_size)
    }

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        match at.last_epoch == 0 || at.last_epoch.wrapping_rem(self.step_size) != 0 {
            true => at.lr.copy(),
            false => at.lr.mul(self.gamma),
        }
    }

    fn closed_form(&self, at: &At<'_>) -> Result<Real> {
        let periods = floor_divided(at.last_epoch, self.step_size);
        at.base_lr.mul(power(self.gamma, periods as f64)?)
    }
}

/// Multiplies the rates by `gamma` at each of some epochs:
/// `torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma)`.
///
/// `MultiStepLR::new(&mut optimizer, [30, 80])` has a `gamma` of 0.1.
pub type MultiStepLR = LRScheduler<MultiStep>;

/// What [`MultiStepLR`] takes, with PyTorch's names:
/// `MultiStepLROptions { gamma: 0.5, ..[30, 80].into() }`.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiStepLROptions {
    /// The epochs; at one that is there twice the rates are multiplied twice.
    pub milestones: Vec<i64>,
    /// The factor, 0.1 by default.
    pub gamma: f64,
    /// The index of the last epoch, -1 by default: the start.
    pub last_epoch: i64,
}

impl<M: Into<Vec<i64>>> From<M> for MultiStepLROptions {
    /// The defaults with these epochs.
    fn from(milestones: M) -> Self {
        Self { milestones: milestones.into(), gamma: 0.1, last_epoch: -1 }
    }
}

/// The schedule of [`MultiStepLR`].
#[derive(Debug, Clone)]
pub struct MultiStep {
    /// Epochs and how often each is there, in the order of Python's `Counter`.
    milestones: Vec<(i64, i64)>,
    gamma: f64,
    last_epoch: i64,
}

impl From<MultiStepLROptions> for MultiStep {
    fn from(options: MultiStepLROptions) -> Self {
        let MultiStepLROptions { milestones: all, gamma, last_epoch } = options;
        let mut milestones: Vec<(i64, i64)> = vec![];
        for milestone in all {
            match milestones.iter_mut().find(|(known, _)| *known == milestone) {
                Some((_, count)) => *count += 1,
                None => milestones.push((milestone, 1)),
            }
        }
        Self { milestones, gamma, last_epoch }
    }
}

impl From<Vec<i64>> for MultiStep {
    fn from(milestones: Vec<i64>) -> Self {
        MultiStepLROptions::from(milestones).into()
    }
}

impl<const N: usize> From<[i64; N]> for MultiStep {
    fn from(milestones: [i64; N]) -> Self {
        MultiStepLROptions::from(milestones).into()
    }
}

impl Schedule for MultiStep {
    fn last_epoch(&self) -> i64 {
        self.last_epoch
    }

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        match self.milestones.iter().find(|(milestone, _)| *milestone == at.last_epoch) {
            None => at.lr.copy(),
            Some(&(_, times)) => at.lr.mul(power(self.gamma, times as f64)?),
        }
    }

    fn closed_form(&self, at: &At<'_>) -> Result<Real> {
        let past = self.milestones.iter().filter(|(milestone, _)| *milestone <= at.last_epoch);
        let times: i64 = past.map(|(_, times)| times).sum();
        at.base_lr.mul(power(self.gamma, times as f64)?)
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        let pair = |&(epoch, times)| (StateValue::Int(epoch), StateValue::Int(times));
        let milestones = StateValue::Counter(self.milestones.iter().map(pair).collect());
        vec![("milestones", milestones), ("gamma", StateValue::Float(self.gamma))]
    }

    fn load(&mut self, entries: &Entries) -> Result<()> {
        entries.load("milestones", &mut self.milestones, |entries, key| {
            let value = entries.value(key)?;
            let (StateValue::Counter(items) | StateValue::Dict(items)) = value else {
                return wrong(key, "a Counter", value);
            };
            let pair = |(epoch, times): &_| match (epoch, times) {
                (&StateValue::Int(epoch), &StateValue::Int(times)) => Ok((epoch, times)),
                _ => Err(Error::StateDict(format!("{key}: expected ints in the Counter"))),
            };
            items.iter().map(pair).collect()
        })?;
        entries.load("gamma", &mut self.gamma, Entries::number)
    }
}

/// Multiplies the rates by `factor` until `total_iters` epochs are over:
/// `torch.optim.lr_scheduler.ConstantLR(optimizer, factor, total_iters)`.
pub type ConstantLR = LRScheduler<ConstantLROptions>;

schedule_options! {
    /// What [`ConstantLR`] takes, with PyTorch's names and defaults.
    ConstantLROptions;
    /// The factor, from 0 to 1.
    factor: f64, "factor";
    /// Epochs after which the rates are what they were.
    total_iters: i64, "total_iters";
}

impl Default for ConstantLROptions {
    fn default() -> Self {
        Self { factor: 1. / 3., total_iters: 5, last_epoch: -1 }
    }
}

impl Schedule for ConstantLROptions {
    of_schedule_options!();

    fn check(&self) -> Result<()> {
        match self.factor > 1. || self.factor < 0. {
            true => Err(Error::argument("factor", self.factor, "it must be from 0 to 1")),
            false => Ok(()),
        }
    }

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        match at.last_epoch {
            0 => at.lr.mul(self.factor),
            epoch if epoch != self.total_iters => at.lr.copy(),
            _ => at.lr.mul(divided(1., self.factor)?),
        }
    }

    fn closed_form(&self, at: &At<'_>) -> Result<Real> {
        let over = if at.last_epoch >= self.total_iters { 1. } else { 0. };
        at.base_lr.mul(self.factor + over * (1. - self.factor))
    }
}
