//! From a line and its width to the outline that a pen would fill.
//!
//! The geometry is Agg's `math_stroke`: round joins cut into chords an eighth of a pixel from the arc,
//! inner joins mitred within the shorter segment, joins of nearly straight lines reduced to one point.

use std::f64::consts::PI;

use crate::geometry::{Point, Polyline};

/// Points nearer than this are one.
const NEAR: f64 = 1e-14;
/// Least length, in half widths, an inner join may reach.
const INNER_LIMIT: f64 = 1.01;
/// How far a chord may lie from a round join's arc, in pixels.
const CHORD: f64 = 0.125;

/// How two segments are joined on the outside of their corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    Round,
    Bevel,
    /// Pointed, or where the point would reach too far, bevelled.
    Miter,
}

/// How an open line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cap {
    /// At the last point.
    Butt,
    /// Half a width beyond it; matplotlib's `projecting`.
    Square,
}

/// A pen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pen {
    /// Pixels.
    pub(crate) width: f64,
    pub(crate) join: Join,
    pub(crate) cap: Cap,
}

/// A vertex with the length of the segment that follows it.
#[derive(Clone, Copy)]
pub(crate) struct Vertex {
    pub(crate) at: Point,
    pub(crate) length: f64,
}

/// The closed outlines of `line` drawn with `pen`; empty when it has no length.
pub(crate) fn stroke(line: &Polyline, pen: Pen) -> Vec<Polyline> {
    let vertices = vertices(line);
    let closed = line.closed && vertices.len() >= 3;
    let stroker = Stroker { half: pen.width * 0.5, join: pen.join, cap: pen.cap };
    let n = vertices.len();
    if n < 2 {
        return Vec::new();
    }
    if closed {
        let at = |i: usize| vertices[i % n];
        let mut outer = Vec::new();
        let mut inner = Vec::new();
        for i in 0..n {
            let (before, here, after) = (at(i + n - 1), at(i), at(i + 1));
            stroker.join(before.at, here.at, after.at, before.length, here.length, &mut outer);
        }
        for i in (0..n).rev() {
            let (before, here, after) = (at(i + n - 1), at(i), at(i + 1));
            stroker.join(after.at, here.at, before.at, here.length, before.length, &mut inner);
        }
        return [outer, inner].map(|points| Polyline { points, closed: true }).into();
    }
    let mut points = Vec::new();
    stroker.end(vertices[0].at, vertices[1].at, vertices[0].length, &mut points);
    for w in vertices.windows(3) {
        stroker.join(w[0].at, w[1].at, w[2].at, w[0].length, w[1].length, &mut points);
    }
    stroker.end(vertices[n - 1].at, vertices[n - 2].at, vertices[n - 2].length, &mut points);
    for w in vertices.windows(3).rev() {
        stroker.join(w[2].at, w[1].at, w[0].at, w[1].length, w[0].length, &mut points);
    }
    vec![Polyline { points, closed: true }]
}

/// The line's vertices without those that repeat their neighbour.
pub(crate) fn vertices(line: &Polyline) -> Vec<Vertex> {
    let mut kept: Vec<Point> = Vec::with_capacity(line.points.len());
    for p in &line.points {
        if kept.last().is_none_or(|last| distance(*last, *p) > NEAR) {
            kept.push(*p);
        }
    }
    if line.closed {
        while kept.len() > 1 && distance(kept[kept.len() - 1], kept[0]) <= NEAR {
            kept.pop();
        }
    }
    let n = kept.len();
    (0..n).map(|i| Vertex { at: kept[i], length: distance(kept[i], kept[(i + 1) % n]) }).collect()
}

fn distance(a: Point, b: Point) -> f64 {
    ((b.0 - a.0) * (b.0 - a.0) + (b.1 - a.1) * (b.1 - a.1)).sqrt()
}

/// Which side of the line from `a` to `b` the point `p` lies on.
fn side(a: Point, b: Point, p: Point) -> f64 {
    (p.0 - b.0) * (b.1 - a.1) - (p.1 - b.1) * (b.0 - a.0)
}

/// Where the line through `a` and `b` meets the line through `c` and `d`.
fn crossing(a: Point, b: Point, c: Point, d: Point) -> Option<Point> {
    let numerator = (a.1 - c.1) * (d.0 - c.0) - (a.0 - c.0) * (d.1 - c.1);
    let denominator = (b.0 - a.0) * (d.1 - c.1) - (b.1 - a.1) * (d.0 - c.0);
    if denominator.abs() < 1e-30 {
        return None;
    }
    let along = numerator / denominator;
    Some((a.0 + along * (b.0 - a.0), a.1 + along * (b.1 - a.1)))
}

struct Stroker {
    half: f64,
    join: Join,
    cap: Cap,
}

impl Stroker {
    /// The step from a segment to its left side, half a width long.
    fn normal(&self, from: Point, to: Point, length: f64) -> Point {
        (self.half * (to.1 - from.1) / length, -self.half * (to.0 - from.0) / length)
    }

    fn end(&self, at: Point, next: Point, length: f64, out: &mut Vec<Point>) {
        let n = self.normal(at, next, length);
        let back = match self.cap {
            Cap::Butt => (0.0, 0.0),
            Cap::Square => (n.1, -n.0),
        };
        out.push((at.0 - n.0 + back.0, at.1 - n.1 + back.1));
        out.push((at.0 + n.0 + back.0, at.1 + n.1 + back.1));
    }

    /// The corner at `b` on the left of the way from `a` to `c`.
    fn join(&self, a: Point, b: Point, c: Point, len1: f64, len2: f64, out: &mut Vec<Point>) {
        let n1 = self.normal(a, b, len1);
        let n2 = self.normal(b, c, len2);
        if side(a, b, c) > NEAR {
            let limit = (len1.min(len2) / self.half).max(INNER_LIMIT);
            return self.miter([a, b, c], n1, n2, limit, out);
        }
        let middle = ((n1.0 + n2.0) / 2.0, (n1.1 + n2.1) / 2.0);
        let bevel = (middle.0 * middle.0 + middle.1 * middle.1).sqrt();
        match self.join {
            Join::Miter => self.miter([a, b, c], n1, n2, self.half * 2.0, out),
            _ if self.half - bevel < self.half / 1024.0 => {
                out.push(self.sides_cross([a, b, c], n1, n2).unwrap_or((b.0 + n1.0, b.1 + n1.1)));
            }
            Join::Bevel => out.extend([(b.0 + n1.0, b.1 + n1.1), (b.0 + n2.0, b.1 + n2.1)]),
            Join::Round => self.arc(b, n1, n2, out),
        }
    }

    fn sides_cross(&self, [a, b, c]: [Point; 3], n1: Point, n2: Point) -> Option<Point> {
        let shift = |p: Point, n: Point| (p.0 + n.0, p.1 + n.1);
        crossing(shift(a, n1), shift(b, n1), shift(b, n2), shift(c, n2))
    }

    /// A pointed corner no longer than `limit` half widths, or else a bevelled one.
    fn miter(&self, abc: [Point; 3], n1: Point, n2: Point, limit: f64, out: &mut Vec<Point>) {
        let [a, b, c] = abc;
        let (one, two) = ((b.0 + n1.0, b.1 + n1.1), (b.0 + n2.0, b.1 + n2.1));
        match self.sides_cross(abc, n1, n2) {
            Some(tip) if distance(b, tip) <= self.half * limit => out.push(tip),
            // No crossing: either the line goes straight on, or it turns back on itself.
            None if (side(a, b, one) < 0.0) == (side(b, c, one) < 0.0) => out.push(one),
            _ => out.extend([one, two]),
        }
    }

    fn arc(&self, b: Point, n1: Point, n2: Point, out: &mut Vec<Point>) {
        let start = n1.1.atan2(n1.0);
        let mut end = n2.1.atan2(n2.0);
        if start > end {
            end += 2.0 * PI;
        }
        let widest = (self.half / (self.half + CHORD)).acos() * 2.0;
        let chords = ((end - start) / widest) as usize;
        let step = (end - start) / (chords + 1) as f64;
        out.push((b.0 + n1.0, b.1 + n1.1));
        let mut angle = start + step;
        for _ in 0..chords {
            out.push((b.0 + angle.cos() * self.half, b.1 + angle.sin() * self.half));
            angle += step;
        }
        out.push((b.0 + n2.0, b.1 + n2.1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_a_rectangle() {
        let line = Polyline { points: vec![(0.0, 0.0), (10.0, 0.0), (10.0, 0.0)], closed: false };
        let pen = Pen { width: 2.0, join: Join::Round, cap: Cap::Square };
        let mut corners = stroke(&line, pen).remove(0).points;
        corners.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(corners, [(-1.0, -1.0), (-1.0, 1.0), (11.0, -1.0), (11.0, 1.0)]);
        assert!(stroke(&Polyline { points: vec![(1.0, 1.0)], closed: false }, pen).is_empty());
    }
}
