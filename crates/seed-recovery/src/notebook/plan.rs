//! What to search for: evidence and the places where it may start, the cheapest first.

mod group;

use std::ops::Range;

use super::run::{Event, What};
use super::understand::Understanding;
use crate::draw::Library;
use crate::error::Result;
use crate::evidence::Evidence;
use crate::grammar::Item;
use crate::readings::Assumption;
use crate::search::{OffsetSet, Target};
use group::Group;

/// One search of a plan.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Attempts of one stage are made in one pass over the seeds; the lower stage comes first.
    pub stage: usize,
    /// What it takes for true, in words.
    pub why: String,
    /// The sequence: draws before the evidence, and the evidence.
    pub items: Vec<Item>,
    /// What the reading of the sequence takes for true.
    pub assumes: Vec<Assumption>,
    /// Where the sequence may start.
    pub offsets: OffsetSet,
    /// The seed, if the notebook gives it.
    pub seeds: Option<Range<u64>>,
    /// How many of the stream's events lie before the evidence.
    pub before: usize,
    /// Whose generator.
    pub library: Library,
}

/// So much evidence is taken together, in bits; more would only add what may not belong to it.
const ENOUGH_BITS: f64 = 60.0;
/// Below this, evidence is not worth a search.
const FEWEST_BITS: f64 = 36.0;

/// The attempts for a notebook, or why there are none.
pub fn attempts(understanding: &Understanding) -> std::result::Result<Vec<Attempt>, String> {
    let mut all = Vec::new();
    let mut reasons = Vec::new();
    for library in [Library::Torch, Library::NumPy, Library::Python] {
        match of_library(understanding, library) {
            Ok(some) => all.extend(some),
            Err(reason) => reasons.extend(reason),
        }
    }
    if all.is_empty() {
        return Err(match reasons.is_empty() {
            true => "it draws nothing at random on the CPU".into(),
            false => reasons.join("; "),
        });
    }
    // The sort keeps the order of what costs the same.
    all.sort_by_key(|attempt| (attempt.stage, attempt.offsets.count()));
    Ok(all)
}

fn of_library(
    understanding: &Understanding,
    library: Library,
) -> std::result::Result<Vec<Attempt>, Option<String>> {
    let (seeding, stream) = understanding.stream(library);
    if stream.is_empty() {
        return Err(None);
    }
    let name = name(library);
    let seed = match seeding.map(|event| &event.what) {
        Some(What::Seed(_, seed)) => *seed,
        _ if library == Library::Torch => None,
        _ if stream.iter().any(|event| event.is_printed()) => {
            return Err(Some(format!(
                "{name} draws without being seeded, from the system's entropy, which no search recovers"
            )));
        }
        _ => return Err(None),
    };
    let printed: Vec<usize> = (0..stream.len()).filter(|&i| stream[i].is_printed()).collect();
    if printed.is_empty() {
        return Err(Some(format!(
            "none of the {} draws of {name} is printed before its values change",
            stream.len()
        )));
    }
    let mut staged = Vec::new();
    let mut weak = None;
    let mut covered = 0;
    for &first in &printed {
        if first < covered {
            continue;
        }
        let (evidence, end, bits) = evidence_from(&stream, first);
        covered = end;
        if bits < FEWEST_BITS {
            weak.get_or_insert(bits);
            continue;
        }
        let group = Group { understanding, stream: &stream, library, first, evidence };
        group.attempts(seed, seeding.is_some(), &mut staged);
    }
    match weak {
        Some(bits) if staged.is_empty() => Err(Some(format!(
            "what it prints of {name}'s draws holds {bits:.0} bits, and a seed takes 32 and some more"
        ))),
        _ => Ok(staged),
    }
}

/// Printed draws in a row from `first` on, until they are enough; the event after them, and their bits.
fn evidence_from(stream: &[&Event], first: usize) -> (Vec<Item>, usize, f64) {
    let mut items = Vec::new();
    let (mut bits, mut end) = (0.0, first);
    // A draw that was printed later than another cell's draws may have been drawn anew in between.
    let mut pending = Vec::new();
    for (i, event) in stream.iter().enumerate().skip(first) {
        let Some(more) = event.items() else { break };
        pending.extend(more);
        if event.is_printed() {
            let whole = [items.as_slice(), &pending].concat();
            let Ok(evidence) = Evidence::new(whole.clone()) else {
                if i == first {
                    end = i + 1;
                }
                break;
            };
            (items, bits, end) = (whole, evidence.bits(), i + 1);
            pending.clear();
        }
        // What the same cell printed beside belongs to the same run of it.
        let cell = event.place.cell;
        if bits >= ENOUGH_BITS && stream.get(i + 1).is_none_or(|next| next.place.cell != cell) {
            break;
        }
    }
    (items, end, bits)
}

pub(super) fn name(library: Library) -> &'static str {
    match library {
        Library::Torch => "PyTorch",
        Library::NumPy => "np.random",
        Library::Python => "random",
    }
}

impl Attempt {
    /// The attempt as a target of a search.
    ///
    /// # Errors
    /// As [`Evidence::new`].
    pub fn target(&self) -> Result<Target> {
        Ok(Target { evidence: Evidence::new(self.items.clone())?, offsets: self.offsets.clone() })
    }
}
