//! Which words are tested, and how.

use std::collections::BTreeSet;

use super::cone::{Cone, SEED, TEST, TWIST};
use super::cone_scan::{ConeJob, Passed, Positions};
use super::rows::{Candidate, Job};
use super::simd::Source;
use super::{Hit, OffsetSet, Offsets, Search, Target, simd};
use crate::draw::Library;
use crate::evidence::{Attempts, Evidence, WordFilter};
use draws::mt19937::N;

/// The words from the first to the last that the filters of one position read: their rows stay in
/// the first-level cache beside the generators' state.
const SPAN: u64 = 96;
/// With that many bits tested, candidates are too rare for their verification to cost anything.
const ENOUGH_BITS: f64 = 48.0;
/// The same where each candidate has been found for itself: verifying one costs some hundred seeds.
const RARE_BITS: f64 = 13.0;
/// With fewer bits tested, candidates are so many that redrawing from the words at hand is faster.
const FEWEST_BITS: f64 = 12.0;
/// Cones of more twists than this take too long to build.
const MOST_TWISTS: f64 = 3e5;
/// Operations of a test within a stream, whose rows are at hand.
const STREAM_TEST: f64 = 4.0;

/// Operations that the seeding of Python's generator by itself, and a draw from it, are worth.
const EACH_SEED: f64 = 262_144.0;

/// How a search tries a seed.
#[derive(Clone, Debug)]
pub(super) struct Strategy {
    /// What is left of each target's tests is to be verified.
    tests: Vec<Option<Test>>,
    /// Single positions of all targets.
    cones: Option<ConeJob>,
    /// Stretches of positions, by target.
    streams: Vec<(usize, Job)>,
    redraws: Vec<Redraw>,
    /// Targets whose generator is seeded by itself for each seed: Python's.
    each_seed: Vec<usize>,
    chunk: u64,
}

/// Where the offset lies before a tested position: `anchor` words, and attempts before.
#[derive(Clone, Copy, Debug)]
struct Test {
    anchor: u64,
    attempts: Attempts,
}

/// Draws a target's sequence from words at hand.
#[derive(Clone, Debug)]
struct Redraw {
    target: usize,
    source: Source,
    /// How many words are handed to each offset's drawing.
    width: usize,
    /// The words of a cone, ascending; a stream has all.
    words: Vec<u64>,
}

impl Strategy {
    pub(super) fn choose(targets: &[Target]) -> Self {
        let mut strategy = Self {
            tests: Vec::new(),
            cones: None,
            streams: Vec::new(),
            redraws: Vec::new(),
            each_seed: Vec::new(),
            chunk: 0,
        };
        let mut cones = Vec::new();
        let mut cost = 0.0;
        for (target, Target { evidence, offsets }) in targets.iter().enumerate() {
            if evidence.library() == Library::Python {
                cost += EACH_SEED * offsets.count() as f64;
                strategy.each_seed.push(target);
                strategy.tests.push(None);
                continue;
            }
            let filters = window(&evidence.filters, offsets);
            let bits: f64 = filters.iter().map(|filter| filter.bits()).sum();
            if filters.is_empty() || bits < FEWEST_BITS.min(evidence.bits() / 2.0) {
                let redraw = Redraw::new(target, evidence, offsets);
                cost += redraw.cost(offsets.count());
                strategy.redraws.push(redraw);
                strategy.tests.push(None);
                continue;
            }
            let anchor = filters[0].first();
            let filters: Vec<_> = filters.iter().map(|filter| filter.from(anchor)).collect();
            let test = Test { anchor, attempts: evidence.attempts };
            strategy.tests.push(Some(test));
            let spans = offsets.spans().iter().map(|span| test.positions(span)).collect();
            let (alone, together) = divide(spans);
            if !alone.is_empty() {
                let positions: BTreeSet<u64> = alone.iter().flat_map(Offsets::iter).collect();
                let filters = few(&filters, positions.len());
                let positions = positions.into_iter().collect();
                cones.push(Positions { target, filters, positions });
            }
            if !together.is_empty() {
                let job = Job { filters, spans: together };
                cost += stream_cost(&job.spans);
                strategy.streams.push((target, job));
            }
        }
        if !cones.is_empty() {
            let job = ConeJob::new(cones);
            cost += job.cost();
            strategy.cones = Some(job);
        }
        strategy.chunk = chunk(cost);
        strategy
    }

    /// How many seeds are tried between two looks at the clock: some tens of milliseconds.
    pub(super) fn chunk(&self) -> u64 {
        self.chunk
    }

    /// The hits among the seeds `first..first + count`.
    pub(super) fn scan(&self, search: &Search, first: u64, count: u64) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut candidate = |target: usize, seed, position: u64| {
            let Some(Test { anchor, attempts }) = self.tests[target] else { return };
            for attempt in 0..attempts.count {
                let offset = position.checked_sub(anchor + attempt * attempts.step);
                let offset = offset.filter(|&o| search.targets[target].offsets.contains(o));
                hits.extend(offset.and_then(|offset| verify(search, target, seed, offset)));
            }
        };
        if let Some(job) = &self.cones {
            let passed = simd::scan_positions(search.simd, job, first, count);
            for Passed { seed, target, position } in passed {
                candidate(target, seed, position);
            }
        }
        for (target, job) in &self.streams {
            for Candidate { seed, position } in simd::scan(search.simd, job, first, count) {
                candidate(*target, seed, position);
            }
        }
        for redraw in &self.redraws {
            let Target { evidence, offsets } = &search.targets[redraw.target];
            simd::words(search.simd, &redraw.source, first, count, &mut |seed, words| {
                for offset in offsets.spans().iter().flat_map(Offsets::iter) {
                    let at = redraw.place(offset);
                    if evidence.may_match(&words[at..at + redraw.width]) {
                        hits.extend(verify(search, redraw.target, seed, offset));
                    }
                }
            });
        }
        for &target in &self.each_seed {
            let offsets = &search.targets[target].offsets;
            for seed in first..first + count {
                let all = offsets.spans().iter().flat_map(Offsets::iter);
                hits.extend(all.filter_map(|offset| verify(search, target, seed as u32, offset)));
            }
        }
        hits.sort_unstable();
        hits.dedup();
        hits
    }
}

impl Test {
    /// The positions to test for the offsets of a stretch.
    fn positions(self, span: &Offsets) -> Offsets {
        let attempts = self.attempts;
        let last = span.last() + self.anchor + (attempts.count - 1) * attempts.step;
        let stride = match (span.count(), attempts.count) {
            (1, _) => attempts.step,
            (_, 1) => span.stride,
            _ => gcd(span.stride, attempts.step),
        };
        Offsets { first: span.first + self.anchor, end: last + 1, stride }
    }
}

impl Redraw {
    /// The most words of one offset's or several offsets' cones: their rows fit a cache.
    const MOST_WORDS: u64 = 4096;

    fn new(target: usize, evidence: &Evidence, offsets: &OffsetSet) -> Self {
        let width = 2 * evidence.words() + 32;
        let far = offsets.last() + width;
        let stream = whole_stream_cost(far, 0);
        if far <= Cone::FURTHEST && offsets.count().saturating_mul(width) <= Self::MOST_WORDS {
            let all = offsets.spans().iter().flat_map(Offsets::iter);
            let words: BTreeSet<u64> = all.flat_map(|offset| offset..offset + width).collect();
            let words: Vec<u64> = words.into_iter().collect();
            if Cone::twists(words.iter().copied()) * TWIST < stream {
                let cone = Cone::new(&words, &BTreeSet::new());
                if cone.cost() < stream {
                    let source = Source::Cone(cone, words.len());
                    return Self { target, source, width: width as usize, words };
                }
            }
        }
        let from = offsets.first();
        let source = Source::Stream { from, width: far - from };
        Self { target, source, width: width as usize, words: Vec::new() }
    }

    /// Where the words of an offset begin among the source's.
    fn place(&self, offset: u64) -> usize {
        match self.source {
            Source::Cone(..) => self.words.partition_point(|&word| word < offset),
            Source::Stream { from, .. } => (offset - from) as usize,
        }
    }

    fn cost(&self, offsets: u64) -> f64 {
        const REDRAWING: f64 = 2e3;
        offsets as f64 * REDRAWING
            + match &self.source {
                Source::Cone(cone, _) => cone.cost(),
                Source::Stream { from, width } => whole_stream_cost(from + width, 0),
            }
    }
}

/// Which stretches of positions are tested one by one, and which in whole streams: what costs least.
fn divide(spans: Vec<Offsets>) -> (Vec<Offsets>, Vec<Offsets>) {
    let mut spans: Vec<(f64, Offsets)> =
        spans.into_iter().map(|span| (cone_cost(&span), span)).collect();
    spans.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut rest: Vec<f64> = Vec::new();
    let (mut last, mut tests) = (0, 0);
    for (_, span) in spans.iter().rev() {
        last = last.max(span.last());
        tests += span.count();
        rest.push(whole_stream_cost(last, tests));
    }
    rest.reverse();
    rest.push(0.0);
    let (mut alone, mut least) = (0, rest[0]);
    let mut cones = SEED * N as f64;
    for (i, (cost, _)) in spans.iter().enumerate() {
        cones += cost;
        if cones + rest[i + 1] < least {
            (alone, least) = (i + 1, cones + rest[i + 1]);
        }
    }
    let together = spans.split_off(alone);
    let plain = |spans: Vec<(f64, Offsets)>| spans.into_iter().map(|(_, span)| span).collect();
    (plain(spans), plain(together))
}

/// Operations on rows for the positions of a stretch by themselves, without the seeding.
fn cone_cost(span: &Offsets) -> f64 {
    // A position's filters may read a few words behind it.
    if span.last() + SPAN > Cone::FURTHEST || span.count() as f64 > MOST_TWISTS {
        return f64::INFINITY;
    }
    let twists = Cone::twists(span.iter());
    // Each twist's operands are sums of some words.
    if twists > MOST_TWISTS {
        f64::INFINITY
    } else {
        2.0 * TWIST * twists + TEST * span.count() as f64
    }
}

/// Operations on rows for whole streams, up to the last position.
fn stream_cost(spans: &[Offsets]) -> f64 {
    let last = spans.iter().map(Offsets::last).max().unwrap_or(0);
    whole_stream_cost(last, spans.iter().map(Offsets::count).sum())
}

fn whole_stream_cost(last: u64, tests: u64) -> f64 {
    let blocks = last / N as u64 + 1;
    N as f64 * SEED + (blocks * N as u64) as f64 * TWIST + tests as f64 * STREAM_TEST
}

/// Seeds for some tens of milliseconds at that many operations on rows.
fn chunk(cost: f64) -> u64 {
    ((2.0_f64.powi(30) / cost.max(1.0)) as u64).next_power_of_two().clamp(1 << 8, 1 << 19)
}

fn verify(search: &Search, target: usize, seed: u32, offset: u64) -> Option<Hit> {
    let arithmetic = search.targets[target].evidence.verify(seed, offset)?;
    Some(Hit { seed, offset, arithmetic, target })
}

/// The first filters, as many as make candidates rare at so many positions.
fn few(filters: &[WordFilter], positions: usize) -> Vec<WordFilter> {
    let mut bits = 0.0;
    let enough = RARE_BITS + (positions as f64).log2();
    let taken = filters.iter().take_while(|filter| {
        let short = bits < enough;
        bits += filter.bits();
        short
    });
    taken.cloned().collect()
}

/// The stretch of filters to use: the earliest that holds enough bits, else the one that holds most.
fn window<'a>(filters: &'a [WordFilter], offsets: &OffsetSet) -> Vec<&'a WordFilter> {
    let mut best = (Vec::new(), 0.0);
    for start in 0..filters.len() {
        let first = filters[start].first();
        // Words whose seeding ends early are worth more than many that do not.
        let reach = EARLY.checked_sub(offsets.last()).filter(|&reach| reach > first);
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

/// The last word of a stream that needs one step of the recurrence, and not the whole seeded state.
const EARLY: u64 = (N - draws::mt19937::M) as u64 - 1;

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
