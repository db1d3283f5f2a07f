use std::borrow::Borrow;
use std::ops::Deref;

use tch::Tensor;

use super::deepcopy;
use crate::repr::{self, Repr};
use crate::{Error, Result};

/// A tensor that a module learns: a leaf that requires grad, as `torch.nn.Parameter`; one that is
/// [`frozen`](Self::frozen) is kept as it is.
///
/// It derefs to its [`Tensor`]. A clone is another handle on the same tensor, so that an optimizer
/// that holds clones updates the module, and two layers with clones of one parameter are tied.
#[derive(Debug)]
pub struct Parameter(Tensor);

impl Parameter {
    /// Makes a parameter of `data`, sharing its storage: `nn.Parameter(data)`.
    ///
    /// # Errors
    /// A dtype that cannot require grad, such as an integer one, and [`Error::Argument`] for a leaf
    /// that requires grad already. Python makes a second leaf of it, which whoever trains the first
    /// does not know of; [`Parameter::from_leaf`] takes it as it is, and `detach()` makes two.
    pub fn new(data: Tensor) -> Result<Self> {
        if data.is_leaf() && data.requires_grad() {
            let accepted = "Parameter::new makes a leaf of its own; take this one with \
                            Parameter::from_leaf, or detach() it first";
            return Err(Error::argument("data", "a leaf that requires grad", accepted));
        }
        Ok(Self(data.f_detach()?.f_set_requires_grad(true)?))
    }

    /// A parameter that is not learned, sharing the storage of `data`:
    /// `nn.Parameter(data, requires_grad=False)`. It is saved and moved with its module; an optimizer
    /// takes it and leaves it as it is.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn frozen(data: Tensor) -> Result<Self> {
        Ok(Self(data.f_detach()?))
    }

    /// Takes a leaf that is trained already, a variable of a `VarStore` for example, as a parameter.
    /// It is the same tensor: what trains one trains the other.
    ///
    /// # Errors
    /// [`Error::Argument`] for a tensor that some operation made or that does not require grad.
    pub fn from_leaf(leaf: Tensor) -> Result<Self> {
        if !(leaf.is_leaf() && leaf.requires_grad()) {
            let given = match leaf.is_leaf() {
                true => "a tensor that does not require grad",
                false => "a tensor that an operation made",
            };
            let accepted = "a parameter must be a leaf that requires grad";
            return Err(Error::argument("leaf", given, accepted));
        }
        Ok(Self(leaf))
    }

    /// Another handle on a tensor that is known to be fit.
    pub(crate) fn handle(tensor: &Tensor) -> Self {
        Self(tensor.shallow_clone())
    }
}

/// A tensor that a module keeps and does not learn, as `torch.nn.Buffer`.
///
/// It derefs to its [`Tensor`]. A clone is another handle on the same tensor.
#[derive(Debug)]
pub struct Buffer {
    tensor: Tensor,
    persistent: bool,
}

impl Buffer {
    /// A buffer that is part of the state dictionary: `self.register_buffer(name, tensor)`.
    pub fn new(tensor: Tensor) -> Self {
        Self { tensor, persistent: true }
    }

    /// A buffer that moves with the module but is not saved:
    /// `self.register_buffer(name, tensor, persistent=False)`.
    pub fn non_persistent(tensor: Tensor) -> Self {
        Self { tensor, persistent: false }
    }

    /// Whether the buffer is part of the state dictionary.
    pub fn persistent(&self) -> bool {
        self.persistent
    }
}

impl Clone for Parameter {
    fn clone(&self) -> Self {
        Self(deepcopy::parameter(&self.0))
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        Self { tensor: deepcopy::buffer(&self.tensor), persistent: self.persistent }
    }
}

impl Deref for Parameter {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.0
    }
}

impl Deref for Buffer {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.tensor
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

impl Borrow<Tensor> for &Parameter {
    fn borrow(&self) -> &Tensor {
        &self.0
    }
}

impl Repr for Parameter {
    fn repr(&self) -> Result<String> {
        repr::parameter(self)
    }
}
