//! `torch/nn/modules/normalization.py`.

use tch::{Kind, Tensor};

use super::aten::aten;
use super::batchnorm::one_value;
use super::size::tuple;
use super::{Module, Parameter, init};
use crate::{Error, Result, parts, repr};

/// What [`LayerNorm::with_options`] takes beyond the shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerNormOptions {
    /// What is added to a variance; 1e-5 by default.
    pub eps: f64,
    /// Whether there is a weight; true by default.
    pub elementwise_affine: bool,
    /// Whether there is a bias, too; true by default.
    pub bias: bool,
    /// The parameters' dtype.
    pub dtype: Kind,
}

impl Default for LayerNormOptions {
    fn default() -> Self {
        Self { eps: 1e-5, elementwise_affine: true, bias: true, dtype: Kind::Float }
    }
}

/// `torch.nn.LayerNorm`: the last dimensions normalized by their mean and variance.
///
/// # Shapes
/// `[*, *normalized_shape]`, kept with the dtype; weight and bias `[*normalized_shape]`.
#[derive(Debug, Clone)]
pub struct LayerNorm {
    /// The factors, where `elementwise_affine`.
    pub weight: Option<Parameter>,
    /// The summands, where `elementwise_affine` and `bias`.
    pub bias: Option<Parameter>,
    normalized_shape: Vec<i64>,
    options: LayerNormOptions,
}

impl LayerNorm {
    /// `nn.LayerNorm(normalized_shape)`: `LayerNorm::new([8])`.
    ///
    /// # Errors
    /// A negative size.
    pub fn new(normalized_shape: impl AsRef<[i64]>) -> Result<Self> {
        Self::with_options(normalized_shape, LayerNormOptions::default())
    }

    /// `nn.LayerNorm(normalized_shape, eps=…, elementwise_affine=…, bias=…)`.
    ///
    /// # Errors
    /// A negative size, and a dtype that is not floating point.
    pub fn with_options(
        normalized_shape: impl AsRef<[i64]>,
        options: LayerNormOptions,
    ) -> Result<Self> {
        let shape = normalized_shape.as_ref().to_vec();
        let LayerNormOptions { elementwise_affine: affine, bias, dtype, .. } = options;
        let weight = affine.then(|| init::filled(&shape, init::ones_, dtype)).transpose()?;
        let bias =
            (affine && bias).then(|| init::filled(&shape, init::zeros_, dtype)).transpose()?;
        Ok(Self { weight, bias, normalized_shape: shape, options })
    }
}

impl Module for LayerNorm {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (weight, bias) = (self.weight.as_deref().into(), self.bias.as_deref().into());
        let shape = self.normalized_shape.as_slice().into();
        aten(
            "aten::layer_norm",
            &[input.into(), shape, weight, bias, self.options.eps.into(), true.into()],
        )
    }

    fn extra_repr(&self) -> String {
        let LayerNormOptions { eps, elementwise_affine, .. } = self.options;
        let (shape, eps) = (tuple(&self.normalized_shape), repr::float(eps));
        format!("{shape}, eps={eps}, elementwise_affine={}", repr::boolean(elementwise_affine))
    }

    parts!(weight, bias);
}

/// What [`RMSNorm::with_options`] takes beyond the shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RMSNormOptions {
    /// What is added to a mean square; none, the default, is the smallest step of the dtype.
    pub eps: Option<f64>,
    /// Whether there is a weight; true by default.
    pub elementwise_affine: bool,
    /// The weight's dtype.
    pub dtype: Kind,
}

impl Default for RMSNormOptions {
    fn default() -> Self {
        Self { eps: None, elementwise_affine: true, dtype: Kind::Float }
    }
}

/// `torch.nn.RMSNorm`: the last dimensions divided by the root of their mean square.
///
/// # Shapes
/// `[*, *normalized_shape]`, kept with the dtype; weight `[*normalized_shape]`.
#[derive(Debug, Clone)]
pub struct RMSNorm {
    /// The factors, where `elementwise_affine`.
    pub weight: Option<Parameter>,
    normalized_shape: Vec<i64>,
    options: RMSNormOptions,
}

impl RMSNorm {
    /// `nn.RMSNorm(normalized_shape)`.
    ///
    /// # Errors
    /// A negative size.
    pub fn new(normalized_shape: impl AsRef<[i64]>) -> Result<Self> {
        Self::with_options(normalized_shape, RMSNormOptions::default())
    }

    /// `nn.RMSNorm(normalized_shape, eps=…, elementwise_affine=…)`.
    ///
    /// # Errors
    /// A negative size, and a dtype that is not floating point.
    pub fn with_options(
        normalized_shape: impl AsRef<[i64]>,
        options: RMSNormOptions,
    ) -> Result<Self> {
        let shape = normalized_shape.as_ref().to_vec();
        let affine = options.elementwise_affine;
        let weight =
            affine.then(|| init::filled(&shape, init::ones_, options.dtype)).transpose()?;
        Ok(Self { weight, normalized_shape: shape, options })
    }
}

impl Module for RMSNorm {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (shape, weight) =
            (self.normalized_shape.as_slice().into(), self.weight.as_deref().into());
        aten("aten::rms_norm", &[input.into(), shape, weight, self.options.eps.into()])
    }

    fn extra_repr(&self) -> String {
        let RMSNormOptions { eps, elementwise_affine, .. } = self.options;
        let eps = eps.map_or("None".to_owned(), repr::float);
        let shape = tuple(&self.normalized_shape);
        format!("{shape}, eps={eps}, elementwise_affine={}", repr::boolean(elementwise_affine))
    }

    parts!(weight);
}

/// What [`GroupNorm::with_options`] takes beyond groups and channels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupNormOptions {
    /// What is added to a variance; 1e-5 by default.
    pub eps: f64,
    /// Whether there are a weight and a bias; true by default.
    pub affine: bool,
    /// The parameters' dtype.
    pub dtype: Kind,
}

impl Default for GroupNormOptions {
    fn default() -> Self {
        Self { eps: 1e-5, affine: true, dtype: Kind::Float }
    }
}

/// `torch.nn.GroupNorm`: groups of channels normalized by their mean and variance.
///
/// # Shapes
/// `[n, num_channels, *]`, kept with the dtype; weight and bias `[num_channels]`.
#[derive(Debug, Clone)]
pub struct GroupNorm {
    /// The factors, where `affine`.
    pub weight: Option<Parameter>,
    /// The summands, where `affine`.
    pub bias: Option<Parameter>,
    num_groups: i64,
    num_channels: i64,
    options: GroupNormOptions,
}

impl GroupNorm {
    /// `nn.GroupNorm(num_groups, num_channels)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for groups that do not divide the channels.
    pub fn new(num_groups: i64, num_channels: i64) -> Result<Self> {
        Self::with_options(num_groups, num_channels, GroupNormOptions::default())
    }

    /// `nn.GroupNorm(num_groups, num_channels, eps=…, affine=…)`.
    ///
    /// # Errors
    /// As [`new`](Self::new), and a dtype that is not floating point.
    pub fn with_options(
        num_groups: i64,
        num_channels: i64,
        options: GroupNormOptions,
    ) -> Result<Self> {
        if num_groups == 0 || num_channels % num_groups != 0 {
            let accepted = "num_channels must be divisible by num_groups";
            return Err(Error::argument("num_groups", num_groups, accepted));
        }
        let parameter = |fill| init::filled(&[num_channels], fill, options.dtype);
        let weight = options.affine.then(|| parameter(init::ones_)).transpose()?;
        let bias = options.affine.then(|| parameter(init::zeros_)).transpose()?;
        Ok(Self { weight, bias, num_groups, num_channels, options })
    }
}

impl Module for GroupNorm {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let size = input.size();
        let [n, channels, rest @ ..] = size.as_slice() else {
            return Err(Error::Shape {
                operation: "group_norm",
                expected: "an input of two or more dimensions".to_owned(),
                found: format!("{size:?}"),
            });
        };
        // As Python counts them, whatever the order of its operators.
        if (n * channels).div_euclid(self.num_groups) * rest.iter().product::<i64>() == 1 {
            return Err(one_value("group_norm", "value per channel", &size));
        }
        let (weight, bias) = (self.weight.as_deref().into(), self.bias.as_deref().into());
        let groups = self.num_groups.into();
        aten(
            "aten::group_norm",
            &[input.into(), groups, weight, bias, self.options.eps.into(), true.into()],
        )
    }

    fn extra_repr(&self) -> String {
        let (eps, affine) = (repr::float(self.options.eps), repr::boolean(self.options.affine));
        format!("{}, {}, eps={eps}, affine={affine}", self.num_groups, self.num_channels)
    }

    parts!(weight, bias);
}
