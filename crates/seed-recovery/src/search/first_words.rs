//! The first words of each seed's stream, from no more of its state than they need.

use super::lanes::{Aligned, seed_next, seeds};
use super::rows::{Candidate, Job, Rows};
use draws::mt19937::{M, N, temper, twist};

/// Words that can be drawn without the generator's whole state: word `k` needs only the words
/// `k`, `k + 1` and `k + 397` of the seeded state.
pub(crate) const FIRST_WORDS: u64 = (N - M) as u64;

/// Scratch memory of [`first_words`].
pub(crate) struct Scratch<const L: usize> {
    /// The first word of output wanted.
    from: usize,
    /// Words `from..=from + width` of the seeded state.
    low: Aligned<L>,
    /// Words `from..from + width` of output.
    words: Aligned<L>,
}

impl<const L: usize> Scratch<L> {
    pub(crate) fn new(from: u64, width: u64) -> Self {
        Self {
            from: from as usize,
            low: Aligned::new(width as usize + 1),
            words: Aligned::new(width as usize),
        }
    }
}

/// Words `from..from + width`, all below [`FIRST_WORDS`], of the streams of `L` seeds from `first` on.
#[inline(always)]
pub(crate) fn first_words<const L: usize>(first: u32, scratch: &mut Scratch<L>) -> &[[u32; L]] {
    let mut s = seeds::<L>(first);
    let from = scratch.from;
    let low = scratch.low.rows_mut();
    for j in 1..=from {
        seed_next(&mut s, j);
    }
    low[0] = s;
    for (j, low) in low.iter_mut().enumerate().skip(1) {
        seed_next(&mut s, from + j);
        *low = s;
    }
    for j in from + low.len()..M + from {
        seed_next(&mut s, j);
    }
    for (k, (words, low)) in scratch.words.rows_mut().iter_mut().zip(low.windows(2)).enumerate() {
        seed_next(&mut s, M + from + k);
        for l in 0..L {
            words[l] = temper(s[l] ^ twist(low[0][l], low[1][l]));
        }
    }
    scratch.words.rows()
}

/// Tests the first words of `L` seeds.
#[inline(always)]
pub(crate) fn scan_first_words<const L: usize>(
    job: &Job,
    first: u32,
    scratch: &mut Scratch<L>,
    found: &mut impl FnMut(Candidate),
) {
    let rows = Rows { rows: first_words(first, scratch), tempered: true };
    let end = (job.last() - job.first) as usize + 1;
    rows.scan(&job.filters, 0, job.step as usize, end, &mut |at, l| {
        found(Candidate { seed: first.wrapping_add(l as u32), position: job.first + at as u64 });
    });
}
