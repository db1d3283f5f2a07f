//! The attempts for draws that were printed together, by what may have been drawn before them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::event_words::{one_draw, words_of, words_once};
use super::super::run::{Event, What};
use super::super::understand::Understanding;
use super::Attempt;
use crate::draw::Library;
use crate::grammar::Item;
use crate::readings::{Assumption, Reading, readings};
use crate::search::{OffsetSet, Offsets, gcd};

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

pub(super) struct Group<'a> {
    pub understanding: &'a Understanding,
    pub stream: &'a [&'a Event],
    pub library: Library,
    pub first: usize,
    pub evidence: Vec<Item>,
}

impl Group<'_> {
    pub fn attempts(&self, seed: Option<i64>, seeded: bool, staged: &mut Vec<Attempt>) {
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
            let offsets: Vec<Offsets> = offsets.iter().map(|&at| Offsets::at(at)).collect();
            let attempt = self.attempt(stage, why.clone(), reading, offsets.into());
            staged.push(Attempt { seeds: seeds.clone(), ..attempt });
        }
    }

    fn attempt(&self, stage: usize, why: String, reading: Reading, offsets: OffsetSet) -> Attempt {
        Attempt {
            stage,
            why,
            items: reading.items,
            assumes: reading.assumes,
            offsets,
            seeds: None,
            before: self.first,
            library: self.library,
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
            staged.push(self.attempt(stage, why, reading, offsets.into()));
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
            let offsets = Offsets { first: 0, end, stride: step };
            staged.push(self.attempt(stage, why.to_owned(), reading, offsets.into()));
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
