//! Gradients that have values in some places only, as `nn::Embedding` with `sparse` makes them.

use tch::{Kind, Tensor};

use crate::Result;

/// A sparse gradient without a place twice.
pub(super) struct Sparse {
    grad: Tensor,
    indices: Tensor,
    pub(super) values: Tensor,
}

impl Sparse {
    pub(super) fn new(grad: &Tensor) -> Result<Self> {
        let grad = grad.f_coalesce()?;
        let (indices, values) = (grad.f_internal_indices()?, grad.f_internal_values()?);
        Ok(Self { grad, indices, values })
    }

    /// These values in the gradient's places.
    pub(super) fn with(&self, values: &Tensor) -> Result<Tensor> {
        let options: (Kind, _) = (values.kind(), values.device());
        let (indices, size) = (&self.indices, self.grad.size());
        Ok(Tensor::f_sparse_coo_tensor_indices_size(indices, values, size, options, false)?)
    }

    /// The values of a dense tensor in the gradient's places.
    pub(super) fn of(&self, tensor: &Tensor) -> Result<Tensor> {
        Ok(tensor.f_sparse_mask(&self.grad)?.f_internal_values()?)
    }
}
