//! Whether programs that do not have the same bits are near each other, when that is asked.

use serde::Serialize;

use crate::distance::{CallDistance, Distances};

/// Whether every computing call is within a number of ULPs of its counterpart.
///
/// That is never called identical. Integers and bools that differ are beyond any number of ULPs, as
/// are calls that only one side makes, and NaNs with other bits.
#[derive(Debug, Clone, Serialize)]
pub struct Nearness {
    /// The number of ULPs.
    pub ulps: u64,
    /// Whether all are within it.
    pub within: Within,
    /// How many calls are beyond it.
    pub beyond: usize,
    /// The first of them.
    pub first_beyond: Option<Beyond>,
    /// How many calls differ by an unknown distance.
    pub not_known: usize,
}

/// Whether all calls are within a distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// They are.
    Yes,
    /// None is known to be beyond, and of some the distance is not known.
    NotKnown,
    /// At least one is beyond.
    No,
}

impl Within {
    /// In a word or two.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::NotKnown => "not known",
            Self::No => "no",
        }
    }
}

/// A call beyond a number of ULPs.
#[derive(Debug, Clone, Serialize)]
pub struct Beyond {
    /// Where it stands among the computing calls of each side, counted from 1.
    pub position: [usize; 2],
    /// How far apart the two are.
    pub distance: CallDistance,
    /// Its index in [`Comparison::places`](crate::Comparison::places).
    pub place: usize,
}

impl Nearness {
    /// Whether calls that are so far apart are within `ulps`.
    pub(crate) fn new(distances: &Distances, ulps: u64) -> Self {
        let mut beyond = distances.points.iter().filter(|point| match point.distance {
            CallDistance::Ulps(found) => found > ulps,
            CallDistance::NotKept | CallDistance::Unreadable => false,
            _ => true,
        });
        let first_beyond = beyond.next().map(|point| Beyond {
            position: point.at,
            distance: point.distance,
            place: point.place,
        });
        let not_known = distances.not_kept + distances.unreadable;
        let within = match (&first_beyond, not_known) {
            (Some(_), _) => Within::No,
            (None, 0) => Within::Yes,
            (None, _) => Within::NotKnown,
        };
        let beyond = beyond.count() + usize::from(first_beyond.is_some());
        Self { ulps, within, beyond, first_beyond, not_known }
    }
}
