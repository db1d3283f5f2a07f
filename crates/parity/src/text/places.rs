//! The places that differ, and how far apart they are.

use std::fmt::{self, Display, Formatter};

use super::{LISTED, thousands};
use crate::comparison::Comparison;
use crate::nearness::{Nearness, Within};
use crate::places::Place;
use crate::recording::Line;

/// Every place but a single one, which the first difference shows: faults, then what they cause.
pub(super) fn places(places: &[Place], f: &mut Formatter<'_>) -> fmt::Result {
    if places.len() < 2 {
        return Ok(());
    }
    write!(f, ", in {} places", thousands(places.len()))?;
    let (faults, caused): (Vec<_>, Vec<_>) = places.iter().partition(|p| p.independent > 0);
    for (listed, what) in
        [(faults, "not caused by another difference"), (caused, "caused by one before")]
    {
        if listed.is_empty() {
            continue;
        }
        write!(f, "\n{what}: {}", thousands(listed.len()))?;
        for place in listed.iter().take(LISTED) {
            let calls = if place.calls == 1 { "call " } else { "calls" };
            write!(f, "\n  {:>6} {calls}  {place}", thousands(place.calls))?;
        }
        let more = listed.len().saturating_sub(LISTED);
        if more > 0 {
            write!(f, "\n  and {} more (all with --json)", thousands(more))?;
        }
    }
    Ok(())
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [a, b] = [0, 1].map(|side| {
            let Some(operator) = &self.operators[side] else { return "no such call".into() };
            let line = self.lines[side].as_ref().map(Line::to_string).unwrap_or_default();
            format!("{line} {}", operator.trim_start_matches("aten::")).trim_start().to_owned()
        });
        write!(f, "{a}  and  {b}")?;
        match self.largest_ulps {
            Some(ulps) => write!(f, ", at most {} ULP", thousands(ulps as usize)),
            None => Ok(()),
        }
    }
}

/// Whether all calls are within the distance that was asked for, and the first that is not.
pub(crate) fn answer(comparison: &Comparison, nearness: &Nearness) -> String {
    let within =
        format!("within {} ULP: {}", thousands(nearness.ulps as usize), nearness.within.word());
    match (&nearness.first_beyond, nearness.within) {
        (Some(first), _) => format!(
            "{within}; computing calls beyond: {}, the first {} ({}): {}",
            thousands(nearness.beyond),
            thousands(first.position[0]),
            first.distance,
            comparison.places[first.place]
        ),
        (None, Within::NotKnown) => format!(
            "{within}; computing calls whose elements were not kept or cannot be read: {}",
            thousands(nearness.not_known)
        ),
        (None, _) => within,
    }
}

/// That, and all distances.
pub(super) fn near(
    comparison: &Comparison,
    nearness: &Nearness,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    write!(f, "\n{}", answer(comparison, nearness))?;
    let distances = &comparison.distances;
    if !distances.histogram.is_empty() {
        write!(f, "\n{:>12} {:>12} {:>12}", "ULP", "calls", "elements")?;
    }
    for bin in &distances.histogram {
        let [calls, elements] = [bin.calls, bin.elements].map(thousands);
        write!(f, "\n{:>12} {calls:>12} {elements:>12}", bin.range())?;
    }
    for (calls, what) in distances.without_ulps() {
        write!(f, "\n{what:>12} {:>12}", thousands(calls))?;
    }
    Ok(())
}
