//! Python's arithmetic and comparisons of numbers.

use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::Number;

impl Number {
    /// The int that it is; none for a float.
    fn int(self) -> Option<i64> {
        match self {
            Self::Bool(value) => Some(value.into()),
            Self::Int(number) => Some(number),
            Self::Float(_) => None,
        }
    }

    /// Ints by `ints`, which stay ints unless an `i64` is too small; others by `floats`.
    fn by(
        self,
        other: Self,
        ints: fn(i64, i64) -> Option<i64>,
        floats: fn(f64, f64) -> f64,
    ) -> Self {
        let int = self.int().zip(other.int()).and_then(|(a, b)| ints(a, b));
        int.map_or_else(|| Self::Float(floats(self.into(), other.into())), Self::Int)
    }

    fn quotient(self, other: Self) -> Self {
        Self::Float(match (self.int(), other.int()) {
            (Some(a), Some(b)) if a != 0 && b != 0 => exact_quotient(a, b),
            _ => f64::from(self) / f64::from(other),
        })
    }
}

/// The quotient of ints rounded once, where those beyond 2**53 would be rounded before.
fn exact_quotient(a: i64, b: i64) -> f64 {
    let (dividend, divisor) = (u128::from(a.unsigned_abs()), u128::from(b.unsigned_abs()));
    let shift = dividend.leading_zeros();
    let (quotient, rest) = ((dividend << shift) / divisor, (dividend << shift) % divisor);
    // At least 64 bits, so that the last only says whether there is more.
    let magnitude = (quotient | u128::from(rest != 0)) as f64 * 0.5f64.powi(shift as i32);
    if (a < 0) == (b < 0) { magnitude } else { -magnitude }
}

macro_rules! operators {
    ($($trait:ident $name:ident $assign:ident $assign_name:ident: $doc:literal $body:expr;)+) => {$(
        #[doc = $doc]
        impl<N: Into<Number>> $trait<N> for Number {
            type Output = Self;

            fn $name(self, other: N) -> Self {
                let body: fn(Self, Self) -> Self = $body;
                body(self, other.into())
            }
        }

        #[doc = $doc]
        impl<N: Into<Number>> $assign<N> for Number {
            fn $assign_name(&mut self, other: N) {
                *self = $trait::$name(*self, other);
            }
        }
    )+};
}
operators! {
    Add add AddAssign add_assign: "Beyond an `i64`, where Python's ints go on, the result is a float."
        |a, b| a.by(b, i64::checked_add, |a, b| a + b);
    Sub sub SubAssign sub_assign: "Beyond an `i64`, where Python's ints go on, the result is a float."
        |a, b| a.by(b, i64::checked_sub, |a, b| a - b);
    Mul mul MulAssign mul_assign: "Beyond an `i64`, where Python's ints go on, the result is a float."
        |a, b| a.by(b, i64::checked_mul, |a, b| a * b);
    Div div DivAssign div_assign: "A float. By zero, where Python raises, it is infinite or not a number."
        Number::quotient;
}

impl Neg for Number {
    type Output = Self;

    fn neg(self) -> Self {
        match self {
            Self::Float(number) => Self::Float(-number),
            number => Self::Int(0) - number,
        }
    }
}

/// Python's `sum(numbers)`, which starts from the int 0.
impl<N: Into<Self>> Sum<N> for Number {
    fn sum<I: Iterator<Item = N>>(numbers: I) -> Self {
        numbers.fold(Self::Int(0), |sum, number| sum + number)
    }
}

/// By value: an int equals the float of the same value, as in Python.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

/// By exact value, of an int and a float too; what is not a number has no order.
impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.int(), other.int()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            (Some(a), None) => compare(a, (*other).into()),
            (None, Some(b)) => compare(b, (*self).into()).map(Ordering::reverse),
            (None, None) => f64::from(*self).partial_cmp(&f64::from(*other)),
        }
    }
}

/// An int and a float, neither of which is rounded to the other's type.
fn compare(int: i64, float: f64) -> Option<Ordering> {
    const TWO_TO_THE_63: f64 = 9223372036854775808.;
    if float.is_nan() {
        return None;
    }
    if !(-TWO_TO_THE_63..TWO_TO_THE_63).contains(&float) {
        return 0f64.partial_cmp(&float);
    }
    let whole = int.cmp(&(float.trunc() as i64));
    Some(whole.then_with(|| 0f64.total_cmp(&(float.fract() + 0.))))
}
