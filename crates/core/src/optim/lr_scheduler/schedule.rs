use std::f64::consts::PI;

use super::super::state_dict::Read;
use super::super::{Entries, StateValue};
use super::{At, LRScheduler, Schedule};
use crate::{Error, Result};

/// Multiplies the rates by `gamma` every `step_size` epochs:
/// `torch.optim.lr_scheduler.StepLR(optimizer, step_size, gamma)`.
///
/// `StepLR::new(&mut optimizer, 30)` has a `gamma` of 0.1.
pub type StepLR = LRScheduler<StepLROptions>;

/// What [`StepLR`] takes, with PyTorch's names: `StepLROptions { gamma: 0.5, ..30.into() }`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepLROptions {
    /// The period, in epochs.
    pub step_size: i64,
    /// The factor, 0.1 by default.
    pub gamma: f64,
    /// The index of the last epoch, -1 by default: the start.
    pub last_epoch: i64,
}

impl From<i64> for StepLROptions {
    /// The defaults with this period.
    fn from(step_size: i64) -> Self {
        Self { step_size, gamma: 0.1, last_epoch: -1 }
    }
}

/// Multiplies the rates by `gamma` every epoch:
/// `torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma)`.
pub type ExponentialLR = LRScheduler<ExponentialLROptions>;

/// What [`ExponentialLR`] takes, with PyTorch's names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExponentialLROptions {
    /// The factor.
    pub gamma: f64,
    /// The index of the last epoch, -1 by default: the start.
    pub last_epoch: i64,
}

impl From<f64> for ExponentialLROptions {
    /// The defaults with this factor.
    fn from(gamma: f64) -> Self {
        Self { gamma, last_epoch: -1 }
    }
}

/// Lowers the rates to `eta_min` along half a cosine of `t_max` epochs, and raises them again:
/// `torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max, eta_min)`.
///
/// As in Python each rate is made of the one before, so a rate that is set by hand changes all that
/// follow, and roundings add up.
pub type CosineAnnealingLR = LRScheduler<CosineAnnealingLROptions>;

/// What [`CosineAnnealingLR`] takes, with PyTorch's names but for `T_max`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CosineAnnealingLROptions {
    /// PyTorch's `T_max`: epochs from the highest rate to the lowest.
    pub t_max: i64,
    /// The lowest rate, 0 by default.
    pub eta_min: f64,
    /// The index of the last epoch, -1 by default: the start.
    pub last_epoch: i64,
}

impl From<i64> for CosineAnnealingLROptions {
    /// The defaults with this `t_max`.
    fn from(t_max: i64) -> Self {
        Self { t_max, eta_min: 0., last_epoch: -1 }
    }
}

/// Python divides by a period only at a later step, and fails there.
fn not_zero(name: &'static str, period: i64) -> Result<()> {
    match period {
        0 => Err(Error::argument(name, 0, "it must not be 0")),
        _ => Ok(()),
    }
}

impl Schedule for StepLROptions {
    fn check(&self) -> Result<()> {
        not_zero("step_size", self.step_size)
    }

    fn last_epoch(&self) -> i64 {
        self.last_epoch
    }

    fn lr(&self, at: &At) -> f64 {
        match at.last_epoch == 0 || at.last_epoch % self.step_size != 0 {
            true => at.lr,
            false => at.lr * self.gamma,
        }
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        vec![
            ("step_size", StateValue::Int(self.step_size)),
            ("gamma", StateValue::Float(self.gamma)),
        ]
    }

    fn load(&mut self, entries: &Entries) -> Result<()> {
        entries.load("step_size", &mut self.step_size, Entries::integer)?;
        entries.load("gamma", &mut self.gamma, Entries::number)
    }
}

impl Schedule for ExponentialLROptions {
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn last_epoch(&self) -> i64 {
        self.last_epoch
    }

    fn lr(&self, at: &At) -> f64 {
        if at.initial { at.lr } else { at.lr * self.gamma }
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        vec![("gamma", StateValue::Float(self.gamma))]
    }

    fn load(&mut self, entries: &Entries) -> Result<()> {
        entries.load("gamma", &mut self.gamma, Entries::number)
    }
}

impl Schedule for CosineAnnealingLROptions {
    fn check(&self) -> Result<()> {
        not_zero("T_max", self.t_max)
    }

    fn last_epoch(&self) -> i64 {
        self.last_epoch
    }

    fn lr(&self, at: &At) -> f64 {
        let (eta_min, t_max, epoch) = (self.eta_min, self.t_max as f64, at.last_epoch as f64);
        let one_plus_cos = |epoch: f64| 1. + (PI * epoch / t_max).cos();
        if at.initial {
            at.lr
        } else if at.step_count == 1 && at.last_epoch > 0 {
            eta_min + (at.base_lr - eta_min) * one_plus_cos(epoch) / 2.
        } else if (at.last_epoch - 1 - self.t_max) % (2 * self.t_max) == 0 {
            at.lr + (at.base_lr - eta_min) * (1. - (PI / t_max).cos()) / 2.
        } else {
            one_plus_cos(epoch) / one_plus_cos(epoch - 1.) * (at.lr - eta_min) + eta_min
        }
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        vec![("T_max", StateValue::Int(self.t_max)), ("eta_min", StateValue::Float(self.eta_min))]
    }

    fn load(&mut self, entries: &Entries) -> Result<()> {
        entries.load("T_max", &mut self.t_max, Entries::integer)?;
        entries.load("eta_min", &mut self.eta_min, Entries::number)
    }
}
