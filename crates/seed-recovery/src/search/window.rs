//! Which filters are tested.

use super::OffsetSet;
use crate::evidence::WordFilter;
use draws::mt19937::N;

/// The words from the first to the last that the filters of one position read: their rows stay in
/// the first-level cache beside the generators' state.
pub(super) const SPAN: u64 = 96;
/// With that many bits tested, candidates are too rare for their verification to cost anything.
const ENOUGH_BITS: f64 = 48.0;
/// The same where each candidate has been found for itself: verifying one costs some hundred seeds.
const RARE_BITS: f64 = 13.0;
/// The last word of a stream that needs one step of the recurrence, and not the whole seeded state.
const EARLY: u64 = (N - draws::mt19937::M) as u64 - 1;

/// The first filters, as many as make candidates rare at so many positions.
pub(super) fn few(filters: &[WordFilter], positions: usize) -> Vec<WordFilter> {
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
pub(super) fn window<'a>(filters: &'a [WordFilter], offsets: &OffsetSet) -> Vec<&'a WordFilter> {
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
