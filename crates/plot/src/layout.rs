//! Every decision between the data and the first pixel, told.

use serde::{Deserialize, Serialize};

/// What was decided about a figure, to be compared with what matplotlib decides.
///
/// Positions are matplotlib's display coordinates: pixels, y upwards from the lower left corner.
/// The shape is that of the JSON which `scripts/reference/figures.py` writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Width and height in pixels.
    pub size: [f64; 2],
    /// The axes' left, lower, right and upper side.
    pub axes: [f64; 4],
    /// The title, or nothing.
    pub title: String,
    /// The horizontal axis.
    pub x: AxisLayout,
    /// The vertical axis.
    pub y: AxisLayout,
    /// Lines and dots in the order of the calls.
    pub series: Vec<SeriesLayout>,
    /// The legend, if there is one.
    pub legend: Option<LegendLayout>,
}

/// One axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisLayout {
    /// The axis's name, or nothing.
    pub name: String,
    /// The least and the greatest value shown.
    pub limits: [f64; 2],
    /// The values that have a tick.
    pub ticks: Vec<f64>,
    /// The ticks' labels.
    pub labels: Vec<String>,
    /// Where the ticks are, in pixels along the axis.
    pub positions: Vec<f64>,
    /// What is written at the axis's end: an offset, a power of ten, both or nothing.
    pub offset_text: String,
}

/// One line or one set of dots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesLayout {
    /// `line` or `scatter`.
    pub kind: String,
    /// Its name in the legend, or nothing.
    pub label: String,
    /// `#rrggbbaa`.
    pub color: String,
    /// Width of the line, or of the dots' outline, in points.
    pub linewidth: f64,
    /// The dots' size in points squared.
    pub size: Option<f64>,
    /// The points that are finite, in pixels.
    pub points: Vec<[f64; 2]>,
}

/// The legend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegendLayout {
    /// Its left, lower, right and upper side.
    #[serde(rename = "box")]
    pub bounds: [f64; 4],
    /// Where in the axes it lies: `upper right`, `center` ...
    pub corner: String,
    /// Its texts from the top.
    pub labels: Vec<String>,
    /// Points.
    pub fontsize: f64,
}
