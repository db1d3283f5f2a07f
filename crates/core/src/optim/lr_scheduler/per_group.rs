//! What is given once or for each group, and the momentum that follows the rates.

use std::f64::consts::PI;

use super::super::real::Real;
use super::super::state_dict::{Entries, Read, StateValue};
use super::Optimizer;
use crate::{Error, Result};

/// One value for all groups of parameters, or a list of one for each.
#[derive(Debug, Clone, PartialEq)]
pub enum PerGroup<T = f64> {
    /// A value of all groups.
    All(T),
    /// A value of each group.
    Each(Vec<T>),
}

impl From<f64> for PerGroup {
    fn from(value: f64) -> Self {
        Self::All(value)
    }
}

impl<T> From<Vec<T>> for PerGroup<T> {
    fn from(values: Vec<T>) -> Self {
        Self::Each(values)
    }
}

impl<T, const N: usize> From<[T; N]> for PerGroup<T> {
    fn from(values: [T; N]) -> Self {
        Self::Each(values.into())
    }
}

impl<T: Clone> PerGroup<T> {
    /// One for each group: `_format_param`.
    pub(in crate::optim) fn each(&self, name: &'static str, groups: usize) -> Result<Vec<T>> {
        match self {
            Self::All(value) => Ok(vec![value.clone(); groups]),
            Self::Each(values) if values.len() == groups => Ok(values.clone()),
            Self::Each(values) => {
                let given = format!("{} values", values.len());
                Err(Error::argument(name, given, "it must have one for each parameter group"))
            }
        }
    }
}

impl<T> PerGroup<T> {
    /// That of a group.
    pub(super) fn of(&self, group: usize) -> Result<&T> {
        match self {
            Self::All(value) => Ok(value),
            Self::Each(values) => of(values, group),
        }
    }
}

/// That of a group; there is none where the group was added and a state loaded.
pub(super) fn of<T>(values: &[T], group: usize) -> Result<&T> {
    let accepted = "the scheduler was made for fewer groups";
    values.get(group).ok_or_else(|| Error::argument("group", group, accepted))
}

/// How a rate goes from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnealStrategy {
    /// `"cos"`: along half a cosine.
    Cos,
    /// `"linear"`: along a line.
    Linear,
}

impl AnnealStrategy {
    pub(in crate::optim) fn entry(self) -> StateValue {
        StateValue::Str(if self == Self::Cos { "cos" } else { "linear" }.to_owned())
    }

    pub(in crate::optim) fn read(entries: &Entries, key: &str) -> Result<Self> {
        match entries.text(key)? {
            "cos" => Ok(Self::Cos),
            "linear" => Ok(Self::Linear),
            other => Err(Error::StateDict(format!("{key}: expected cos or linear, found {other}"))),
        }
    }

    /// `OneCycleLR._anneal_func`.
    pub(super) fn between(self, start: &Real, end: &Real, share: f64) -> Result<Real> {
        match self {
            Self::Cos => end.add(start.sub(end)?.div(2.)?.mul((PI * share).cos() + 1.)?),
            Self::Linear => end.sub(start)?.mul(share)?.add(start),
        }
    }
}

/// Momenta that rise while rates fall.
#[derive(Debug, Clone)]
pub(super) struct Momenta {
    /// Whether they are the first of `betas`.
    pub(super) use_beta1: bool,
    pub(super) base: Vec<f64>,
    pub(super) max: Vec<f64>,
}

impl Momenta {
    /// Sets each group's momentum to the highest, and keeps both with the group, unless an earlier
    /// schedule is gone on with.
    pub(super) fn begin(
        optimizer: &mut dyn Optimizer,
        (base, max): (&PerGroup, &PerGroup),
        last_epoch: i64,
    ) -> Result<Self> {
        let accepted = "the optimizer has neither a momentum nor betas";
        let use_beta1 = optimizer.cycles_betas();
        let use_beta1 =
            use_beta1.ok_or_else(|| Error::argument("cycle_momentum", true, accepted))?;
        let base = base.each("base_momentum", optimizer.groups())?;
        let max = max.each("max_momentum", optimizer.groups())?;
        if last_epoch == -1 {
            for (group, (&base, &max)) in base.iter().zip(&max).enumerate() {
                optimizer.set_momentum(group, max)?;
                optimizer.set_entry(group, "max_momentum", max.into())?;
                optimizer.set_entry(group, "base_momentum", base.into())?;
            }
        }
        Ok(Self { use_beta1, base, max })
    }
}
