//! What stands on the other side of an operator that changes a tensor in place.

use tch::Tensor;

use crate::Result;
use crate::nn::Parameter;
use crate::number::Number;

/// A tensor or a number, as Python's `x.add_(other)` takes either; made by `into`.
#[derive(Debug)]
pub enum Operand<'a> {
    /// A tensor that somebody else holds.
    Tensor(&'a Tensor),
    /// A tensor that was made for it.
    Made(Tensor),
    /// A number, which takes no part in the choice of the result's dtype.
    Number(Number),
}

impl Operand<'_> {
    /// Gives the tensor, or the number as one.
    pub(super) fn with<T>(&self, apply: impl FnOnce(&Tensor) -> Result<T>) -> Result<T> {
        match self {
            Self::Tensor(tensor) => apply(tensor),
            Self::Made(tensor) => apply(tensor),
            Self::Number(number) => apply(&number.operand()?),
        }
    }
}

macro_rules! operands {
    ($($from:ty => $variant:ident),+) => {$(
        impl<'a> From<$from> for Operand<'a> {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )+};
}
operands!(
    &'a Tensor => Tensor, Tensor => Made, Number => Number, f64 => Number, i64 => Number,
    i32 => Number, usize => Number
);

impl<'a> From<&'a Parameter> for Operand<'a> {
    fn from(parameter: &'a Parameter) -> Self {
        Self::Tensor(parameter)
    }
}
