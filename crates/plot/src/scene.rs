//! The figure as shapes in pixels, in the order in which they are painted.

use crate::annotation::TICK_SIZE;
use crate::color::Color;
use crate::error::PlotError;
use crate::geometry::{Bounds, Point, Polyline, Segment, flatten};
use crate::legend::{Handle, HandleShape, LegendPlan};
use crate::marker::marker;
use crate::plan::{Kind, Plan, SeriesPlan};
use crate::polyline::{pieces, snap};
use crate::raster::Window;
use crate::stroke::{Cap, Join, Pen, stroke};
use crate::text::Placed;

/// Width in points of the frame and the ticks, `axes.linewidth`, `xtick.major.width`.
const FRAME_WIDTH: f64 = 0.8;
/// Width in points of the legend's frame, `patch.linewidth`.
const LEGEND_WIDTH: f64 = 1.0;
/// Colours of the legend's frame and of its paper, `legend.edgecolor`, `legend.framealpha`.
const LEGEND_EDGE: Color = Color { r: 0.8, g: 0.8, b: 0.8, a: 0.8 };
const LEGEND_FACE: Color = Color { r: 1.0, g: 1.0, b: 1.0, a: 0.8 };
/// Radius of the legend's corners, as a fraction of the font size.
const LEGEND_ROUNDING: f64 = 0.2;

/// Something to paint. Pixels, y downwards.
pub(crate) enum Item {
    /// An area.
    Area { outlines: Vec<Polyline>, color: Color, clip: Window },
    /// The same areas, painted one after the other, at each of many places.
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

/// Collects the items of a figure.
struct Painter<'a> {
    plan: &'a Plan<'a>,
    items: Vec<Item>,
    canvas: Window,
}

impl Scene {
    /// The shapes of a figure, in matplotlib's order: dots, ticks, lines, frame, texts, legend.
    pub(crate) fn new(plan: &Plan) -> Result<Self, PlotError> {
        let canvas = Window { x0: 0, y0: 0, x1: plan.width as i32, y1: plan.height as i32 };
        let mut painter = Painter { plan, items: Vec::new(), canvas };
        for series in plan.series.iter().filter(|s| s.kind != Kind::Line) {
            painter.dots(series)?;
        }
        painter.ticks();
        for series in plan.series.iter().filter(|s| s.kind == Kind::Line) {
            painter.line(series);
        }
        painter.frame();
        plan.texts.iter().for_each(|text| painter.text(text));
        if let Some(legend) = &plan.legend {
            painter.legend(legend)?;
        }
        Ok(Self { width: plan.width, height: plan.height, items: painter.items })
    }
}

impl Painter<'_> {
    /// Display coordinates to pixels, y downwards.
    fn down(&self, p: Point) -> Point {
        (p.0, f64::from(self.plan.height) - p.1)
    }

    /// The pixels in which a line is seen: those whose centres lie in the axes.
    fn axes_window(&self) -> Window {
        let Bounds { x0, y0, x1, y1 } = self.plan.axes;
        let ((left, bottom), (right, top)) = (self.down((x0, y0)), self.down((x1, y1)));
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

    /// Ticks are stamps: drawn once at a pixel's centre, then set down at whole pixels.
    fn ticks(&mut self) {
        let point = self.plan.point;
        let pen = Pen { width: FRAME_WIDTH * point, join: Join::Round, cap: Cap::Butt };
        let (plan, axes) = (self.plan, self.plan.axes);
        let height = f64::from(plan.height);
        let (left, bottom) = (axes.x0 + 0.5, height + 0.5 - axes.y0);
        let x: Vec<Point> =
            plan.x.ticks.iter().map(|v| (plan.x.scale.right(*v, 0.5), bottom)).collect();
        let y: Vec<Point> =
            plan.y.ticks.iter().map(|v| (left, plan.y.scale.down(*v, height, 0.5))).collect();
        let length = TICK_SIZE * point;
        for (tip, at) in [((0.0, length), x), ((-length, 0.0), y)] {
            let points = [(0.0, 0.0), tip].map(|p| snap(p, pen.width)).to_vec();
            let layers = vec![stroke(&Polyline { points, closed: false }, pen)];
            self.items.push(Item::Stamps {
                layers,
                color: Color::BLACK,
                at: whole(at),
                clip: self.canvas,
            });
        }
    }

    fn frame(&mut self) {
        let pen = Pen { width: FRAME_WIDTH * self.plan.point, join: Join::Miter, cap: Cap::Square };
        let Bounds { x0, y0, x1, y1 } = self.plan.axes;
        let sides = [
            [(x0, y0), (x0, y1)],
            [(x1, y0), (x1, y1)],
            [(x0, y0), (x1, y0)],
            [(x0, y1), (x1, y1)],
        ];
        for side in sides {
            let points = side.map(|p| snap(self.down(p), pen.width)).to_vec();
            self.strokes(&[Polyline { points, closed: false }], pen, Color::BLACK, self.canvas);
        }
    }

    fn line(&mut self, series: &SeriesPlan) {
        let pen =
            Pen { width: series.linewidth * self.plan.point, join: Join::Round, cap: Cap::Square };
        if pen.width > 0.0 {
            let points: Vec<Point> = series.down(f64::from(self.plan.height), 0.0).collect();
            self.strokes(&pieces(&points, pen.width), pen, series.color, self.axes_window());
        }
    }

    fn dots(&mut self, series: &SeriesPlan) -> Result<(), PlotError> {
        if let Kind::Scatter { size, marker } = series.kind {
            // Agg counts the last column and row of a stamp's clip box in.
            let axes = self.axes_window();
            let clip = Window { x1: axes.x1 + 1, y1: axes.y1 + 1, ..axes };
            let points = series.down(f64::from(self.plan.height), 0.5).collect();
            self.stamp(points, size, marker, series.color, series.linewidth, clip)?;
        }
        Ok(())
    }

    /// Sets a shape down at whole pixels; `points` are half a pixel right of and below their places.
    fn stamp(
        &mut self,
        points: Vec<Point>,
        size: f64,
        shape: &str,
        color: Color,
        linewidth: f64,
        clip: Window,
    ) -> Result<(), PlotError> {
        let shape = marker(shape)?;
        let scale = size.sqrt() * self.plan.point;
        let pen = Pen { width: linewidth * self.plan.point, join: Join::Round, cap: Cap::Butt };
        let path: Vec<Segment> =
            shape.path.iter().map(|s| s.map(|p| (p.0 * scale, -p.1 * scale))).collect();
        let (width, height) = (f64::from(self.plan.width), f64::from(self.plan.height));
        let layers = |path: &[Segment]| {
            let outlines = flatten(path);
            let edge = outlines.iter().flat_map(|line| stroke(line, pen)).collect();
            let fill = shape.filled.then_some(outlines);
            fill.into_iter().chain([edge]).collect::<Vec<_>>()
        };
        if scale < width && scale < height {
            // One shape, snapped to pixels if it is made of level and upright lines, or else centred in one.
            let place = |p: Point| {
                if rectilinear(&path) { snap(p, pen.width) } else { (p.0 + 0.5, p.1 + 0.5) }
            };
            let path: Vec<Segment> = path.iter().map(|s| s.map(place)).collect();
            self.items.push(Item::Stamps { layers: layers(&path), color, at: whole(points), clip });
            return Ok(());
        }
        // A shape larger than the figure is drawn anew at each place, where it can be cut to the window.
        for (x, y) in points.into_iter().filter(|p| p.0.is_finite() && p.1.is_finite()) {
            let path: Vec<Segment> =
                path.iter().map(|s| s.map(|p| (p.0 + x - 0.5, p.1 + y - 0.5))).collect();
            for outlines in layers(&path) {
                self.area(outlines, color, clip);
            }
        }
        Ok(())
    }

    /// Letters are placed to 1/64 pixel, as FreeType places them.
    fn text(&mut self, text: &Placed) {
        let height = f64::from(self.plan.height);
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

    fn legend(&mut self, legend: &LegendPlan) -> Result<(), PlotError> {
        self.legend_frame(legend);
        for (handle, text) in legend.handles.iter().zip(&legend.texts) {
            self.handle(handle)?;
            self.text(text);
        }
        Ok(())
    }

    fn legend_frame(&mut self, legend: &LegendPlan) {
        let pen = Pen { width: LEGEND_WIDTH * self.plan.point, join: Join::Miter, cap: Cap::Butt };
        let radius = LEGEND_ROUNDING * legend.fontsize * self.plan.point;
        let path = rounded_box(&legend.frame, radius);
        let path: Vec<Segment> =
            path.iter().map(|s| s.map(|p| snap(self.down(p), pen.width))).collect();
        let outlines = flatten(&path);
        self.area(outlines.clone(), LEGEND_FACE, self.canvas);
        self.strokes(&outlines, pen, LEGEND_EDGE, self.canvas);
    }

    fn handle(&mut self, handle: &Handle) -> Result<(), PlotError> {
        match &handle.shape {
            HandleShape::Line { x0, x1, y } => {
                let pen = Pen {
                    width: handle.linewidth * self.plan.point,
                    join: Join::Round,
                    cap: Cap::Square,
                };
                let points = [*x0, (x0 + x1) / 2.0, *x1].map(|x| self.down((x, *y)));
                self.strokes(&pieces(&points, pen.width), pen, handle.color, self.canvas);
                Ok(())
            }
            HandleShape::Dot { at, size, marker } => {
                let (x, y) = self.down(*at);
                self.stamp(
                    vec![(x + 0.5, y + 0.5)],
                    *size,
                    marker,
                    handle.color,
                    handle.linewidth,
                    self.canvas,
                )
            }
        }
    }
}

/// The whole pixels of places; what is not finite is left out.
fn whole(points: Vec<Point>) -> Vec<(i32, i32)> {
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
