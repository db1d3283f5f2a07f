//! `torch/nn/modules/pixelshuffle.py`, `channelshuffle.py`, `flatten.py` and `fold.py`: elements in
//! other places.

use tch::Tensor;

use super::size::tuple;
use super::{Module, Size};
use crate::Result;

macro_rules! shuffles {
    ($($(#[$doc:meta])* $name:ident, $operator:ident, $option:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name {
            #[doc = concat!("`", stringify!($option), "`.")]
            pub $option: i64,
        }

        impl $name {
            #[doc = concat!("`nn.", stringify!($name), "(", stringify!($option), ")`.")]
            pub fn new($option: i64) -> Self {
                Self { $option }
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                Ok(input.$operator(self.$option)?)
            }

            fn extra_repr(&self) -> String {
                format!("{}={}", stringify!($option), self.$option)
            }
        }
    )+};
}

shuffles! {
    /// `torch.nn.PixelShuffle`: channels made places.
    ///
    /// # Shapes
    /// `[*, c r², h, w] -> [*, c, h r, w r]` for a factor `r`.
    PixelShuffle, f_pixel_shuffle, upscale_factor;
    /// `torch.nn.PixelUnshuffle`: places made channels.
    ///
    /// # Shapes
    /// `[*, c, h r, w r] -> [*, c r², h, w]` for a factor `r`.
    PixelUnshuffle, f_pixel_unshuffle, downscale_factor;
    /// `torch.nn.ChannelShuffle`: channels of groups one after the other.
    ///
    /// # Shapes
    /// `[n, c, *]`, kept; the groups divide `c`.
    ChannelShuffle, f_channel_shuffle, groups;
}

/// `torch.nn.Unflatten`: one dimension made several. Named dimensions are absent.
///
/// # Shapes
/// `[*, ∏ sizes, *] -> [*, *sizes, *]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unflatten {
    /// The dimension; negative ones count from the end.
    pub dim: i64,
    /// What it becomes; one size may be -1.
    pub unflattened_size: Vec<i64>,
}

impl Unflatten {
    /// `nn.Unflatten(dim, unflattened_size)`.
    pub fn new(dim: i64, unflattened_size: impl Into<Vec<i64>>) -> Self {
        Self { dim, unflattened_size: unflattened_size.into() }
    }
}

impl Module for Unflatten {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(input.f_unflatten(self.dim, self.unflattened_size.as_slice())?)
    }

    fn extra_repr(&self) -> String {
        format!("dim={}, unflattened_size={}", self.dim, tuple(&self.unflattened_size))
    }
}

/// `torch.nn.Unfold`: what a sliding window sees, a column for each place.
///
/// # Shapes
/// `[n, c, h, w] -> [n, c ∏ kernel_size, places]`, or the same without `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfold {
    /// The window's size.
    pub kernel_size: Size<2>,
    /// The distance of a window's elements; 1 by default.
    pub dilation: Size<2>,
    /// How many zeros are added on both sides; 0 by default.
    pub padding: Size<2>,
    /// The distance of one place to the next; 1 by default.
    pub stride: Size<2>,
}

impl Unfold {
    /// `nn.Unfold(kernel_size)`.
    pub fn new(kernel_size: impl Into<Size<2>>) -> Self {
        let kernel_size = kernel_size.into();
        Self { kernel_size, dilation: 1.into(), padding: 0.into(), stride: 1.into() }
    }
}

impl Module for Unfold {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let Self { kernel_size, dilation, padding, stride } = *self;
        let [kernel, dilation, padding, stride] =
            [kernel_size, dilation, padding, stride].map(Size::values);
        Ok(input.f_im2col(kernel, dilation, padding, stride)?)
    }

    fn extra_repr(&self) -> String {
        let Self { kernel_size, dilation, padding, stride } = self;
        format!(
            "kernel_size={kernel_size}, dilation={dilation}, padding={padding}, stride={stride}"
        )
    }
}

/// `torch.nn.Fold`: the sum of a sliding window's columns, what [`Unfold`] undoes.
///
/// # Shapes
/// `[n, c ∏ kernel_size, places] -> [n, c, *output_size]`, or the same without `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// The result's size.
    pub output_size: Size<2>,
    /// The window's size.
    pub kernel_size: Size<2>,
    /// The distance of a window's elements; 1 by default.
    pub dilation: Size<2>,
    /// How many places of the result are taken from both sides; 0 by default.
    pub padding: Size<2>,
    /// The distance of one place to the next; 1 by default.
    pub stride: Size<2>,
}

impl Fold {
    /// `nn.Fold(output_size, kernel_size)`.
    pub fn new(output_size: impl Into<Size<2>>, kernel_size: impl Into<Size<2>>) -> Self {
        let (output_size, kernel_size) = (output_size.into(), kernel_size.into());
        Self { output_size, kernel_size, dilation: 1.into(), padding: 0.into(), stride: 1.into() }
    }
}

impl Module for Fold {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let Self { output_size, kernel_size, dilation, padding, stride } = *self;
        let [output, kernel, dilation, padding, stride] =
            [output_size, kernel_size, dilation, padding, stride].map(Size::values);
        Ok(input.f_col2im(output, kernel, dilation, padding, stride)?)
    }

    fn extra_repr(&self) -> String {
        let Self { output_size, kernel_size, dilation, padding, stride } = self;
        format!(
            "output_size={output_size}, kernel_size={kernel_size}, dilation={dilation}, \
             padding={padding}, stride={stride}"
        )
    }
}
