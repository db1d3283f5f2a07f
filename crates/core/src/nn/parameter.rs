use std::borrow::Borrow;
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

    /// Takes a leaf that is trained already, a variable of a `VarStore` for example, as a parameter.
    /// It is the same tensor: what trains one trains the other.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for a tensor that some operation made or that
    /// does not require grad.
    pub fn from_leaf(leaf: Tensor) -> Result<Self> {
        if !(leaf.is_leaf() && leaf.requires_grad()) {
            let given = match leaf.is_leaf() {
                true => "a tensor that does not require grad",
                false => "a tensor that an operation made",
            };
            let accepted = "a parameter must be a leaf that requires grad";
            return Err(crate::Error::argument("leaf", given, accepted));
        }
        Ok(Self(leaf))
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

impl Borrow<Tensor> for Parameter {
    fn borrow(&self) -> &Tensor {
        &self.0
    }
}

impl Repr for Parameter {
    fn repr(&self) -> std::result::Result<String, repr::Error> {
        repr::parameter(self)
    }
}
