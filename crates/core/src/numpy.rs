//! NumPy's random generators and `linspace`, bit for bit, and its scalars of float32.

use std::fmt;

pub use draws::numpy::*;

use crate::repr;

/// NumPy's scalar of float32, which prints with the fewest digits that read back as the same
/// float32: `print(np.float32(x))`.
///
/// An exponent is used below 1e-4 and from 1e6 on, as NumPy does since 2.3 (before, from 1e16 on).
/// With a precision it is formatted as a Python float, as in an f-string.
///
/// ```
/// use torch_exact::numpy::float32;
///
/// assert_eq!(float32(876.081).sqrt().to_string(), "29.598665");
/// assert_eq!(format!("{:.2}", float32(876.081)), "876.08");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Float32(pub f32);

/// `np.float32(value)`, rounded to the nearest float32.
pub fn float32(value: impl Into<f64>) -> Float32 {
    Float32(value.into() as f32)
}

impl Float32 {
    /// `np.sqrt(value)`.
    pub fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }
}

impl fmt::Display for Float32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match f.precision() {
            None => f.pad(&repr::float32(self.0)),
            Some(_) => crate::ops::number(f64::from(self.0)).fmt(f),
        }
    }
}
