//! The legend: what is in it, how large it is, and where it hides least.

use crate::color::Color;
use crate::error::PlotError;
use crate::font::SizedFont;
use crate::geometry::{Bounds, Point};
use crate::plan::{Kind, Plan};
use crate::text::{Across, Placed, Up, line_box, place};

/// Fractions of the font size, `legend.*`: the frame's margin inside and outside, the distance between
/// entries and between a sign and its text, the signs' width and height.
const BORDER_PAD: f64 = 0.4;
const AXES_PAD: f64 = 0.5;
const LABEL_SPACING: f64 = 0.5;
const HANDLE_TEXT_PAD: f64 = 0.8;
const HANDLE_LENGTH: f64 = 2.0;
const HANDLE_HEIGHT: f64 = 0.7;
/// Where in its box a dot lies, `Legend._scatteryoffsets[0]`.
const DOT_HEIGHT: f64 = 0.375;

/// The places tried, in this order: name, and how far right and up in the axes, as parts of the free way.
const CORNERS: [(&str, f64, f64); 10] = [
    ("upper right", 1.0, 1.0),
    ("upper left", 0.0, 1.0),
    ("lower left", 0.0, 0.0),
    ("lower right", 1.0, 0.0),
    ("right", 1.0, 0.5),
    ("center left", 0.0, 0.5),
    ("center right", 1.0, 0.5),
    ("lower center", 0.5, 0.0),
    ("upper center", 0.5, 1.0),
    ("center", 0.5, 0.5),
];

/// The sign before a text.
pub(crate) struct Handle {
    pub(crate) color: Color,
    /// Points.
    pub(crate) linewidth: f64,
    pub(crate) shape: HandleShape,
}

/// A sign's shape; display coordinates.
pub(crate) enum HandleShape {
    Line { x0: f64, x1: f64, y: f64 },
    Dot { at: Point, size: f64, marker: String },
}

/// A legend with all decisions made; display coordinates.
pub(crate) struct LegendPlan {
    pub(crate) frame: Bounds,
    pub(crate) corner: &'static str,
    pub(crate) fontsize: f64,
    pub(crate) labels: Vec<String>,
    pub(crate) handles: Vec<Handle>,
    pub(crate) texts: Vec<Placed>,
}

/// One entry's extent about its baseline.
struct Entry {
    width: f64,
    above: f64,
    below: f64,
}

/// The legend of the series that have a label; none if no series has.
pub(crate) fn plan_legend(
    plan: &Plan,
    fontsize: f64,
    dpi: f64,
) -> Result<Option<LegendPlan>, PlotError> {
    let font = SizedFont::new(fontsize, dpi)?;
    let named: Vec<_> =
        plan.series.iter().filter(|s| !s.label.is_empty() && !s.label.starts_with('_')).collect();
    if named.is_empty() {
        return Ok(None);
    }
    let em = fontsize * plan.point;
    let handle_height = HANDLE_HEIGHT * fontsize * plan.point;
    // Every entry is at least as high as one with letters that rise and letters that fall.
    let tall = font.line("lp")?;
    let text_start = (HANDLE_LENGTH + HANDLE_TEXT_PAD) * em;
    let mut entries = Vec::new();
    for series in &named {
        let line = font.line(series.label)?;
        let (ascent, descent) = line_box(&font, &line);
        entries.push(Entry {
            width: text_start + line.width,
            above: ascent.max(tall.height - tall.descent).max(handle_height),
            below: descent,
        });
    }
    let pad = BORDER_PAD * em;
    let spacing = LABEL_SPACING * em;
    let width = entries.iter().map(|e| e.width).fold(0.0, f64::max) + 2.0 * pad;
    let height = entries.iter().map(|e| e.above + e.below).sum::<f64>()
        + spacing * (entries.len() - 1) as f64
        + 2.0 * pad;
    let (corner, frame) = best_place(plan, width, height, AXES_PAD * em);

    let mut legend = LegendPlan {
        frame,
        corner,
        fontsize,
        labels: named.iter().map(|s| s.label.to_owned()).collect(),
        handles: Vec::new(),
        texts: Vec::new(),
    };
    let left = frame.x0 + pad;
    let mut top = frame.y1 - pad;
    for (series, entry) in named.iter().zip(&entries) {
        let baseline = top - entry.above;
        let at = (left + text_start, baseline);
        legend.texts.push(place(&font, series.label, at, Across::Left, Up::Baseline)?);
        let shape = match series.kind {
            Kind::Line => HandleShape::Line {
                x0: left,
                x1: left + HANDLE_LENGTH * em,
                y: baseline + handle_height / 2.0,
            },
            Kind::Scatter { size, marker } => HandleShape::Dot {
                at: (left + HANDLE_LENGTH * em / 2.0, baseline + handle_height * DOT_HEIGHT),
                size,
                marker: marker.to_owned(),
            },
        };
        legend.handles.push(Handle { color: series.color, linewidth: series.linewidth, shape });
        top = baseline - entry.below - spacing;
    }
    Ok(Some(legend))
}

/// The first place that covers nothing, or the one that covers least.
///
/// Mirrors `Legend._find_best_position`.
fn best_place(plan: &Plan, width: f64, height: f64, pad: f64) -> (&'static str, Bounds) {
    let mut best: Option<(usize, &'static str, Bounds)> = None;
    for (corner, right, up) in CORNERS {
        let x0 = plan.axes.x0 + pad + right * (plan.axes.width() - 2.0 * pad - width);
        let y0 = plan.axes.y0 + pad + up * (plan.axes.height() - 2.0 * pad - height);
        let frame = Bounds { x0, y0, x1: x0 + width, y1: y0 + height };
        let hidden = hidden(plan, &frame);
        if best.is_none_or(|(least, ..)| hidden < least) {
            best = Some((hidden, corner, frame));
        }
        if hidden == 0 {
            break;
        }
    }
    // CORNERS is not empty, so there is always a best one; the fallback is never taken.
    best.map_or((CORNERS[0].0, plan.axes), |(_, corner, frame)| (corner, frame))
}

/// How many points a frame hides, and one more for each line that crosses it.
fn hidden(plan: &Plan, frame: &Bounds) -> usize {
    let inside = |p: &Point| frame.x0 < p.0 && p.0 < frame.x1 && frame.y0 < p.1 && p.1 < frame.y1;
    plan.series
        .iter()
        .map(|s| {
            let crosses = s.kind == Kind::Line && crosses(s.display(), frame);
            s.display().filter(inside).count() + usize::from(crosses)
        })
        .sum()
}

/// Whether a line touches a frame.
///
/// Mirrors `path_intersects_rectangle`, for which a gap in the line is no gap.
fn crosses(points: impl Iterator<Item = Point>, frame: &Bounds) -> bool {
    let (cx, cy) = ((frame.x0 + frame.x1) * 0.5, (frame.y0 + frame.y1) * 0.5);
    let (w, h) = (frame.width().abs(), frame.height().abs());
    let mut before: Option<Point> = None;
    for b in points.filter(|p| p.0.is_finite() && p.1.is_finite()) {
        let touches = match before {
            None => 2.0 * (b.0 - cx).abs() <= w && 2.0 * (b.1 - cy).abs() <= h,
            Some(a) => {
                let (dx, dy) = (a.0 - b.0, a.1 - b.1);
                (a.0 + b.0 - 2.0 * cx).abs() < dx.abs() + w
                    && (a.1 + b.1 - 2.0 * cy).abs() < dy.abs() + h
                    && 2.0 * ((a.0 - cx) * dy - (a.1 - cy) * dx).abs() < w * dy.abs() + h * dx.abs()
            }
        };
        if touches {
            return true;
        }
        before = Some(b);
    }
    false
}
