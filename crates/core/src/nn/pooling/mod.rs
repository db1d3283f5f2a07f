//! `torch/nn/modules/pooling.py`.

mod fractional;
mod lp;
mod unpool;

use tch::Tensor;

pub use fractional::{FractionalMaxPool, FractionalMaxPool2d, FractionalMaxPool3d};
pub use lp::{LPPool, LPPool1d, LPPool2d, LPPool3d};
pub use unpool::{MaxUnpool, MaxUnpool1d, MaxUnpool2d, MaxUnpool3d};

use super::aten::{aten, aten2};
use super::{Module, Size};
use crate::{Result, repr};

/// A name in one, two and three dimensions.
macro_rules! named {
    ($([$one:ident $two:ident $three:ident] $name:ident;)+) => {$(
        #[doc = concat!("`torch.nn.", stringify!($one), "`.")]
        pub type $one = $name<1>;
        #[doc = concat!("`torch.nn.", stringify!($two), "`.")]
        pub type $two = $name<2>;
        #[doc = concat!("`torch.nn.", stringify!($three), "`.")]
        pub type $three = $name<3>;
    )+};
}
pub(super) use named;

named! {
    [MaxPool1d MaxPool2d MaxPool3d] MaxPool;
    [AvgPool1d AvgPool2d AvgPool3d] AvgPool;
    [AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d] AdaptiveAvgPool;
    [AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d] AdaptiveMaxPool;
}

/// The largest element under each place of a window: [`MaxPool1d`], [`MaxPool2d`], [`MaxPool3d`].
///
/// ```
/// use torch_exact::nn::{MaxPool2d, Module};
///
/// # fn main() -> torch_exact::Result<()> {
/// let pool = MaxPool2d { padding: 1.into(), ..MaxPool2d::new([3, 2]) };
/// assert_eq!(
///     pool.repr()?,
///     "MaxPool2d(kernel_size=(3, 2), stride=(3, 2), padding=1, dilation=1, ceil_mode=False)"
/// );
/// # Ok(())
/// # }
/// ```
///
/// # Shapes
/// `[n, c, *] -> [n, c, *]` or the same without `n`, with `N` dimensions behind the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool<const N: usize> {
    /// The window's size.
    pub kernel_size: Size<N>,
    /// The distance of one place to the next; the window's size by default.
    pub stride: Option<Size<N>>,
    /// How many places of -∞ are added on both sides.
    pub padding: Size<N>,
    /// The distance of a window's elements.
    pub dilation: Size<N>,
    /// Whether a window may begin inside and end outside.
    pub ceil_mode: bool,
}

impl<const N: usize> MaxPool<N> {
    /// `nn.MaxPool2d(kernel_size)`.
    pub fn new(kernel_size: impl Into<Size<N>>) -> Self {
        let (padding, dilation) = (0.into(), 1.into());
        Self { kernel_size: kernel_size.into(), stride: None, padding, dilation, ceil_mode: false }
    }

    /// The result and the indices of the largest elements: what `return_indices=True` gives in Python.
    ///
    /// # Errors
    /// As `forward`.
    pub fn forward_with_indices(&self, input: &Tensor) -> Result<(Tensor, Tensor)> {
        let names = [
            "aten::max_pool1d_with_indices",
            "aten::max_pool2d_with_indices",
            "aten::max_pool3d_with_indices",
        ];
        self.call(input, |arguments| aten2(names[N - 1], arguments))
    }

    fn call<T>(
        &self,
        input: &Tensor,
        call: impl FnOnce(&[shim::Argument]) -> Result<T>,
    ) -> Result<T> {
        let stride = self.stride.unwrap_or(self.kernel_size).values();
        let [kernel, padding, dilation] =
            [self.kernel_size, self.padding, self.dilation].map(Size::values);
        let [kernel, stride, padding, dilation] = [&kernel, &stride, &padding, &dilation];
        let sizes = [kernel.into(), stride.into(), padding.into(), dilation.into()];
        call(&[&[input.into()], sizes.as_slice(), &[self.ceil_mode.into()]].concat())
    }
}

impl<const N: usize> Module for MaxPool<N> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let names = ["aten::max_pool1d", "aten::max_pool2d", "aten::max_pool3d"];
        self.call(input, |arguments| aten(names[N - 1], arguments))
    }

    fn extra_repr(&self) -> String {
        let Self { kernel_size, stride, padding, dilation, ceil_mode } = self;
        let (stride, ceil_mode) = (stride.unwrap_or(*kernel_size), repr::boolean(*ceil_mode));
        format!(
            "kernel_size={kernel_size}, stride={stride}, padding={padding}, dilation={dilation}, \
             ceil_mode={ceil_mode}"
        )
    }

    fn class_name(&self) -> &str {
        ["MaxPool1d", "MaxPool2d", "MaxPool3d"][N - 1]
    }
}

/// The mean under each place of a window: [`AvgPool1d`], [`AvgPool2d`], [`AvgPool3d`].
///
/// # Shapes
/// As [`MaxPool`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvgPool<const N: usize> {
    /// The window's size.
    pub kernel_size: Size<N>,
    /// The distance of one place to the next; the window's size by default.
    pub stride: Option<Size<N>>,
    /// How many zeros are added on both sides.
    pub padding: Size<N>,
    /// Whether a window may begin inside and end outside.
    pub ceil_mode: bool,
    /// Whether the zeros that were added count.
    pub count_include_pad: bool,
    /// What sums are divided by instead of the window's size; Python's `AvgPool1d` does not have it.
    pub divisor_override: Option<i64>,
}

impl<const N: usize> AvgPool<N> {
    /// `nn.AvgPool2d(kernel_size)`.
    pub fn new(kernel_size: impl Into<Size<N>>) -> Self {
        Self {
            kernel_size: kernel_size.into(),
            stride: None,
            padding: 0.into(),
            ceil_mode: false,
            count_include_pad: true,
            divisor_override: None,
        }
    }
}

impl<const N: usize> Module for AvgPool<N> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let names = ["aten::avg_pool1d", "aten::avg_pool2d", "aten::avg_pool3d"];
        let (kernel, padding) = (self.kernel_size.values(), self.padding.values());
        let stride = self.stride.unwrap_or(self.kernel_size).values();
        let (ceil_mode, count) = (self.ceil_mode.into(), self.count_include_pad.into());
        let (kernel, stride, padding) = ((&kernel).into(), (&stride).into(), (&padding).into());
        let mut arguments = vec![input.into(), kernel, stride, padding, ceil_mode, count];
        if N > 1 || self.divisor_override.is_some() {
            arguments.push(self.divisor_override.into());
        }
        aten(names[N - 1], &arguments)
    }

    fn extra_repr(&self) -> String {
        let stride = self.stride.unwrap_or(self.kernel_size);
        let mut sizes = [self.kernel_size, stride, self.padding];
        if N == 1 {
            sizes = sizes.map(Size::tuple);
        }
        let [kernel_size, stride, padding] = sizes;
        format!("kernel_size={kernel_size}, stride={stride}, padding={padding}")
    }

    fn class_name(&self) -> &str {
        ["AvgPool1d", "AvgPool2d", "AvgPool3d"][N - 1]
    }
}

/// Means of as many parts as the result has places: [`AdaptiveAvgPool1d`] and its like. Python's `None`
/// for a size is the input's.
///
/// # Shapes
/// `[n, c, *] -> [n, c, *output_size]` or the same without `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdaptiveAvgPool<const N: usize> {
    /// The result's size.
    pub output_size: Size<N>,
}

/// The largest elements of as many parts as the result has places: [`AdaptiveMaxPool1d`] and its like.
///
/// # Shapes
/// As [`AdaptiveAvgPool`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdaptiveMaxPool<const N: usize> {
    /// The result's size.
    pub output_size: Size<N>,
}

impl<const N: usize> AdaptiveAvgPool<N> {
    /// `nn.AdaptiveAvgPool2d(output_size)`.
    pub fn new(output_size: impl Into<Size<N>>) -> Self {
        Self { output_size: output_size.into() }
    }
}

impl<const N: usize> AdaptiveMaxPool<N> {
    /// `nn.AdaptiveMaxPool2d(output_size)`.
    pub fn new(output_size: impl Into<Size<N>>) -> Self {
        Self { output_size: output_size.into() }
    }

    /// The result and the indices of the largest elements: what `return_indices=True` gives in Python.
    ///
    /// # Errors
    /// As `forward`.
    pub fn forward_with_indices(&self, input: &Tensor) -> Result<(Tensor, Tensor)> {
        let names =
            ["aten::adaptive_max_pool1d", "aten::adaptive_max_pool2d", "aten::adaptive_max_pool3d"];
        aten2(names[N - 1], &[input.into(), (&self.output_size.values()).into()])
    }
}

impl<const N: usize> Module for AdaptiveAvgPool<N> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let names =
            ["aten::adaptive_avg_pool1d", "aten::adaptive_avg_pool2d", "aten::adaptive_avg_pool3d"];
        aten(names[N - 1], &[input.into(), (&self.output_size.values()).into()])
    }

    fn extra_repr(&self) -> String {
        format!("output_size={}", self.output_size)
    }

    fn class_name(&self) -> &str {
        ["AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d"][N - 1]
    }
}

impl<const N: usize> Module for AdaptiveMaxPool<N> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(self.forward_with_indices(input)?.0)
    }

    fn extra_repr(&self) -> String {
        format!("output_size={}", self.output_size)
    }

    fn class_name(&self) -> &str {
        ["AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d"][N - 1]
    }
}
