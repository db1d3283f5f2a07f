use std::ops::Deref;

use tch::Tensor;

use crate::Result;
use crate::repr::{self, Repr};

/// A tensor that a module learns: a leaf that requires grad, as `torch.nn.Parameter`.
///
/// It derefs to its [`Tensor`]. A clone is another handle on the same tensor, so an optimizer that
/// holds clones updates the module.
#[derive(Debug)]
pub struct Parameter(Tensor);

impl Parameter {
    /// Makes a parameter of `data`, sharing its storage: `nn.Parameter(data)`.
    ///
    /// # Errors
    /// A dtype that cannot require grad, such as an integer one.
    pub fn new(data: Tensor) -> Result<Self> {
        Ok(Self(data.f_detach()?.f_set_requires_grad(true)?))
    }

    pub(crate) fn of(tensor: &Tensor) -> Self {
        Self(tensor.shallow_clone())
    }
}

impl Clone for Parameter {
    fn clone(&self) -> Self {
        Self::of(&self.0)
    }
}

impl Deref for Parameter {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.0
    }
}

impl AsRef<Tensor> for Parameter {
    fn as_ref(&self) -> &Tensor {
        &self.0
    }
}

impl Repr for Parameter {
    fn repr(&self) -> std::result::Result<String, repr::Error> {
        repr::parameter(self)
    }
}
