//! A number of Python's: what an item is, what prints as Python prints it, and an operand.

mod arithmetic;

use std::fmt;

use num_traits::ToPrimitive;
use tch::Tensor;

use crate::Result;
use crate::repr::{self, Repr};

/// A Python number: what [`item`](crate::ops::item) gives, and an operand that [`number`] makes.
///
/// It prints as Python prints it: alone as `str` does, and with a precision as an f-string.
///
/// | Python | here |
/// | --- | --- |
/// | `f"{x}"`, `print(x)` | `{x}` |
/// | `f"{x:.2f}"`, `f"{x:+.2f}"`, `f"{x:>10.3f}"` | `{x:.2}`, `{x:+.2}`, `{x:>10.3}` |
/// | `f"{x:.4e}"` | `{x:.4e}` |
///
/// [`repr::formatted`] takes every other specifier.
///
/// ```
/// use torch_exact::ops::number;
///
/// assert_eq!(format!("{} {0:.2} {0:.1e}", number(306.23715)), "306.23715 306.24 3.1e+02");
/// assert_eq!(format!("{} {} {}", number(1.0), number(1e16), number(f64::NAN)), "1.0 1e+16 nan");
/// assert_eq!(format!("{} {0:.1}", number(i64::MAX)), "9223372036854775807 9223372036854775808.0");
/// ```
///
/// It is added, subtracted, multiplied, divided, compared and summed with others and with Rust's numbers, as
/// in Python: ints stay ints but for `/`, and a mean of losses that is not a number still prints `nan`.
///
/// ```
/// use torch_exact::ops::{Number, number};
///
/// let mut total = number(0);
/// for (loss, rows) in [(0.5, 8_usize), (f64::NAN, 3)] {
///     total += number(loss) * rows;
/// }
/// assert_eq!(format!("{:.4}", total / 11), "nan");
/// assert_eq!((number(7) / 2).to_string(), "3.5");
/// assert!(number(2) == number(2.0) && number(0.25) < number(true));
/// assert_eq!([1, 2, 3].into_iter().map(number).sum::<Number>().to_string(), "6");
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// A Python `bool`, which is a number there.
    Bool(bool),
    /// A Python `int`.
    Int(i64),
    /// A Python `float`.
    Float(f64),
}

/// A Python number as an operand: `number(0.7) * &x`.
///
/// ```
/// use tch::Tensor;
/// use torch_exact::ops::number;
/// use torch_exact::repr::Repr;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let x = Tensor::from_slice(&[0.1f32]).set_requires_grad(true);
/// assert_eq!((number(3.0) / &x).repr()?, "tensor([30.], grad_fn=<MulBackward0>)");
/// assert_eq!((3.0_f64 / &x).repr()?, "tensor([30.0000], grad_fn=<PowBackward0>)");
/// # Ok(())
/// # }
/// ```
pub fn number(number: impl Into<Number>) -> Number {
    number.into()
}

impl Number {
    pub(crate) fn operand(self) -> Result<Tensor> {
        Ok(match self {
            Self::Bool(number) => Tensor::from(number),
            Self::Int(number) => shim::number_i64(number)?,
            Self::Float(number) => shim::number_f64(number)?,
        })
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<f32> for Number {
    fn from(number: f32) -> Self {
        Self::Float(number.into())
    }
}

impl From<bool> for Number {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

/// A count, such as [`Tensor::numel`]'s.
impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Self::Int(number as i64)
    }
}

/// Python's `float(number)`.
impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        match number {
            Number::Bool(number) => number.into(),
            Number::Int(number) => number as Self,
            Number::Float(number) => number,
        }
    }
}

impl ToPrimitive for Number {
    fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Bool(number) => Some((*number).into()),
            Self::Int(number) => Some(*number),
            Self::Float(number) => number.to_i64(),
        }
    }

    fn to_u64(&self) -> Option<u64> {
        match self {
            Self::Float(number) => number.to_u64(),
            _ => self.to_i64()?.to_u64(),
        }
    }

    fn to_f64(&self) -> Option<f64> {
        Some((*self).into())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (*self, precision(f)) {
            (number, Some(digits)) => repr::fixed(number.into(), digits),
            // A specifier, be it a width alone, takes a bool as the int that it is.
            (Self::Bool(value), None) if f.width().is_none() => {
                return f.write_str(repr::boolean(value));
            }
            (Self::Bool(value), None) => i64::from(value).to_string(),
            (Self::Int(number), None) => number.to_string(),
            (Self::Float(number), None) => repr::float(number),
        };
        pad(f, &text)
    }
}

impl fmt::LowerExp for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pad(f, &repr::scientific((*self).into(), precision(f).unwrap_or(6)))
    }
}

/// The digits that are asked for; Rust's formatting has no more than 65,535.
fn precision(f: &fmt::Formatter<'_>) -> Option<u16> {
    f.precision().map(|digits| u16::try_from(digits).unwrap_or(u16::MAX))
}

/// Writes a number's text with the sign, the zeros and the width that are asked for.
fn pad(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let digits = text.strip_prefix('-');
    f.pad_integral(digits.is_none(), "", digits.unwrap_or(text))
}

impl Repr for Number {
    fn repr(&self) -> Result<String> {
        Ok(self.to_string())
    }
}
