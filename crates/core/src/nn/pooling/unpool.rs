use tch::Tensor;

use super::{Module, Size, named};
use crate::{Error, Result};

named! {
    [MaxUnpool1d MaxUnpool2d MaxUnpool3d] MaxUnpool;
}

/// What [`MaxPool`](super::MaxPool) took, put back to its places among zeros: [`MaxUnpool1d`],
/// [`MaxUnpool2d`], [`MaxUnpool3d`].
///
/// It takes the indices, too, so that it stands in no [`Sequential`](crate::nn::Sequential): its
/// `forward` as a [`Module`] is refused.
///
/// ```
/// use torch_exact::nn::{MaxPool1d, MaxUnpool1d};
/// use torch_exact::tensor;
///
/// # fn main() -> torch_exact::Result<()> {
/// let (largest, indices) = MaxPool1d::new(2).forward_with_indices(&tensor([[1., 5., 3., 2.]])?)?;
/// let back = MaxUnpool1d::new(2).forward(&largest, &indices, None)?;
/// assert_eq!(back, tensor([[0., 5., 3., 0.]])?);
/// # Ok(())
/// # }
/// ```
///
/// # Shapes
/// `[n, c, *] -> [n, c, *]` or the same without `n`, with `N` dimensions behind the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxUnpool<const N: usize> {
    /// The window's size.
    pub kernel_size: Size<N>,
    /// The distance of one place to the next; the window's size by default.
    pub stride: Option<Size<N>>,
    /// How many places were added on both sides.
    pub padding: Size<N>,
}

impl<const N: usize> MaxUnpool<N> {
    /// `nn.MaxUnpool2d(kernel_size)`.
    pub fn new(kernel_size: impl Into<Size<N>>) -> Self {
        Self { kernel_size: kernel_size.into(), stride: None, padding: 0.into() }
    }

    /// `unpool(input, indices, output_size)`; the indices are int64, and the size is that of the last
    /// dimensions, or of all.
    ///
    /// # Errors
    /// [`Error::Argument`] for a size that the pool cannot have had, and what libtorch refuses.
    pub fn forward(
        &self,
        input: &Tensor,
        indices: &Tensor,
        output_size: Option<&[i64]>,
    ) -> Result<Tensor> {
        let (_, stride, padding) = self.sizes();
        let size = self.output_size(input, output_size)?;
        Ok(match N {
            1 => {
                let (input, indices) = (input.f_unsqueeze(-1)?, indices.f_unsqueeze(-1)?);
                input.f_max_unpool2d(&indices, [size[0], 1])?.f_squeeze_dim(-1)?
            }
            2 => input.f_max_unpool2d(indices, size)?,
            _ => input.f_max_unpool3d(indices, size, stride, padding)?,
        })
    }

    fn sizes(&self) -> ([i64; N], [i64; N], [i64; N]) {
        let stride = self.stride.unwrap_or(self.kernel_size);
        (self.kernel_size.values(), stride.values(), self.padding.values())
    }

    /// `_unpool_output_size`.
    fn output_size(&self, input: &Tensor, given: Option<&[i64]>) -> Result<[i64; N]> {
        let (kernel, stride, padding) = self.sizes();
        let size = input.size();
        let Some(pooled) = size.len().checked_sub(N).map(|first| &size[first..]) else {
            return Err(Error::Shape {
                operation: "max_unpool",
                expected: format!("an input of {N} or more dimensions"),
                found: format!("{size:?}"),
            });
        };
        let default =
            std::array::from_fn(|d| (pooled[d] - 1) * stride[d] + kernel[d] - 2 * padding[d]);
        let Some(given) = given else { return Ok(default) };
        let asked = if given.len() == N + 2 { &given[2..] } else { given };
        let fits = |asked: &[i64; N]| (0..N).all(|d| (asked[d] - default[d]).abs() < stride[d]);
        <[i64; N]>::try_from(asked).ok().filter(fits).ok_or_else(|| {
            let accepted = "it must have been the size of what was pooled";
            Error::argument("output_size", format!("{given:?}"), accepted)
        })
    }
}

impl<const N: usize> Module for MaxUnpool<N> {
    fn forward(&self, _: &Tensor) -> Result<Tensor> {
        let accepted = "an unpool takes indices too: call its own forward with them";
        Err(Error::argument("input", "one tensor", accepted))
    }

    fn extra_repr(&self) -> String {
        let stride = self.stride.unwrap_or(self.kernel_size);
        let [kernel_size, stride, padding] =
            [self.kernel_size, stride, self.padding].map(Size::tuple);
        format!("kernel_size={kernel_size}, stride={stride}, padding={padding}")
    }

    fn class_name(&self) -> &str {
        ["MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"][N - 1]
    }
}
