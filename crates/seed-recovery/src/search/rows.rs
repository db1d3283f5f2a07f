//! Tests on rows of words, one word for each seed of a group.
//!
//! This and its neighbours [`super::cone_scan`] and [`super::stream`] are plain code over arrays that the
//! compiler turns into vector instructions; all of it is inlined into functions that
//! [`super::simd`] has compiled once for each instruction set.

use super::Offsets;
use crate::evidence::WordFilter;
use draws::mt19937::temper;

/// Positions tested together before the first branch.
const BATCH: usize = 4;

/// Which words of each seed's stream are tested.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// The filters, counted from the tested word; the first reads word 0 of the stretch.
    pub filters: Vec<WordFilter>,
    /// The positions tested, in words of the stream.
    pub spans: Vec<Offsets>,
}

impl Job {
    /// The last word after the tested one that a filter reads.
    pub(super) fn span(&self) -> usize {
        self.filters.iter().map(WordFilter::last).max().unwrap_or(0) as usize
    }

    /// The last position tested.
    pub(super) fn last(&self) -> u64 {
        self.spans.iter().map(Offsets::last).max().unwrap_or(0)
    }
}

/// A seed that passes every filter, with the position in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub seed: u32,
    pub position: u64,
}

/// One group of seeds: the rows of words that the filters read.
pub(super) struct Rows<'a, const L: usize> {
    pub rows: &'a [[u32; L]],
    /// Whether the rows are output already, or still state.
    pub tempered: bool,
}

impl<const L: usize> Rows<'_, L> {
    #[inline(always)]
    fn row(&self, at: usize) -> [u32; L] {
        let row = self.rows[at];
        if self.tempered { row } else { row.map(temper) }
    }

    /// Which seeds pass `filter` at row `at`: 1 or 0 each.
    #[inline(always)]
    fn flags(&self, filter: &WordFilter, at: usize) -> [u32; L] {
        let mut flags = [0; L];
        match filter {
            WordFilter::BoxMuller { angle, radius, shift, table } => {
                let (angles, radii) =
                    (self.row(at + *angle as usize), self.row(at + *radius as usize));
                for l in 0..L {
                    flags[l] = u32::from(table.admits(angles[l] << shift, radii[l] << shift));
                }
            }
            _ => {
                let row = self.row(at + filter.first() as usize);
                let limit = limit(filter);
                for l in 0..L {
                    flags[l] = u32::from(measure(filter, row[l]) <= limit);
                }
            }
        }
        flags
    }

    /// Runs every filter at row `at` and hands the seeds that pass to `found`.
    #[inline(always)]
    pub(super) fn cascade(&self, filters: &[WordFilter], at: usize, found: &mut impl FnMut(usize)) {
        let mut flags = [1; L];
        for filter in filters {
            let pass = self.flags(filter, at);
            let mut any = 0;
            for l in 0..L {
                flags[l] &= pass[l];
                any |= flags[l];
            }
            if any == 0 {
                return;
            }
        }
        (0..L).filter(|&l| flags[l] != 0).for_each(found);
    }

    /// Tests the rows `from`, `from + step`, … below `end`.
    #[inline(always)]
    pub(super) fn scan(
        &self,
        filters: &[WordFilter],
        from: usize,
        step: usize,
        end: usize,
        found: &mut impl FnMut(usize, usize),
    ) {
        let mut at = from;
        match &filters[0] {
            first @ WordFilter::Range { shift, low, .. } => {
                let (shift, low) = (*shift, *low);
                self.scan_batches(
                    first,
                    &mut at,
                    step,
                    end,
                    |w| (w << shift).wrapping_sub(low),
                    |at| {
                        self.cascade(filters, at, &mut |l| found(at, l));
                    },
                );
            }
            first @ WordFilter::Modulo { value, inverse, rotate, .. } => {
                let (value, inverse, rotate) = (*value, *inverse, *rotate);
                let measure =
                    |w: u32| w.wrapping_sub(value).wrapping_mul(inverse).rotate_right(rotate);
                self.scan_batches(first, &mut at, step, end, measure, |at| {
                    self.cascade(filters, at, &mut |l| found(at, l));
                });
            }
            WordFilter::BoxMuller { .. } => {}
        }
        while at < end {
            self.cascade(filters, at, &mut |l| found(at, l));
            at += step;
        }
    }

    /// Applies the first filter to whole batches of positions, with one branch a batch.
    #[inline(always)]
    fn scan_batches(
        &self,
        first: &WordFilter,
        at: &mut usize,
        step: usize,
        end: usize,
        measure: impl Fn(u32) -> u32,
        mut passed: impl FnMut(usize),
    ) {
        let (offset, limit) = (first.first() as usize, limit(first));
        while *at + step * (BATCH - 1) < end {
            let mut least = [u32::MAX; L];
            for b in 0..BATCH {
                let row = self.row(*at + offset + b * step);
                for l in 0..L {
                    least[l] = least[l].min(measure(row[l]));
                }
            }
            if least.iter().fold(false, |any, &m| any | (m <= limit)) {
                for b in 0..BATCH {
                    passed(*at + b * step);
                }
            }
            *at += step * BATCH;
        }
    }
}

/// What a one-word filter compares with its limit.
#[inline(always)]
pub(super) fn measure(filter: &WordFilter, word: u32) -> u32 {
    match *filter {
        WordFilter::Range { shift, low, .. } => (word << shift).wrapping_sub(low),
        WordFilter::Modulo { value, inverse, rotate, .. } => {
            word.wrapping_sub(value).wrapping_mul(inverse).rotate_right(rotate)
        }
        WordFilter::BoxMuller { .. } => 0,
    }
}

#[inline(always)]
pub(super) fn limit(filter: &WordFilter) -> u32 {
    match *filter {
        WordFilter::Range { width, .. } => width,
        WordFilter::Modulo { bound, .. } => bound,
        WordFilter::BoxMuller { .. } => 0,
    }
}
