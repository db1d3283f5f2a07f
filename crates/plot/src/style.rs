//! matplotlib's default style: every length and colour that the caller does not choose.
//!
//! Lengths are in points unless said otherwise; names in comments are those of `matplotlibrc`.

use crate::color::Color;

/// Points to an inch.
pub(crate) const POINTS: f64 = 72.0;
/// `figure.figsize` in inches, and `figure.dpi`.
pub(crate) const FIGSIZE: (f64, f64) = (6.4, 4.8);
pub(crate) const DPI: f64 = 100.0;
/// The axes' sides as fractions of the figure, `figure.subplot.*`.
pub(crate) const LEFT: f64 = 0.125;
pub(crate) const RIGHT: f64 = 0.9;
pub(crate) const BOTTOM: f64 = 0.11;
pub(crate) const TOP: f64 = 0.88;

/// `font.size`, and `axes.titlesize`: `large`, 1.2 times the font size.
pub(crate) const FONT_SIZE: f64 = 10.0;
pub(crate) const TITLE_SIZE: f64 = FONT_SIZE * 1.2;

/// `lines.linewidth`, `lines.markersize`, `lines.markeredgewidth`.
pub(crate) const LINE_WIDTH: f64 = 1.5;
pub(crate) const MARKER_SIZE: f64 = 6.0;
pub(crate) const MARKER_EDGE_WIDTH: f64 = 1.0;
/// `lines.markersize ** 2`, in points squared.
pub(crate) const SCATTER_SIZE: f64 = 36.0;
/// Width of the outline of scatter's markers that are filled, and of those that are only lines.
pub(crate) const SCATTER_EDGE_WIDTH: f64 = 1.0;
pub(crate) const SCATTER_LINE_WIDTH: f64 = LINE_WIDTH;
/// `lines.*_pattern`: ink and gap in turn, in line widths.
pub(crate) const DASHED: [f64; 2] = [3.7, 1.6];
pub(crate) const DASHDOT: [f64; 4] = [6.4, 1.6, 1.0, 1.6];
pub(crate) const DOTTED: [f64; 2] = [1.0, 1.65];

/// The fraction of the data's span left free on each side, `axes.xmargin` and `axes.ymargin`.
pub(crate) const MARGIN: f64 = 0.05;
/// Width of the frame and the ticks, `axes.linewidth`, `xtick.major.width`.
pub(crate) const FRAME_WIDTH: f64 = 0.8;
/// `xtick.major.size`, `xtick.major.pad`, `axes.labelpad`, `axes.titlepad`, and an offset text's distance
/// from what it stands by.
pub(crate) const TICK_SIZE: f64 = 3.5;
pub(crate) const TICK_PAD: f64 = 3.5;
pub(crate) const LABEL_PAD: f64 = 4.0;
pub(crate) const TITLE_PAD: f64 = 6.0;
pub(crate) const OFFSET_PAD: f64 = 3.0;
/// How many font sizes of axis length a tick label needs: matplotlib takes x labels for three times as
/// wide as high.
pub(crate) const TICK_ROOM_X: f64 = 3.0;
pub(crate) const TICK_ROOM_Y: f64 = 2.0;

/// `grid.color`, `grid.linewidth`.
pub(crate) const GRID_COLOR: &str = "#b0b0b0";
pub(crate) const GRID_WIDTH: f64 = 0.8;

/// Fractions of the legend's font size, `legend.*`: the frame's margin inside and outside, the distance
/// between entries and between a handle and its text, the handles' width and height, the radius of the
/// frame's corners.
pub(crate) const BORDER_PAD: f64 = 0.4;
pub(crate) const AXES_PAD: f64 = 0.5;
pub(crate) const LABEL_SPACING: f64 = 0.5;
pub(crate) const HANDLE_TEXT_PAD: f64 = 0.8;
pub(crate) const HANDLE_LENGTH: f64 = 2.0;
pub(crate) const HANDLE_HEIGHT: f64 = 0.7;
pub(crate) const LEGEND_ROUNDING: f64 = 0.2;
/// Where in its handle a scatter's marker lies, as a fraction of the height: `Legend._scatteryoffsets[0]`.
pub(crate) const MARKER_HEIGHT: f64 = 0.375;
/// `patch.linewidth`, `legend.edgecolor`, `legend.framealpha`.
pub(crate) const LEGEND_WIDTH: f64 = 1.0;
pub(crate) const LEGEND_EDGE: Color = Color { r: 0.8, g: 0.8, b: 0.8, a: 0.8 };
pub(crate) const LEGEND_FACE: Color = Color { r: 1.0, g: 1.0, b: 1.0, a: 0.8 };
