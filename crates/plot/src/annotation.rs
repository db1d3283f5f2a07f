//! The texts about the axes: tick labels, offset texts, names and title.

use crate::error::PlotError;
use crate::figure::FONT_SIZE;
use crate::font::SizedFont;
use crate::geometry::Bounds;
use crate::plan::Plan;
use crate::text::{Across, Placed, Up, place, place_upright};

/// Points: a tick's length, its label's distance from it, an axis name's from the labels, a title's
/// from the axes, an offset text's from what it stands by.
pub(crate) const TICK_SIZE: f64 = 3.5;
const TICK_PAD: f64 = 3.5;
const LABEL_PAD: f64 = 4.0;
const TITLE_PAD: f64 = 6.0;
const OFFSET_PAD: f64 = 3.0;
/// `axes.titlesize`, `large`: 1.2 times the font size.
const TITLE_SIZE: f64 = FONT_SIZE * 1.2;
/// Tick labels, offset texts, the axes' names and the title.
pub(crate) fn place_texts(plan: &Plan, dpi: f64) -> Result<Vec<Placed>, PlotError> {
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
    Ok(texts)
}

/// The title, above the axes, or above the y axis's offset text where the two would meet.
fn place_title(plan: &Plan, dpi: f64, offset_text: Option<Bounds>) -> Result<Placed, PlotError> {
    let font = SizedFont::new(TITLE_SIZE, dpi)?;
    let x = (plan.axes.x0 + plan.axes.x1) / 2.0;
    let at = |top: f64| {
        place(&font, plan.title, (x, top + TITLE_PAD * plan.point), Across::Center, Up::Baseline)
    };
    let title = at(plan.axes.y1)?;
    match offset_text {
        Some(text) if text.meets(&title.bounds) && title.bounds.y0 < text.y1 => at(text.y1),
        _ => Ok(title),
    }
}
