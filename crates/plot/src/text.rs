//! Where a text goes when its position is given by an edge or its middle.

use crate::error::PlotError;
use crate::font::{Line, SizedFont};
use crate::geometry::{Bounds, Point};

/// Which part of the text, along it, lies at the given position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Across {
    Left,
    Center,
    Right,
}

/// Which part of the text, upwards, lies at the given position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Up {
    Top,
    Baseline,
    /// Half way between baseline and top.
    CenterBaseline,
}

/// A text at its position; display coordinates, y upwards.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) line: Line,
    /// Start of the baseline.
    pub(crate) origin: Point,
    /// Turned a quarter to the left.
    pub(crate) upright: bool,
    /// The text's line box.
    pub(crate) bounds: Bounds,
}

/// The height above and below the baseline that a line takes: its letters' or the font's, whichever is more.
pub(crate) fn line_box(font: &SizedFont, line: &Line) -> (f64, f64) {
    let least = font.line_height();
    ((line.height - line.descent).max(least.ascent), line.descent.max(least.descent))
}

/// Places a horizontal text.
///
/// Mirrors `matplotlib.text.Text._get_layout` for one line.
pub(crate) fn place(
    font: &SizedFont,
    text: &str,
    at: Point,
    across: Across,
    up: Up,
) -> Result<Placed, PlotError> {
    let line = font.line(text)?;
    let (ascent, descent) = line_box(font, &line);
    let low = -ascent - descent;
    let dx = match across {
        Across::Left => 0.0,
        Across::Center => line.width / 2.0,
        Across::Right => line.width,
    };
    let dy = match up {
        Up::Top => 0.0,
        Up::Baseline => low + descent,
        Up::CenterBaseline => -ascent / 2.0,
    };
    let (x0, y0) = (at.0 - dx, at.1 + (low - dy));
    let bounds = Bounds { x0, y0, x1: x0 + line.width, y1: y0 - low };
    Ok(Placed { origin: (x0, at.1 + (-ascent - dy)), upright: false, bounds, line })
}

/// Places a text that reads upwards, its middle at `at.1` and its lower side at `at.0`: a y axis's name.
pub(crate) fn place_upright(font: &SizedFont, text: &str, at: Point) -> Result<Placed, PlotError> {
    let line = font.line(text)?;
    let (ascent, descent) = line_box(font, &line);
    let (x, y) = (at.0 - descent, at.1 - line.width / 2.0);
    let bounds = Bounds { x0: x - ascent, y0: y, x1: at.0, y1: y + line.width };
    Ok(Placed { origin: (x, y), upright: true, bounds, line })
}
