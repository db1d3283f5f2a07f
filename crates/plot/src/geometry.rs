//! Points, boxes and paths in pixels.

/// A point; which way y grows is said where it is used.
pub(crate) type Point = (f64, f64);

/// A rectangle in matplotlib's display coordinates: pixels, y upwards from the figure's lower edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) x0: f64,
    pub(crate) y0: f64,
    pub(crate) x1: f64,
    pub(crate) y1: f64,
}

impl Bounds {
    pub(crate) fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    pub(crate) fn height(&self) -> f64 {
        self.y1 - self.y0
    }

    /// Whether the two overlap or touch, as `Bbox.intersection` sees it.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.x0.max(other.x0) <= self.x1.min(other.x1)
            && self.y0.max(other.y0) <= self.y1.min(other.y1)
    }
}

/// An affine map: `(xx x + xy y + dx, yx x + yy y + dy)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) xx: f64,
    pub(crate) xy: f64,
    pub(crate) dx: f64,
    pub(crate) yx: f64,
    pub(crate) yy: f64,
    pub(crate) dy: f64,
}

impl Matrix {
    pub(crate) const fn scale(x: f64, y: f64) -> Self {
        Self { xx: x, xy: 0.0, dx: 0.0, yx: 0.0, yy: y, dy: 0.0 }
    }

    /// This map, then a scaling.
    pub(crate) fn scaled(self, x: f64, y: f64) -> Self {
        let Self { xx, xy, dx, yx, yy, dy } = self;
        Self { xx: xx * x, xy: xy * x, dx: dx * x, yx: yx * y, yy: yy * y, dy: dy * y }
    }

    /// This map, then a turn to the left.
    pub(crate) fn rotate(self, degrees: f64) -> Self {
        let Self { xx, xy, dx, yx, yy, dy } = self;
        let (b, a) = degrees.to_radians().sin_cos();
        Self {
            xx: a * xx - b * yx,
            xy: a * xy - b * yy,
            dx: a * dx - b * dy,
            yx: b * xx + a * yx,
            yy: b * xy + a * yy,
            dy: b * dx + a * dy,
        }
    }

    pub(crate) fn map(&self, p: Point) -> Point {
        (p.0 * self.xx + p.1 * self.xy + self.dx, p.0 * self.yx + p.1 * self.yy + self.dy)
    }
}

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Segment {
    Move(Point),
    Line(Point),
    Quad(Point, Point),
    Cubic(Point, Point, Point),
    Close,
}

impl Segment {
    pub(crate) fn map(self, f: impl Fn(Point) -> Point) -> Self {
        match self {
            Self::Move(p) => Self::Move(f(p)),
            Self::Line(p) => Self::Line(f(p)),
            Self::Quad(a, p) => Self::Quad(f(a), f(p)),
            Self::Cubic(a, b, p) => Self::Cubic(f(a), f(b), f(p)),
            Self::Close => Self::Close,
        }
    }
}

/// A run of straight lines, perhaps closed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Polyline {
    pub(crate) points: Vec<Point>,
    pub(crate) closed: bool,
}

/// Splits a path into straight lines, curves cut as finely as Agg cuts them.
pub(crate) fn flatten(path: &[Segment]) -> Vec<Polyline> {
    let mut lines: Vec<Polyline> = Vec::new();
    for segment in path {
        if let Segment::Move(p) = segment {
            lines.push(Polyline { points: vec![*p], closed: false });
            continue;
        }
        let Some(line) = lines.last_mut() else {
            continue;
        };
        let start = line.points.last().copied().unwrap_or_default();
        match *segment {
            Segment::Line(p) => line.points.push(p),
            Segment::Quad(a, p) => {
                quad(start, a, p, 0, &mut line.points);
                line.points.push(p);
            }
            Segment::Cubic(a, b, p) => {
                cubic([start, a, b, p], 0, &mut line.points);
                line.points.push(p);
            }
            Segment::Close => line.closed = true,
            Segment::Move(_) => {}
        }
    }
    lines
}

/// Half a pixel, squared: how far a chord may lie from its curve.
const TOLERANCE: f64 = 0.25;
/// Control points nearer than this to the chord's line lie on it.
const COLLINEAR: f64 = 1e-30;
const DEEPEST: usize = 32;

fn middle(a: Point, b: Point) -> Point {
    ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0)
}

fn distance2(a: Point, b: Point) -> f64 {
    (b.0 - a.0).powi(2) + (b.1 - a.1).powi(2)
}

/// Twice the area between the chord to `end` along `(dx, dy)` and a control point.
fn off_chord(control: Point, end: Point, dx: f64, dy: f64) -> f64 {
    ((control.0 - end.0) * dy - (control.1 - end.1) * dx).abs()
}

/// Squared distance of a control point on the chord's line from the chord; `None` if it lies on it.
fn beyond(control: Point, start: Point, end: Point) -> Option<f64> {
    let (dx, dy) = (end.0 - start.0, end.1 - start.1);
    let length2 = dx * dx + dy * dy;
    if length2 == 0.0 {
        return Some(distance2(start, control));
    }
    let along = ((control.0 - start.0) * dx + (control.1 - start.1) * dy) / length2;
    if along <= 0.0 {
        Some(distance2(control, start))
    } else if along >= 1.0 {
        Some(distance2(control, end))
    } else {
        None
    }
}

/// Subdivides as Agg's `curve3_div` does, without its angle conditions, which matplotlib leaves off.
fn quad(a: Point, b: Point, c: Point, depth: usize, out: &mut Vec<Point>) {
    if depth > DEEPEST {
        return;
    }
    let (ab, bc) = (middle(a, b), middle(b, c));
    let centre = middle(ab, bc);
    let (dx, dy) = (c.0 - a.0, c.1 - a.1);
    let off = off_chord(b, c, dx, dy);
    if off > COLLINEAR {
        if off * off <= TOLERANCE * (dx * dx + dy * dy) {
            out.push(centre);
            return;
        }
    } else {
        match beyond(b, a, c) {
            None => return,
            Some(d) if d < TOLERANCE => {
                out.push(b);
                return;
            }
            Some(_) => {}
        }
    }
    quad(a, ab, centre, depth + 1, out);
    quad(centre, bc, c, depth + 1, out);
}

/// Subdivides as Agg's `curve4_div` does, without its angle and cusp conditions.
fn cubic([a, b, c, d]: [Point; 4], depth: usize, out: &mut Vec<Point>) {
    if depth > DEEPEST {
        return;
    }
    let (ab, bc, cd) = (middle(a, b), middle(b, c), middle(c, d));
    let (abc, bcd) = (middle(ab, bc), middle(bc, cd));
    let centre = middle(abc, bcd);
    let (dx, dy) = (d.0 - a.0, d.1 - a.1);
    let (off_b, off_c) = (off_chord(b, d, dx, dy), off_chord(c, d, dx, dy));
    if off_b > COLLINEAR || off_c > COLLINEAR {
        let off = [off_b, off_c].into_iter().filter(|o| *o > COLLINEAR).sum::<f64>();
        if off * off <= TOLERANCE * (dx * dx + dy * dy) {
            out.push(bc);
            return;
        }
    } else {
        let (far_b, far_c) = (beyond(b, a, d), beyond(c, a, d));
        if far_b.is_none() && far_c.is_none() {
            return;
        }
        let (far_b, far_c) = (far_b.unwrap_or(0.0), far_c.unwrap_or(0.0));
        let (far, point) = if far_b > far_c { (far_b, b) } else { (far_c, c) };
        if far < TOLERANCE {
            out.push(point);
            return;
        }
    }
    cubic([a, ab, abc, centre], depth + 1, out);
    cubic([centre, bcd, cd, d], depth + 1, out);
}
