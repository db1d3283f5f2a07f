//! Which words are tested, and how.

use super::first_words::FIRST_WORDS;
use super::rows::{Candidate, Job};
use super::{Hit, Offsets, Search, simd};
use crate::draw::Library;
use crate::evidence::{Attempts, Evidence, WordFilter};

/// The words from the first to the last that the filters of one position read: their rows stay in
/// the first-level cache beside the generators' state.
const SPAN: u64 = 96;
/// With that many bits tested, candidates are too rare for their verification to cost anything.
const ENOUGH_BITS: f64 = 48.0;
/// With fewer bits tested, candidates are so many that redrawing from the words at hand is faster.
const FEWEST_BITS: f64 = 12.0;

/// How a search tries a seed.
#[derive(Clone, Debug)]
pub(super) enum Strategy {
    /// Tests single words; `anchor` words lie between the sequence's start and the first tested.
    Tests { job: Job, anchor: u64, attempts: Attempts },
    /// Draws the sequence from words `from..from + width` of each stream.
    Redraw { from: u64, width: u64 },
    /// Seeds a generator of its own kind for each seed: Python's.
    EachSeed,
}

impl Strategy {
    pub(super) fn choose(evidence: &Evidence, offsets: &Offsets) -> Self {
        if evidence.library() == Library::Python {
            return Self::EachSeed;
        }
        let filters = window(&evidence.filters, offsets);
        let bits: f64 = filters.iter().map(|filter| filter.bits()).sum();
        if filters.is_empty() || bits < FEWEST_BITS.min(evidence.bits() / 2.0) {
            let width = offsets.last() - offsets.first + 2 * evidence.words() + 32;
            return Self::Redraw { from: offsets.first, width };
        }
        let anchor = filters[0].first();
        let attempts = evidence.attempts;
        let first = offsets.first + anchor;
        let last = offsets.last() + anchor + (attempts.count - 1) * attempts.step;
        let step = match (offsets.count(), attempts.count) {
            (1, _) => attempts.step,
            (_, 1) => offsets.stride,
            _ => gcd(offsets.stride, attempts.step),
        };
        let job = Job {
            filters: filters.iter().map(|filter| filter.from(anchor)).collect(),
            first,
            step,
            count: (last - first) / step + 1,
        };
        Self::Tests { job, anchor, attempts }
    }

    /// How many seeds are tried between two looks at the clock: some tens of milliseconds.
    pub(super) fn chunk(&self) -> u64 {
        match self {
            Self::Tests { job, .. } if job.words() <= FIRST_WORDS => 1 << 19,
            Self::Tests { job, .. } => {
                ((1 << 29) / job.words()).next_power_of_two().clamp(1 << 8, 1 << 19)
            }
            Self::EachSeed => 1 << 12,
            Self::Redraw { from, width } => {
                ((1 << 25) / (from + width)).next_power_of_two().clamp(1 << 8, 1 << 16)
            }
        }
    }

    /// The hits among the seeds `first..first + count`.
    pub(super) fn scan(&self, search: &Search, first: u64, count: u64) -> Vec<Hit> {
        let mut hits = Vec::new();
        match self {
            Self::Tests { job, anchor, attempts } => {
                for Candidate { seed, position } in simd::scan(search.simd, job, first, count) {
                    for attempt in 0..attempts.count {
                        let offset = position.checked_sub(anchor + attempt * attempts.step);
                        let offset = offset.filter(|&offset| search.offsets.contains(offset));
                        hits.extend(offset.and_then(|offset| verify(search, seed, offset)));
                    }
                }
            }
            Self::EachSeed => {
                for seed in first..first + count {
                    for i in 0..search.offsets.count() {
                        let offset = search.offsets.first + i * search.offsets.stride;
                        hits.extend(verify(search, seed as u32, offset));
                    }
                }
            }
            Self::Redraw { from, width } => {
                simd::words(search.simd, *from, *width, first, count, &mut |seed, words| {
                    for i in 0..search.offsets.count() {
                        let step = i * search.offsets.stride;
                        if search.evidence.may_match(&words[step as usize..]) {
                            hits.extend(verify(search, seed, from + step));
                        }
                    }
                });
            }
        }
        hits.sort_unstable();
        hits.dedup();
        hits
    }
}

fn verify(search: &Search, seed: u32, offset: u64) -> Option<Hit> {
    let arithmetic = search.evidence.verify(seed, offset)?;
    Some(Hit { seed, offset, arithmetic })
}

/// The stretch of filters to use: the earliest that holds enough bits, else the one that holds most.
fn window<'a>(filters: &'a [WordFilter], offsets: &Offsets) -> Vec<&'a WordFilter> {
    let mut best = (Vec::new(), 0.0);
    for start in 0..filters.len() {
        let first = filters[start].first();
        // Tests that all lie in the stream's head are worth more than many that do not.
        let reach = (FIRST_WORDS - 1).checked_sub(offsets.last()).filter(|&reach| reach > first);
        let mut taken = Vec::new();
        let mut bits = 0.0;
        for filter in &filters[start..] {
            let near =
                filter.last() - first <= SPAN && reach.is_none_or(|reach| filter.last() <= reach);
            if near && bits < ENOUGH_BITS {
                taken.push(filter);
                bits += filter.bits();
            }
        }
        if bits > best.1 {
            best = (taken, bits);
        }
        if best.1 >= ENOUGH_BITS / 2.0 {
            break;
        }
    }
    best.0
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
