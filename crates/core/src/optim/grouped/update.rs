//! One step of one parameter, as an algorithm sees it, and what algorithms do on lists of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shim::foreach;
use tch::{Device, Kind, Tensor};

use super::{Algorithm, ParamState};
use crate::Result;
use crate::replay::{Number, Supplier, supply};

/// A parameter that has a gradient, for one step.
#[derive(Debug)]
pub struct Update<O> {
    pub(in crate::optim) parameter: Tensor,
    pub(in crate::optim) grad: Tensor,
    pub(in crate::optim) state: ParamState,
    /// Where the state is kept.
    pub(super) slot: usize,
    pub(super) group: usize,
    pub(super) shared: Arc<Mutex<Shared<O>>>,
}

/// What a replay of a step asks of the optimizer, which is not called for it.
#[derive(Debug)]
pub struct Shared<O> {
    /// Of each group.
    pub(super) options: Vec<O>,
    /// Grows where a step is to be recorded anew: groups and options may have changed.
    pub(super) version: u64,
    /// Whether a step was taken since a scheduler asked first.
    pub(super) stepped: Option<bool>,
}

pub(super) fn lock<O>(shared: &Mutex<Shared<O>>) -> MutexGuard<'_, Shared<O>> {
    // Whoever panicked under it left whole values.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the numbers of one parameter's steps to replays.
#[derive(Debug)]
struct Numbers<O, const N: usize> {
    shared: Arc<Mutex<Shared<O>>>,
    version: u64,
    group: usize,
    /// The count of steps, which the replay adds to; what takes no count has none.
    step: Option<Tensor>,
    of: fn(&O, f64) -> [f64; N],
}

impl<O: Algorithm, const N: usize> Supplier for Numbers<O, N> {
    fn is_current(&self) -> bool {
        lock(&self.shared).version == self.version
    }

    fn advance(&mut self, numbers: &mut Vec<f64>) -> Result<()> {
        let step = match &self.step {
            // As the replay will count it, in the count's own dtype.
            Some(step) => match (step.kind(), step.f_double_value(&[])?) {
                (Kind::Float, steps) => f64::from(steps as f32 + 1.),
                (_, steps) => steps + 1.,
            },
            None => 0.,
        };
        let mut shared = lock(&self.shared);
        shared.stepped = shared.stepped.map(|_| true);
        numbers.extend((self.of)(&shared.options[self.group], step));
        Ok(())
    }
}

impl<O: Algorithm> Update<O> {
    /// Numbers of the step that follow from the options alone.
    pub(in crate::optim) fn numbers<const N: usize>(
        &self,
        options: &O,
        of: fn(&O, f64) -> [f64; N],
    ) -> [Number; N] {
        supply(of(options, 0.), || Box::new(self.supplier(None, of)))
    }

    /// Numbers of the step that follow from the options and from the count of steps, which has
    /// been raised for this one.
    pub(in crate::optim) fn numbers_of_step<const N: usize>(
        &self,
        options: &O,
        of: fn(&O, f64) -> [f64; N],
    ) -> Result<[Number; N]> {
        let step = self.state.get("step")?;
        Ok(supply(of(options, self.state.step()?), || {
            Box::new(self.supplier(Some(step.shallow_clone()), of))
        }))
    }

    fn supplier<const N: usize>(
        &self,
        step: Option<Tensor>,
        of: fn(&O, f64) -> [f64; N],
    ) -> Numbers<O, N> {
        let (shared, version) = (Arc::clone(&self.shared), lock(&self.shared).version);
        Numbers { shared, version, group: self.group, step, of }
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
        match weight_decay {
            0. => Ok(grad),
            _ => Ok(shim::add(&grad, &self.parameter, weight_decay)?),
        }
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
