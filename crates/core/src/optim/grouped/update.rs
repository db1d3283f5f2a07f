//! One step of one parameter, as an algorithm sees it, and what algorithms do on lists of them.

use std::sync::{Arc, Mutex};

use shim::foreach;
use tch::{Device, Kind, Tensor};

use super::shared::{Numbers, Shared, next_numbers, values};
use super::{Algorithm, ParamState};
use crate::Result;
use crate::hook::{self, StepScalar};
use crate::optim::real::Real;

/// A parameter that has a gradient, for one step.
#[derive(Debug)]
pub struct Update<O> {
    pub(in crate::optim) parameter: Tensor,
    pub(in crate::optim) grad: Tensor,
    pub(in crate::optim) state: ParamState,
    /// The learning rate, without dimensions where it is a tensor.
    pub(in crate::optim) lr: Real,
    /// Where the state is kept.
    pub(super) slot: usize,
    pub(super) group: usize,
    pub(super) shared: Arc<Mutex<Shared<O>>>,
}

impl<O: Algorithm> Update<O> {
    /// Numbers of the step that follow from the options and the rate alone.
    pub(in crate::optim) fn numbers<const N: usize>(
        &self,
        options: &O,
        numbers: Numbers<O, N>,
    ) -> Result<[StepScalar; N]> {
        Ok(hook::scalars(values(numbers(options, &self.lr, 0.)?)?, || {
            next_numbers(&self.shared, self.group, None, numbers)
        }))
    }

    /// Numbers of the step that follow from the options, the rate and the count of steps, which has
    /// been raised for this one.
    pub(in crate::optim) fn numbers_of_step<const N: usize>(
        &self,
        options: &O,
        numbers: Numbers<O, N>,
    ) -> Result<[StepScalar; N]> {
        let step = self.state.get("step")?;
        let next = || next_numbers(&self.shared, self.group, Some(step.shallow_clone()), numbers);
        let numbers = numbers(options, &self.lr, self.state.step()?)?;
        Ok(hook::scalars(values(numbers)?, next))
    }

    /// `parameter.mul_(factor)`, by a factor that follows from the options and the rate alone.
    pub(in crate::optim) fn scale_(&self, options: &O, factor: Numbers<O, 1>) -> Result<()> {
        if self.lr.tensor().is_some() {
            let [factor] = factor(options, &self.lr, 0.)?;
            return factor.scale_(&self.parameter);
        }
        let [factor] = self.numbers(options, factor)?;
        Ok(factor.with(|factor| shim::mul_number_(&self.parameter, factor))?)
    }

    /// The gradient, turned round to climb.
    pub(in crate::optim) fn turned(&self, maximize: bool) -> Result<Tensor> {
        Ok(if maximize { self.grad.f_neg()? } else { self.grad.shallow_clone() })
    }

    /// A gradient with the L2 penalty.
    pub(in crate::optim) fn with_weight_decay(
        &self,
        grad: Tensor,
        weight_decay: f64,
    ) -> Result<Tensor> {
        decayed(grad, &self.parameter, weight_decay)
    }
}

/// A gradient with the L2 penalty, of a parameter that may be seen as a real one.
pub(in crate::optim) fn decayed(
    grad: Tensor,
    parameter: &Tensor,
    weight_decay: f64,
) -> Result<Tensor> {
    match weight_decay {
        0. => Ok(grad),
        _ => Ok(shim::add(&grad, parameter, weight_decay)?),
    }
}

/// A complex tensor as a real one with two values for each of its own; others as they are.
pub(in crate::optim) fn real(tensor: &Tensor) -> Result<Tensor> {
    match tensor.kind() {
        Kind::ComplexHalf | Kind::ComplexFloat | Kind::ComplexDouble => {
            Ok(tensor.f_view_as_real()?)
        }
        _ => Ok(tensor.shallow_clone()),
    }
}

/// One tensor of each update, as [`real`] gives it.
pub(in crate::optim) fn reals<O>(
    updates: &[&mut Update<O>],
    of: impl Fn(&Update<O>) -> Result<&Tensor>,
) -> Result<Vec<Tensor>> {
    updates.iter().map(|update| real(of(update)?)).collect()
}

/// [`Update::turned`] on lists: the same tensors where there is nothing to do, as in Python.
pub(in crate::optim) fn turned(grads: Vec<Tensor>, maximize: bool) -> Result<Vec<Tensor>> {
    Ok(if maximize { foreach::neg(&grads)? } else { grads })
}

/// [`Update::with_weight_decay`] on lists: in place where [`turned`] has made new ones, as in Python.
pub(in crate::optim) fn with_weight_decay(
    grads: Vec<Tensor>,
    parameters: &[Tensor],
    maximize: bool,
    weight_decay: f64,
) -> Result<Vec<Tensor>> {
    if weight_decay == 0. {
        return Ok(grads);
    }
    if !maximize {
        return Ok(foreach::add(&grads, parameters, weight_decay)?);
    }
    foreach::add_(&grads, parameters, weight_decay)?;
    Ok(grads)
}

/// The weight decay of options that have `decoupled_weight_decay`.
pub(in crate::optim) struct Decay {
    /// With decoupled decay, the share of a parameter that is kept.
    pub(in crate::optim) kept: Option<Real>,
    /// Without, the L2 penalty; 0 for none.
    pub(in crate::optim) penalty: f64,
}

/// The share of a parameter that is kept: `1 - lr * weight_decay`.
pub(in crate::optim) fn kept(lr: &Real, weight_decay: f64) -> Result<Real> {
    Real::from(1).sub(lr.mul(weight_decay)?)
}

impl Decay {
    pub(in crate::optim) fn new(decoupled: bool, lr: &Real, weight_decay: f64) -> Result<Self> {
        let kept = (decoupled && weight_decay != 0.).then(|| kept(lr, weight_decay)).transpose()?;
        Ok(Self { kept, penalty: if decoupled { 0. } else { weight_decay } })
    }
}

/// [`ParamState::count_step`] on lists.
pub(in crate::optim) fn count_steps<O>(updates: &[&mut Update<O>]) -> Result<()> {
    let steps: Result<Vec<_>> =
        updates.iter().map(|update| Ok(update.state.get("step")?.shallow_clone())).collect();
    let steps = steps?;
    // A state that was made with `capturable` has it on a GPU.
    match steps.first().is_some_and(|step| step.device() == Device::Cpu) {
        true => Ok(foreach::add_tensor_(&steps, &Tensor::from(1f32), 1.)?),
        false => Ok(foreach::add_scalar_(&steps, 1.)?),
    }
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
