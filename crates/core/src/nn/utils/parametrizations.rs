//! Weights that are computed from others at each call, as `torch.nn.utils.parametrizations`. The older
//! `weight_norm` and `spectral_norm` of `torch.nn.utils`, which save under other names, are absent.

use tch::{Tensor, no_grad};

use super::super::{Buffer, Conv, ConvTranspose, Linear, Module, Parameter, Parts, Training};
use crate::{Error, Result, ops};

/// A module whose weight can be computed.
pub trait Weighted: Module + Clone {
    /// The weight.
    fn weight(&self) -> &Parameter;

    /// The same module with another weight.
    fn with_weight(&self, weight: Parameter) -> Self;

    /// The weight's dimension of the outputs.
    fn output_dim(&self) -> i64 {
        0
    }
}

macro_rules! weighted {
    ($([$($generics:tt)*] $module:ty, $dim:literal;)+) => {$(
        impl<$($generics)*> Weighted for $module {
            fn weight(&self) -> &Parameter {
                &self.weight
            }

            fn with_weight(&self, weight: Parameter) -> Self {
                let mut module = self.clone();
                module.weight = weight;
                module
            }

            fn output_dim(&self) -> i64 {
                $dim
            }
        }
    )+};
}
weighted! {
    [] Linear, 0;
    [const N: usize] Conv<N>, 0;
    [const N: usize] ConvTranspose<N>, 1;
}

/// The weight is a length times a direction, one for each slice along `dim`, or one at all for none:
/// `parametrizations.weight_norm(module, dim=dim)`; Python's default is 0. Its `name` is always `weight`.
///
/// ```
/// use torch_exact::nn::{Linear, Module, utils::parametrizations::weight_norm};
///
/// # fn main() -> torch_exact::Result<()> {
/// let linear = weight_norm(Linear::new(3, 2)?, 0)?;
/// let names: Vec<_> = linear.named_parameters().into_iter().map(|(name, _)| name).collect();
/// let computed = ["parametrizations.weight.original0", "parametrizations.weight.original1"];
/// assert_eq!(names, [["bias"].as_slice(), &computed].concat());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A dimension that there is not.
pub fn weight_norm<M: Weighted>(module: M, dim: impl Into<Option<i64>>) -> Result<Parametrized<M>> {
    let dim = dim.into().unwrap_or(-1);
    let weight = module.weight().f_detach()?;
    let length = no_grad(|| Tensor::f_norm_except_dim(&weight, 2, dim))?;
    let originals = [Parameter::new(length)?, Parameter::new(weight)?];
    Ok(Parametrized::new(module, ParametrizationList::Weight(originals, WeightNorm { dim })))
}

/// What [`spectral_norm`] takes beyond the module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpectralNormOptions {
    /// How many steps the estimate takes at each call in training; 1 by default.
    pub n_power_iterations: i64,
    /// The least that norms count as; 1e-12 by default.
    pub eps: f64,
    /// The weight's dimension of the outputs; the module's own by default.
    pub dim: Option<i64>,
}

impl Default for SpectralNormOptions {
    fn default() -> Self {
        Self { n_power_iterations: 1, eps: 1e-12, dim: None }
    }
}

/// The weight is divided by its largest singular value, as a power iteration estimates it:
/// `parametrizations.spectral_norm(module, n_power_iterations=…, …)`. Its `name` is always `weight`.
///
/// # Errors
/// [`Error::Argument`] for steps that are not positive, and a dimension that there is not.
pub fn spectral_norm<M: Weighted>(
    module: M,
    options: SpectralNormOptions,
) -> Result<Parametrized<M>> {
    let SpectralNormOptions { n_power_iterations: steps, eps, dim } = options;
    let original = module.weight().clone();
    let (dims, dim) = (original.dim() as i64, dim.unwrap_or(module.output_dim()));
    if dim >= dims || dim < -dims {
        return Err(Error::argument("dim", dim, "the weight has no such dimension"));
    }
    if steps <= 0 {
        return Err(Error::argument("n_power_iterations", steps, "it must be positive"));
    }
    let training = Training::default();
    training.set(module.training().unwrap_or(true));
    let dim = if dim < 0 { dim + dims } else { dim };
    let weight = matrix(&original, dim)?;
    let drawn = |size: i64| -> Result<Tensor> {
        let empty = weight.f_detach()?.f_new_empty([size], (weight.kind(), weight.device()));
        Ok(empty?.f_normal_(0., 1.)?)
    };
    let [height, width] = [weight.size()[0], weight.size()[1]];
    let (u, v) = (drawn(height)?, drawn(width)?);
    let (u, v) = (u.f_div(&length(&u, eps)?)?, v.f_div(&length(&v, eps)?)?);
    let (u, v) = (Buffer::new(u), Buffer::new(v));
    let norm = SpectralNorm { u, v, training, dim, steps, eps };
    norm.iterate(&weight, 15)?;
    // Python asks for the weight once when it registers, which takes steps too.
    let _ = norm.weight(&original)?;
    Ok(Parametrized::new(module, ParametrizationList::Spectral(original, norm)))
}

/// A module with a weight that is computed, as Python's `ParametrizedLinear` and its like.
#[derive(Debug, Clone)]
pub struct Parametrized<M> {
    module: M,
    class: String,
    parametrizations: Parametrizations,
}

impl<M: Weighted> Parametrized<M> {
    fn new(module: M, list: ParametrizationList) -> Self {
        let class = format!("Parametrized{}", module.class_name());
        Self { module, class, parametrizations: Parametrizations(list) }
    }

    /// The weight as it is computed now: `module.weight`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn weight(&self) -> Result<Tensor> {
        match &self.parametrizations.0 {
            ParametrizationList::Weight([length, direction], norm) => {
                Ok(Tensor::f_internal_weight_norm(direction, length, norm.dim)?)
            }
            ParametrizationList::Spectral(original, norm) => norm.weight(original),
        }
    }
}

impl<M: Weighted> Module for Parametrized<M> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.module.with_weight(Parameter::handle(&self.weight()?)).forward(input)
    }

    fn extra_repr(&self) -> String {
        self.module.extra_repr()
    }

    fn class_name(&self) -> &str {
        &self.class
    }

    fn parts(&self) -> Parts<'_> {
        let mut parts = self.module.parts();
        parts.parameters.retain(|(name, _)| *name != "weight");
        parts.with("parametrizations", &self.parametrizations)
    }
}

/// Python's `ModuleDict` of lists, which has one.
#[derive(Debug, Clone)]
struct Parametrizations(ParametrizationList);

/// Python's `ParametrizationList` of one.
#[derive(Debug, Clone)]
enum ParametrizationList {
    Weight([Parameter; 2], WeightNorm),
    Spectral(Parameter, SpectralNorm),
}

#[derive(Debug, Clone)]
struct WeightNorm {
    dim: i64,
}

#[derive(Debug, Clone)]
struct SpectralNorm {
    u: Buffer,
    v: Buffer,
    training: Training,
    dim: i64,
    steps: i64,
    eps: f64,
}

/// A weight with the dimension of the outputs first, and all others as one.
fn matrix(weight: &Tensor, dim: i64) -> Result<Tensor> {
    let others = (0..weight.dim() as i64).filter(|other| *other != dim);
    let order: Vec<_> = [dim].into_iter().chain(others).collect();
    match dim {
        0 => Ok(weight.f_flatten(1, -1)?),
        _ => Ok(weight.f_permute(order)?.f_flatten(1, -1)?),
    }
}

/// The length of a vector, as `F.normalize` divides by it.
fn length(x: &Tensor, eps: f64) -> Result<Tensor> {
    let arguments = [x.into(), 2f64.into(), (&[0]).into(), true.into()];
    let norm = super::super::aten::aten("aten::linalg_vector_norm", &arguments)?;
    Ok(norm.f_clamp_min(eps)?.f_expand_as(x)?)
}

impl SpectralNorm {
    fn iterate(&self, weight: &Tensor, steps: i64) -> Result<()> {
        let normalize = |x: &Tensor, out: &Tensor| -> Result<()> {
            let _ = x.f_div_out(out, &length(x, self.eps)?)?;
            Ok(())
        };
        no_grad(|| {
            (0..steps).try_for_each(|_| {
                normalize(&weight.f_mv(&self.v)?, &self.u)?;
                normalize(&weight.f_matrix_h()?.f_mv(&self.u)?, &self.v)
            })
        })
    }

    fn weight(&self, original: &Tensor) -> Result<Tensor> {
        let weight = matrix(original, self.dim)?;
        if self.training.get() {
            self.iterate(&weight, self.steps)?;
        }
        let (u, v) = (ops::clone(&self.u)?, ops::clone(&self.v)?);
        Ok(original.f_div(&u.f_vdot(&weight.f_mv(&v)?)?)?)
    }
}

/// A module that is only asked for what is in it.
macro_rules! listed {
    ($($module:ident, $class:literal, |$it:ident, $parts:ident| $with:expr;)+) => {$(
        impl Module for $module {
            fn forward(&self, _: &Tensor) -> Result<Tensor> {
                let accepted = "a parametrization is called by its module";
                Err(Error::argument("forward", $class, accepted))
            }

            fn class_name(&self) -> &str {
                $class
            }

            fn parts(&self) -> Parts<'_> {
                let ($it, $parts) = (self, Parts::new());
                $with
            }
        }
    )+};
}
listed! {
    Parametrizations, "ModuleDict", |it, parts| parts.with("weight", &it.0);
    ParametrizationList, "ParametrizationList", |it, parts| match it {
        Self::Weight([length, direction], norm) => {
            parts.with("original0", length).with("original1", direction).with("0", norm)
        }
        Self::Spectral(original, norm) => parts.with("original", original).with("0", norm),
    };
    WeightNorm, "_WeightNorm", |_it, parts| parts;
    SpectralNorm, "_SpectralNorm", |it, parts| {
        parts.with("_u", &it.u).with("_v", &it.v).with("training", &it.training)
    };
}
