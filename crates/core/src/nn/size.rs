use std::fmt;

use crate::{Error, Result};

/// One number for all `N` dimensions, or one for each: what `kernel_size`, `stride` and their like
/// take. It is made by `into` of a number or an array, and prints as what it was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size<const N: usize> {
    /// The same for all.
    All(i64),
    /// One for each.
    Each([i64; N]),
}

impl<const N: usize> Size<N> {
    /// The number of each dimension.
    pub fn values(self) -> [i64; N] {
        match self {
            Self::All(value) => [value; N],
            Self::Each(values) => values,
        }
    }

    /// As Python's `_pair` makes it, which prints as a tuple.
    pub(super) fn tuple(self) -> Self {
        Self::Each(self.values())
    }
}

impl<const N: usize> From<i64> for Size<N> {
    fn from(value: i64) -> Self {
        Self::All(value)
    }
}

impl<const N: usize> From<[i64; N]> for Size<N> {
    fn from(values: [i64; N]) -> Self {
        Self::Each(values)
    }
}

impl<const N: usize> fmt::Display for Size<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(value) => write!(f, "{value}"),
            Self::Each(values) => f.write_str(&tuple(values)),
        }
    }
}

/// One number for all dimensions, or one for each: what `size` and `scale_factor` of an [`Upsample`](super::Upsample)
/// take, made by `into` of a number, an array or a `Vec`.
#[derive(Debug, Clone, PartialEq)]
pub enum PerDimension<T> {
    /// The same for all.
    All(T),
    /// One for each.
    Each(Vec<T>),
}

impl<T> From<T> for PerDimension<T> {
    fn from(value: T) -> Self {
        Self::All(value)
    }
}

impl<T> From<Vec<T>> for PerDimension<T> {
    fn from(values: Vec<T>) -> Self {
        Self::Each(values)
    }
}

impl<T, const N: usize> From<[T; N]> for PerDimension<T> {
    fn from(values: [T; N]) -> Self {
        Self::Each(values.into())
    }
}

impl<T: Copy> PerDimension<T> {
    pub(super) fn values(&self, name: &'static str, dims: usize) -> Result<Vec<T>> {
        match self {
            Self::All(value) => Ok(vec![*value; dims]),
            Self::Each(values) if values.len() == dims => Ok(values.clone()),
            Self::Each(values) => {
                let accepted = "there must be one for each dimension behind the channels";
                Err(Error::argument(name, format!("{} numbers", values.len()), accepted))
            }
        }
    }
}

/// A tuple of ints as Python prints it.
pub(super) fn tuple(values: &[i64]) -> String {
    let values: Vec<_> = values.iter().map(i64::to_string).collect();
    match values.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", values.join(", ")),
    }
}
