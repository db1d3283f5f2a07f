//! Schedules that change the rates every epoch.

use std::f64::consts::PI;

use super::super::real::{Real, divided};
use super::number::power;
use super::steps::not_zero;
use super::{At, LRScheduler, Schedule};
use crate::{Error, Result};

/// Multiplies the rates by `gamma` every epoch:
/// `torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma)`.
pub type ExponentialLR = LRScheduler<ExponentialLROptions>;

schedule_options! {
    /// What [`ExponentialLR`] takes, with PyTorch's names.
    ExponentialLROptions;
    /// The factor.
    gamma: f64, "gamma";
}

impl From<f64> for ExponentialLROptions {
    /// The defaults with this factor.
    fn from(gamma: f64) -> Self {
        Self { gamma, last_epoch: -1 }
    }
}

impl Schedule for ExponentialLROptions {
    of_schedule_options!();

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        if at.initial { at.lr.copy() } else { at.lr.mul(self.gamma) }
    }

    fn closed_form(&self, at: &At<'_>) -> Result<Real> {
        at.base_lr.mul(power(self.gamma, at.last_epoch as f64)?)
    }
}

/// Takes the rates from a share of what they were to another along a line of `total_iters` epochs:
/// `torch.optim.lr_scheduler.LinearLR(optimizer, start_factor, end_factor, total_iters)`.
pub type LinearLR = LRScheduler<LinearLROptions>;

schedule_options! {
    /// What [`LinearLR`] takes, with PyTorch's names and defaults.
    LinearLROptions;
    /// The share at the start, above 0 and up to 1.
    start_factor: f64, "start_factor";
    /// The share at the end, from 0 to 1.
    end_factor: f64, "end_factor";
    /// The epochs between them.
    total_iters: i64, "total_iters";
}

impl Default for LinearLROptions {
    fn default() -> Self {
        Self { start_factor: 1. / 3., end_factor: 1., total_iters: 5, last_epoch: -1 }
    }
}

impl Schedule for LinearLROptions {
    of_schedule_options!();

    fn check(&self) -> Result<()> {
        // NaN passes, as in Python.
        if self.start_factor > 1. || self.start_factor <= 0. {
            let accepted = "it must be above 0 and at most 1";
            return Err(Error::argument("start_factor", self.start_factor, accepted));
        }
        match self.end_factor > 1. || self.end_factor < 0. {
            true => Err(Error::argument("end_factor", self.end_factor, "it must be from 0 to 1")),
            false => Ok(()),
        }
    }

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        let &Self { start_factor, end_factor, total_iters, .. } = self;
        if at.last_epoch == 0 {
            return at.lr.mul(start_factor);
        }
        if at.initial || at.last_epoch > total_iters {
            return at.lr.copy();
        }
        let rise = end_factor - start_factor;
        let before =
            total_iters as f64 * start_factor + at.last_epoch.saturating_sub(1) as f64 * rise;
        at.lr.mul(1. + divided(rise, before)?)
    }

    fn closed_form(&self, at: &At<'_>) -> Result<Real> {
        let &Self { start_factor, end_factor, total_iters, .. } = self;
        let rise = (end_factor - start_factor) * total_iters.min(at.last_epoch) as f64;
        at.base_lr.mul(start_factor + divided(rise, total_iters as f64)?)
    }
}

/// Takes the rates to 0 along a power of `total_iters` epochs:
/// `torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters, power)`.
pub type PolynomialLR = LRScheduler<PolynomialLROptions>;

schedule_options! {
    /// What [`PolynomialLR`] takes, with PyTorch's names and defaults.
    PolynomialLROptions;
    /// The epochs to 0.
    total_iters: i64, "total_iters";
    /// The power.
    power: f64, "power";
}

impl Default for PolynomialLROptions {
    fn default() -> Self {
        Self { total_iters: 5, power: 1., last_epoch: -1 }
    }
}

impl PolynomialLROptions {
    /// The share of the epochs that is left.
    fn left(&self, epoch: i64) -> Result<f64> {
        Ok(1. - divided(epoch as f64, self.total_iters as f64)?)
    }
}

impl Schedule for PolynomialLROptions {
    of_schedule_options!();

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        if at.initial || at.last_epoch > self.total_iters {
            return at.lr.copy();
        }
        let now = self.left(at.last_epoch)?;
        let before = self.left(at.last_epoch.saturating_sub(1))?;
        at.lr.mul(power(divided(now, before)?, self.power)?)
    }

    fn closed_form(&self, at: &At<'_>) -> Result<Real> {
        let left = self.left(self.total_iters.min(at.last_epoch))?;
        at.base_lr.mul(power(left, self.power)?)
    }
}

/// Lowers the rates to `eta_min` along half a cosine of `t_max` epochs, and raises them again:
/// `torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max, eta_min)`.
///
/// As in Python each rate is made of the one before, so a rate that is set by hand changes all that
/// follow, and roundings add up.
pub type CosineAnnealingLR = LRScheduler<CosineAnnealingLROptions>;

schedule_options! {
    /// What [`CosineAnnealingLR`] takes, with PyTorch's names but for `T_max`.
    CosineAnnealingLROptions;
    /// PyTorch's `T_max`: epochs from the highest rate to the lowest.
    t_max: i64, "T_max";
    /// The lowest rate, 0 by default.
    eta_min: f64, "eta_min";
}

impl From<i64> for CosineAnnealingLROptions {
    /// The defaults with this `t_max`.
    fn from(t_max: i64) -> Self {
        Self { t_max, eta_min: 0., last_epoch: -1 }
    }
}

impl CosineAnnealingLROptions {
    fn one_plus_cos(&self, epoch: i64) -> f64 {
        1. + (PI * epoch as f64 / self.t_max as f64).cos()
    }
}

impl Schedule for CosineAnnealingLROptions {
    of_schedule_options!();

    fn check(&self) -> Result<()> {
        not_zero("T_max", self.t_max)
    }

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        let (eta_min, t_max, epoch) = (self.eta_min, self.t_max, at.last_epoch);
        if at.initial {
            return at.lr.copy();
        }
        if at.step_count == 1 && epoch > 0 {
            return self.closed_form(at);
        }
        if (i128::from(epoch) - 1 - i128::from(t_max)) % (2 * i128::from(t_max)) == 0 {
            let share = 1. - (PI / t_max as f64).cos();
            return at.lr.add(at.base_lr.sub(eta_min)?.mul(share)?.div(2)?);
        }
        let share = divided(self.one_plus_cos(epoch), self.one_plus_cos(epoch.saturating_sub(1)))?;
        Real::from(share).mul(at.lr.sub(eta_min)?)?.add(eta_min)
    }

    fn closed_form(&self, at: &At<'_>) -> Result<Real> {
        let share = self.one_plus_cos(at.last_epoch);
        Real::from(self.eta_min).add(at.base_lr.sub(self.eta_min)?.mul(share)?.div(2)?)
    }
}
