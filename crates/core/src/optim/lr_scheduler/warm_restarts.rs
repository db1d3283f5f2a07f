use std::f64::consts::PI;

use num_traits::ToPrimitive as _;

use super::super::real::Real;
use super::super::state_dict::{Read, wrong};
use super::super::{Entries, StateValue};
use super::{At, LRScheduler, Schedule};
use crate::number::Number;
use crate::{Error, Result};

/// Lowers the rates to `eta_min` along half a cosine, again and again, each time over `t_mult` times
/// as many epochs: `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0, …)`.
///
/// [`step_to`](LRScheduler::step_to) takes parts of epochs too: `scheduler.step(epoch + i / iters)`.
/// As in Python it counts no steps, and does not warn where it steps before the optimizer.
pub type CosineAnnealingWarmRestarts = LRScheduler<WarmRestarts>;

/// What [`CosineAnnealingWarmRestarts`] takes, with PyTorch's names but for `T_0` and `T_mult`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CosineAnnealingWarmRestartsOptions {
    /// PyTorch's `T_0`: epochs until the first restart.
    pub t_0: i64,
    /// PyTorch's `T_mult`: how many times longer each period is than the one before, 1 by default.
    pub t_mult: i64,
    /// The lowest rate, 0 by default.
    pub eta_min: f64,
    /// The index of the last epoch, -1 by default: the start.
    pub last_epoch: i64,
}

impl From<i64> for CosineAnnealingWarmRestartsOptions {
    /// The defaults with this `t_0`.
    fn from(t_0: i64) -> Self {
        Self { t_0, t_mult: 1, eta_min: 0., last_epoch: -1 }
    }
}

/// The schedule of [`CosineAnnealingWarmRestarts`].
#[derive(Debug, Clone)]
pub struct WarmRestarts {
    options: CosineAnnealingWarmRestartsOptions,
    /// Epochs from one restart to the next.
    t_i: i64,
    /// Epochs since the last restart: a float where a float was given.
    t_cur: Number,
}

impl<O: Into<CosineAnnealingWarmRestartsOptions>> From<O> for WarmRestarts {
    fn from(options: O) -> Self {
        let options = options.into();
        Self { options, t_i: options.t_0, t_cur: Number::Int(options.last_epoch) }
    }
}

impl WarmRestarts {
    /// One epoch more.
    fn count(&mut self) {
        let t_i = self.t_i;
        let next = match self.t_cur {
            Number::Float(epochs) => Number::Float(epochs + 1.),
            epochs => Number::Int(epochs.to_i64().unwrap_or(0).saturating_add(1)),
        };
        self.t_cur = next;
        if f64::from(next) >= t_i as f64 {
            self.t_cur = remainder(next, t_i);
            self.t_i = t_i.saturating_mul(self.options.t_mult);
        }
    }

    /// The epoch that was given, which is not below 0.
    fn go_to(&mut self, epoch: Number) {
        let CosineAnnealingWarmRestartsOptions { t_0, t_mult, .. } = self.options;
        let epochs = f64::from(epoch);
        if epochs < t_0 as f64 {
            (self.t_i, self.t_cur) = (t_0, epoch);
        } else if t_mult == 1 {
            self.t_cur = remainder(epoch, t_0);
        } else {
            let longer = t_mult as f64;
            let restarts = ((epochs / t_0 as f64 * (longer - 1.) + 1.).ln() / longer.ln()) as u32;
            let times = t_mult.saturating_pow(restarts);
            let past = t_0.saturating_mul(times - 1) as f64 / (longer - 1.);
            self.t_cur = Number::Float(epochs - past);
            self.t_i = t_0.saturating_mul(times);
        }
    }
}

/// Python's `number % period` for what is not below 0.
fn remainder(number: Number, period: i64) -> Number {
    match number {
        Number::Float(number) => Number::Float(number % period as f64),
        number => Number::Int(number.to_i64().unwrap_or(0) % period),
    }
}

impl Schedule for WarmRestarts {
    const COUNTS: bool = false;

    fn check(&self) -> Result<()> {
        let CosineAnnealingWarmRestartsOptions { t_0, t_mult, .. } = self.options;
        if t_0 <= 0 || self.t_i <= 0 {
            return Err(Error::argument("T_0", t_0, "it must be above 0"));
        }
        match t_mult < 1 {
            true => Err(Error::argument("T_mult", t_mult, "it must be 1 or above")),
            false => Ok(()),
        }
    }

    fn last_epoch(&self) -> i64 {
        self.options.last_epoch
    }

    fn advance(&mut self, last_epoch: i64, given: Option<Number>) -> Result<i64> {
        let epoch = match given {
            None if last_epoch >= 0 => {
                self.count();
                return Ok(last_epoch.saturating_add(1));
            }
            None => Number::Int(0),
            Some(epoch) => epoch,
        };
        let epochs = f64::from(epoch);
        if !(epochs >= 0. && epochs.is_finite()) {
            return Err(Error::argument("epoch", epoch, "it must be 0 or above"));
        }
        self.go_to(epoch);
        Ok(epochs.floor() as i64)
    }

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        let share = 1. + (PI * f64::from(self.t_cur) / self.t_i as f64).cos();
        let eta_min = self.options.eta_min;
        Real::from(eta_min).add(at.base_lr.sub(eta_min)?.mul(share)?.div(2)?)
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        let options = &self.options;
        let t_cur = match self.t_cur {
            Number::Float(epochs) => StateValue::Float(epochs),
            epochs => StateValue::Int(epochs.to_i64().unwrap_or(0)),
        };
        vec![
            ("T_0", StateValue::Int(options.t_0)),
            ("T_i", StateValue::Int(self.t_i)),
            ("T_mult", StateValue::Int(options.t_mult)),
            ("eta_min", StateValue::Float(options.eta_min)),
            ("T_cur", t_cur),
        ]
    }

    fn load(&mut self, entries: &Entries) -> Result<()> {
        entries.load("T_0", &mut self.options.t_0, Entries::integer)?;
        entries.load("T_i", &mut self.t_i, Entries::integer)?;
        entries.load("T_mult", &mut self.options.t_mult, Entries::integer)?;
        entries.load("eta_min", &mut self.options.eta_min, Entries::number)?;
        entries.load("T_cur", &mut self.t_cur, |entries, key| match entries.value(key)? {
            &StateValue::Int(epochs) => Ok(Number::Int(epochs)),
            &StateValue::Float(epochs) => Ok(Number::Float(epochs)),
            other => wrong(key, "a number", other),
        })
    }
}
