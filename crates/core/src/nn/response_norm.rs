use tch::Tensor;

use super::Module;
use crate::{Error, Result, repr};

/// `torch.nn.LocalResponseNorm`: each element divided by a power of the squares of its neighbours among
/// the channels.
///
/// # Shapes
/// `[n, c, *]`, kept with the dtype.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalResponseNorm {
    /// How many neighbours count.
    pub size: i64,
    /// What the mean of squares is multiplied by; 1e-4 by default.
    pub alpha: f64,
    /// The power; 0.75 by default.
    pub beta: f64,
    /// What is added before; 1 by default.
    pub k: f64,
}

impl LocalResponseNorm {
    /// `nn.LocalResponseNorm(size)`.
    pub fn new(size: i64) -> Self {
        Self { size, alpha: 1e-4, beta: 0.75, k: 1. }
    }
}

impl Module for LocalResponseNorm {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (sizes, n) = (input.size(), self.size);
        if sizes.len() < 3 {
            return Err(Error::Shape {
                operation: "local_response_norm",
                expected: "an input of three or more dimensions".to_owned(),
                found: format!("{sizes:?}"),
            });
        }
        if input.numel() == 0 {
            return Ok(input.shallow_clone());
        }
        let squares = input.f_mul(input)?;
        let (before, behind) = (n.div_euclid(2), (n - 1).div_euclid(2));
        let mean = if sizes.len() == 3 {
            let padded = squares.f_unsqueeze(1)?.f_pad([0, 0, before, behind], "constant", None)?;
            padded.f_avg_pool2d([n, 1], 1, 0, false, true, None)?.f_squeeze_dim(1)?
        } else {
            let squares = squares.f_view([sizes[0], 1, sizes[1], sizes[2], -1])?;
            let padded = squares.f_pad([0, 0, 0, 0, before, behind], "constant", None)?;
            let mean = padded.f_avg_pool3d([n, 1, 1], 1, 0, false, true, None)?;
            mean.f_squeeze_dim(1)?.f_view(sizes.as_slice())?
        };
        let (alpha, k) = (shim::number_f64(self.alpha)?, shim::number_f64(self.k)?);
        let divisor = mean.f_mul(&alpha)?.f_add(&k)?.f_pow_tensor_scalar(self.beta)?;
        Ok(input.f_div(&divisor)?)
    }

    fn extra_repr(&self) -> String {
        let [alpha, beta, k] = [self.alpha, self.beta, self.k].map(repr::float);
        format!("{}, alpha={alpha}, beta={beta}, k={k}", self.size)
    }
}
