use std::f64::consts::PI;

use super::super::lr_scheduler::{AnnealStrategy, At, LRScheduler, PerGroup, Schedule};
use super::super::real::Real;
use super::super::state_dict::Read;
use super::super::{Entries, Optimizer, StateValue};
use crate::{Error, Result};

/// Takes the rates to `swa_lr` over some epochs, from where another scheduler has left them:
/// `torch.optim.swa_utils.SWALR(optimizer, swa_lr, …)`.
///
/// `SWALR::new(&mut optimizer, 0.05)` has the defaults.
pub type SWALR = LRScheduler<SWALROptions>;

/// What [`SWALR`] takes, with PyTorch's names and defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct SWALROptions {
    /// The rate in the end.
    pub swa_lr: PerGroup,
    /// Epochs until then, 10 by default.
    pub anneal_epochs: i64,
    /// How rates go there, by default along half a cosine.
    pub anneal_strategy: AnnealStrategy,
    /// The index of the last epoch, -1 by default: the start.
    pub last_epoch: i64,
}

impl<L: Into<PerGroup>> From<L> for SWALROptions {
    /// The defaults with this rate.
    fn from(swa_lr: L) -> Self {
        let anneal_strategy = AnnealStrategy::Cos;
        Self { swa_lr: swa_lr.into(), anneal_epochs: 10, anneal_strategy, last_epoch: -1 }
    }
}

impl SWALROptions {
    /// How far the rates have gone at a step.
    fn share(&self, step: i64) -> f64 {
        let share = (step as f64 / self.anneal_epochs.max(1) as f64).clamp(0., 1.);
        match self.anneal_strategy {
            AnnealStrategy::Cos => (1. - (PI * share).cos()) / 2.,
            AnnealStrategy::Linear => share,
        }
    }
}

impl Schedule for SWALROptions {
    fn check(&self) -> Result<()> {
        match self.anneal_epochs < 0 {
            true => {
                Err(Error::argument("anneal_epochs", self.anneal_epochs, "it must be 0 or above"))
            }
            false => Ok(()),
        }
    }

    fn last_epoch(&self) -> i64 {
        self.last_epoch
    }

    fn begin(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        for (group, lr) in self.swa_lr.each("swa_lr", optimizer.groups())?.into_iter().enumerate() {
            optimizer.set_entry(group, "swa_lr", lr.into())?;
        }
        Ok(())
    }

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        let step = at.step_count.saturating_sub(1);
        let step = if self.anneal_epochs == 0 { step.max(1) } else { step };
        let (before, now) = (self.share(step.saturating_sub(1)), self.share(step));
        let swa_lr = at.entry("swa_lr")?;
        let first = match before {
            1. => swa_lr.clone(),
            _ => at.lr.sub(Real::from(before).mul(&swa_lr)?)?.div(1. - before)?,
        };
        swa_lr.mul(now)?.add(first.mul(1. - now)?)
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        vec![
            ("_anneal_strategy", self.anneal_strategy.entry()),
            ("anneal_epochs", StateValue::Int(self.anneal_epochs)),
        ]
    }

    fn load(&mut self, entries: &Entries) -> Result<()> {
        entries.load("_anneal_strategy", &mut self.anneal_strategy, AnnealStrategy::read)?;
        entries.load("anneal_epochs", &mut self.anneal_epochs, Entries::integer)
    }
}
