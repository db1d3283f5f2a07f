//! The size of a figure.

use crate::style::POINTS;

/// The size of a figure in pixels, and pixels to the inch.
#[derive(Clone, Copy)]
pub(crate) struct Canvas {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dpi: f64,
}

impl Canvas {
    /// Pixels to a point.
    pub(crate) fn point(&self) -> f64 {
        self.dpi / POINTS
    }

    /// A length of points in pixels, its arithmetic in Agg's order.
    pub(crate) fn pixels(&self, points: f64) -> f64 {
        points * self.dpi / POINTS
    }
}
