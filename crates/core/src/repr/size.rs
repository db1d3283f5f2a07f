//! Shapes.

use std::fmt;
use std::ops::Deref;

use super::Repr;
use crate::Result;

/// A shape that prints as Python's: `torch.Size`.
///
/// ```
/// use torch_exact::ops::TensorExt;
///
/// let x = torch_exact::tensor([[1], [2]])?;
/// assert_eq!(x.shape().to_string(), "torch.Size([2, 1])");
/// assert_eq!(x.shape()[0], 2);
/// # Ok::<(), torch_exact::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Size(Vec<i64>);

impl From<Vec<i64>> for Size {
    fn from(lengths: Vec<i64>) -> Self {
        Self(lengths)
    }
}

impl Deref for Size {
    type Target = [i64];

    fn deref(&self) -> &[i64] {
        &self.0
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("torch.Size([{}])", join(self)))
    }
}

impl Repr for Size {
    fn repr(&self) -> Result<String> {
        Ok(self.to_string())
    }
}

/// Python's `str(tuple(shape))`, with its comma after a single item.
pub(super) fn tuple(shape: &[i64]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => format!("({})", join(shape)),
    }
}

fn join(shape: &[i64]) -> String {
    shape.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
