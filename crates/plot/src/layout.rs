//! Every decision between the data and the first pixel.

use serde::{Deserialize, Serialize};

use crate::color::Color;
use crate::error::PlotError;
use crate::figure::{FONT_SIZE, Figure, Series};
use crate::font::SizedFont;
use crate::geometry::{Bounds, Point};
use crate::legend::{LegendPlan, plan_legend};
use crate::limits::{Span, autoscale};
use crate::text::{Across, Placed, Up, place, place_upright};
use crate::{formatter, locator};

/// The axes' sides as fractions of the figure, `figure.subplot.*`.
const LEFT: f64 = 0.125;
const RIGHT: f64 = 0.9;
const BOTTOM: f64 = 0.11;
const TOP: f64 = 0.88;

/// Points: a tick's length, its label's distance from it, an axis name's from the labels, a title's
/// from the axes, an offset text's from what it stands by.
pub(crate) const TICK_SIZE: f64 = 3.5;
const TICK_PAD: f64 = 3.5;
const LABEL_PAD: f64 = 4.0;
const TITLE_PAD: f64 = 6.0;
const OFFSET_PAD: f64 = 3.0;
/// Points to an inch.
pub(crate) const POINTS: f64 = 72.0;
/// `axes.titlesize`, `large`: 1.2 times the font size.
const TITLE_SIZE: f64 = FONT_SIZE * 1.2;
/// How many font sizes of axis length a tick label needs: matplotlib takes x labels for three times as
/// wide as high.
const ROOM_X: f64 = 3.0;
const ROOM_Y: f64 = 2.0;

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

/// How one axis maps values to pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    limits: (f64, f64),
    factor: f64,
    shift: f64,
}

impl Scale {
    /// The affine map of `limits` onto the pixels from `start` to `end`, its numbers made in the order
    /// in which matplotlib's transforms make them.
    fn new(limits: (f64, f64), start: f64, end: f64) -> Self {
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

/// One axis with everything that is drawn at it.
pub(crate) struct AxisPlan {
    name: String,
    pub(crate) scale: Scale,
    pub(crate) ticks: Vec<f64>,
    labels: Vec<String>,
    positions: Vec<f64>,
    offset_text: String,
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
    title: &'a str,
}

/// The most pixels a side of a figure may have, as for matplotlib.
const LONGEST: f64 = 65535.0;

fn check(what: &'static str, value: f64, least: f64) -> Result<f64, PlotError> {
    if value.is_finite() && value >= least { Ok(value) } else { Err(PlotError::Size { what, value, least }) }
}

/// Makes all decisions.
pub(crate) fn compute(figure: &Figure) -> Result<Plan<'_>, PlotError> {
    let side = |what, inches: f64| {
        let pixels = check(what, inches * figure.dpi, 1.0)?;
        if pixels > LONGEST { Err(PlotError::Size { what, value: pixels, least: 1.0 }) } else { Ok(pixels) }
    };
    let width = side("width of the figure in pixels", figure.inches.0)?;
    let height = side("height of the figure in pixels", figure.inches.1)?;
    let axes = Bounds {
        x0: LEFT * width,
        y0: (TOP - (TOP - BOTTOM)) * height,
        x1: (LEFT + (RIGHT - LEFT)) * width,
        y1: TOP * height,
    };
    let (limits_x, limits_y) = limits(figure)?;
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
    place_texts(&mut plan, figure.dpi)?;
    if let Some(legend) = &figure.legend {
        plan.legend = plan_legend(&plan, legend.fontsize, figure.dpi)?;
    }
    Ok(plan)
}

/// The limits of both axes.
fn limits(figure: &Figure) -> Result<((f64, f64), (f64, f64)), PlotError> {
    let all = || figure.lines.iter().map(|l| &l.series).chain(figure.scatters.iter().map(|s| &s.series));
    let (mut span_x, mut span_y) = (Span::EMPTY, Span::EMPTY);
    if all().next().is_none() {
        // Axes that were never asked to scale themselves.
        return Ok(((0.0, 1.0), (0.0, 1.0)));
    }
    for series in all() {
        if series.x.len() != series.y.len() {
            return Err(PlotError::Lengths { series: series.index, x: series.x.len(), y: series.y.len() });
        }
        for (x, y) in series.x.iter().zip(&series.y).filter(|(x, y)| x.is_finite() && y.is_finite()) {
            span_x.include(*x);
            span_y.include(*y);
        }
    }
    Ok((autoscale("x", span_x)?, autoscale("y", span_y)?))
}

fn axis(name: &str, scale: Scale, bins: usize) -> AxisPlan {
    let (low, high) = scale.limits;
    let ticks = locator::ticks(low, high, bins);
    let all = formatter::labels(&ticks, low, high);
    let drawn = ticks.into_iter().zip(all.texts).filter(|(tick, _)| locator::visible(*tick, low, high));
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
            linewidth: check("width of a line in points", line.width, 0.0)?,
            x: &line.series.x,
            y: &line.series.y,
            scales: (x, y),
        };
        plans.push((line.series.index, plan));
    }
    cycle = 0;
    for scatter in &figure.scatters {
        let size = check("size of a dot in points squared", scatter.size, 0.0)?;
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
    let alpha = check("opacity", series.alpha, 0.0)?.min(1.0);
    let color = match &series.color {
        Some(name) => Color::parse(name)?,
        None => {
            *cycle += 1;
            Color::cycle(*cycle - 1)
        }
    };
    Ok(color.with_alpha(color.a * alpha))
}

/// Tick labels, offset texts, the axes' names and the title.
fn place_texts(plan: &mut Plan, dpi: f64) -> Result<(), PlotError> {
    let font = SizedFont::new(FONT_SIZE, dpi)?;
    let (axes, point) = (plan.axes, plan.point);
    let away = (TICK_SIZE + TICK_PAD) * point;
    let mut texts = Vec::new();
    // Without tick labels an axis's name keeps clear of the ticks.
    let mut below = axes.y0 - TICK_SIZE * point;
    let mut lowest = f64::INFINITY;
    for (x, label) in plan.x.positions.iter().zip(&plan.x.labels) {
        let text = place(&font, label, (*x, axes.y0 - away), Across::Center, Up::Top)?;
        lowest = lowest.min(text.bounds.y0);
        texts.push(text);
    }
    below = below.min(lowest);
    let mut beside = axes.x0 - TICK_SIZE * point;
    for (y, label) in plan.y.positions.iter().zip(&plan.y.labels) {
        let text = place(&font, label, (axes.x0 - away, *y), Across::Right, Up::CenterBaseline)?;
        beside = beside.min(text.bounds.x0);
        texts.push(text);
    }
    let mut above = None;
    if !plan.x.offset_text.is_empty() {
        let bottom = if lowest.is_finite() { lowest } else { axes.y0 };
        let at = (axes.x1, bottom - OFFSET_PAD * point);
        texts.push(place(&font, &plan.x.offset_text, at, Across::Right, Up::Top)?);
    }
    if !plan.y.offset_text.is_empty() {
        let at = (axes.x0, axes.y1 + OFFSET_PAD * point);
        let text = place(&font, &plan.y.offset_text, at, Across::Left, Up::Baseline)?;
        above = Some(text.bounds);
        texts.push(text);
    }
    let middle = ((axes.x0 + axes.x1) / 2.0, (axes.y0 + axes.y1) / 2.0);
    if !plan.x.name.is_empty() {
        let at = (middle.0, below - LABEL_PAD * point);
        texts.push(place(&font, &plan.x.name, at, Across::Center, Up::Top)?);
    }
    if !plan.y.name.is_empty() {
        texts.push(place_upright(&font, &plan.y.name, (beside - LABEL_PAD * point, middle.1))?);
    }
    if !plan.title.is_empty() {
        texts.push(place_title(plan, dpi, above)?);
    }
    plan.texts = texts;
    Ok(())
}

/// The title, above the axes, or above the y axis's offset text where the two would meet.
fn place_title(plan: &Plan, dpi: f64, offset_text: Option<Bounds>) -> Result<Placed, PlotError> {
    let font = SizedFont::new(TITLE_SIZE, dpi)?;
    let x = (plan.axes.x0 + plan.axes.x1) / 2.0;
    let at = |top: f64| place(&font, plan.title, (x, top + TITLE_PAD * plan.point), Across::Center, Up::Baseline);
    let title = at(plan.axes.y1)?;
    match offset_text {
        Some(text) if text.meets(&title.bounds) && title.bounds.y0 < text.y1 => at(text.y1),
        _ => Ok(title),
    }
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
