use std::fmt::{self, Debug, Formatter};
use std::rc::Rc;

use super::super::real::{Real, divided};
use super::super::state_dict::{Read, wrong};
use super::super::{Entries, Optimizer, StateValue};
use super::number::power;
use super::per_group::{Momenta, of};
use super::{At, LRScheduler, PerGroup, Schedule};
use crate::{Error, Result};

/// Raises the rates from one bound to another and lowers them again, over and over, while momentum does
/// the reverse: `torch.optim.lr_scheduler.CyclicLR(optimizer, base_lr, max_lr, …)`.
///
/// `CyclicLR::new(&mut optimizer, (0.01, 0.1))` has the defaults.
pub type CyclicLR = LRScheduler<Cyclic>;

/// How the cycles of [`CyclicLR`] change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CyclicMode {
    /// `"triangular"`: not at all.
    Triangular,
    /// `"triangular2"`: each has half the height of the one before.
    Triangular2,
    /// `"exp_range"`: `gamma` to the power of the iteration is the height.
    ExpRange,
}

/// What a [`ScaleFn`] is a function of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleMode {
    /// `"cycle"`: the number of the cycle, from 1.
    Cycle,
    /// `"iterations"`: the number of the iteration, from 0.
    Iterations,
}

/// The height of cycles as a function of the cycle or the iteration.
#[derive(Clone)]
pub struct ScaleFn(Rc<dyn Fn(f64) -> f64>);

impl<F: Fn(f64) -> f64 + 'static> From<F> for ScaleFn {
    fn from(scale: F) -> Self {
        Self(Rc::new(scale))
    }
}

impl Debug for ScaleFn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("ScaleFn")
    }
}

/// What [`CyclicLR`] takes, with PyTorch's names and defaults:
/// `CyclicLROptions { step_size_up: 100, ..(0.01, 0.1).into() }`.
#[derive(Debug, Clone)]
pub struct CyclicLROptions {
    /// The lower bound of the rates, which they start from.
    pub base_lr: PerGroup,
    /// Their upper bound.
    pub max_lr: PerGroup,
    /// Iterations up.
    pub step_size_up: i64,
    /// Iterations down; as many as up for none.
    pub step_size_down: Option<i64>,
    /// How cycles change, where there is no `scale_fn`.
    pub mode: CyclicMode,
    /// The factor of [`CyclicMode::ExpRange`].
    pub gamma: f64,
    /// The height of cycles, in place of `mode`.
    pub scale_fn: Option<ScaleFn>,
    /// What `scale_fn` is a function of.
    pub scale_mode: ScaleMode,
    /// Whether momentum falls as rates rise.
    pub cycle_momentum: bool,
    /// The lower bound of momentum.
    pub base_momentum: PerGroup,
    /// Its upper bound, which it starts from.
    pub max_momentum: PerGroup,
    /// The index of the last iteration, -1 by default: the start.
    pub last_epoch: i64,
}

impl<B: Into<PerGroup>, M: Into<PerGroup>> From<(B, M)> for CyclicLROptions {
    /// The defaults with these bounds.
    fn from((base_lr, max_lr): (B, M)) -> Self {
        Self {
            base_lr: base_lr.into(),
            max_lr: max_lr.into(),
            step_size_up: 2000,
            step_size_down: None,
            mode: CyclicMode::Triangular,
            gamma: 1.,
            scale_fn: None,
            scale_mode: ScaleMode::Cycle,
            cycle_momentum: true,
            base_momentum: 0.8.into(),
            max_momentum: 0.9.into(),
            last_epoch: -1,
        }
    }
}

/// The schedule of [`CyclicLR`].
#[derive(Debug, Clone)]
pub struct Cyclic {
    options: CyclicLROptions,
    base_lrs: Vec<f64>,
    max_lrs: Vec<f64>,
    total_size: f64,
    step_ratio: f64,
    momenta: Option<Momenta>,
}

impl<O: Into<CyclicLROptions>> From<O> for Cyclic {
    fn from(options: O) -> Self {
        let mut options = options.into();
        let up = options.step_size_up as f64;
        let total_size = up + options.step_size_down.map_or(up, |down| down as f64);
        if options.scale_fn.is_none() {
            options.scale_mode = options.mode.scale_mode();
        }
        let (base_lrs, max_lrs, step_ratio) = (vec![], vec![], up / total_size);
        Self { options, base_lrs, max_lrs, total_size, step_ratio, momenta: None }
    }
}

impl CyclicMode {
    const ALL: [(Self, &str); 3] = [
        (Self::Triangular, "triangular"),
        (Self::Triangular2, "triangular2"),
        (Self::ExpRange, "exp_range"),
    ];

    fn scale_mode(self) -> ScaleMode {
        if self == Self::ExpRange { ScaleMode::Iterations } else { ScaleMode::Cycle }
    }
}

impl ScaleMode {
    const ALL: [(Self, &str); 2] = [(Self::Cycle, "cycle"), (Self::Iterations, "iterations")];
}

/// A choice by its name in Python.
fn named<T: Copy>(entries: &Entries, key: &str, all: &[(T, &str)]) -> Result<T> {
    let text = entries.text(key)?;
    let found = all.iter().find(|(_, name)| *name == text);
    let unknown = || Error::StateDict(format!("{key}: there is no {text}"));
    found.map(|&(choice, _)| choice).ok_or_else(unknown)
}

fn name<T: PartialEq>(choice: &T, all: &[(T, &str)]) -> StateValue {
    let name = all.iter().find(|(known, _)| known == choice).map(|(_, name)| *name);
    StateValue::Str(name.unwrap_or_default().to_owned())
}

impl Cyclic {
    /// How far up the cycle is, as a share of its height, and the height.
    fn position(&self, epoch: i64) -> Result<(f64, f64)> {
        let cycle = (1. + divided(epoch as f64, self.total_size)?).floor();
        let x = 1. + epoch as f64 / self.total_size - cycle;
        let share = match x <= self.step_ratio {
            true => divided(x, self.step_ratio)?,
            false => divided(x - 1., self.step_ratio - 1.)?,
        };
        let at = if self.options.scale_mode == ScaleMode::Cycle { cycle } else { epoch as f64 };
        let height = match (&self.options.scale_fn, self.options.mode) {
            (Some(scale), _) => scale.0(at),
            (None, CyclicMode::Triangular) => 1.,
            (None, CyclicMode::Triangular2) => divided(1., power(2., at - 1.)?)?,
            (None, CyclicMode::ExpRange) => power(self.options.gamma, at)?,
        };
        Ok((share, height))
    }
}

impl Schedule for Cyclic {
    fn last_epoch(&self) -> i64 {
        self.options.last_epoch
    }

    fn begin(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        let (options, groups) = (&self.options, optimizer.groups());
        self.base_lrs = options.base_lr.each("base_lr", groups)?;
        self.max_lrs = options.max_lr.each("max_lr", groups)?;
        if self.total_size == 0. {
            return Err(Error::argument("step_size_up", 0, "a cycle must have a length"));
        }
        if options.last_epoch == -1 {
            for (group, &lr) in self.base_lrs.iter().enumerate() {
                optimizer.update_lr(group, &lr.into())?;
            }
        }
        if options.cycle_momentum {
            let momenta = (&options.base_momentum, &options.max_momentum);
            self.momenta = Some(Momenta::begin(optimizer, momenta, options.last_epoch)?);
        }
        Ok(())
    }

    fn base_lrs(&self) -> Option<Vec<Real>> {
        Some(self.base_lrs.iter().map(|&lr| lr.into()).collect())
    }

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        let (share, height) = self.position(at.last_epoch)?;
        let base_height = Real::from(*of(&self.max_lrs, at.group)?).sub(at.base_lr)?.mul(share)?;
        at.base_lr.add(base_height.mul(height)?)
    }

    fn momentum(&self, at: &At<'_>) -> Result<Option<f64>> {
        let Some(momenta) = &self.momenta else {
            return Ok(None);
        };
        let (share, height) = self.position(at.last_epoch)?;
        let (base, max) = (of(&momenta.base, at.group)?, of(&momenta.max, at.group)?);
        Ok(Some(max - (max - base) * share * height))
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        let options = &self.options;
        let mut entries = vec![
            ("max_lrs", StateValue::floats(&self.max_lrs)),
            ("total_size", StateValue::Float(self.total_size)),
            ("step_ratio", StateValue::Float(self.step_ratio)),
            ("mode", name(&options.mode, &CyclicMode::ALL)),
            ("gamma", StateValue::Float(options.gamma)),
            ("scale_mode", name(&options.scale_mode, &ScaleMode::ALL)),
            ("cycle_momentum", StateValue::Bool(self.momenta.is_some())),
        ];
        if let Some(Momenta { use_beta1, base, max }) = &self.momenta {
            entries.push(("use_beta1", StateValue::Bool(*use_beta1)));
            entries.push(("base_momentums", StateValue::floats(base)));
            entries.push(("max_momentums", StateValue::floats(max)));
        }
        entries
    }

    /// A function is not saved, in Python either.
    fn last_entries(&self) -> Vec<(&'static str, StateValue)> {
        vec![("_scale_fn_custom", StateValue::None)]
    }

    fn load(&mut self, entries: &Entries) -> Result<()> {
        let groups = self.max_lrs.len();
        let numbers = |entries: &Entries, key: &str| match entries.numbers(key)? {
            all if all.len() == groups => Ok(all),
            _ => wrong(key, "a number for each group", entries.value(key)?),
        };
        let options = &mut self.options;
        entries.load("max_lrs", &mut self.max_lrs, numbers)?;
        entries.load("total_size", &mut self.total_size, Entries::number)?;
        entries.load("step_ratio", &mut self.step_ratio, Entries::number)?;
        entries.load("mode", &mut options.mode, |e, key| named(e, key, &CyclicMode::ALL))?;
        entries.load("gamma", &mut options.gamma, Entries::number)?;
        entries.load("scale_mode", &mut options.scale_mode, |entries, key| {
            named(entries, key, &ScaleMode::ALL)
        })?;
        if options.scale_fn.is_none() {
            options.scale_mode = options.mode.scale_mode();
        }
        if entries.find("cycle_momentum").is_some() {
            self.momenta = match entries.switch("cycle_momentum")? {
                true => Some(Momenta {
                    use_beta1: entries.switch("use_beta1")?,
                    base: numbers(entries, "base_momentums")?,
                    max: numbers(entries, "max_momentums")?,
                }),
                false => None,
            };
        }
        Ok(())
    }
}
