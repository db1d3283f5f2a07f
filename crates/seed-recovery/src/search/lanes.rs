//! Groups of `L` seeds side by side: their seeding, and memory for their words.

use draws::mt19937::SEEDING;

/// The next word of the seeding recurrence, for every seed.
#[inline(always)]
pub(super) fn seed_next<const L: usize>(s: &mut [u32; L], j: usize) {
    for word in s {
        *word = SEEDING.wrapping_mul(*word ^ (*word >> 30)).wrapping_add(j as u32);
    }
}

#[inline(always)]
pub(super) fn seeds<const L: usize>(first: u32) -> [u32; L] {
    let mut seeds = [0; L];
    for (l, seed) in seeds.iter_mut().enumerate() {
        *seed = first.wrapping_add(l as u32);
    }
    seeds
}

/// Rows of `L` words that start on a cache line, so that no vector load straddles two.
pub(super) struct Aligned<const L: usize> {
    words: Vec<u32>,
    start: usize,
}

impl<const L: usize> Aligned<L> {
    const LINE: usize = 64;

    /// That many rows of zeros.
    pub(super) fn new(rows: usize) -> Self {
        let words = vec![0_u32; rows * L + Self::LINE / size_of::<u32>()];
        let start = words.as_ptr().align_offset(Self::LINE).min(Self::LINE / size_of::<u32>());
        Self { words, start }
    }

    #[inline(always)]
    pub(super) fn rows(&self) -> &[[u32; L]] {
        let rows = (self.words.len() - Self::LINE / size_of::<u32>()) / L;
        &self.words[self.start..].as_chunks().0[..rows]
    }

    #[inline(always)]
    pub(super) fn rows_mut(&mut self) -> &mut [[u32; L]] {
        let rows = (self.words.len() - Self::LINE / size_of::<u32>()) / L;
        &mut self.words[self.start..].as_chunks_mut().0[..rows]
    }
}
