//! What can be plotted.

use std::ops::Range;

use num_traits::ToPrimitive;

/// A row of numbers: a slice, an array, a vector or a range; with the feature `tch` a tensor, too.
pub trait Values {
    /// The nearest doubles, as NumPy's `astype(float)` has them.
    ///
    /// # Errors
    /// Why they cannot be read.
    fn doubles(&self) -> Result<Vec<f64>, String>;
}

impl<N: ToPrimitive> Values for [N] {
    fn doubles(&self) -> Result<Vec<f64>, String> {
        let doubles = self.iter().map(N::to_f64).collect::<Option<_>>();
        doubles.ok_or_else(|| "a number is no double".to_owned())
    }
}

impl<N: ToPrimitive> Values for Vec<N> {
    fn doubles(&self) -> Result<Vec<f64>, String> {
        self.as_slice().doubles()
    }
}

impl<N: ToPrimitive, const LENGTH: usize> Values for [N; LENGTH] {
    fn doubles(&self) -> Result<Vec<f64>, String> {
        self.as_slice().doubles()
    }
}

impl Values for Range<i64> {
    fn doubles(&self) -> Result<Vec<f64>, String> {
        self.clone().collect::<Vec<_>>().doubles()
    }
}

/// Its elements in row-major order, from whatever device: `tensor.detach().cpu().numpy().flatten()`.
#[cfg(feature = "tch")]
impl Values for tch::Tensor {
    fn doubles(&self) -> Result<Vec<f64>, String> {
        use tch::{Device, Kind, TchError};

        let read = || -> Result<Vec<f64>, TchError> {
            let flat =
                self.f_detach()?.f_to_device(Device::Cpu)?.f_reshape([-1])?.f_contiguous()?;
            if flat.f_kind()? == Kind::Float {
                return Ok(Vec::<f32>::try_from(&flat)?.into_iter().map(f64::from).collect());
            }
            Vec::try_from(&flat.f_to_kind(Kind::Double)?)
        };
        read().map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
    }
}

#[cfg(all(test, feature = "tch"))]
mod tests {
    use tch::Tensor;

    use super::*;

    #[test]
    fn a_tensor_is_flattened_and_leaves_its_graph() {
        let tensor = Tensor::from_slice2(&[[1i64, 2], [3, 4]]);
        assert_eq!(tensor.doubles().unwrap(), [1., 2., 3., 4.]);
        let leaf = Tensor::from_slice(&[0.5f32, -0.5]).set_requires_grad(true);
        assert_eq!((&leaf * 2).doubles().unwrap(), [1., -1.]);
        assert!(Tensor::from_slice::<f64>(&[]).doubles().unwrap().is_empty());
        // All digits of a double, and rows of a transposed one.
        let transposed = Tensor::from_slice2(&[[0.1, 2.], [3., 4.]]).tr();
        assert_eq!(transposed.doubles().unwrap(), [0.1, 3., 2., 4.]);
        assert_eq!(transposed.select(0, 1).doubles().unwrap(), [2., 4.]);
        assert!(Tensor::new().doubles().unwrap_err().contains("undefined"));
    }
}
