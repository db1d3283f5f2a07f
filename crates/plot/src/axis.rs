//! One axis with everything that is drawn at it.

use crate::scale::Scale;
use crate::{formatter, locator};

/// The ticks that are drawn, with their labels.
pub(crate) struct Axis<'a> {
    pub(crate) name: &'a str,
    pub(crate) scale: Scale,
    pub(crate) ticks: Vec<f64>,
    pub(crate) labels: Vec<String>,
    pub(crate) offset_text: String,
}

impl<'a> Axis<'a> {
    /// The axis on which labels that need `room` points each have `length` points.
    pub(crate) fn new(name: &'a str, scale: Scale, length: f64, room: f64) -> Self {
        let (low, high) = scale.limits;
        let ticks = locator::ticks(low, high, locator::bins(length, room));
        let all = formatter::labels(&ticks, low, high);
        let pairs = ticks.into_iter().zip(all.texts);
        let (ticks, labels) = pairs.filter(|(t, _)| locator::visible(*t, low, high)).unzip();
        Self { name, scale, ticks, labels, offset_text: all.offset_text }
    }

    /// The ticks' display coordinates.
    pub(crate) fn positions(&self) -> Vec<f64> {
        self.ticks.iter().map(|t| self.scale.pixel(*t)).collect()
    }
}
