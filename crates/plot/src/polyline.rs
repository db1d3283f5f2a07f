//! From data to the line that the pen follows: gaps at missing points, snapping, simplification.

use crate::geometry::{Point, Polyline};

/// Lines of at least this many points are simplified.
const SIMPLIFIED_FROM: usize = 128;
/// How far, in pixels, a merged point may lie from its line, `path.simplify_threshold`.
const THRESHOLD: f64 = 1.0 / 9.0;
/// Lines of more points than this are never snapped.
const SNAPPED_TO: usize = 1024;

/// The pieces to stroke for a line through `points`, y downwards; a point that is not finite ends a piece.
///
/// Mirrors the chain of matplotlib's `path_converters.h`: remove NaNs, snap, simplify.
pub(crate) fn pieces(points: &[Point], width: f64) -> Vec<Polyline> {
    let snapped = snaps(points);
    let mut pieces = vec![Vec::new()];
    for p in points {
        if !(p.0.is_finite() && p.1.is_finite()) {
            pieces.push(Vec::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(if snapped { snap(*p, width) } else { *p });
        }
    }
    pieces
        .into_iter()
        .filter(|piece| piece.len() > 1)
        .map(|piece| if points.len() >= SIMPLIFIED_FROM { simplify(&piece) } else { piece })
        .map(|points| Polyline { points, closed: false })
        .collect()
}

/// To the centre of a pixel for a pen of odd width, to its corner for one of even width.
pub(crate) fn snap(p: Point, width: f64) -> Point {
    let half = if (width + 0.5) as i64 % 2 == 1 { 0.5 } else { 0.0 };
    ((p.0 + 0.5).floor() + half, (p.1 + 0.5).floor() + half)
}

/// Whether a line has only horizontal and vertical parts, which are then drawn crisp.
fn snaps(points: &[Point]) -> bool {
    points.len() <= SNAPPED_TO
        && points.windows(2).all(|w| {
            let (dx, dy) = ((w[0].0 - w[1].0).abs(), (w[0].1 - w[1].1).abs());
            // A gap, where a point is not finite, hinders nothing.
            dx < 1e-4 || dy < 1e-4 || !(dx + dy).is_finite()
        })
}

/// Merges points that lie along the way their run set out on.
///
/// The same points are kept as by matplotlib's `PathSimplifier`, since a stroke through other points has
/// other pixels.
fn simplify(points: &[Point]) -> Vec<Point> {
    let mut kept = vec![points[0]];
    let mut last = points[0];
    let mut run: Option<Run> = None;
    for p in &points[1..] {
        let taken = run.as_mut().is_some_and(|run| run.takes(*p));
        if !taken {
            let start = match &run {
                None => last,
                Some(run) => {
                    run.write(last, &mut kept);
                    kept[kept.len() - 1]
                }
            };
            run = Run::new(start, last, *p);
        }
        last = *p;
    }
    if let Some(run) = run {
        kept.push(run.ahead.point);
        kept.extend((run.behind.distance2 > 0.0).then_some(run.behind.point));
    }
    kept.push(last);
    kept
}

/// The farthest point in one direction.
struct Farthest {
    point: Point,
    distance2: f64,
    /// Whether it is the point met last.
    is_last: bool,
}

/// A run of points along one direction.
struct Run {
    start: Point,
    direction: Point,
    length2: f64,
    ahead: Farthest,
    behind: Farthest,
}

impl Run {
    /// A run that sets out from `start` in the direction from `from` to `to`; none if they are one point.
    fn new(start: Point, from: Point, to: Point) -> Option<Self> {
        let direction = (to.0 - from.0, to.1 - from.1);
        let length2 = direction.0 * direction.0 + direction.1 * direction.1;
        (length2 != 0.0).then_some(Self {
            start,
            direction,
            length2,
            ahead: Farthest { point: to, distance2: length2, is_last: true },
            behind: Farthest { point: to, distance2: 0.0, is_last: false },
        })
    }

    /// Takes in a point near enough to the run's line.
    fn takes(&mut self, p: Point) -> bool {
        let (dx, dy) = (p.0 - self.start.0, p.1 - self.start.1);
        let dot = self.direction.0 * dx + self.direction.1 * dy;
        let along = (dot * self.direction.0 / self.length2, dot * self.direction.1 / self.length2);
        let off = (dx - along.0, dy - along.1);
        if off.0 * off.0 + off.1 * off.1 >= THRESHOLD * THRESHOLD {
            return false;
        }
        let distance2 = along.0 * along.0 + along.1 * along.1;
        self.ahead.is_last = false;
        self.behind.is_last = false;
        let end = if dot > 0.0 { &mut self.ahead } else { &mut self.behind };
        if distance2 > end.distance2 {
            *end = Farthest { point: p, distance2, is_last: true };
        }
        true
    }

    /// Writes the run's ends, the one met later last, and the point where it stopped.
    fn write(&self, last: Point, out: &mut Vec<Point>) {
        let (ahead, behind) = (&self.ahead, &self.behind);
        if behind.distance2 <= 0.0 {
            out.push(ahead.point);
        } else if ahead.is_last {
            out.extend([behind.point, ahead.point]);
        } else {
            out.extend([ahead.point, behind.point]);
        }
        if !ahead.is_last && !behind.is_last {
            out.push(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_points_make_gaps() {
        let nan = f64::NAN;
        let line =
            pieces(&[(0.0, 0.0), (1.0, 2.0), (nan, 1.0), (3.0, 1.0), (4.0, 4.0), (5.0, nan)], 2.0);
        assert_eq!(line.len(), 2);
        assert_eq!(line[1].points, [(3.0, 1.0), (4.0, 4.0)]);
        assert!(pieces(&[], 2.0).is_empty());
    }

    #[test]
    fn a_straight_run_keeps_its_ends() {
        let points: Vec<Point> = (0..200).map(|i| (f64::from(i), f64::from(i) * 0.5)).collect();
        let line = &pieces(&points, 2.0)[0].points;
        assert!(line.len() < 5, "{line:?}");
        assert_eq!((line[0], line[line.len() - 1]), (points[0], points[199]));
    }

    #[test]
    fn level_lines_are_snapped() {
        assert_eq!(pieces(&[(0.3, 7.2), (9.7, 7.2)], 2.0)[0].points, [(0.0, 7.0), (10.0, 7.0)]);
        assert_eq!(pieces(&[(0.3, 7.2), (9.7, 7.2)], 1.1)[0].points, [(0.5, 7.5), (10.5, 7.5)]);
    }
}
