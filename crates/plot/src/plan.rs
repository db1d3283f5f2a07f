//! Every decision between the data and the first pixel, made.

use crate::annotation::place_texts;
use crate::axis::Axis;
use crate::canvas::Canvas;
use crate::color::Color;
use crate::error::{PlotError, check_size};
use crate::figure::{Figure, Grid};
use crate::geometry::Bounds;
use crate::legend::{PlacedLegend, place_legend};
use crate::linestyle::Pattern;
use crate::scale::Scale;
use crate::series::{Series, WIDEST, color, limits, series};
use crate::style::{BOTTOM, FONT_SIZE, LEFT, POINTS, RIGHT, TICK_ROOM_X, TICK_ROOM_Y, TOP};
use crate::text::Placed;

/// The most pixels a side of a figure may have: less than a gigabyte in all.
const LONGEST: f64 = 16384.0;

/// A figure with all decisions made.
pub(crate) struct Plan<'a> {
    pub(crate) canvas: Canvas,
    pub(crate) axes: Bounds,
    pub(crate) x: Axis<'a>,
    pub(crate) y: Axis<'a>,
    pub(crate) grid: Option<GridLines>,
    /// In the order of the calls.
    pub(crate) series: Vec<Series<'a>>,
    pub(crate) texts: Vec<Placed>,
    pub(crate) legend: Option<PlacedLegend>,
}

/// How the lines at the ticks of an axis look.
pub(crate) struct GridLines {
    pub(crate) x: bool,
    pub(crate) y: bool,
    pub(crate) color: Color,
    /// Points.
    pub(crate) width: f64,
    pub(crate) pattern: Pattern,
}

impl<'a> Plan<'a> {
    /// Makes all decisions.
    pub(crate) fn new(figure: &'a Figure) -> Result<Self, PlotError> {
        let dpi = figure.dpi;
        let side = |what, inches: f64| check_size(what, inches * dpi, 1.0, LONGEST);
        let width = side("width of the figure in pixels", figure.inches.0)?;
        let height = side("height of the figure in pixels", figure.inches.1)?;
        let canvas = Canvas { width: width as u32, height: height as u32, dpi };
        let axes = Bounds {
            x0: LEFT * width,
            y0: (TOP - (TOP - BOTTOM)) * height,
            x1: (LEFT + (RIGHT - LEFT)) * width,
            y1: TOP * height,
        };
        let [limits_x, limits_y] = limits(figure)?;
        let scales =
            (Scale::new(limits_x, axes.x0, axes.x1), Scale::new(limits_y, axes.y0, axes.y1));
        let (long, high) = (axes.width() / dpi * POINTS, axes.height() / dpi * POINTS);
        let x = Axis::new(&figure.xlabel, scales.0, long, FONT_SIZE * TICK_ROOM_X);
        let y = Axis::new(&figure.ylabel, scales.1, high, FONT_SIZE * TICK_ROOM_Y);
        let series = series(figure, scales)?;
        let texts = place_texts(&axes, &x, &y, &figure.title, canvas)?;
        let legend = match &figure.legend {
            Some(legend) => place_legend(&axes, &series, legend.fontsize, canvas)?,
            None => None,
        };
        let grid = figure.grid.as_ref().map(grid_lines).transpose()?;
        Ok(Self { canvas, axes, x, y, grid, series, texts, legend })
    }
}

fn grid_lines(grid: &Grid) -> Result<GridLines, PlotError> {
    let (x, y) = match grid.axis.as_str() {
        "both" => (true, true),
        "x" => (true, false),
        "y" => (false, true),
        _ => return Err(PlotError::GridAxis(grid.axis.clone())),
    };
    let width = check_size("width of the grid's lines in points", grid.width, 0.0, WIDEST)?;
    let color = color(&grid.color, grid.alpha)?;
    Ok(GridLines { x, y, color, width, pattern: grid.style.pattern(width)? })
}
