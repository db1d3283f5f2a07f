//! Which words are tested, and how.

use std::collections::BTreeSet;

use super::cone_scan::{ConeJob, Passed, Positions};
use super::cost::{divide, stream_cost};
use super::redraw::Redraw;
use super::rows::{Candidate, Job};
use super::window::{few, window};
use super::{Hit, Offsets, Search, Target, gcd, simd};
use crate::draw::Library;
use crate::evidence::Attempts;

/// With fewer bits tested, candidates are so many that redrawing from the words at hand is faster.
const FEWEST_BITS: f64 = 12.0;
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
            redraw.scan(search, first, count, &mut |seed, offset| {
                hits.extend(verify(search, redraw.target, seed, offset));
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

/// Seeds for some tens of milliseconds at that many operations on rows.
fn chunk(cost: f64) -> u64 {
    ((2.0_f64.powi(30) / cost.max(1.0)) as u64).next_power_of_two().clamp(1 << 8, 1 << 19)
}

fn verify(search: &Search, target: usize, seed: u32, offset: u64) -> Option<Hit> {
    let arithmetic = search.targets[target].evidence.verify(seed, offset)?;
    Some(Hit { seed, offset, arithmetic, target })
}
