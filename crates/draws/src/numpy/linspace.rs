/// `num` evenly spaced float64 values from `start` to `stop`, both included: `[num]`.
///
/// Mirrors [`numpy.linspace`](https://numpy.org/doc/stable/reference/generated/numpy.linspace.html)
/// of two floats, rounding included: the value at `i` is `i * step + start`, with the product
/// rounded before the sum, and the last value is `stop` itself. One value is `start`, none is
/// an empty vector. As in NumPy, bounds that are not finite, or lie further apart than the
/// largest float64, give infinities and NaN rather than an error.
///
/// ```
/// use draws::numpy::linspace;
///
/// assert_eq!(linspace(0.0, 1.0, 5), [0.0, 0.25, 0.5, 0.75, 1.0]);
/// assert_eq!(linspace(1.0, 50.0, 1), [1.0]);
/// assert!(linspace(0.0, 1.0, 0).is_empty());
/// ```
pub fn linspace(start: f64, stop: f64, num: usize) -> Vec<f64> {
    let delta = stop - start;
    let divisions = num.saturating_sub(1) as f64;
    let step = delta / divisions;
    let at = |i: usize| {
        let i = i as f64;
        if num < 2 {
            i * delta + start
        } else if step == 0.0 {
            // The step underflowed (or the bounds are equal): NumPy divides first instead.
            i / divisions * delta + start
        } else {
            i * step + start
        }
    };
    let mut values: Vec<f64> = (0..num).map(at).collect();
    if let [_, .., last] = values.as_mut_slice() {
        *last = stop;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::linspace;

    #[test]
    fn bounds_are_met_exactly() {
        for num in 2..200 {
            let values = linspace(0.1, 0.7, num);
            assert_eq!(values.len(), num);
            assert_eq!(values[0].to_bits(), 0.1f64.to_bits());
            assert_eq!(values[num - 1].to_bits(), 0.7f64.to_bits());
        }
    }

    #[test]
    fn an_underflowing_step_still_spreads_the_values() {
        let tiny = f64::from_bits(3);
        let values = linspace(0.0, tiny, 11);
        assert_eq!(tiny / 10.0, 0.0, "the step underflows");
        assert!(values[1..10].iter().any(|&v| v > 0.0 && v < tiny));
    }
}
