use tch::{Kind, Tensor};

use super::{Module, Parameter, Training};
use crate::{Error, Result};

/// `torch.nn.Linear`: `y = x Aᵀ + b`, around [`tch::nn::Linear`].
///
/// # Shapes
/// `forward`: `[*, in_features] -> [*, out_features]`; weight `[out_features, in_features]`, bias
/// `[out_features]`.
///
/// # Where it departs from tch
/// `tch::nn::linear` draws the bias before the weight and bounds the weight by √(6 / in_features).
/// Python draws the weight first, uniform in ±√3 · gain / √in_features with gain = √(2 / (1 + a²))
/// and a = √5, then the bias in ±1 / √in_features (`torch/nn/modules/linear.py`,
/// `torch/nn/init.py`); so does this layer, computing the bounds in Python's own order.
///
/// ```standalone_crate
/// use torch_exact::nn::{Linear, Module};
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// random::manual_seed(42);
/// let linear = Linear::new(1, 1)?;
/// assert_eq!(linear.weight().double_value(&[0, 0]), 0.7645385265350342);
/// assert_eq!(linear.bias().map(|b| b.double_value(&[0])), Some(0.8300079107284546));
/// assert_eq!(linear.forward(&random::rand([5, 1])?)?.size(), [5, 1]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Linear {
    inner: tch::nn::Linear,
    in_features: i64,
    out_features: i64,
    training: Training,
}

/// What [`Linear::with_options`] takes beyond the sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinearOptions {
    /// Whether there is a bias; it is drawn only then.
    pub bias: bool,
    /// The parameters' dtype. Random numbers are drawn in it: `Double` takes other words than
    /// `Float`.
    pub dtype: Kind,
}

impl Default for LinearOptions {
    fn default() -> Self {
        Self { bias: true, dtype: Kind::Float }
    }
}

impl Linear {
    /// `nn.Linear(in_features, out_features)`, drawn from the default generator on the CPU.
    ///
    /// # Errors
    /// A negative size, or one that memory does not hold.
    pub fn new(in_features: i64, out_features: i64) -> Result<Self> {
        Self::with_options(in_features, out_features, LinearOptions::default())
    }

    /// `nn.Linear(in_features, out_features, bias=bias, dtype=dtype)`.
    ///
    /// # Errors
    /// As [`Linear::new`], and a dtype that is not floating point.
    pub fn with_options(
        in_features: i64,
        out_features: i64,
        options: LinearOptions,
    ) -> Result<Self> {
        let weight = empty(&[out_features, in_features], options.dtype)?;
        let bias = options.bias.then(|| empty(&[out_features], options.dtype)).transpose()?;
        let fan_in = in_features as f64;
        if in_features > 0 && out_features > 0 {
            uniform(&weight, kaiming_bound(fan_in))?;
        }
        if let Some(bias) = &bias {
            uniform(bias, if in_features > 0 { 1. / fan_in.sqrt() } else { 0. })?;
        }
        Self::from_tensors(weight, bias)
    }

    /// A layer of these values, which it shares.
    ///
    /// # Errors
    /// [`Error::Shape`] where the weight is not `[out, in]` or the bias not `[out]`.
    pub fn from_tensors(weight: Tensor, bias: Option<Tensor>) -> Result<Self> {
        let &[out_features, in_features] = weight.size().as_slice() else {
            return Err(Error::Shape {
                operation: "Linear",
                expected: "a weight of shape [out_features, in_features]".to_owned(),
                found: format!("{:?}", weight.size()),
            });
        };
        if let Some(bias) = bias.as_ref().filter(|bias| bias.size() != [out_features]) {
            return Err(Error::Shape {
                operation: "Linear",
                expected: format!("a bias of shape [{out_features}]"),
                found: format!("{:?}", bias.size()),
            });
        }
        let own = |tensor: Tensor| Parameter::new(tensor).map(|p| p.shallow_clone());
        let inner = tch::nn::Linear { ws: own(weight)?, bs: bias.map(own).transpose()? };
        Ok(Self { inner, in_features, out_features, training: Training::default() })
    }

    /// The weight, `[out_features, in_features]`: `linear.weight`.
    pub fn weight(&self) -> Parameter {
        Parameter::of(&self.inner.ws)
    }

    /// The bias, `[out_features]`, if there is one: `linear.bias`.
    pub fn bias(&self) -> Option<Parameter> {
        self.inner.bs.as_ref().map(Parameter::of)
    }

    /// How many features come in.
    pub fn in_features(&self) -> i64 {
        self.in_features
    }

    /// How many features go out.
    pub fn out_features(&self) -> i64 {
        self.out_features
    }
}

impl Module for Linear {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        input.f_linear(&self.inner.ws, self.inner.bs.as_ref()).map_err(|error| {
            let size = input.size();
            if size.last() == Some(&self.in_features) {
                return error.into();
            }
            Error::Shape {
                operation: "linear",
                expected: format!("an input of shape [*, {}]", self.in_features),
                found: format!("{size:?}"),
            }
        })
    }

    fn own_parameters(&self) -> Vec<(&str, Parameter)> {
        let bias = self.bias().map(|bias| ("bias", bias));
        [("weight", self.weight())].into_iter().chain(bias).collect()
    }

    fn training_flag(&self) -> Option<&Training> {
        Some(&self.training)
    }
}

fn empty(size: &[i64], dtype: Kind) -> Result<Tensor> {
    Ok(Tensor::f_empty(size, (dtype, tch::Device::Cpu))?)
}

fn uniform(tensor: &Tensor, bound: f64) -> Result<()> {
    let _ = tensor.shallow_clone().f_uniform_(-bound, bound)?;
    Ok(())
}

/// `kaiming_uniform_(a=math.sqrt(5))`'s bound, in Python's order of operations: 1 / √fan_in to
/// float32, but another float64 for 2,732 of the first 4,096 fans.
fn kaiming_bound(fan_in: f64) -> f64 {
    let negative_slope = 5f64.sqrt();
    let gain = (2. / (1. + negative_slope.powf(2.))).sqrt();
    let std = gain / fan_in.sqrt();
    3f64.sqrt() * std
}
