use super::super::real::Real;
use super::super::state_dict::Read;
use super::super::{Entries, Optimizer, StateValue};
use crate::Result;

/// The rates that a step has left, one a group.
#[derive(Debug, Clone, Default)]
pub struct LastLr {
    reals: Vec<Real>,
    values: Vec<f64>,
}

impl LastLr {
    fn new(reals: Vec<Real>) -> Result<Self> {
        let values = reals.iter().map(Real::item).collect::<Result<_>>()?;
        Ok(Self { reals, values })
    }

    /// An optimizer's, of which tensors are copied: `_param_groups_val_list`.
    pub(super) fn of(optimizer: &dyn Optimizer) -> Result<Self> {
        let lrs = (0..optimizer.groups()).map(|group| optimizer.rate(group)?.copy());
        Self::new(lrs.collect::<Result<_>>()?)
    }

    pub(super) fn read(entries: &Entries, key: &str) -> Result<Self> {
        Self::new(entries.reals(key)?)
    }

    pub(super) fn entry(&self) -> StateValue {
        StateValue::reals(&self.reals)
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }
}
