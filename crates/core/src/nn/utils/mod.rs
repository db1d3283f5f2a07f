//! Clipping of gradients and parameters in one vector, as
//! [`torch.nn.utils`](https://docs.pytorch.org/docs/2.11/nn.html#utilities).
//!
//! tch's `clip_grad_norm` takes the norm out of its tensor and clips by a float64; Python's
//! coefficient stays a tensor of the gradients' dtype, which gives other bits.

pub mod parametrizations;
pub mod rnn;
mod vector;

use std::borrow::Borrow;

use shim::foreach;
use tch::{Device, Kind, Tensor, no_grad};

pub use vector::{parameters_to_vector, vector_to_parameters};

use crate::{Error, Result};

/// What [`clip_grad_norm_`] takes, with `torch.nn.utils.clip_grad_norm_`'s names and defaults; a
/// number alone is `max_norm`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipGradNormOptions {
    /// The largest norm that is left as it is.
    pub max_norm: f64,
    /// The order of the norm, 2 by default; infinity for the largest magnitude.
    pub norm_type: f64,
    /// Refuses gradients whose norm is infinite or not a number, and leaves them as they are.
    pub error_if_nonfinite: bool,
    /// Whether to work on lists of tensors; as none, the default, unless `Some(false)`.
    pub foreach: Option<bool>,
}

impl From<f64> for ClipGradNormOptions {
    /// The defaults with this `max_norm`.
    fn from(max_norm: f64) -> Self {
        Self { max_norm, norm_type: 2., error_if_nonfinite: false, foreach: None }
    }
}

/// Scales the gradients of all parameters together, in place, so that their norm is at most
/// `max_norm`, and returns the norm they had, of shape `[]`:
/// `torch.nn.utils.clip_grad_norm_(parameters, max_norm)`.
///
/// Parameters without a gradient are passed over; without any gradient the norm is 0. A parameter
/// that is there twice is counted and scaled twice, as in Python.
///
/// ```
/// use tch::Tensor;
/// use torch_exact::nn::{Parameter, utils::clip_grad_norm_};
///
/// # fn main() -> torch_exact::Result<()> {
/// let weight = Parameter::new(Tensor::from_slice(&[3f32, 4.]))?;
/// (&*weight * &*weight).sum(tch::Kind::Float).backward();
/// let norm = clip_grad_norm_([&*weight], 1.)?;
/// assert_eq!(f64::try_from(&norm)?, 10.);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Argument`] for a norm that is infinite or not a number, with `error_if_nonfinite`; the
/// gradients are then as they were.
pub fn clip_grad_norm_<P: Borrow<Tensor>>(
    parameters: impl IntoIterator<Item = P>,
    options: impl Into<ClipGradNormOptions>,
) -> Result<Tensor> {
    let options = options.into();
    no_grad(|| {
        let grads = grads(parameters)?;
        let ClipGradNormOptions { norm_type, error_if_nonfinite, foreach, .. } = options;
        let total_norm = norm_of(&grads, norm_type, error_if_nonfinite, foreach)?;
        scale(&grads, options.max_norm, &total_norm, options.foreach)?;
        Ok(total_norm)
    })
}

/// Clips each value of each gradient to `-clip_value..=clip_value`, in place:
/// `torch.nn.utils.clip_grad_value_(parameters, clip_value, foreach)`.
///
/// Without any gradient nothing happens, where Python raises an error of its internals.
///
/// # Errors
/// Whatever libtorch throws, for complex gradients for example.
pub fn clip_grad_value_<P: Borrow<Tensor>>(
    parameters: impl IntoIterator<Item = P>,
    clip_value: f64,
    foreach: impl Into<Option<bool>>,
) -> Result<()> {
    let one_by_one = foreach.into() == Some(false);
    no_grad(|| {
        for grads in by_device_and_dtype(&grads(parameters)?)? {
            if one_by_one {
                for grad in &grads {
                    shim::clamp_(grad, -clip_value, clip_value)?;
                }
            } else {
                foreach::clamp_min_scalar_(&grads, -clip_value)?;
                foreach::clamp_max_scalar_(&grads, clip_value)?;
            }
        }
        Ok(())
    })
}

/// The gradients that there are.
fn grads<P: Borrow<Tensor>>(parameters: impl IntoIterator<Item = P>) -> Result<Vec<Tensor>> {
    let grads = parameters.into_iter().map(|parameter| Ok(parameter.borrow().f_grad()?));
    grads.filter(|grad: &Result<Tensor>| grad.as_ref().map_or(true, Tensor::defined)).collect()
}

/// Lists of one device and dtype, in Python's order.
fn by_device_and_dtype(grads: &[Tensor]) -> Result<Vec<Vec<Tensor>>> {
    let groups = foreach::group_by_device_and_dtype(grads)?.into_iter();
    let tensors = |indices: Vec<usize>| {
        indices.into_iter().map(|index| grads[index].shallow_clone()).collect()
    };
    Ok(groups.map(tensors).collect())
}

/// The norm of the tensors' norms, of shape `[]`:
/// `torch.nn.utils.get_total_norm(tensors, norm_type, error_if_nonfinite, foreach)`; Python's defaults are 2,
/// `false` and none. Without tensors it is 0.
///
/// # Errors
/// [`Error::Argument`] for a norm that is infinite or not a number, with `error_if_nonfinite`.
pub fn get_total_norm<T: Borrow<Tensor>>(
    tensors: impl IntoIterator<Item = T>,
    norm_type: f64,
    error_if_nonfinite: bool,
    foreach: impl Into<Option<bool>>,
) -> Result<Tensor> {
    let tensors: Vec<_> =
        tensors.into_iter().map(|tensor| tensor.borrow().shallow_clone()).collect();
    no_grad(|| norm_of(&tensors, norm_type, error_if_nonfinite, foreach.into()))
}

/// Scales the gradients of all parameters together, in place, as their norm `total_norm` asks for:
/// `torch.nn.utils.clip_grads_with_norm_(parameters, max_norm, total_norm, foreach)`.
///
/// # Errors
/// Whatever libtorch throws.
pub fn clip_grads_with_norm_<P: Borrow<Tensor>>(
    parameters: impl IntoIterator<Item = P>,
    max_norm: f64,
    total_norm: &Tensor,
    foreach: impl Into<Option<bool>>,
) -> Result<()> {
    no_grad(|| scale(&grads(parameters)?, max_norm, total_norm, foreach.into()))
}

fn norm_of(
    grads: &[Tensor],
    norm_type: f64,
    error_if_nonfinite: bool,
    foreach: Option<bool>,
) -> Result<Tensor> {
    let Some(first) = grads.first() else {
        return Ok(Tensor::f_zeros([], (Kind::Float, Device::Cpu))?);
    };
    let mut norms = vec![];
    for grads in by_device_and_dtype(grads)? {
        if foreach == Some(false) {
            for grad in &grads {
                norms.push(shim::vector_norm(grad, norm_type)?);
            }
        } else {
            norms.extend(foreach::norm(&grads, norm_type)?);
        }
    }
    for norm in &mut norms {
        *norm = norm.f_to_device(first.device())?;
    }
    let total = shim::vector_norm(&Tensor::f_stack(&norms, 0)?, norm_type)?;
    if error_if_nonfinite && !total.f_double_value(&[])?.is_finite() {
        let accepted = "error_if_nonfinite refuses to clip by a norm that is not finite";
        return Err(Error::argument(
            "the norm of the gradients",
            total.f_double_value(&[])?,
            accepted,
        ));
    }
    Ok(total)
}

fn scale(
    grads: &[Tensor],
    max_norm: f64,
    total_norm: &Tensor,
    foreach: Option<bool>,
) -> Result<()> {
    if grads.is_empty() {
        return Ok(());
    }
    let coefficient = total_norm.f_add(&shim::number_f64(1e-6)?)?.f_reciprocal()?;
    let coefficient = coefficient.f_mul(&shim::number_f64(max_norm)?)?;
    let coefficient = shim::clamp_max(&coefficient, 1.)?;
    for mut grads in by_device_and_dtype(grads)? {
        let coefficient = coefficient.f_to_device(grads[0].device())?;
        if foreach == Some(false) {
            for grad in &mut grads {
                let _ = grad.f_mul_(&coefficient)?;
            }
        } else {
            foreach::mul_tensor_(&grads, &coefficient)?;
        }
    }
    Ok(())
}
