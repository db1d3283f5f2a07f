//! The transposes of convolutions.

use tch::{Kind, Tensor};

use super::{check_groups, described, draw, finish};
use crate::nn::aten::aten;
use crate::nn::{Module, Parameter, Size};
use crate::{Result, parts};

/// What [`ConvTranspose::with_options`] takes beyond channels and kernel. Its padding is of zeros, as
/// in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvTransposeOptions<const N: usize> {
    /// The distance of one place of the result to the next; 1 by default.
    pub stride: Size<N>,
    /// What is taken from both sides of the result; 0 by default.
    pub padding: Size<N>,
    /// What is added at the end of the result; 0 by default.
    pub output_padding: Size<N>,
    /// Into how many groups the channels are divided; 1 by default.
    pub groups: i64,
    /// Whether there is a bias; it is drawn only then.
    pub bias: bool,
    /// The distance of a kernel's elements; 1 by default.
    pub dilation: Size<N>,
    /// The parameters' dtype, in which they are drawn.
    pub dtype: Kind,
}

impl<const N: usize> Default for ConvTransposeOptions<N> {
    fn default() -> Self {
        let (zero, one) = (0.into(), 1.into());
        Self {
            stride: one,
            padding: zero,
            output_padding: zero,
            groups: 1,
            bias: true,
            dilation: one,
            dtype: Kind::Float,
        }
    }
}

/// The transpose of a convolution: [`ConvTranspose1d`](super::ConvTranspose1d),
/// [`ConvTranspose2d`](super::ConvTranspose2d), [`ConvTranspose3d`](super::ConvTranspose3d).
///
/// Parameters are drawn as [`Conv`](super::Conv)'s. Python's `output_size` of `forward` is absent:
/// `output_padding` says the same.
///
/// # Shapes
/// `[n, in_channels, *] -> [n, out_channels, *]` or the same without `n`; weight
/// `[in_channels, out_channels / groups, *kernel_size]`, bias `[out_channels]`.
#[derive(Debug, Clone)]
pub struct ConvTranspose<const N: usize> {
    /// The weight.
    pub weight: Parameter,
    /// The bias, if there is one.
    pub bias: Option<Parameter>,
    out_channels: i64,
    options: ConvTransposeOptions<N>,
}

impl<const N: usize> ConvTranspose<N> {
    /// `nn.ConvTranspose2d(in_channels, out_channels, kernel_size)`.
    ///
    /// # Errors
    /// As [`Conv::with_options`](super::Conv::with_options).
    pub fn new(
        in_channels: i64,
        out_channels: i64,
        kernel_size: impl Into<Size<N>>,
    ) -> Result<Self> {
        let options = ConvTransposeOptions::default();
        Self::with_options(in_channels, out_channels, kernel_size, options)
    }

    /// `nn.ConvTranspose2d(in_channels, out_channels, kernel_size, stride=…, …)`.
    ///
    /// # Errors
    /// As [`Conv::with_options`](super::Conv::with_options).
    pub fn with_options(
        in_channels: i64,
        out_channels: i64,
        kernel_size: impl Into<Size<N>>,
        options: ConvTransposeOptions<N>,
    ) -> Result<Self> {
        check_groups(in_channels, out_channels, options.groups)?;
        let size = [in_channels, out_channels / options.groups];
        let bias = options.bias.then_some(out_channels);
        let (weight, bias) = draw(size, &kernel_size.into().values(), bias, options.dtype)?;
        Ok(Self { weight, bias, out_channels, options })
    }
}

impl<const N: usize> Module for ConvTranspose<N> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let names = [
            "aten::conv_transpose1d",
            "aten::conv_transpose2d.input",
            "aten::conv_transpose3d.input",
        ];
        let ConvTransposeOptions { stride, padding, output_padding, dilation, groups, .. } =
            self.options;
        let [stride, padding, output_padding, dilation] =
            [stride, padding, output_padding, dilation].map(Size::values);
        let (stride, padding) = ((&stride).into(), (&padding).into());
        let (output_padding, dilation) = ((&output_padding).into(), (&dilation).into());
        let (weight, bias) = ((&*self.weight).into(), self.bias.as_deref().into());
        let sizes = [stride, padding, output_padding, groups.into(), dilation];
        aten(names[N - 1], &[[input.into(), weight, bias].as_slice(), &sizes].concat())
    }

    fn extra_repr(&self) -> String {
        let ConvTransposeOptions { stride, padding, output_padding, dilation, groups, .. } =
            self.options;
        let padding = (padding.values() != [0; N]).then(|| padding.tuple().to_string());
        let size = self.weight.size();
        let mut text = described(size[0], self.out_channels, &size[2..], stride, padding, dilation);
        finish(&mut text, Some(output_padding), groups, self.bias.is_some());
        text
    }

    fn class_name(&self) -> &str {
        ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"][N - 1]
    }

    parts!(weight, bias);
}
