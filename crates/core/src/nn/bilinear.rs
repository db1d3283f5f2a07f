use tch::{Device, Tensor};

use super::{LinearOptions, Module, Parameter, init};
use crate::{Error, Result, parts, repr};

/// `torch.nn.Bilinear`: `y = x1ᵀ A x2 + b`.
///
/// Its `forward` as a [`Module`] is refused, for it takes two tensors.
///
/// # Shapes
/// `[*, in1_features]` and `[*, in2_features] -> [*, out_features]`; weight
/// `[out_features, in1_features, in2_features]`, bias `[out_features]`.
#[derive(Debug, Clone)]
pub struct Bilinear {
    /// The weight.
    pub weight: Parameter,
    /// The bias, if there is one.
    pub bias: Option<Parameter>,
}

impl Bilinear {
    /// `nn.Bilinear(in1_features, in2_features, out_features)`.
    ///
    /// # Errors
    /// As [`with_options`](Self::with_options).
    pub fn new(in1_features: i64, in2_features: i64, out_features: i64) -> Result<Self> {
        Self::with_options(in1_features, in2_features, out_features, LinearOptions::default())
    }

    /// `nn.Bilinear(in1_features, in2_features, out_features, bias=bias, dtype=dtype)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for `in1_features` that are not positive, a negative size, one that memory does
    /// not hold, and a dtype that is not floating point.
    pub fn with_options(
        in1_features: i64,
        in2_features: i64,
        out_features: i64,
        options: LinearOptions,
    ) -> Result<Self> {
        if in1_features <= 0 {
            return Err(Error::argument("in1_features", in1_features, "it must be above 0"));
        }
        let bound = 1. / (in1_features as f64).sqrt();
        let drawn = |size: &[i64]| {
            let values = Tensor::f_empty(size, (options.dtype, Device::Cpu))?;
            init::uniform_(&values, -bound, bound)?;
            Parameter::new(values)
        };
        let weight = drawn(&[out_features, in1_features, in2_features])?;
        let bias = options.bias.then(|| drawn(&[out_features])).transpose()?;
        Ok(Self { weight, bias })
    }

    /// `bilinear(input1, input2)`.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn forward(&self, input1: &Tensor, input2: &Tensor) -> Result<Tensor> {
        Ok(Tensor::f_bilinear(input1, input2, &self.weight, self.bias.as_deref())?)
    }
}

impl Module for Bilinear {
    fn forward(&self, _: &Tensor) -> Result<Tensor> {
        let accepted = "a bilinear layer takes two tensors: call its own forward with them";
        Err(Error::argument("input", "one tensor", accepted))
    }

    fn extra_repr(&self) -> String {
        let size = self.weight.size();
        let bias = repr::boolean(self.bias.is_some());
        format!(
            "in1_features={}, in2_features={}, out_features={}, bias={bias}",
            size[1], size[2], size[0]
        )
    }

    parts!(weight, bias);
}
