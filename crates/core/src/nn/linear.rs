use tch::{Kind, Tensor};

use super::{Module, Parameter, init};
use crate::{Error, Result, parts, repr};

/// `torch.nn.Linear`: `y = x Aᵀ + b`.
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
/// assert_eq!(linear.weight.double_value(&[0, 0]), 0.7645385265350342);
/// assert_eq!(linear.bias()?.double_value(&[0]), 0.8300079107284546);
/// assert_eq!(linear.forward(&random::rand([5, 1])?)?.size(), [5, 1]);
/// # Ok(())
/// # }
/// ```
///
/// As in Python, weights are tied by setting one layer's to the other's:
/// `decoder.weight = encoder.weight.clone()`.
#[derive(Debug, Clone)]
pub struct Linear {
    /// The weight, `[out_features, in_features]`.
    pub weight: Parameter,
    bias: Option<Parameter>,
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
        let (weight_bound, bias_bound) = draws::linear_bounds(in_features as usize);
        if weight.numel() > 0 {
            init::uniform_(&weight, -weight_bound, weight_bound)?;
        }
        if let Some(bias) = &bias {
            init::uniform_(bias, -bias_bound, bias_bound)?;
        }
        Self::from_tensors(weight, bias)
    }

    /// A layer of these values, which it shares.
    ///
    /// # Errors
    /// [`Error::Shape`] where the weight is not `[out, in]` or the bias not `[out]`.
    pub fn from_tensors(weight: Tensor, bias: Option<Tensor>) -> Result<Self> {
        let &[out_features, _] = weight.size().as_slice() else {
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
        Ok(Self { weight: Parameter::new(weight)?, bias: bias.map(Parameter::new).transpose()? })
    }

    /// The bias, `[out_features]`: `init::zeros_(layer.bias()?)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a layer without one.
    pub fn bias(&self) -> Result<&Parameter> {
        let accepted = "the layer was made without one";
        self.bias.as_ref().ok_or_else(|| Error::argument("bias", "None", accepted))
    }

    /// How many features come in.
    pub fn in_features(&self) -> i64 {
        self.weight.size().get(1).copied().unwrap_or_default()
    }

    /// How many features go out.
    pub fn out_features(&self) -> i64 {
        self.weight.size().first().copied().unwrap_or_default()
    }
}

impl Module for Linear {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        input.f_linear(&self.weight, self.bias.as_deref()).map_err(|error| {
            let (size, in_features) = (input.size(), self.in_features());
            if size.last() == Some(&in_features) {
                return error.into();
            }
            Error::Shape {
                operation: "linear",
                expected: format!("an input of shape [*, {in_features}]"),
                found: format!("{size:?}"),
            }
        })
    }

    fn extra_repr(&self) -> String {
        let bias = repr::boolean(self.bias.is_some());
        let (inputs, outputs) = (self.in_features(), self.out_features());
        format!("in_features={inputs}, out_features={outputs}, bias={bias}")
    }

    parts!(weight, bias);
}

fn empty(size: &[i64], dtype: Kind) -> Result<Tensor> {
    Ok(Tensor::f_empty(size, (dtype, tch::Device::Cpu))?)
}
