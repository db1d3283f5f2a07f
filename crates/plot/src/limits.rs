//! From data to axis limits: matplotlib's autoscaling with its 5 % margins.

use crate::error::PlotError;
use crate::style::MARGIN;

/// The range of values seen so far on one axis; empty until the first finite point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    low: f64,
    high: f64,
}

impl Span {
    pub(crate) const EMPTY: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };

    pub(crate) fn include(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }
}

/// Widens a range that is empty, a single value, or too narrow for doubles to divide.
///
/// Mirrors `matplotlib.transforms._nonsingular`.
pub(crate) fn nonsingular(low: f64, high: f64, expander: f64, tiny: f64) -> (f64, f64) {
    if !low.is_finite() || !high.is_finite() {
        return (-expander, expander);
    }
    let (low, high) = if high < low { (high, low) } else { (low, high) };
    let largest = low.abs().max(high.abs());
    if largest < (1e6 / tiny) * f64::MIN_POSITIVE {
        (-expander, expander)
    } else if high - low <= largest * tiny {
        (low - expander * low.abs(), high + expander * high.abs())
    } else {
        (low, high)
    }
}

/// The limits that autoscaling gives an axis whose finite data cover `span`.
///
/// Mirrors `Axes.autoscale_view` and the `set_xlim` that ends it: the locator widens what is
/// singular, the margin is added, and the result is checked twice more.
pub(crate) fn autoscale(axis: &'static str, span: Span) -> Result<(f64, f64), PlotError> {
    let ends: Vec<f64> = [span.low, span.high].into_iter().filter(|v| v.is_finite()).collect();
    let (low, high) = match ends[..] {
        [low, high] => (low, high),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let (low, high) = nonsingular(low, high, 0.05, 1e-15);
    let delta = (high - low) * MARGIN;
    if !delta.is_finite() {
        return Err(PlotError::Range { axis, low, high });
    }
    let (low, high) = (low - delta, high + delta);
    let (low, high) = nonsingular(low, high, 1e-12, 1e-13);
    let (low, high) = nonsingular(low, high, 0.05, 1e-15);
    if !(high - low).is_finite() {
        return Err(PlotError::Range { axis, low, high });
    }
    Ok((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(values: &[f64]) -> (f64, f64) {
        let mut span = Span::EMPTY;
        values.iter().for_each(|v| span.include(*v));
        autoscale("x", span).unwrap()
    }

    #[test]
    fn constant_and_missing_data_get_a_range() {
        assert_eq!(limits(&[]), (-0.05500000000000001, 0.05500000000000001));
        assert_eq!(limits(&[0.0]), (-0.05500000000000001, 0.05500000000000001));
        assert_eq!(limits(&[1.0, 1.0]), (0.945, 1.0550000000000002));
        assert_eq!(limits(&[0.0, 1.0]), (-0.05, 1.05));
    }

    #[test]
    fn a_span_beyond_doubles_is_an_error() {
        let mut span = Span::EMPTY;
        span.include(-1.7e308);
        span.include(1.7e308);
        assert!(matches!(autoscale("y", span), Err(PlotError::Range { axis: "y", .. })));
    }
}
