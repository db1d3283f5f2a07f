//! The shapes of dots.

use crate::error::PlotError;
use crate::geometry::{Point, Segment};

/// Control points' distance along the tangent for an eighth of a unit circle.
const TANGENT: f64 = 0.2652031;

/// A shape: a path about the origin, y upwards, to be scaled by the square root of the size.
pub(crate) struct Marker {
    pub(crate) path: Vec<Segment>,
    /// Whether it is filled; if not, only its lines are drawn.
    pub(crate) filled: bool,
}

/// The shape that matplotlib calls `name`.
///
/// Mirrors `matplotlib.markers.MarkerStyle`: a circle of diameter 1, a square of side 1, and so on.
pub(crate) fn marker(name: &str) -> Result<Marker, PlotError> {
    let diamond = std::f64::consts::SQRT_2 / 2.0;
    let (path, filled) = match name {
        "o" => (circle(0.5), true),
        "." => (circle(0.25), true),
        "s" => (polygon(&[(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]), true),
        "D" => (polygon(&[(0.0, -diamond), (diamond, 0.0), (0.0, diamond), (-diamond, 0.0)]), true),
        "^" => (polygon(&[(0.0, 0.5), (-0.5, -0.5), (0.5, -0.5)]), true),
        "v" => (polygon(&[(0.0, -0.5), (0.5, 0.5), (-0.5, 0.5)]), true),
        "+" => (strokes(&[[(-0.5, 0.0), (0.5, 0.0)], [(0.0, -0.5), (0.0, 0.5)]]), false),
        "x" => (strokes(&[[(-0.5, -0.5), (0.5, 0.5)], [(-0.5, 0.5), (0.5, -0.5)]]), false),
        _ => return Err(PlotError::Marker(name.to_owned())),
    };
    Ok(Marker { path, filled })
}

/// A circle of eight cubic curves, `Path.unit_circle`.
fn circle(radius: f64) -> Vec<Segment> {
    let half = 0.5f64.sqrt();
    let shift = half * TANGENT;
    // Three points for each eighth, in turn from the bottom to the left.
    let eighths: [[Point; 3]; 8] = [
        [(TANGENT, -1.0), (half - shift, -half - shift), (half, -half)],
        [(half + shift, -half + shift), (1.0, -TANGENT), (1.0, 0.0)],
        [(1.0, TANGENT), (half + shift, half - shift), (half, half)],
        [(half - shift, half + shift), (TANGENT, 1.0), (0.0, 1.0)],
        [(-TANGENT, 1.0), (-half + shift, half + shift), (-half, half)],
        [(-half - shift, half - shift), (-1.0, TANGENT), (-1.0, 0.0)],
        [(-1.0, -TANGENT), (-half - shift, -half + shift), (-half, -half)],
        [(-half + shift, -half - shift), (-TANGENT, -1.0), (0.0, -1.0)],
    ];
    let scale = |p: Point| (p.0 * radius, p.1 * radius);
    let mut path = vec![Segment::Move(scale((0.0, -1.0)))];
    path.extend(eighths.map(|[a, b, p]| Segment::Cubic(scale(a), scale(b), scale(p))));
    path.push(Segment::Close);
    path
}

fn polygon(corners: &[Point]) -> Vec<Segment> {
    let mut path = vec![Segment::Move(corners[0])];
    path.extend(corners[1..].iter().map(|p| Segment::Line(*p)));
    path.push(Segment::Close);
    path
}

fn strokes(lines: &[[Point; 2]]) -> Vec<Segment> {
    lines.iter().flat_map(|[a, b]| [Segment::Move(*a), Segment::Line(*b)]).collect()
}
