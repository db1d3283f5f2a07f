//! Every decision between the data and the first pixel, told.

use serde::{Deserialize, Serialize};

use crate::axis::Axis;
use crate::geometry::Bounds;
use crate::plan::Plan;
use crate::series::{Kind, Series};

/// What was decided about a figure, to be compared with what matplotlib decides.
///
/// Positions are matplotlib's display coordinates: pixels, y upwards from the lower left corner.
/// The shape is that of the JSON which `crates/plot/tests/python/figures.py` writes.
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
    /// Lines and scatters in the order of the calls.
    pub series: Vec<SeriesLayout>,
    /// The legend, if there is one.
    pub legend: Option<LegendLayout>,
}

/// One axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisLayout {
    /// The axis's label, or nothing.
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

/// One line or one scatter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesLayout {
    /// `line` or `scatter`.
    pub kind: String,
    /// Its name in the legend, or nothing.
    pub label: String,
    /// `#rrggbbaa`.
    pub color: String,
    /// Width of the line, or of the markers' outline, in points.
    pub linewidth: f64,
    /// Size of a scatter's markers in points squared.
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

fn corners(b: &Bounds) -> [f64; 4] {
    [b.x0, b.y0, b.x1, b.y1]
}

impl Layout {
    pub(crate) fn new(plan: &Plan, title: &str) -> Self {
        let legend = plan.legend.as_ref().map(|legend| LegendLayout {
            bounds: corners(&legend.frame),
            corner: legend.corner.to_owned(),
            labels: legend.entries.iter().map(|e| plan.series[e.series].label.to_owned()).collect(),
            fontsize: legend.fontsize,
        });
        Self {
            size: [f64::from(plan.canvas.width), f64::from(plan.canvas.height)],
            axes: corners(&plan.axes),
            title: title.to_owned(),
            x: AxisLayout::new(&plan.x),
            y: AxisLayout::new(&plan.y),
            series: plan.series.iter().map(SeriesLayout::new).collect(),
            legend,
        }
    }
}

impl AxisLayout {
    fn new(axis: &Axis) -> Self {
        Self {
            name: axis.name.to_owned(),
            limits: axis.scale.limits.into(),
            ticks: axis.ticks.clone(),
            labels: axis.labels.clone(),
            positions: axis.positions(),
            offset_text: axis.offset_text.clone(),
        }
    }
}

impl SeriesLayout {
    fn new(series: &Series) -> Self {
        let (kind, linewidth, size) = match &series.kind {
            Kind::Line { width, .. } => ("line", *width, None),
            Kind::Scatter { size, edge, .. } => ("scatter", *edge, Some(*size)),
        };
        let finite = series.display().filter(|p| p.0.is_finite() && p.1.is_finite());
        Self {
            kind: kind.to_owned(),
            label: series.label.to_owned(),
            color: series.color.to_hex(),
            linewidth,
            size,
            points: finite.map(Into::into).collect(),
        }
    }
}
