//! Python's arithmetic where it raises an exception and Rust goes on.

use std::hint::black_box;

use crate::{Error, Result};

/// `base ** exponent`: the C library's `pow`, which the compiler must not see through.
pub(super) fn power(base: f64, exponent: f64) -> Result<f64> {
    let value = base.powf(black_box(exponent));
    let finite = base.is_finite() && exponent.is_finite();
    let (name, given) = ("a power in the schedule", format!("{base:?} ** {exponent:?}"));
    if base == 0. && exponent < 0. {
        return Err(Error::argument(name, given, "Python does not divide by zero"));
    }
    if finite && value.is_nan() {
        return Err(Error::argument(name, given, "a rate must be a real number"));
    }
    if finite && value.is_infinite() {
        return Err(Error::argument(name, given, "it is too large for a float"));
    }
    Ok(value)
}

/// `a // b`.
pub(super) fn floor_divided(a: i64, b: i64) -> i64 {
    let quotient = a.wrapping_div(b);
    if a.wrapping_rem(b) != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
}

/// Python's `bisect.bisect_right`, also of what is not sorted.
pub(super) fn bisect_right(all: &[i64], value: i64) -> usize {
    let (mut low, mut high) = (0, all.len());
    while low < high {
        let middle = (low + high) / 2;
        match value < all[middle] {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    low
}
