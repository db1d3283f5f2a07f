use tch::Tensor;

use super::{AvgPool, Module, Size, named};
use crate::number::Number;
use crate::{Result, repr};

named! {
    [LPPool1d LPPool2d LPPool3d] LPPool;
}

/// The root of the sum of powers under each place of a window: [`LPPool1d`], [`LPPool2d`],
/// [`LPPool3d`].
///
/// # Shapes
/// As [`MaxPool`](super::MaxPool).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LPPool<const N: usize> {
    /// The power; it prints as the int or the float that it is.
    pub norm_type: Number,
    /// The window's size.
    pub kernel_size: Size<N>,
    /// The distance of one place to the next; the window's size by default.
    pub stride: Option<Size<N>>,
    /// Whether a window may begin inside and end outside.
    pub ceil_mode: bool,
}

impl<const N: usize> LPPool<N> {
    /// `nn.LPPool2d(norm_type, kernel_size)`.
    pub fn new(norm_type: impl Into<Number>, kernel_size: impl Into<Size<N>>) -> Self {
        let (norm_type, kernel_size) = (norm_type.into(), kernel_size.into());
        Self { norm_type, kernel_size, stride: None, ceil_mode: false }
    }
}

impl<const N: usize> Module for LPPool<N> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let Self { kernel_size, stride, ceil_mode, .. } = *self;
        let power = f64::from(self.norm_type);
        let mean = AvgPool { stride, ceil_mode, ..AvgPool::new(kernel_size) };
        let mean = mean.forward(&input.f_pow_tensor_scalar(power)?)?;
        let sum = mean.f_sign()?.f_mul(&mean.f_abs()?.f_relu()?)?;
        let places = shim::number_i64(kernel_size.values().iter().product())?;
        let sum = sum.f_mul(&places)?;
        Ok(sum.f_pow_tensor_scalar(1. / power)?)
    }

    fn extra_repr(&self) -> String {
        let Self { norm_type, kernel_size, stride, ceil_mode } = self;
        let stride = stride.map_or("None".to_owned(), |stride| stride.to_string());
        let ceil_mode = repr::boolean(*ceil_mode);
        format!(
            "norm_type={norm_type}, kernel_size={kernel_size}, stride={stride}, \
             ceil_mode={ceil_mode}"
        )
    }

    fn class_name(&self) -> &str {
        ["LPPool1d", "LPPool2d", "LPPool3d"][N - 1]
    }
}
