//! What an optimizer's options say of its arithmetic.

use std::fmt::Debug;

use shim::foreach;
use tch::Tensor;

use super::{Closure, GroupedOptimizer, ParamState, Update};
use crate::optim::real::Real;
use crate::optim::state_dict::{Entries, StateValue};
use crate::{Error, Result};

/// The options of an optimizer, which say what its arithmetic is, as a module of `torch/optim` does.
///
/// A step's numbers, such as Adam's corrections, are made of the options and the number of the step
/// alone, in one function of each algorithm, apart from the operations that take them.
pub trait Algorithm: Copy + Debug + Default + 'static {
    /// PyTorch's name of the optimizer.
    const NAME: &'static str;

    /// Whether Python lets a CUDA graph record a step, without `capturable`.
    const CAPTURABLE: bool;

    /// Whether a step's numbers follow from options and count alone, as a replay needs them.
    const REPLAYABLE: bool = true;

    /// Whether a gradient may be sparse.
    const SPARSE: bool = false;

    /// Whether there may be more groups than one.
    const GROUPS: bool = true;

    /// Whether steps on lists take a tensor as the learning rate.
    const TENSORS_ON_LISTS: bool = true;

    /// What of a state old versions of PyTorch keep as numbers, and this one as tensors.
    const SCALARS: &'static [&'static str] = &["step"];

    /// Refuses what Python refuses; the rate is the group's, and not that of the options.
    fn check(&self, lr: &Real) -> Result<()>;

    /// The options as they are kept: what is left open follows from others.
    fn settled(self) -> Self {
        self
    }

    fn lr(&mut self) -> &mut f64;

    /// Whether to work on lists of tensors; Python's default for none.
    fn foreach(&self) -> Option<bool>;

    /// Whether a step is one operator, where the optimizer has that.
    fn fused(&self) -> Option<bool> {
        None
    }

    /// The options as in `param_groups`.
    fn entries(&self) -> Vec<(&'static str, StateValue)>;

    /// The options from `param_groups`, unchecked, with Python's defaults for what older versions
    /// did not have.
    fn from_entries(entries: &Entries) -> Result<Self>;

    /// What is kept of a parameter that the optimizer is made with, before its first step; refuses one
    /// that Python refuses.
    fn begin(&self, _: &Tensor) -> Result<ParamState> {
        Ok(ParamState::default())
    }

    /// A parameter's state at its first gradient: `_init_group`.
    fn init(&self, parameter: &Tensor, lr: &Real) -> Result<ParamState>;

    /// `_single_tensor_*`, for one parameter.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()>;

    /// `_multi_tensor_*`, for parameters of one device and dtype.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        updates.iter_mut().try_for_each(|update| self.single_tensor(update))
    }

    /// `_fused_*`, for all parameters of a group that have a gradient, where [`fused`](Self::fused) may
    /// be true.
    fn fused_step(&self, updates: &mut [Update<Self>]) -> Result<()> {
        each_device_and_dtype(updates, |these| self.multi_tensor(these))
    }

    /// A step of the parameters of a group that have a gradient.
    fn step_group(&self, updates: &mut [Update<Self>]) -> Result<()> {
        if self.fused() == Some(true) {
            return self.fused_step(updates);
        }
        let on_lists = |update: &Update<Self>| {
            let takes_rate = Self::TENSORS_ON_LISTS || update.lr.tensor().is_none();
            takes_rate && update.parameter.device().is_cuda()
        };
        let on_gpu = || self.fused().is_none() && updates.iter().all(on_lists);
        if !self.foreach().unwrap_or_else(on_gpu) {
            return updates.iter_mut().try_for_each(|update| self.single_tensor(update));
        }
        each_device_and_dtype(updates, |these| self.multi_tensor(these))
    }

    /// `step(closure)`; what the closure returned, if there is one.
    fn step(
        optimizer: &mut GroupedOptimizer<Self>,
        closure: Option<&mut Closure<'_>>,
    ) -> Result<Option<Tensor>> {
        let loss = closure.map(|closure| tch::with_grad(|| closure(optimizer))).transpose()?;
        tch::no_grad(|| {
            (0..optimizer.groups.len()).try_for_each(|group| optimizer.step_group(group))
        })?;
        Ok(loss)
    }
}

/// Refuses what is not 0 or above, NaN included.
pub(in crate::optim) fn zero_or_above(name: &'static str, value: f64) -> Result<()> {
    if value >= 0. {
        return Ok(());
    }
    Err(Error::argument(name, value, "it must be 0 or above"))
}

/// Refuses betas that are not in 0..1.
pub(in crate::optim) fn betas_below_one(betas: (f64, f64)) -> Result<()> {
    for (name, beta) in [("betas[0]", betas.0), ("betas[1]", betas.1)] {
        if !(0.0..1.0).contains(&beta) {
            return Err(Error::argument(name, beta, "it must be 0 or above and below 1"));
        }
    }
    Ok(())
}

/// Calls `step` with the updates of each device and dtype.
pub(in crate::optim) fn each_device_and_dtype<O: Algorithm>(
    updates: &mut [Update<O>],
    mut step: impl FnMut(&mut [&mut Update<O>]) -> Result<()>,
) -> Result<()> {
    let parameters: Vec<_> = updates.iter().map(|u| u.parameter.shallow_clone()).collect();
    for indices in foreach::group_by_device_and_dtype(&parameters)? {
        let mut all: Vec<_> = updates.iter_mut().map(Some).collect();
        let mut these: Vec<_> = indices.iter().filter_map(|&index| all[index].take()).collect();
        step(&mut these)?;
    }
    Ok(())
}
