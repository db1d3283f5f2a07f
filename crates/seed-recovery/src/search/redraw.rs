//! Drawing a sequence from words at hand, where tests would let too much pass.

use std::collections::BTreeSet;

use super::cone::{Cone, TWIST};
use super::cost::whole_stream_cost;
use super::simd::Source;
use super::{OffsetSet, Offsets, Search, Target, simd};
use crate::evidence::Evidence;

/// Draws a target's sequence from words at hand.
#[derive(Clone, Debug)]
pub(super) struct Redraw {
    pub(super) target: usize,
    source: Source,
    /// How many words are handed to each offset's drawing.
    width: usize,
    /// The words of a cone, ascending; a stream has all.
    words: Vec<u64>,
}

impl Redraw {
    /// The most words of one offset's or several offsets' cones: their rows fit a cache.
    const MOST_WORDS: u64 = 4096;

    pub(super) fn new(target: usize, evidence: &Evidence, offsets: &OffsetSet) -> Self {
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

    pub(super) fn cost(&self, offsets: u64) -> f64 {
        const REDRAWING: f64 = 2e3;
        offsets as f64 * REDRAWING
            + match &self.source {
                Source::Cone(cone, _) => cone.cost(),
                Source::Stream { from, width } => whole_stream_cost(from + width, 0),
            }
    }

    /// Calls `found` with the seeds `first..first + count` and offsets whose words may draw the evidence.
    pub(super) fn scan(
        &self,
        search: &Search,
        first: u64,
        count: u64,
        found: &mut impl FnMut(u32, u64),
    ) {
        let Target { evidence, offsets } = &search.targets[self.target];
        simd::words(search.simd, &self.source, first, count, &mut |seed, words| {
            for offset in offsets.spans().iter().flat_map(Offsets::iter) {
                let at = self.place(offset);
                if evidence.may_match(&words[at..at + self.width]) {
                    found(seed, offset);
                }
            }
        });
    }
}
