//! What is asked of a comparison besides its verdict.

use crate::comparison::Comparison;
use crate::departure::Departure;
use crate::distance::CallDistance;
use crate::nearness::{Nearness, Within};
use crate::verdict::Verdict;

/// Calls that are recorded anew to be measured, at most: so many numbers fit in an environment variable.
const MOST_KEPT: usize = 10_000;

/// Bytes of the elements that are then kept of a side, at most.
const GIGABYTE: usize = 1 << 30;

impl Comparison {
    /// Finds out whether all calls are within `ulps` of their counterparts, and those of the other
    /// processes.
    pub fn measure_nearness(&mut self, ulps: u64) {
        self.nearness = Some(Nearness::new(&self.distances, ulps));
        for other in &mut self.other_processes {
            other.measure_nearness(ulps);
        }
    }

    /// Whether all calls were found to be within the ULPs asked for, and those of the other processes.
    #[must_use]
    pub fn is_near(&self) -> bool {
        matches!(self.verdict, Verdict::Identical | Verdict::Different)
            && self.nearness.as_ref().is_some_and(|nearness| nearness.within == Within::Yes)
            && self.other_processes.iter().all(Self::is_near)
    }

    /// Whether a computing call differs, of any process.
    #[must_use]
    pub fn differ(&self) -> bool {
        self.differing > 0 || self.other_processes.iter().any(Self::differ)
    }

    /// The calls of each side whose tensors have to be kept to tell how far apart they are: the first
    /// that differs, or `all` of those for which the elements were missing, as many as fit in a
    /// gigabyte.
    #[must_use]
    pub fn to_keep(&self, all: bool) -> [Vec<usize>; 2] {
        let first = self.first_difference.as_ref().and_then(Departure::to_keep);
        let mut calls = first.map_or_else(Default::default, |calls| calls.map(|call| vec![call]));
        if all {
            let mut bytes = 0;
            let missing =
                self.distances.points.iter().filter(|p| p.distance == CallDistance::NotKept);
            let fitting = missing.take(MOST_KEPT).take_while(|point| {
                bytes += point.bytes;
                bytes <= GIGABYTE
            });
            for point in fitting {
                for side in [0, 1] {
                    calls[side].extend(point.calls[side]);
                }
            }
        }
        calls
    }
}
