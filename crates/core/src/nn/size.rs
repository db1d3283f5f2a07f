use std::fmt;

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

/// A tuple of ints as Python prints it.
pub(super) fn tuple(values: &[i64]) -> String {
    let values: Vec<_> = values.iter().map(i64::to_string).collect();
    match values.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", values.join(", ")),
    }
}
