//! The texts about the axes: tick labels, offset texts, labels and title.

use crate::axis::Axis;
use crate::canvas::Canvas;
use crate::error::PlotError;
use crate::font::SizedFont;
use crate::geometry::Bounds;
use crate::style::{FONT_SIZE, LABEL_PAD, OFFSET_PAD, TICK_PAD, TICK_SIZE, TITLE_PAD, TITLE_SIZE};
use crate::text::{Across, Placed, Up, place, place_upright};

/// Tick labels, offset texts, the axes' labels and the title.
pub(crate) fn place_texts(
    axes: &Bounds,
    x: &Axis,
    y: &Axis,
    title: &str,
    canvas: Canvas,
) -> Result<Vec<Placed>, PlotError> {
    let font = SizedFont::new(FONT_SIZE, canvas.dpi)?;
    let point = canvas.point();
    let away = (TICK_SIZE + TICK_PAD) * point;
    let mut texts = Vec::new();
    // Without tick labels an axis's label keeps clear of the ticks.
    let mut below = axes.y0 - TICK_SIZE * point;
    let mut lowest = f64::INFINITY;
    for (at, label) in x.positions().into_iter().zip(&x.labels) {
        let text = place(&font, label, (at, axes.y0 - away), Across::Center, Up::Top)?;
        lowest = lowest.min(text.bounds.y0);
        texts.push(text);
    }
    below = below.min(lowest);
    let mut beside = axes.x0 - TICK_SIZE * point;
    for (at, label) in y.positions().into_iter().zip(&y.labels) {
        let text = place(&font, label, (axes.x0 - away, at), Across::Right, Up::CenterBaseline)?;
        beside = beside.min(text.bounds.x0);
        texts.push(text);
    }
    let mut above = None;
    if !x.offset_text.is_empty() {
        let bottom = if lowest.is_finite() { lowest } else { axes.y0 };
        let at = (axes.x1, bottom - OFFSET_PAD * point);
        texts.push(place(&font, &x.offset_text, at, Across::Right, Up::Top)?);
    }
    if !y.offset_text.is_empty() {
        let at = (axes.x0, axes.y1 + OFFSET_PAD * point);
        let text = place(&font, &y.offset_text, at, Across::Left, Up::Baseline)?;
        above = Some(text.bounds);
        texts.push(text);
    }
    let middle = ((axes.x0 + axes.x1) / 2.0, (axes.y0 + axes.y1) / 2.0);
    if !x.name.is_empty() {
        let at = (middle.0, below - LABEL_PAD * point);
        texts.push(place(&font, x.name, at, Across::Center, Up::Top)?);
    }
    if !y.name.is_empty() {
        texts.push(place_upright(&font, y.name, (beside - LABEL_PAD * point, middle.1))?);
    }
    if !title.is_empty() {
        texts.push(place_title(title, axes, canvas, above)?);
    }
    Ok(texts)
}

/// The title, above the axes, or above the y axis's offset text where the two would meet.
fn place_title(
    title: &str,
    axes: &Bounds,
    canvas: Canvas,
    offset_text: Option<Bounds>,
) -> Result<Placed, PlotError> {
    let font = SizedFont::new(TITLE_SIZE, canvas.dpi)?;
    let x = (axes.x0 + axes.x1) / 2.0;
    let pad = TITLE_PAD * canvas.point();
    let at = |top: f64| place(&font, title, (x, top + pad), Across::Center, Up::Baseline);
    let title = at(axes.y1)?;
    match offset_text {
        Some(text) if text.meets(&title.bounds) && title.bounds.y0 < text.y1 => at(text.y1),
        _ => Ok(title),
    }
}
