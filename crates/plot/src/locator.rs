//! Where the ticks go: matplotlib's `AutoLocator`.

use crate::limits::nonsingular;
use crate::number::{divmod, floor_div, pow10};

/// Tick steps within a decade, `AutoLocator`'s `[1, 2, 2.5, 5, 10]`, from a tenth below to a decade above.
const STEPS: [f64; 10] = [0.1, 0.1 * 2.0, 0.1 * 2.5, 0.1 * 5.0, 1.0, 2.0, 2.5, 5.0, 10.0, 20.0];

/// The most intervals that `AutoLocator` makes.
const MOST_BINS: usize = 9;

/// Fewest ticks that must be visible before a step is accepted.
const FEWEST_TICKS: usize = 2;

/// The number of intervals that fit an axis of `length` points whose labels need `room` points each.
///
/// Mirrors `Axis.get_tick_space` and the clip in `MaxNLocator._raw_ticks`.
pub(crate) fn bins(length: f64, room: f64) -> usize {
    ((length / room).floor() as usize).clamp(1, MOST_BINS)
}

/// The scale of the steps and the offset subtracted before dividing, for a range far from zero.
///
/// Mirrors `matplotlib.ticker.scale_range`.
fn scale_range(low: f64, high: f64, bins: usize) -> (f64, f64) {
    let span = (high - low).abs();
    let middle = (high + low) / 2.0;
    let offset = if middle.abs() / span < 100.0 {
        0.0
    } else {
        pow10(floor_div(middle.abs().log10(), 1.0)).copysign(middle)
    };
    (pow10(floor_div((span / bins as f64).log10(), 1.0)), offset)
}

/// Multiples of a step, counted with tolerance for what the offset took from the last digits.
///
/// Mirrors `matplotlib.ticker._Edge_integer`.
struct Edges {
    step: f64,
    tolerance: f64,
}

impl Edges {
    fn new(step: f64, offset: f64) -> Self {
        let offset = offset.abs();
        let tolerance = if offset > 0.0 {
            let digits = (offset / step).log10();
            pow10(digits - 12.0).clamp(1e-10, 0.4999)
        } else {
            1e-10
        };
        Self { step, tolerance }
    }

    /// The largest n for which `n * step <= x`.
    fn at_most(&self, x: f64) -> f64 {
        let (quotient, remainder) = divmod(x, self.step);
        if (remainder / self.step - 1.0).abs() < self.tolerance { quotient + 1.0 } else { quotient }
    }

    /// The smallest n for which `n * step >= x`.
    fn at_least(&self, x: f64) -> f64 {
        let (quotient, remainder) = divmod(x, self.step);
        if (remainder / self.step).abs() < self.tolerance { quotient } else { quotient + 1.0 }
    }
}

/// The tick positions of an axis from `low` to `high` with room for `bins` intervals; the first and the
/// last may lie outside the axis.
///
/// Mirrors `AutoLocator.tick_values`.
pub(crate) fn ticks(low: f64, high: f64, bins: usize) -> Vec<f64> {
    let (low, high) = nonsingular(low, high, 1e-13, 1e-14);
    let (scale, offset) = scale_range(low, high, bins);
    let (low, high) = (low - offset, high - offset);
    let steps = STEPS.map(|s| s * scale);
    let raw_step = (high - low) / bins as f64;
    let first = steps.iter().position(|s| *s >= raw_step).unwrap_or(steps.len() - 1);
    let mut ticks = Vec::new();
    for step in steps[..=first].iter().rev().copied() {
        let base = floor_div(low, step) * step;
        let edges = Edges::new(step, offset);
        let from = edges.at_most(low - base);
        let to = edges.at_least(high - base);
        let count = (to + 1.0 - from).ceil().max(0.0) as usize;
        ticks = (0..count).map(|i| (from + i as f64) * step + base).collect();
        if ticks.iter().filter(|t| (low..=high).contains(*t)).count() >= FEWEST_TICKS {
            break;
        }
    }
    ticks.iter().map(|t| t + offset).collect()
}

/// Whether a tick at `position` is drawn on an axis from `low` to `high`; one a hair outside is.
///
/// Mirrors `matplotlib.transforms._interval_contains_close`.
pub(crate) fn visible(position: f64, low: f64, high: f64) -> bool {
    let slack = (high - low) * 1e-10;
    low - slack <= position && position <= high + slack
}
