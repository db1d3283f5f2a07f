//! Python's arithmetic where its last digit decides.

/// Python's `divmod` of floats: the floored quotient, and a remainder with the divisor's sign.
///
/// Mirrors `float.__divmod__`, which NumPy's `floor_divide` and `remainder` share.
pub(crate) fn divmod(a: f64, b: f64) -> (f64, f64) {
    let mut remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder != 0.0 {
        if (b < 0.0) != (remainder < 0.0) {
            remainder += b;
            quotient -= 1.0;
        }
    } else {
        remainder = 0.0f64.copysign(b);
    }
    let floored = if quotient != 0.0 {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    } else {
        0.0f64.copysign(a / b)
    };
    (floored, remainder)
}

/// Python's `a // b` of floats.
pub(crate) fn floor_div(a: f64, b: f64) -> f64 {
    divmod(a, b).0
}

/// Python's `10.0 ** exponent`: the C library's `pow`, which multiplication by hand does not always equal.
pub(crate) fn pow10(exponent: f64) -> f64 {
    10f64.powf(exponent)
}

/// `numpy.round(value, decimals)`: scale, round half to even, scale back.
pub(crate) fn round_decimals(value: f64, decimals: i32) -> f64 {
    if decimals == 0 {
        return value.round_ties_even();
    }
    let scale = pow10(f64::from(decimals));
    (value * scale).round_ties_even() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divmod_follows_python() {
        // Python: divmod(-0.3, 0.1) == (-3.0, 2.7755575615628914e-17); divmod(7.0, -2.0) == (-4.0, -1.0)
        assert_eq!(divmod(7.0, -2.0), (-4.0, -1.0));
        assert_eq!(divmod(-7.5, 2.0), (-4.0, 0.5));
        assert_eq!(divmod(1.0, 0.1), (9.0, 0.09999999999999995));
        assert_eq!(divmod(-0.3, 0.1).0, -3.0);
    }

    #[test]
    fn rounding_is_half_to_even() {
        assert_eq!(round_decimals(0.125, 2), 0.12);
        assert_eq!(round_decimals(2.5, 0), 2.0);
    }
}
