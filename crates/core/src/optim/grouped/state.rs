//! What is kept of a parameter from step to step.

use tch::{Kind, Tensor};

use crate::optim::state_dict::{Entries, Read, StateValue};
use crate::{Error, Result, hook};

/// What is kept of a parameter from step to step: named values, tensors but for what an old state
/// dictionary brings. A copy has the same tensors.
#[derive(Debug, Clone, Default)]
pub struct ParamState(pub(super) Entries);

impl ParamState {
    pub(in crate::optim) fn new(tensors: Vec<(&'static str, Tensor)>) -> Self {
        let entry = |(name, tensor): (&str, _)| (name.to_owned(), StateValue::Tensor(tensor));
        Self(tensors.into_iter().map(entry).collect())
    }

    /// The tensor of that name, if there is one.
    pub(in crate::optim) fn find(&self, name: &str) -> Option<&Tensor> {
        match self.0.find(name) {
            Some(StateValue::Tensor(tensor)) => Some(tensor),
            _ => None,
        }
    }

    pub(in crate::optim) fn get(&self, name: &str) -> Result<&Tensor> {
        self.find(name).ok_or_else(|| {
            let sentence =
                "a parameter has no state of that name: options or groups changed under way";
            Error::StateDict(format!("{name}: {sentence}"))
        })
    }

    /// A state that was saved, with the tensors on the parameter's device and in its dtype; `scalars`
    /// are those that old files have as numbers. The count of steps that are `fused` lies beside it, too.
    pub(super) fn fitting(
        parameter: &Tensor,
        saved: &Entries,
        scalars: &[&str],
        fused: bool,
    ) -> Result<Self> {
        let fitting = |(name, value): &(String, StateValue)| {
            let value = match value {
                StateValue::Tensor(step) if name == "step" && fused => {
                    let step = step.f_to_device(parameter.device())?.f_to_kind(Kind::Float)?;
                    StateValue::Tensor(step)
                }
                StateValue::Tensor(step) if name == "step" => {
                    StateValue::Tensor(step.shallow_clone())
                }
                &StateValue::Int(number) if scalars.contains(&name.as_str()) => {
                    StateValue::Tensor(Tensor::from(number as f32))
                }
                &StateValue::Float(number) if scalars.contains(&name.as_str()) => {
                    StateValue::Tensor(Tensor::from(number as f32))
                }
                other => fitted(parameter, other)?,
            };
            Ok((name.clone(), value))
        };
        let fitting: Result<Entries> = saved.iter().map(fitting).collect();
        Ok(Self(fitting?))
    }

    pub(in crate::optim) fn set(&mut self, name: &str, value: StateValue) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(in crate::optim) fn entries(&self) -> &Entries {
        &self.0
    }

    /// Counts a step: `step_t += 1`.
    pub(in crate::optim) fn count_step(&self) -> Result<()> {
        Ok(shim::add_number_(self.get("step")?, 1.)?)
    }

    /// The number of steps that were counted.
    pub(in crate::optim) fn step(&self) -> Result<f64> {
        hook::overlook(|| Ok(self.get("step")?.f_double_value(&[])?))
    }
}

/// The state that most begin with: no steps, which each makes as Python does, and zeros
/// like the parameter.
pub(in crate::optim) fn zero_state(
    step: Tensor,
    parameter: &Tensor,
    names: &[&'static str],
) -> Result<ParamState> {
    let mut tensors = vec![("step", step)];
    for name in names {
        tensors.push((name, parameter.f_zeros_like()?));
    }
    Ok(ParamState::new(tensors))
}

/// A saved value with its tensors on the parameter's device and in its dtype.
fn fitted(parameter: &Tensor, value: &StateValue) -> Result<StateValue> {
    Ok(match value {
        StateValue::Tensor(tensor) => {
            let tensor = tensor.f_to_device(parameter.device())?;
            StateValue::Tensor(match parameter.is_floating_point() {
                true => tensor.f_to_kind(parameter.kind())?,
                false => tensor,
            })
        }
        StateValue::List(values) => {
            let fitted = values.iter().map(|value| fitted(parameter, value));
            StateValue::List(fitted.collect::<Result<_>>()?)
        }
        other => other.clone(),
    })
}

/// `torch.full_like(parameter, value)`, in both parts of a complex one.
pub(in crate::optim) fn filled(parameter: &Tensor, value: f64) -> Result<Tensor> {
    if !parameter.is_complex() {
        return Ok(parameter.f_full_like(value)?);
    }
    let filled = parameter.f_zeros_like()?;
    shim::fill_(&filled.f_view_as_real()?, value)?;
    Ok(filled)
}
