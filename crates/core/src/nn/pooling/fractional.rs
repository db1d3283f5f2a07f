use tch::Tensor;

use super::{Module, Size, aten2};
use crate::{Error, Result};

/// `torch.nn.FractionalMaxPool2d`.
pub type FractionalMaxPool2d = FractionalMaxPool<2>;
/// `torch.nn.FractionalMaxPool3d`.
pub type FractionalMaxPool3d = FractionalMaxPool<3>;

/// The largest elements of windows whose places are drawn, so that a size may shrink by a fraction:
/// [`FractionalMaxPool2d`], [`FractionalMaxPool3d`].
///
/// The places are drawn from the default generator, in the input's dtype, in training and in evaluation.
///
/// # Shapes
/// `[n, c, *] -> [n, c, *output_size]` or the same without `n`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FractionalMaxPool<const N: usize> {
    kernel_size: Size<N>,
    output: Output<N>,
}

/// The result's size, or what it is of the input's.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Output<const N: usize> {
    Size(Size<N>),
    Ratio([f64; N]),
}

impl<const N: usize> FractionalMaxPool<N> {
    /// `nn.FractionalMaxPool2d(kernel_size, output_size=…)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a window of [`FractionalMaxPool3d`] that is not positive.
    pub fn with_output_size(
        kernel_size: impl Into<Size<N>>,
        output_size: impl Into<Size<N>>,
    ) -> Result<Self> {
        Self::of(kernel_size.into(), Output::Size(output_size.into()))
    }

    /// `nn.FractionalMaxPool2d(kernel_size, output_ratio=…)`, a ratio for each dimension.
    ///
    /// # Errors
    /// As [`with_output_size`](Self::with_output_size), and [`Error::Argument`] for a ratio that is not
    /// between 0 and 1.
    pub fn with_output_ratio(
        kernel_size: impl Into<Size<N>>,
        output_ratio: [f64; N],
    ) -> Result<Self> {
        if !output_ratio.iter().all(|&ratio| 0. < ratio && ratio < 1.) {
            let accepted = "output_ratio must be between 0 and 1";
            return Err(Error::argument("output_ratio", format!("{output_ratio:?}"), accepted));
        }
        Self::of(kernel_size.into(), Output::Ratio(output_ratio))
    }

    fn of(kernel_size: Size<N>, output: Output<N>) -> Result<Self> {
        if N == 3 && kernel_size.values().iter().any(|&size| size <= 0) {
            let accepted = "kernel_size must be greater than 0";
            return Err(Error::argument("kernel_size", kernel_size, accepted));
        }
        Ok(Self { kernel_size, output })
    }

    /// The result and the indices of the largest elements: what `return_indices=True` gives in Python.
    ///
    /// # Errors
    /// As `forward`.
    pub fn forward_with_indices(&self, input: &Tensor) -> Result<(Tensor, Tensor)> {
        let names = ["aten::fractional_max_pool2d", "aten::fractional_max_pool3d"];
        let size = input.size();
        if size.len() < N + 1 {
            return Err(Error::Shape {
                operation: "fractional_max_pool",
                expected: format!("an input of {} or more dimensions", N + 1),
                found: format!("{size:?}"),
            });
        }
        let (channels, places) = (size[size.len() - N - 1], &size[size.len() - N..]);
        let output = match self.output {
            Output::Size(size) => size.values(),
            Output::Ratio(ratio) => std::array::from_fn(|d| (places[d] as f64 * ratio[d]) as i64),
        };
        let batch = if size.len() == N + 1 { 1 } else { size[0] };
        let samples = Tensor::f_rand([batch, channels, N as i64], (input.kind(), input.device()))?;
        let (kernel, output) = (&self.kernel_size.values(), &output);
        aten2(names[N - 2], &[input.into(), kernel.into(), output.into(), (&samples).into()])
    }
}

impl<const N: usize> Module for FractionalMaxPool<N> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(self.forward_with_indices(input)?.0)
    }

    fn class_name(&self) -> &str {
        ["FractionalMaxPool2d", "FractionalMaxPool3d"][N - 2]
    }
}
