//! From outlines to pixels: exact area coverage on a grid of 1/256 pixel, as Agg and FreeType compute it.
//!
//! plotters' own rasteriser works on whole pixels and four levels of coverage would be a visible
//! difference, so shapes are covered here and plotters is handed the finished pixels. Every edge is
//! rounded to 1/256 pixel and its crossings of pixel borders are rounded down, which is what makes
//! the coverage equal to Agg's and not only close to it.

use crate::geometry::{Point, Polyline};

/// Steps of a pixel.
const SCALE: i64 = 256;
const SHIFT: u32 = 8;

/// A rectangle of pixels: from `x0`, `y0` to before `x1`, `y1`, y downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) x0: i32,
    pub(crate) y0: i32,
    pub(crate) x1: i32,
    pub(crate) y1: i32,
}

/// How negative areas round: the two libraries matplotlib draws with differ by one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// Agg: shapes.
    Agg,
    /// FreeType: glyphs.
    FreeType,
}

/// How much of each pixel a shape covers, 0 to 255.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    pub(crate) window: Window,
    levels: Vec<u8>,
}

impl Coverage {
    /// Each row's y, leftmost x and levels.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (i32, i32, &[u8])> {
        let width = (self.window.x1 - self.window.x0).max(1) as usize;
        let (x0, y0) = (self.window.x0, self.window.y0);
        self.levels.chunks_exact(width).zip(y0..).map(move |(row, y)| (y, x0, row))
    }
}

/// Collects the edges of one shape.
pub(crate) struct Raster {
    clip: Option<Window>,
    edges: Vec<[i64; 4]>,
}

impl Raster {
    /// A raster that keeps only what falls in `clip`, or everything.
    pub(crate) fn new(clip: Option<Window>) -> Self {
        Self { clip, edges: Vec::new() }
    }

    /// Adds closed outlines; open ones are closed by a straight line.
    pub(crate) fn fill(&mut self, outlines: &[Polyline]) {
        for outline in outlines {
            let Some(last) = outline.points.last() else {
                continue;
            };
            let mut from = *last;
            for to in &outline.points {
                self.edge(from, *to);
                from = *to;
            }
        }
    }

    /// Adds an edge given in 1/256 pixel.
    pub(crate) fn edge_256(&mut self, from: (i64, i64), to: (i64, i64)) {
        if from.1 != to.1 {
            self.edges.push([from.0, from.1, to.0, to.1]);
        }
    }

    fn edge(&mut self, from: Point, to: Point) {
        match self.clip {
            None => self.edge_256(round(from), round(to)),
            Some(clip) => self.clipped_edge(clip, from, to),
        }
    }

    /// Cuts an edge at the window's sides. What lies left or right of it is kept as an edge along that
    /// side, because it still tells inside from outside; what lies above or below is dropped.
    fn clipped_edge(&mut self, clip: Window, from: Point, to: Point) {
        let (left, right) = (f64::from(clip.x0), f64::from(clip.x1));
        let at_x = |x: f64| (x, from.1 + (x - from.0) * (to.1 - from.1) / (to.0 - from.0));
        let mut stops = vec![from];
        let mut sides = [left, right];
        if from.0 > to.0 {
            sides.reverse();
        }
        for side in sides {
            if (from.0 < side) != (to.0 < side) && from.0 != side && to.0 != side {
                stops.push(at_x(side));
            }
        }
        stops.push(to);
        for pair in stops.windows(2) {
            let clamp = |p: Point| (p.0.clamp(left, right), p.1);
            self.clipped_rows(clip, clamp(pair[0]), clamp(pair[1]));
        }
    }

    fn clipped_rows(&mut self, clip: Window, from: Point, to: Point) {
        let (top, bottom) = (f64::from(clip.y0), f64::from(clip.y1));
        if from.1.max(to.1) <= top || from.1.min(to.1) >= bottom {
            return;
        }
        let limit = |p: Point| {
            let y = p.1.clamp(top, bottom);
            if y == p.1 {
                p
            } else {
                (from.0 + (y - from.1) * (to.0 - from.0) / (to.1 - from.1), y)
            }
        };
        self.edge_256(round(limit(from)), round(limit(to)));
    }

    /// The coverage of everything added, by the non-zero winding rule.
    pub(crate) fn cover(&self, rounding: Rounding) -> Option<Coverage> {
        let xs = || self.edges.iter().flat_map(|e| [e[0], e[2]]);
        let ys = || self.edges.iter().flat_map(|e| [e[1], e[3]]);
        let pixel = |v: i64| (v >> SHIFT) as i32;
        let window = Window {
            x0: pixel(xs().min()?),
            x1: pixel(xs().max()?) + 1,
            y0: pixel(ys().min()?),
            y1: pixel(ys().max()?) + 1,
        };
        let mut cells = Cells::new(window);
        for edge in &self.edges {
            match rounding {
                Rounding::Agg => cells.line(*edge),
                Rounding::FreeType => cells.walk(*edge),
            }
        }
        Some(cells.sweep(rounding))
    }
}

/// To 1/256 pixel, half away from zero.
fn round(p: Point) -> (i64, i64) {
    let one = |v: f64| (v * SCALE as f64).round() as i64;
    (one(p.0), one(p.1))
}

/// For each pixel, the signed height of the edges in it and twice the area between them and its left side.
struct Cells {
    window: Window,
    width: usize,
    cells: Vec<(i32, i32)>,
}

impl Cells {
    fn new(window: Window) -> Self {
        let width = (window.x1 - window.x0) as usize;
        let height = (window.y1 - window.y0) as usize;
        Self { window, width, cells: vec![(0, 0); width * height] }
    }

    fn add(&mut self, x: i64, y: i64, height: i64, area: i64) {
        let column = (x - i64::from(self.window.x0)) as usize;
        let row = (y - i64::from(self.window.y0)) as usize;
        let cell = &mut self.cells[row * self.width + column];
        cell.0 += height as i32;
        cell.1 += area as i32;
    }

    fn line(&mut self, [x1, y1, x2, y2]: [i64; 4]) {
        let (row, last_row) = (y1 >> SHIFT, y2 >> SHIFT);
        let (fy1, fy2) = (y1 & (SCALE - 1), y2 & (SCALE - 1));
        if row == last_row {
            return self.span(row, x1, fy1, x2, fy2);
        }
        let down = y2 > y1;
        let (dx, dy) = (x2 - x1, (y2 - y1).abs());
        let (exit, step) = if down { (SCALE, 1) } else { (0, -1) };
        let first = if down { SCALE - fy1 } else { fy1 };
        let mut from = (x1, fy1);
        for (i, y) in (0..(last_row - row).abs()).zip((0..).map(|i| row + step * i)) {
            let x = x1 + ((first + i * SCALE) * dx).div_euclid(dy);
            self.span(y, from.0, from.1, x, exit);
            from = (x, SCALE - exit);
        }
        self.span(last_row, from.0, from.1, x2, fy2);
    }

    /// A part of an edge that stays within one row of pixels.
    fn span(&mut self, row: i64, x1: i64, y1: i64, x2: i64, y2: i64) {
        if y1 == y2 {
            return;
        }
        let (column, last) = (x1 >> SHIFT, x2 >> SHIFT);
        let (fx1, fx2) = (x1 & (SCALE - 1), x2 & (SCALE - 1));
        if column == last {
            return self.add(column, row, y2 - y1, (fx1 + fx2) * (y2 - y1));
        }
        let right = x2 > x1;
        let (dx, dy) = ((x2 - x1).abs(), y2 - y1);
        let (exit, step) = if right { (SCALE, 1) } else { (0, -1) };
        let first = if right { SCALE - fx1 } else { fx1 };
        let mut from = (fx1, y1);
        for (i, x) in (0..(last - column).abs()).zip((0..).map(|i| column + step * i)) {
            let y = y1 + ((first + i * SCALE) * dy).div_euclid(dx);
            self.add(x, row, y - from.1, (from.0 + exit) * (y - from.1));
            from = (SCALE - exit, y);
        }
        self.add(last, row, y2 - from.1, (from.0 + fx2) * (y2 - from.1));
    }

    /// The same edge from cell to cell, each border's crossing rounded by itself, as FreeType does.
    fn walk(&mut self, [x1, y1, x2, y2]: [i64; 4]) {
        let (dx, dy) = (x2 - x1, y2 - y1);
        if dx == 0 {
            // An upright edge crosses without rounding.
            return self.line([x1, y1, x2, y2]);
        }
        let (mut column, mut row) = (x1 >> SHIFT, y1 >> SHIFT);
        let (mut fx, mut fy) = (x1 & (SCALE - 1), y1 & (SCALE - 1));
        let (last_column, last_row) = (x2 >> SHIFT, y2 >> SHIFT);
        // Which side of the cell's corners the edge passes tells through which border it leaves.
        let mut corner = dx * fy - dy * fx;
        while column != last_column || row != last_row {
            let (upper_left, lower_right) = (corner - dx * SCALE, corner + dy * SCALE);
            let upper_right = upper_left + dy * SCALE;
            let (to_x, to_y, step, from) = if dx < 0 && corner <= 0 && upper_left > 0 {
                let y = divide(corner, dx);
                corner -= dy * SCALE;
                (0, y, (-1, 0), (SCALE, y))
            } else if dy > 0 && upper_left <= 0 && upper_right > 0 {
                let x = divide(upper_left, dy);
                corner = upper_left;
                (x, SCALE, (0, 1), (x, 0))
            } else if dx > 0 && upper_right <= 0 && lower_right >= 0 {
                let y = divide(lower_right, dx);
                corner = lower_right;
                (SCALE, y, (1, 0), (0, y))
            } else {
                let x = divide(corner, dy);
                corner += dx * SCALE;
                (x, 0, (0, -1), (x, SCALE))
            };
            self.add(column, row, to_y - fy, (fx + to_x) * (to_y - fy));
            (fx, fy) = from;
            column += step.0;
            row += step.1;
        }
        let (to_x, to_y) = (x2 & (SCALE - 1), y2 & (SCALE - 1));
        self.add(column, row, to_y - fy, (fx + to_x) * (to_y - fy));
    }

    fn sweep(self, rounding: Rounding) -> Coverage {
        let mut levels = Vec::with_capacity(self.cells.len());
        for row in self.cells.chunks_exact(self.width) {
            let mut height = 0i32;
            for (cell_height, area) in row {
                height += cell_height;
                let level = ((height << (SHIFT + 1)) - area) >> (SHIFT + 1);
                let level = match rounding {
                    Rounding::Agg => level.abs(),
                    Rounding::FreeType if level < 0 => !level,
                    Rounding::FreeType => level,
                };
                levels.push(level.min(255) as u8);
            }
        }
        Coverage { window: self.window, levels }
    }
}

/// The magnitude of a quotient by way of the divisor's reciprocal in 32 bits, FreeType's `FT_UDIV`: one
/// less than the quotient where the division leaves nothing over.
fn divide(a: i64, b: i64) -> i64 {
    (a.abs() * (0xffff_ffff / b.abs())) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(points: &[Point], clip: Option<Window>) -> Vec<Vec<u8>> {
        let mut raster = Raster::new(clip);
        raster.fill(&[Polyline { points: points.to_vec(), closed: true }]);
        raster.cover(Rounding::Agg).unwrap().rows().map(|r| r.2.to_vec()).collect()
    }

    #[test]
    fn coverage_is_the_area_covered() {
        // Half of the first pixel, all of the second; the outline's own right side opens a third, empty one.
        let box_ = [(0.5, 0.0), (2.0, 0.0), (2.0, 1.0), (0.5, 1.0)];
        assert_eq!(levels(&box_, None)[0], [128, 255, 0]);
        let triangle = [(0.0, 0.0), (2.0, 0.0), (0.0, 2.0)];
        assert_eq!(levels(&triangle, None)[0][..2], [255, 128]);
        assert_eq!(levels(&triangle, None)[1][..2], [128, 0]);
    }

    #[test]
    fn clipping_keeps_what_is_inside() {
        let clip = Window { x0: 0, y0: 0, x1: 4, y1: 4 };
        let diamond = [(2.0, -6.0), (10.0, 2.0), (2.0, 10.0), (-6.0, 2.0)];
        for row in levels(&diamond, Some(clip)).iter().take(4) {
            assert_eq!(row[..4], [255; 4]);
        }
        let far = [(-1e12, -1e12), (1e12, -1e12), (1e12, 1e12), (-1e12, 1e12)];
        assert_eq!(levels(&far, Some(clip))[3][..4], [255; 4]);
    }
}
