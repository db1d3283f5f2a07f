//! The shapes of markers: matplotlib's `MarkerStyle`, those named by a character.

use std::f64::consts::{FRAC_PI_2, PI};

use crate::error::PlotError;
use crate::geometry::{Matrix, Point, Segment};
use crate::stroke::Join;

/// Control points' distance along the tangent for an eighth of a unit circle.
const TANGENT: f64 = 0.2652031;

/// Radius of a star's inner corners.
const STAR: f64 = 0.381966;

/// A shape about the origin, y upwards, for a size of 1.
#[derive(Clone, Debug)]
pub(crate) struct Marker {
    pub(crate) path: Vec<Segment>,
    /// From the path to a size of 1.
    pub(crate) matrix: Matrix,
    /// Whether it is filled; if not, it has only lines.
    pub(crate) filled: bool,
    /// How the outline's corners look on a line; scatter rounds them all.
    pub(crate) join: Join,
    /// From which size in pixels a line's markers are snapped to pixels; if none, where all its lines are
    /// level or upright.
    pub(crate) snapped_from: Option<f64>,
    /// Whether it is one pixel on a line, whatever the size.
    pub(crate) pixel: bool,
}

/// The shape that matplotlib calls `name`, or [`PlotError::Marker`].
pub(crate) fn marker(name: &str) -> Result<Marker, PlotError> {
    let half = Matrix::scale(0.5, 0.5);
    let square = Matrix { dx: -0.5, dy: -0.5, ..Matrix::scale(1.0, 1.0) };
    let triangle = || polygon(&[(0.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]);
    let arms = || lines(&[(0.0, -1.0), (0.8, 0.5), (-0.8, 0.5)].map(|end| [(0.0, 0.0), end]));
    let upright = || lines(&[[(0.0, -1.0), (0.0, 1.0)]]);
    let filled = |path, matrix, from| Marker {
        path,
        matrix,
        filled: true,
        join: Join::Miter,
        snapped_from: from,
        pixel: false,
    };
    let open = |path, matrix, from| Marker {
        filled: false,
        join: Join::Round,
        ..filled(path, matrix, Some(from))
    };
    let round = |radius| Marker {
        join: Join::Round,
        ..filled(circle(), Matrix::scale(radius, radius), Some(f64::INFINITY))
    };
    Ok(match name {
        "o" => round(0.5),
        "." => round(0.25),
        "," => Marker {
            join: Join::Round,
            pixel: true,
            // A hair off the middle, so that snapping makes it one pixel.
            ..filled(unit_square(), Matrix { dx: -0.49999, dy: -0.49999, ..square }, None)
        },
        "^" => filled(triangle(), half, Some(5.0)),
        "<" => filled(triangle(), half.rotate(90.0), Some(5.0)),
        "v" => filled(triangle(), half.rotate(180.0), Some(5.0)),
        ">" => filled(triangle(), half.rotate(270.0), Some(5.0)),
        "1" => open(arms(), half, 5.0),
        "2" => open(arms(), half.rotate(180.0), 5.0),
        "3" => open(arms(), half.rotate(270.0), 5.0),
        "4" => open(arms(), half.rotate(90.0), 5.0),
        "s" => filled(unit_square(), square, Some(2.0)),
        "D" => filled(unit_square(), square.rotate(45.0), Some(5.0)),
        "d" => filled(unit_square(), square.rotate(45.0).scaled(0.6, 1.0), Some(5.0)),
        "p" => filled(regular(5, 1.0), half, Some(5.0)),
        "h" => filled(regular(6, 1.0), half, None),
        "H" => filled(regular(6, 1.0), half.rotate(30.0), None),
        "8" => filled(regular(8, 1.0), half.rotate(22.5), Some(5.0)),
        "*" => Marker { join: Join::Bevel, ..filled(regular(10, STAR), half, Some(5.0)) },
        "P" => filled(polygon(&PLUS.map(|p| (p.0 / 6.0, p.1 / 6.0))), UNIT, Some(5.0)),
        "X" => filled(polygon(&CROSS.map(|p| (p.0 / 4.0, p.1 / 4.0))), UNIT, Some(5.0)),
        "+" => open(lines(&[[(-1.0, 0.0), (1.0, 0.0)], [(0.0, -1.0), (0.0, 1.0)]]), half, 1.0),
        "x" => open(lines(&[[(-1.0, -1.0), (1.0, 1.0)], [(-1.0, 1.0), (1.0, -1.0)]]), half, 3.0),
        "|" => open(upright(), half, 1.0),
        "_" => open(upright(), half.rotate(90.0), 1.0),
        "None" | "none" | " " | "" => open(Vec::new(), half, 0.0),
        _ => return Err(PlotError::Marker(name.to_owned())),
    })
}

const UNIT: Matrix = Matrix::scale(1.0, 1.0);

/// A filled plus in sixths, a filled cross in quarters.
const PLUS: [Point; 12] = [
    (-1.0, -3.0),
    (1.0, -3.0),
    (1.0, -1.0),
    (3.0, -1.0),
    (3.0, 1.0),
    (1.0, 1.0),
    (1.0, 3.0),
    (-1.0, 3.0),
    (-1.0, 1.0),
    (-3.0, 1.0),
    (-3.0, -1.0),
    (-1.0, -1.0),
];
const CROSS: [Point; 12] = [
    (-1.0, -2.0),
    (0.0, -1.0),
    (1.0, -2.0),
    (2.0, -1.0),
    (1.0, 0.0),
    (2.0, 1.0),
    (1.0, 2.0),
    (0.0, 1.0),
    (-1.0, 2.0),
    (-2.0, 1.0),
    (-1.0, 0.0),
    (-2.0, -1.0),
];

/// A circle of eight cubic curves, `Path.unit_circle`.
fn circle() -> Vec<Segment> {
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
    let mut path = vec![Segment::Move((0.0, -1.0))];
    path.extend(eighths.map(|[a, b, p]| Segment::Cubic(a, b, p)));
    path.push(Segment::Close);
    path
}

fn unit_square() -> Vec<Segment> {
    polygon(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
}

/// Corners about the unit circle from its top, every second one at `inner` instead: `unit_regular_polygon`
/// and `unit_regular_star`.
fn regular(corners: u32, inner: f64) -> Vec<Segment> {
    let corner = |i: u32| {
        let angle = 2.0 * PI / f64::from(corners) * f64::from(i) + FRAC_PI_2;
        let radius = if i % 2 == 1 { inner } else { 1.0 };
        (radius * angle.cos(), radius * angle.sin())
    };
    polygon(&(0..corners).map(corner).collect::<Vec<_>>())
}

fn polygon(corners: &[Point]) -> Vec<Segment> {
    let mut path = vec![Segment::Move(corners[0])];
    path.extend(corners[1..].iter().map(|p| Segment::Line(*p)));
    path.push(Segment::Close);
    path
}

fn lines(lines: &[[Point; 2]]) -> Vec<Segment> {
    lines.iter().flat_map(|[a, b]| [Segment::Move(*a), Segment::Line(*b)]).collect()
}
