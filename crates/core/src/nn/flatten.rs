use tch::Tensor;

use super::Module;
use crate::Result;

/// `torch.nn.Flatten`: a range of dimensions made one.
///
/// # Shapes
/// `[n, *] -> [n, ∏ *]` by default, dtype kept.
#[derive(Debug, Clone)]
pub struct Flatten {
    /// The first dimension of the range.
    pub start_dim: i64,
    /// The last dimension of the range; -1 is the tensor's last.
    pub end_dim: i64,
}

impl Default for Flatten {
    fn default() -> Self {
        Self { start_dim: 1, end_dim: -1 }
    }
}

impl Flatten {
    /// All dimensions but the first; a struct of others is `nn.Flatten(start_dim, end_dim)`.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Module for Flatten {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(input.f_flatten(self.start_dim, self.end_dim)?)
    }

    fn extra_repr(&self) -> String {
        format!("start_dim={}, end_dim={}", self.start_dim, self.end_dim)
    }
}
