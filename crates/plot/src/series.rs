//! Lines and scatters with every choice made.

use crate::color::Color;
use crate::error::{PlotError, check_size};
use crate::figure::{Data, Figure, Line, Scatter};
use crate::geometry::Point;
use crate::limits::{Span, autoscale};
use crate::linestyle::Pattern;
use crate::marker::{Marker, marker};
use crate::scale::Scale;
use crate::style::{SCATTER_EDGE_WIDTH, SCATTER_LINE_WIDTH};

/// The widest line and the largest marker in points, and the largest marker in points squared.
pub(crate) const WIDEST: f64 = 1e9;
const BIGGEST: f64 = 1e18;
/// The largest marker of a line, in points: it is drawn once, whole.
const LARGEST_ON_LINE: f64 = 1e4;

/// A line or a scatter; widths in points.
pub(crate) struct Series<'a> {
    pub(crate) kind: Kind,
    /// What the legend says, or nothing.
    pub(crate) label: &'a str,
    pub(crate) color: Color,
    x: &'a [f64],
    y: &'a [f64],
    scales: (Scale, Scale),
}

pub(crate) enum Kind {
    Line {
        width: f64,
        pattern: Pattern,
        marker: Marker,
        /// Points.
        size: f64,
    },
    Scatter {
        marker: Marker,
        /// Points squared.
        size: f64,
        /// Width of the markers' lines.
        edge: f64,
    },
}

/// The limits of both axes.
pub(crate) fn limits(figure: &Figure) -> Result<[(f64, f64); 2], PlotError> {
    let lines = figure.lines.iter().map(|l| &l.data);
    let all: Vec<&Data> = lines.chain(figure.scatters.iter().map(|s| &s.data)).collect();
    if all.is_empty() {
        // Axes that were never asked to scale themselves.
        return Ok([(0.0, 1.0); 2]);
    }
    let (mut span_x, mut span_y) = (Span::EMPTY, Span::EMPTY);
    for Data { index, x, y, unread, .. } in all {
        if let Some(reason) = unread {
            return Err(PlotError::Unread { series: *index, reason: reason.clone() });
        }
        if x.len() != y.len() {
            return Err(PlotError::Lengths { series: *index, x: x.len(), y: y.len() });
        }
        for (x, y) in x.iter().zip(y).filter(|(x, y)| x.is_finite() && y.is_finite()) {
            span_x.include(*x);
            span_y.include(*y);
        }
    }
    Ok([autoscale("x", span_x)?, autoscale("y", span_y)?])
}

/// All series in the order of the calls. Lines and scatters each take colours from a cycle of their own; one
/// with a colour of its own takes none.
pub(crate) fn series(
    figure: &Figure,
    scales: (Scale, Scale),
) -> Result<Vec<Series<'_>>, PlotError> {
    let mut all = Vec::new();
    let mut cycle = 0;
    for line in &figure.lines {
        all.push((line.data.index, Series::new(line_kind(line)?, &line.data, &mut cycle, scales)?));
    }
    cycle = 0;
    for dots in &figure.scatters {
        let kind = scatter_kind(dots)?;
        all.push((dots.data.index, Series::new(kind, &dots.data, &mut cycle, scales)?));
    }
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, series)| series).collect())
}

fn line_kind(line: &Line) -> Result<Kind, PlotError> {
    let width = check_size("width of a line in points", line.width, 0.0, WIDEST)?;
    let size = check_size("size of a marker in points", line.markersize, 0.0, LARGEST_ON_LINE)?;
    let pattern = line.style.pattern(width)?;
    Ok(Kind::Line { width, pattern, marker: marker(&line.marker)?, size })
}

fn scatter_kind(scatter: &Scatter) -> Result<Kind, PlotError> {
    let size = check_size("size of a marker in points squared", scatter.size, 0.0, BIGGEST)?;
    let marker = marker(&scatter.marker)?;
    let edge = if marker.filled { SCATTER_EDGE_WIDTH } else { SCATTER_LINE_WIDTH };
    Ok(Kind::Scatter { marker, size, edge })
}

/// The colour of that name with the opacity, if one is given.
pub(crate) fn color(name: &str, alpha: Option<f64>) -> Result<Color, PlotError> {
    let alpha = alpha.map(|a| check_size("opacity", a, 0.0, 1.0)).transpose()?;
    Ok(Color::parse(name)?.with_alpha(alpha))
}

impl<'a> Series<'a> {
    fn new(
        kind: Kind,
        data: &'a Data,
        cycle: &mut usize,
        scales: (Scale, Scale),
    ) -> Result<Self, PlotError> {
        let color = match &data.color {
            Some(name) => color(name, data.alpha)?,
            None => {
                *cycle += 1;
                color(&format!("C{}", *cycle - 1), data.alpha)?
            }
        };
        let label = if data.label.starts_with('_') { "" } else { &data.label };
        Ok(Self { kind, label, color, x: &data.x, y: &data.y, scales })
    }

    pub(crate) fn is_line(&self) -> bool {
        matches!(self.kind, Kind::Line { .. })
    }

    /// The points in display coordinates, those that are not finite among them.
    pub(crate) fn display(&self) -> impl Iterator<Item = Point> {
        let (x, y) = self.scales;
        self.x.iter().zip(self.y).map(move |(a, b)| (x.pixel(*a), y.pixel(*b)))
    }

    /// The points in pixels, y downwards in a figure of `height`, moved by `nudge` right and down.
    pub(crate) fn down(&self, height: f64, nudge: f64) -> Vec<Point> {
        let (x, y) = self.scales;
        let points = self.x.iter().zip(self.y);
        points.map(|(a, b)| (x.right(*a, nudge), y.down(*b, height, nudge))).collect()
    }
}
