//! Where a pair of normals lies: distances and angles of a rectangle.

use super::box_muller_table::floor_u32;

/// The least and the greatest value, `None` where nothing is known.
pub(super) type Interval = Option<(f64, f64)>;

/// The least and the greatest distance of a rectangle from the origin.
pub(super) fn distances(x: (f64, f64), y: (f64, f64)) -> (f64, f64) {
    let nearest = |(low, high): (f64, f64)| {
        if low > 0.0 {
            low
        } else if high < 0.0 {
            -high
        } else {
            0.0
        }
    };
    let farthest = |(low, high): (f64, f64)| low.abs().max(high.abs());
    (nearest(x).hypot(nearest(y)), farthest(x).hypot(farthest(y)))
}

/// The angles of a rectangle in turns, from the first to the last counter-clockwise; `None` where
/// it holds the origin.
pub(super) fn turns(x: (f64, f64), y: (f64, f64)) -> Interval {
    if x.0 <= 0.0 && x.1 >= 0.0 && y.0 <= 0.0 && y.1 >= 0.0 {
        return None;
    }
    let centre = f64::midpoint(y.0, y.1).atan2(f64::midpoint(x.0, x.1));
    let corners = [(x.0, y.0), (x.0, y.1), (x.1, y.0), (x.1, y.1)];
    let (mut before, mut after) = (0.0_f64, 0.0_f64);
    for (x, y) in corners {
        let mut apart = y.atan2(x) - centre;
        if apart > std::f64::consts::PI {
            apart -= std::f64::consts::TAU;
        } else if apart < -std::f64::consts::PI {
            apart += std::f64::consts::TAU;
        }
        before = before.min(apart);
        after = after.max(apart);
    }
    Some(((centre + before) / std::f64::consts::TAU, (centre + after) / std::f64::consts::TAU))
}

/// A fraction of a turn as a word, around the end.
pub(super) fn word(turn: f64) -> u32 {
    floor_u32(turn.rem_euclid(1.0))
}
