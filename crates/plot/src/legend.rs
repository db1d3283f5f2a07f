//! The legend: what is in it, how large it is, and where it hides least.

use crate::canvas::Canvas;
use crate::error::PlotError;
use crate::font::SizedFont;
use crate::geometry::{Bounds, Point};
use crate::series::Series;
use crate::style::{
    AXES_PAD, BORDER_PAD, HANDLE_HEIGHT, HANDLE_LENGTH, HANDLE_TEXT_PAD, LABEL_SPACING,
    MARKER_HEIGHT,
};
use crate::text::{Across, Placed, Up, line_box, place};

/// The locations tried, in this order: name, and how far right and up in the axes, as parts of the free way.
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

/// A legend with all decisions made; display coordinates.
pub(crate) struct PlacedLegend {
    pub(crate) frame: Bounds,
    pub(crate) corner: &'static str,
    /// Points.
    pub(crate) fontsize: f64,
    pub(crate) entries: Vec<Entry>,
}

/// A handle and its text.
pub(crate) struct Entry {
    /// Position of the series in the order of the calls.
    pub(crate) series: usize,
    /// The line of a line's handle, and its markers' position.
    pub(crate) line: [Point; 3],
    /// The position of a scatter's marker.
    pub(crate) dot: Point,
    pub(crate) text: Placed,
}

/// One entry's extent about its baseline.
struct Extent {
    width: f64,
    above: f64,
    below: f64,
}

/// The legend of the series that have a label; none if no series has.
pub(crate) fn place_legend(
    axes: &Bounds,
    series: &[Series],
    fontsize: f64,
    canvas: Canvas,
) -> Result<Option<PlacedLegend>, PlotError> {
    let font = SizedFont::new(fontsize, canvas.dpi)?;
    let labels = series.iter().map(|s| s.label).enumerate();
    let labels: Vec<_> = labels.filter(|(_, label)| !label.is_empty()).collect();
    if labels.is_empty() {
        return Ok(None);
    }
    let em = fontsize * canvas.point();
    let handle_height = HANDLE_HEIGHT * fontsize * canvas.point();
    // Every entry is at least as high as one with letters that rise and letters that fall.
    let tall = font.line("lp")?;
    let text_start = (HANDLE_LENGTH + HANDLE_TEXT_PAD) * em;
    let mut extents = Vec::new();
    for (_, label) in &labels {
        let line = font.line(label)?;
        let (ascent, descent) = line_box(&font, &line);
        extents.push(Extent {
            width: text_start + line.width,
            above: ascent.max(tall.height - tall.descent).max(handle_height),
            below: descent,
        });
    }
    let pad = BORDER_PAD * em;
    let spacing = LABEL_SPACING * em;
    let width = extents.iter().map(|e| e.width).fold(0.0, f64::max) + 2.0 * pad;
    let height = extents.iter().map(|e| e.above + e.below).sum::<f64>()
        + spacing * (extents.len() - 1) as f64
        + 2.0 * pad;
    let (corner, frame) = best_place(axes, series, width, height, AXES_PAD * em);

    let left = frame.x0 + pad;
    let right = left + HANDLE_LENGTH * em;
    let mut top = frame.y1 - pad;
    let mut entries = Vec::new();
    for ((series, label), extent) in labels.into_iter().zip(&extents) {
        let baseline = top - extent.above;
        let at = (left + text_start, baseline);
        let y = baseline + handle_height / 2.0;
        entries.push(Entry {
            series,
            line: [(left, y), ((left + right) / 2.0, y), (right, y)],
            dot: (left + HANDLE_LENGTH * em / 2.0, baseline + handle_height * MARKER_HEIGHT),
            text: place(&font, label, at, Across::Left, Up::Baseline)?,
        });
        top = baseline - extent.below - spacing;
    }
    Ok(Some(PlacedLegend { frame, corner, fontsize, entries }))
}

/// The first location that covers nothing, or the one that covers least.
///
/// Mirrors `Legend._find_best_position`.
fn best_place(
    axes: &Bounds,
    series: &[Series],
    width: f64,
    height: f64,
    pad: f64,
) -> (&'static str, Bounds) {
    let mut best: Option<(usize, &'static str, Bounds)> = None;
    for (corner, right, up) in CORNERS {
        let x0 = axes.x0 + pad + right * (axes.width() - 2.0 * pad - width);
        let y0 = axes.y0 + pad + up * (axes.height() - 2.0 * pad - height);
        let frame = Bounds { x0, y0, x1: x0 + width, y1: y0 + height };
        let hidden = hidden(series, &frame);
        if best.is_none_or(|(least, ..)| hidden < least) {
            best = Some((hidden, corner, frame));
        }
        if hidden == 0 {
            break;
        }
    }
    // CORNERS is not empty, so there is always a best one; the fallback is never taken.
    best.map_or((CORNERS[0].0, *axes), |(_, corner, frame)| (corner, frame))
}

/// How many points a frame hides, and one more for each line that crosses it.
fn hidden(series: &[Series], frame: &Bounds) -> usize {
    let inside = |p: &Point| frame.x0 < p.0 && p.0 < frame.x1 && frame.y0 < p.1 && p.1 < frame.y1;
    series
        .iter()
        .map(|s| {
            let crosses = s.is_line() && crosses(s.display(), frame);
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
