//! Every decision between the data and the first pixel, made.

use crate::annotation::place_texts;
use crate::color::Color;
use crate::error::{PlotError, check_size};
use crate::figure::{FONT_SIZE, Figure, Series};
use crate::geometry::{Bounds, Point};
use crate::layout::{AxisLayout, Layout, LegendLayout, SeriesLayout};
use crate::legend::{LegendPlan, plan_legend};
use crate::limits::{Span, autoscale};
use crate::scale::Scale;
use crate::text::Placed;
use crate::{formatter, locator};

/// The axes' sides as fractions of the figure, `figure.subplot.*`.
const LEFT: f64 = 0.125;
const RIGHT: f64 = 0.9;
const BOTTOM: f64 = 0.11;
const TOP: f64 = 0.88;

/// Points to an inch.
pub(crate) const POINTS: f64 = 72.0;
/// How many font sizes of axis length a tick label needs: matplotlib takes x labels for three times as
/// wide as high.
const ROOM_X: f64 = 3.0;
const ROOM_Y: f64 = 2.0;

/// One axis with everything that is drawn at it.
pub(crate) struct AxisPlan {
    pub(crate) name: String,
    pub(crate) scale: Scale,
    pub(crate) ticks: Vec<f64>,
    pub(crate) labels: Vec<String>,
    pub(crate) positions: Vec<f64>,
    pub(crate) offset_text: String,
}

/// A series ready to draw.
pub(crate) struct SeriesPlan<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) label: &'a str,
    pub(crate) color: Color,
    /// Points.
    pub(crate) linewidth: f64,
    x: &'a [f64],
    y: &'a [f64],
    scales: (Scale, Scale),
}

/// Line or dots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind<'a> {
    Line,
    Scatter { size: f64, marker: &'a str },
}

/// A figure with all decisions made.
pub(crate) struct Plan<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Pixels to a point.
    pub(crate) point: f64,
    pub(crate) axes: Bounds,
    pub(crate) x: AxisPlan,
    pub(crate) y: AxisPlan,
    /// In the order of the calls.
    pub(crate) series: Vec<SeriesPlan<'a>>,
    pub(crate) texts: Vec<Placed>,
    pub(crate) legend: Option<LegendPlan>,
    pub(crate) title: &'a str,
}

/// The most pixels a side of a figure may have: less than a gigabyte in all.
const LONGEST: f64 = 16384.0;
/// The widest line, in points, and the largest dot, in points squared.
const WIDEST: f64 = 1e9;
const BIGGEST: f64 = 1e18;

/// Makes all decisions.
pub(crate) fn compute(figure: &Figure) -> Result<Plan<'_>, PlotError> {
    let side = |what, inches: f64| check_size(what, inches * figure.dpi, 1.0, LONGEST);
    let width = side("width of the figure in pixels", figure.inches.0)?;
    let height = side("height of the figure in pixels", figure.inches.1)?;
    let axes = Bounds {
        x0: LEFT * width,
        y0: (TOP - (TOP - BOTTOM)) * height,
        x1: (LEFT + (RIGHT - LEFT)) * width,
        y1: TOP * height,
    };
    let [limits_x, limits_y] = limits(figure)?;
    let scale_x = Scale::new(limits_x, axes.x0, axes.x1);
    let scale_y = Scale::new(limits_y, axes.y0, axes.y1);
    let length = |pixels: f64| pixels / figure.dpi * POINTS;
    let x = axis(&figure.xlabel, scale_x, locator::bins(length(axes.width()), FONT_SIZE * ROOM_X));
    let y = axis(&figure.ylabel, scale_y, locator::bins(length(axes.height()), FONT_SIZE * ROOM_Y));

    let mut plan = Plan {
        width: width as u32,
        height: height as u32,
        point: figure.dpi / POINTS,
        axes,
        x,
        y,
        series: series(figure, scale_x, scale_y)?,
        texts: Vec::new(),
        legend: None,
        title: &figure.title,
    };
    plan.texts = place_texts(&plan, figure.dpi)?;
    if let Some(legend) = &figure.legend {
        plan.legend = plan_legend(&plan, legend.fontsize, figure.dpi)?;
    }
    Ok(plan)
}

/// The limits of both axes.
fn limits(figure: &Figure) -> Result<[(f64, f64); 2], PlotError> {
    let all =
        || figure.lines.iter().map(|l| &l.series).chain(figure.scatters.iter().map(|s| &s.series));
    let (mut span_x, mut span_y) = (Span::EMPTY, Span::EMPTY);
    if all().next().is_none() {
        // Axes that were never asked to scale themselves.
        return Ok([(0.0, 1.0); 2]);
    }
    for series in all() {
        if series.x.len() != series.y.len() {
            return Err(PlotError::Lengths {
                series: series.index,
                x: series.x.len(),
                y: series.y.len(),
            });
        }
        for (x, y) in series.x.iter().zip(&series.y).filter(|(x, y)| x.is_finite() && y.is_finite())
        {
            span_x.include(*x);
            span_y.include(*y);
        }
    }
    Ok([autoscale("x", span_x)?, autoscale("y", span_y)?])
}

fn axis(name: &str, scale: Scale, bins: usize) -> AxisPlan {
    let (low, high) = scale.limits;
    let ticks = locator::ticks(low, high, bins);
    let all = formatter::labels(&ticks, low, high);
    let drawn =
        ticks.into_iter().zip(all.texts).filter(|(tick, _)| locator::visible(*tick, low, high));
    let (ticks, labels): (Vec<f64>, Vec<String>) = drawn.unzip();
    AxisPlan {
        name: name.to_owned(),
        scale,
        positions: ticks.iter().map(|t| scale.pixel(*t)).collect(),
        ticks,
        labels,
        offset_text: all.offset_text,
    }
}

fn series(figure: &Figure, x: Scale, y: Scale) -> Result<Vec<SeriesPlan<'_>>, PlotError> {
    let mut plans = Vec::new();
    // Lines and dots each take colours from a cycle of their own; one given by name takes none.
    let mut cycle = 0;
    for line in &figure.lines {
        let plan = SeriesPlan {
            kind: Kind::Line,
            label: &line.series.label,
            color: color(&line.series, &mut cycle)?,
            linewidth: check_size("width of a line in points", line.width, 0.0, WIDEST)?,
            x: &line.series.x,
            y: &line.series.y,
            scales: (x, y),
        };
        plans.push((line.series.index, plan));
    }
    cycle = 0;
    for scatter in &figure.scatters {
        let size = check_size("size of a dot in points squared", scatter.size, 0.0, BIGGEST)?;
        let filled = crate::marker::marker(&scatter.marker)?.filled;
        let plan = SeriesPlan {
            kind: Kind::Scatter { size, marker: &scatter.marker },
            label: &scatter.series.label,
            color: color(&scatter.series, &mut cycle)?,
            linewidth: if filled { 1.0 } else { 1.5 },
            x: &scatter.series.x,
            y: &scatter.series.y,
            scales: (x, y),
        };
        plans.push((scatter.series.index, plan));
    }
    plans.sort_by_key(|(index, _)| *index);
    Ok(plans.into_iter().map(|(_, plan)| plan).collect())
}

fn color(series: &Series, cycle: &mut usize) -> Result<Color, PlotError> {
    let alpha = check_size("opacity", series.alpha, 0.0, 1.0)?;
    let color = match &series.color {
        Some(name) => Color::parse(name)?,
        None => {
            *cycle += 1;
            Color::cycle(*cycle - 1)
        }
    };
    Ok(color.with_alpha(color.a * alpha))
}

impl Plan<'_> {
    /// The decisions in the form in which they are compared.
    pub(crate) fn layout(&self) -> Layout {
        let corners = |b: &Bounds| [b.x0, b.y0, b.x1, b.y1];
        Layout {
            size: [f64::from(self.width), f64::from(self.height)],
            axes: corners(&self.axes),
            title: self.title.to_owned(),
            x: self.x.layout(),
            y: self.y.layout(),
            series: self.series.iter().map(SeriesPlan::layout).collect(),
            legend: self.legend.as_ref().map(|legend| LegendLayout {
                bounds: corners(&legend.frame),
                corner: legend.corner.to_owned(),
                labels: legend.labels.clone(),
                fontsize: legend.fontsize,
            }),
        }
    }
}

impl AxisPlan {
    fn layout(&self) -> AxisLayout {
        AxisLayout {
            name: self.name.clone(),
            limits: [self.scale.limits.0, self.scale.limits.1],
            ticks: self.ticks.clone(),
            labels: self.labels.clone(),
            positions: self.positions.clone(),
            offset_text: self.offset_text.clone(),
        }
    }
}

impl SeriesPlan<'_> {
    /// The points in display coordinates, those that are not finite among them.
    pub(crate) fn display(&self) -> impl Iterator<Item = Point> {
        let (x, y) = self.scales;
        self.x.iter().zip(self.y).map(move |(a, b)| (x.pixel(*a), y.pixel(*b)))
    }

    /// The points in pixels, y downwards in a figure of `height`, moved by `nudge` right and down.
    pub(crate) fn down(&self, height: f64, nudge: f64) -> impl Iterator<Item = Point> {
        let (x, y) = self.scales;
        self.x.iter().zip(self.y).map(move |(a, b)| (x.right(*a, nudge), y.down(*b, height, nudge)))
    }

    fn layout(&self) -> SeriesLayout {
        let (kind, size) = match self.kind {
            Kind::Line => ("line", None),
            Kind::Scatter { size, .. } => ("scatter", Some(size)),
        };
        let finite = self.display().filter(|p| p.0.is_finite() && p.1.is_finite());
        SeriesLayout {
            kind: kind.to_owned(),
            label: self.label.to_owned(),
            color: self.color.to_hex(),
            linewidth: self.linewidth,
            size,
            points: finite.map(|p| [p.0, p.1]).collect(),
        }
    }
}
