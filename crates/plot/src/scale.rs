//! From values to pixels.

/// How one axis maps values to pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) limits: (f64, f64),
    factor: f64,
    shift: f64,
}

impl Scale {
    /// The affine map of `limits` onto the pixels from `start` to `end`, its numbers made in the order
    /// in which matplotlib's transforms make them.
    pub(crate) fn new(limits: (f64, f64), start: f64, end: f64) -> Self {
        let unit = 1.0 / (limits.1 - limits.0);
        let length = end - start;
        Self { limits, factor: length * unit, shift: length * (-limits.0 * unit) + start }
    }

    /// The display coordinate of a value.
    pub(crate) fn pixel(&self, value: f64) -> f64 {
        value * self.factor + self.shift
    }

    /// The pixel `nudge` right of a value's.
    pub(crate) fn right(&self, value: f64, nudge: f64) -> f64 {
        value * self.factor + (self.shift + nudge)
    }

    /// The pixel `nudge` below a value's, y downwards in a figure of `height`. Agg turns the axis round
    /// before it multiplies, and where a line doubles back on itself the last digit shows.
    pub(crate) fn down(&self, value: f64, height: f64, nudge: f64) -> f64 {
        value * -self.factor + (-self.shift + (height + nudge))
    }
}
