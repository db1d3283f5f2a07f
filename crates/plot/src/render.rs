//! A scene as pixels.

use crate::geometry::{Point, Segment};
use crate::picture::Picture;
use crate::pixmap::Pixmap;
use crate::raster::{Raster, Rounding};
use crate::scene::{Item, Scene};

/// Paints a scene on white.
pub(crate) fn render(scene: &Scene) -> Picture {
    let mut pixmap = Pixmap::new(scene.width, scene.height);
    for item in &scene.items {
        match item {
            Item::Area { outlines, color, clip } => {
                let mut raster = Raster::new(Some(*clip));
                raster.fill(outlines);
                if let Some(coverage) = raster.cover(Rounding::Agg) {
                    pixmap.paint(&coverage, color.to_rgba8(), (0, 0), *clip);
                }
            }
            Item::Stamps { layers, color, at, clip } => {
                let layers: Vec<_> = layers
                    .iter()
                    .filter_map(|outlines| {
                        let mut raster = Raster::new(None);
                        raster.fill(outlines);
                        raster.cover(Rounding::Agg)
                    })
                    .collect();
                for position in at {
                    for coverage in &layers {
                        pixmap.paint(coverage, color.to_rgba8(), *position, *clip);
                    }
                }
            }
            Item::Letter(outline) => {
                if let Some(coverage) = letter(outline).cover(Rounding::FreeType) {
                    pixmap.paint_upwards(&coverage, [0, 0, 0, 255]);
                }
            }
        }
    }
    pixmap.into_picture()
}

/// A letter's edges, its curves cut as FreeType cuts them; from 1/64 to 1/256 pixel.
fn letter(outline: &[Segment]) -> Raster {
    let mut raster = Raster::new(None);
    let fine = |p: Point| (p.0.floor() as i64 * 4, p.1.floor() as i64 * 4);
    let (mut start, mut last) = ((0, 0), (0, 0));
    for segment in outline {
        match *segment {
            Segment::Move(p) => {
                start = fine(p);
                last = start;
            }
            Segment::Line(p) => {
                raster.edge_256(last, fine(p));
                last = fine(p);
            }
            Segment::Quad(control, p) => {
                for point in conic(last, fine(control), fine(p)) {
                    raster.edge_256(last, point);
                    last = point;
                }
            }
            // The fonts are TrueType: their curves are quadratic, and every contour is closed.
            Segment::Cubic(_, _, p) => {
                raster.edge_256(last, fine(p));
                last = fine(p);
            }
            Segment::Close => {
                raster.edge_256(last, start);
                last = start;
            }
        }
    }
    raster
}

/// A quadratic curve as equal steps of its parameter, halved until they bend less than a quarter pixel.
fn conic(a: (i64, i64), b: (i64, i64), c: (i64, i64)) -> Vec<(i64, i64)> {
    let bend = |a: i64, b: i64, c: i64| (a - 2 * b + c).abs();
    let mut off = bend(a.0, b.0, c.0).max(bend(a.1, b.1, c.1));
    let mut steps = 1i64;
    while off > 64 {
        off >>= 2;
        steps *= 2;
    }
    let at = |i: i64, a: i64, b: i64, c: i64| {
        let rest = steps - i;
        (rest * rest * a + 2 * i * rest * b + i * i * c).div_euclid(steps * steps)
    };
    (1..=steps).map(|i| (at(i, a.0, b.0, c.0), at(i, a.1, b.1, c.1))).collect()
}
