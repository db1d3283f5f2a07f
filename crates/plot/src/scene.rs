//! The figure as shapes in pixels, in the order in which they are painted.

use crate::canvas::Canvas;
use crate::color::Color;
use crate::geometry::{Bounds, Matrix, Point, Polyline, Segment, flatten};
use crate::legend::PlacedLegend;
use crate::linestyle::Pattern;
use crate::marker::Marker;
use crate::plan::Plan;
use crate::polyline::{pieces, snap};
use crate::raster::Window;
use crate::series::{Kind, Series};
use crate::stroke::{Cap, Join, Pen, stroke};
use crate::style::{
    FRAME_WIDTH, LEGEND_EDGE, LEGEND_FACE, LEGEND_ROUNDING, LEGEND_WIDTH, MARKER_EDGE_WIDTH,
    TICK_SIZE,
};
use crate::text::Placed;

/// Something to paint. Pixels, y downwards.
pub(crate) enum Item {
    /// An area.
    Area { outlines: Vec<Polyline>, color: Color, clip: Window },
    /// The same areas, painted one after the other, at each of many positions.
    Stamps { layers: Vec<Vec<Polyline>>, color: Color, at: Vec<(i32, i32)>, clip: Window },
    /// A letter: its hinted outline in 1/64 pixel, y upwards from the figure's lower edge.
    Letter(Vec<Segment>),
}

/// A figure ready to be painted on white.
pub(crate) struct Scene {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) items: Vec<Item>,
}

/// Whether a marker's points are moved to pixels.
#[derive(Clone, Copy, PartialEq)]
enum Snap {
    Always,
    Never,
    /// If the marker has only level and upright lines.
    Auto,
}

/// Collects the items of a figure.
struct Painter {
    canvas: Canvas,
    height: f64,
    /// The whole figure.
    whole: Window,
    items: Vec<Item>,
}

impl Scene {
    /// The shapes of a figure, in matplotlib's order: scatters, grid and ticks, lines, frame, texts, legend.
    pub(crate) fn new(plan: &Plan) -> Self {
        let Canvas { width, height, .. } = plan.canvas;
        let mut painter = Painter {
            canvas: plan.canvas,
            height: f64::from(height),
            whole: Window { x0: 0, y0: 0, x1: width as i32, y1: height as i32 },
            items: Vec::new(),
        };
        let window = painter.window(&plan.axes);
        for series in plan.series.iter().filter(|s| !s.is_line()) {
            painter.series(series, window);
        }
        painter.grid_and_ticks(plan, window);
        for series in plan.series.iter().filter(|s| s.is_line()) {
            painter.series(series, window);
        }
        painter.frame(plan);
        plan.texts.iter().for_each(|text| painter.text(text));
        if let Some(legend) = &plan.legend {
            painter.legend(legend, &plan.series);
        }
        Self { width, height, items: painter.items }
    }
}

impl Painter {
    /// Display coordinates to pixels, y downwards.
    fn down(&self, p: Point) -> Point {
        (p.0, self.height - p.1)
    }

    fn pen(&self, points: f64, join: Join, cap: Cap) -> Pen {
        Pen { width: self.canvas.pixels(points), join, cap }
    }

    /// The pixels in which a line is seen: those whose centres lie in the axes.
    fn window(&self, axes: &Bounds) -> Window {
        let (left, bottom) = self.down((axes.x0, axes.y0));
        let (right, top) = self.down((axes.x1, axes.y1));
        let near = |v: f64| (v + 0.5).floor() as i32;
        Window { x0: near(left), y0: near(top), x1: near(right), y1: near(bottom) }
    }

    fn area(&mut self, outlines: Vec<Polyline>, color: Color, clip: Window) {
        if !outlines.is_empty() {
            self.items.push(Item::Area { outlines, color, clip });
        }
    }

    fn strokes(&mut self, lines: &[Polyline], pen: Pen, color: Color, clip: Window) {
        let outlines = lines.iter().flat_map(|line| stroke(line, pen)).collect();
        self.area(outlines, color, clip);
    }

    /// A line of `width` points through pixels.
    fn line(
        &mut self,
        points: &[Point],
        width: f64,
        pattern: &Pattern,
        color: Color,
        clip: Window,
    ) {
        let pen = self.pen(width, Join::Round, Cap::Square);
        if pen.width == 0.0 {
            return;
        }
        let lines = pieces(points, pen.width);
        match pattern {
            Pattern::Nothing => {}
            Pattern::Solid => self.strokes(&lines, pen, color, clip),
            Pattern::Dashed(dashes) => {
                let dashes = dashes.scaled(self.canvas.point());
                let dashed: Vec<_> = lines.iter().flat_map(|line| dashes.cut(line)).collect();
                self.strokes(&dashed, Pen { cap: Cap::Butt, ..pen }, color, clip);
            }
        }
    }

    /// For each axis its ticks in turn, each with its line of the grid below it. Ticks are stamps: drawn
    /// once at a pixel's centre, then set down at whole pixels.
    fn grid_and_ticks(&mut self, plan: &Plan, window: Window) {
        let pen = self.pen(FRAME_WIDTH, Join::Round, Cap::Butt);
        let Bounds { x0, y0, x1, y1 } = plan.axes;
        let (left, bottom) = (x0 + 0.5, self.height + 0.5 - y0);
        let length = TICK_SIZE * self.canvas.point();
        for (axis, upright) in [(&plan.x, true), (&plan.y, false)] {
            let tip = if upright { (0.0, length) } else { (-length, 0.0) };
            let points = [(0.0, 0.0), tip].map(|p| snap(p, pen.width)).to_vec();
            let layers = vec![stroke(&Polyline { points, closed: false }, pen)];
            let grid = plan.grid.as_ref().filter(|grid| if upright { grid.x } else { grid.y });
            let mut at = Vec::new();
            for tick in &axis.ticks {
                let (ends, position) = if upright {
                    let x = axis.scale.right(*tick, 0.0);
                    (
                        [(x, self.height - y0), (x, self.height - y1)],
                        (axis.scale.right(*tick, 0.5), bottom),
                    )
                } else {
                    let y = axis.scale.down(*tick, self.height, 0.0);
                    ([(x0, y), (x1, y)], (left, axis.scale.down(*tick, self.height, 0.5)))
                };
                if let Some(grid) = grid {
                    self.line(&ends, grid.width, &grid.pattern, grid.color, window);
                }
                at.push(position);
            }
            let (at, clip) = (pixels(at), self.whole);
            self.items.push(Item::Stamps { layers, color: Color::BLACK, at, clip });
        }
    }

    /// Each side runs from limit to limit along its own axis, whose ends may round to other pixels than the
    /// axes' corners.
    fn frame(&mut self, plan: &Plan) {
        let pen = self.pen(FRAME_WIDTH, Join::Miter, Cap::Square);
        let Bounds { x0, y0, x1, y1 } = plan.axes;
        let (x, y) = (plan.x.scale, plan.y.scale);
        let [left, right] = [x.limits.0, x.limits.1].map(|v| x.right(v, 0.0));
        let [bottom, top] = [y.limits.0, y.limits.1].map(|v| y.down(v, self.height, 0.0));
        let [low, high] = [y0, y1].map(|v| self.height - v);
        let sides = [
            [(x0, bottom), (x0, top)],
            [(x1, bottom), (x1, top)],
            [(left, low), (right, low)],
            [(left, high), (right, high)],
        ];
        for side in sides {
            let points = side.map(|p| snap(p, pen.width)).to_vec();
            self.strokes(&[Polyline { points, closed: false }], pen, Color::BLACK, self.whole);
        }
    }

    fn series(&mut self, series: &Series, window: Window) {
        if let Kind::Line { width, pattern, .. } = &series.kind {
            self.line(&series.down(self.height, 0.0), *width, pattern, series.color, window);
        }
        // Agg counts the last column and row of a stamp's clip box in.
        let clip = Window { x1: window.x1 + 1, y1: window.y1 + 1, ..window };
        self.markers(series, series.down(self.height, 0.5), clip);
    }

    /// The markers of a series; `points` are half a pixel right of and below their positions.
    fn markers(&mut self, series: &Series, points: Vec<Point>, clip: Window) {
        match &series.kind {
            Kind::Line { marker, size, .. } => {
                let size = self.canvas.pixels(*size);
                let (matrix, edge) = if marker.pixel {
                    (marker.matrix, 0.0)
                } else {
                    (marker.matrix.scaled(size, size), MARKER_EDGE_WIDTH)
                };
                let pen = self.pen(edge, marker.join, Cap::Butt);
                let snap = match marker.snapped_from {
                    None => Snap::Auto,
                    Some(from) if size >= from => Snap::Always,
                    Some(_) => Snap::Never,
                };
                if size > 0.0 {
                    let layers = layers(&marker.path, matrix.scaled(1.0, -1.0), marker, pen, snap);
                    let (color, at) = (series.color, pixels(points));
                    self.items.push(Item::Stamps { layers, color, at, clip });
                }
            }
            Kind::Scatter { marker, size, edge } => {
                let scale = self.canvas.pixels(size.sqrt());
                let pen = self.pen(*edge, Join::Round, Cap::Butt);
                let path: Vec<_> =
                    marker.path.iter().map(|s| s.map(|p| marker.matrix.map(p))).collect();
                self.scatter(&path, scale, marker, pen, points, series.color, clip);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a marker, its looks and its positions")]
    fn scatter(
        &mut self,
        path: &[Segment],
        scale: f64,
        marker: &Marker,
        pen: Pen,
        points: Vec<Point>,
        color: Color,
        clip: Window,
    ) {
        let matrix = Matrix::scale(scale, -scale);
        if scale < f64::from(self.canvas.width) && scale < self.height {
            let (layers, at) = (layers(path, matrix, marker, pen, Snap::Auto), pixels(points));
            self.items.push(Item::Stamps { layers, color, at, clip });
            return;
        }
        // A marker larger than the figure is drawn anew at each position, where it can be cut to the window.
        for (x, y) in points.into_iter().filter(|p| p.0.is_finite() && p.1.is_finite()) {
            let there = Matrix { dx: x - 1.0, dy: y - 1.0, ..matrix };
            for outlines in layers(path, there, marker, pen, Snap::Never) {
                self.area(outlines, color, clip);
            }
        }
    }

    /// Letters are placed to 1/64 pixel, as FreeType places them.
    fn text(&mut self, text: &Placed) {
        let height = self.height;
        let origin = self.down(text.origin);
        for glyph in text.line.glyphs.iter().filter(|g| !g.outline.is_empty()) {
            let (dx, dy) = if text.upright { (-glyph.y, glyph.x) } else { (glyph.x, glyph.y) };
            let x = (64.0 * (origin.0 + dx)).round_ties_even();
            let y = (64.0 * (height - origin.1 + dy)).round_ties_even();
            let place = |p: Point| {
                let (px, py) = if text.upright { (-p.1, p.0) } else { p };
                (64.0 * px + x, 64.0 * py + y)
            };
            self.items.push(Item::Letter(glyph.outline.iter().map(|s| s.map(place)).collect()));
        }
    }

    fn legend(&mut self, legend: &PlacedLegend, series: &[Series]) {
        self.legend_frame(legend);
        for entry in &legend.entries {
            let series = &series[entry.series];
            let [left, middle, right] = entry.line.map(|p| self.down(p));
            let position = match &series.kind {
                Kind::Line { width, pattern, .. } => {
                    let points = [left, middle, right];
                    self.line(&points, *width, pattern, series.color, self.whole);
                    middle
                }
                Kind::Scatter { .. } => self.down(entry.dot),
            };
            self.markers(series, vec![(position.0 + 0.5, position.1 + 0.5)], self.whole);
            self.text(&entry.text);
        }
    }

    fn legend_frame(&mut self, legend: &PlacedLegend) {
        let pen = self.pen(LEGEND_WIDTH, Join::Miter, Cap::Butt);
        let radius = LEGEND_ROUNDING * legend.fontsize * self.canvas.point();
        let path = rounded_box(&legend.frame, radius);
        let path: Vec<Segment> =
            path.iter().map(|s| s.map(|p| snap(self.down(p), pen.width))).collect();
        let outlines = flatten(&path);
        self.area(outlines.clone(), LEGEND_FACE, self.whole);
        self.strokes(&outlines, pen, LEGEND_EDGE, self.whole);
    }
}

/// A marker's areas in pixels about the origin: what is filled, and the outline.
fn layers(
    path: &[Segment],
    matrix: Matrix,
    marker: &Marker,
    pen: Pen,
    how: Snap,
) -> Vec<Vec<Polyline>> {
    let placed: Vec<Segment> = path.iter().map(|s| s.map(|p| matrix.map(p))).collect();
    let placed: Vec<Segment> = if how == Snap::Always || how == Snap::Auto && rectilinear(&placed) {
        placed.iter().map(|s| s.map(|p| snap(p, pen.width))).collect()
    } else {
        // What is not snapped is centred in a pixel.
        let matrix = Matrix { dx: matrix.dx + 0.5, dy: matrix.dy + 0.5, ..matrix };
        path.iter().map(|s| s.map(|p| matrix.map(p))).collect()
    };
    let outlines = flatten(&placed);
    let edge = if pen.width > 0.0 {
        outlines.iter().flat_map(|line| stroke(line, pen)).collect()
    } else {
        Vec::new()
    };
    marker.filled.then_some(outlines).into_iter().chain([edge]).collect()
}

/// The whole pixels of positions; what is not finite is left out.
fn pixels(points: Vec<Point>) -> Vec<(i32, i32)> {
    let finite = points.into_iter().filter(|p| p.0.is_finite() && p.1.is_finite());
    finite.map(|p| (p.0.floor() as i32, p.1.floor() as i32)).collect()
}

/// Whether a path has only level and upright lines.
fn rectilinear(path: &[Segment]) -> bool {
    let mut last = (0.0, 0.0);
    path.iter().all(|segment| match *segment {
        Segment::Move(p) => {
            last = p;
            true
        }
        Segment::Line(p) => {
            let straight = (p.0 - last.0).abs() < 1e-4 || (p.1 - last.1).abs() < 1e-4;
            last = p;
            straight
        }
        Segment::Close => true,
        Segment::Quad(..) | Segment::Cubic(..) => false,
    })
}

/// A box with corners of one quadratic curve each, `BoxStyle.Round`.
fn rounded_box(b: &Bounds, r: f64) -> Vec<Segment> {
    let Bounds { x0, y0, x1, y1 } = *b;
    vec![
        Segment::Move((x0 + r, y0)),
        Segment::Line((x1 - r, y0)),
        Segment::Quad((x1, y0), (x1, y0 + r)),
        Segment::Line((x1, y1 - r)),
        Segment::Quad((x1, y1), (x1 - r, y1)),
        Segment::Line((x0 + r, y1)),
        Segment::Quad((x0, y1), (x0, y1 - r)),
        Segment::Line((x0, y0 + r)),
        Segment::Quad((x0, y0), (x0 + r, y0)),
        Segment::Close,
    ]
}
