//! What to search for: evidence and the places where it may start, the cheapest first.

use std::collections::BTreeSet;
use std::ops::Range;

use super::event_words::{one_draw, words_of, words_once};
use super::run::{Event, What};
use super::understand::Understanding;
use crate::draw::Library;
use crate::error::Result;
use crate::evidence::Evidence;
use crate::grammar::Item;
use crate::readings::{Assumption, readings};
use crate::search::{OffsetSet, Offsets, Target};

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
/// So many unseen executions are tried together.
const MOST_RERUNS: u64 = 3;
/// So many passes of a loop of unknown length may have gone before.
const PASSES_BEFORE: u64 = 300;
/// Farther than this no search goes.
const FARTHEST: u64 = 400_000;
/// More offsets are not listed one by one.
const MOST_LISTED: usize = 64;
/// So many runs of the whole notebook may have gone before.
const RUNS_BEFORE: u64 = 12;

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

struct Group<'a> {
    understanding: &'a Understanding,
    stream: &'a [&'a Event],
    library: Library,
    first: usize,
    evidence: Vec<Item>,
}

impl Group<'_> {
    fn attempts(&self, seed: Option<i64>, seeded: bool, staged: &mut Vec<Attempt>) {
        let earlier = &self.stream[..self.first];
        let barrier = earlier.iter().rposition(|event| event.items().is_none());
        let from = barrier.map_or(0, |at| at + 1);
        let mut items: Vec<Item> =
            earlier[from..].iter().filter_map(|event| event.items()).flatten().collect();
        // Draws before the evidence that were printed too need not be drawn again exactly.
        for item in &mut items {
            if let Item::Printed(draw, _) = item {
                *item = Item::Skipped(draw.clone());
            }
        }
        items.extend(self.evidence.iter().cloned());
        let place = self.understanding.cell_name(self.stream[self.first].place.cell);
        let start = if seeded { "the seeding" } else { "the kernel's start" };
        if let Some(seed) = seed
            && barrier.is_none()
        {
            let seed = u64::from(seed as u32);
            let why = format!("what {place} prints, from the seed {seed} that the notebook sets");
            self.add(0, why, &items, &[0], Some(seed..seed + 1), staged);
        }
        match barrier {
            None => {
                let why =
                    format!("what {place} prints, with the draws since {start} as they are shown");
                self.add(1, why, &items, &[0], None, staged);
                self.reruns(2, true, &place, &items, staged);
                self.reruns(3, false, &place, &items, staged);
            }
            Some(at) => {
                let unknown = reason(self.stream[at]);
                let why = format!("what {place} prints, after {unknown}");
                self.wide(4, &why, &items, staged);
            }
        }
        let unseen: u64 = self.understanding.gaps.values().sum();
        if barrier.is_none() && unseen > 0 {
            let why = format!(
                "what {place} prints, after up to {RUNS_BEFORE} runs of the notebook that are not shown"
            );
            self.wide(4, &why, &items, staged);
        }
    }

    /// Adds an attempt for each way to read the items.
    fn add(
        &self,
        stage: usize,
        why: String,
        items: &[Item],
        offsets: &[u64],
        seeds: Option<Range<u64>>,
        staged: &mut Vec<Attempt>,
    ) {
        for reading in readings(items, offsets.iter().any(|&offset| offset > 0)) {
            staged.push(Attempt {
                stage,
                why: why.clone(),
                items: reading.items,
                assumes: reading.assumes,
                offsets: offsets.iter().map(|&at| Offsets::at(at)).collect::<Vec<_>>().into(),
                seeds: seeds.clone(),
                before: self.first,
                library: self.library,
            });
        }
    }

    /// Unseen executions before the evidence may have been cells that draw, run once more.
    fn reruns(
        &self,
        stage: usize,
        since_first_draw: bool,
        place: &str,
        items: &[Item],
        staged: &mut Vec<Attempt>,
    ) {
        let understanding = self.understanding;
        let evidence = self.stream[self.first].place.cell;
        let first_draw = self.stream[0].place.cell;
        let position = |cell: usize| understanding.order.iter().position(|&i| i == cell);
        let unseen: u64 = understanding
            .gaps
            .iter()
            .filter(|&(&cell, _)| {
                position(cell) <= position(evidence)
                    && (!since_first_draw || position(cell) > position(first_draw))
            })
            .map(|(_, unseen)| unseen)
            .sum();
        if unseen == 0 {
            return;
        }
        for reading in readings(items, true) {
            let words = self.words_of_cells(&reading.assumes);
            let mut sums: BTreeSet<u64> = [0].into();
            for _ in 0..unseen.min(MOST_RERUNS) {
                let more: Vec<u64> =
                    sums.iter().flat_map(|sum| words.iter().map(move |word| sum + word)).collect();
                sums.extend(more);
                if sums.len() > MOST_LISTED {
                    break;
                }
            }
            sums.remove(&0);
            let offsets: Vec<Offsets> =
                sums.into_iter().take(MOST_LISTED).map(Offsets::at).collect();
            if offsets.is_empty() {
                continue;
            }
            let why = format!(
                "what {place} prints, after cells that draw were run up to {} times more, unseen",
                unseen.min(MOST_RERUNS)
            );
            staged.push(Attempt {
                stage,
                why,
                items: reading.items,
                assumes: reading.assumes,
                offsets: offsets.into(),
                seeds: None,
                before: self.first,
                library: self.library,
            });
        }
    }

    /// A stretch of offsets as long as some runs of the whole notebook.
    fn wide(&self, stage: usize, why: &str, items: &[Item], staged: &mut Vec<Attempt>) {
        // What is drawn an unknown number of times differs between versions too.
        let unknown = self.stream[..self.first].iter().filter(|event| event.items().is_none());
        let open: Vec<Item> = unknown.filter_map(|event| one_draw(event)).collect();
        for mut reading in readings(&[items, &open].concat(), true) {
            reading.items.truncate(reading.items.len() - open.len());
            let words = |event: &&Event| words_once(event, &reading.assumes);
            let step = self.stream.iter().filter_map(words).fold(0, gcd).max(1);
            let whole: u64 = self
                .stream
                .iter()
                .filter_map(|event| words_of(event, &reading.assumes))
                .fold(0, u64::saturating_add);
            let end = whole.saturating_mul(RUNS_BEFORE).max(step.saturating_mul(PASSES_BEFORE));
            let end = end.clamp(2_000, FARTHEST) + 1;
            staged.push(Attempt {
                stage,
                why: why.to_owned(),
                items: reading.items,
                assumes: reading.assumes,
                offsets: Offsets { first: 0, end, stride: step }.into(),
                seeds: None,
                before: self.first,
                library: self.library,
            });
        }
    }

    /// The words that each cell draws, without those that are not known.
    fn words_of_cells(&self, assumes: &[Assumption]) -> BTreeSet<u64> {
        let mut cells: std::collections::BTreeMap<usize, Option<u64>> = Default::default();
        for event in self.stream {
            let words = words_of(event, assumes);
            let sum = cells.entry(event.place.cell).or_insert(Some(0));
            *sum = sum.zip(words).map(|(a, b)| a.saturating_add(b));
        }
        cells.into_values().flatten().filter(|&words| words > 0).collect()
    }
}

/// Why the words of an event are not known.
fn reason(event: &Event) -> String {
    match &event.what {
        What::Unknown(_, reason) => reason.clone(),
        What::Linear { .. } => "a layer of unknown sizes".into(),
        _ => "a loop of unknown length".into(),
    }
}

pub(super) fn name(library: Library) -> &'static str {
    match library {
        Library::Torch => "PyTorch",
        Library::NumPy => "np.random",
        Library::Python => "random",
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
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
