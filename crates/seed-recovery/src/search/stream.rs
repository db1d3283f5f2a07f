//! Whole streams of words, block by block.

use super::lanes::{Aligned, seed_next, seeds};
use super::rows::{Candidate, Job, Rows};
use draws::mt19937::{M, N, temper, twist};

/// The state of `L` generators, after the words before it that a filter may still read.
pub(crate) struct Stream<const L: usize> {
    rows: Aligned<L>,
    history: usize,
    /// The position that each stretch is to be tested at next.
    next: Vec<u64>,
}

impl<const L: usize> Stream<L> {
    pub(crate) fn new(history: usize) -> Self {
        Self { rows: Aligned::new(history + N), history, next: Vec::new() }
    }

    #[inline(always)]
    fn seed(&mut self, first: u32) {
        let mut s = seeds::<L>(first);
        let state = &mut self.rows.rows_mut()[self.history..];
        state[0] = s;
        for (j, row) in state.iter_mut().enumerate().skip(1) {
            seed_next(&mut s, j);
            *row = s;
        }
    }

    /// Replaces the state by the next block of words, not yet tempered.
    #[inline(always)]
    fn advance(&mut self) {
        let rows = self.rows.rows_mut();
        rows.copy_within(N.., 0);
        let state = rows[self.history..].as_flattened_mut();
        assert!(state.len() == N * L, "a block is 624 rows");
        step_rows::<L>(state, 0..N - M);
        step_rows_back::<L>(state, N - M, 2 * (N - M));
        step_rows_back::<L>(state, 2 * (N - M), N - 1);
        for l in 0..L {
            let last = (N - 1) * L + l;
            state[last] = state[(M - 1) * L + l] ^ twist(state[last], state[l]);
        }
    }

    /// A stream with room for what `job` reads across two blocks.
    pub(crate) fn for_job(job: &Job) -> Self {
        Self::new(job.span())
    }

    /// Writes words `first..first + rows.len()` of the streams of `L` seeds.
    #[inline(always)]
    pub(crate) fn words(&mut self, seed: u32, first: u64, rows: &mut [[u32; L]]) {
        self.seed(seed);
        let mut drawn = 0;
        let end = first + rows.len() as u64;
        while drawn < end {
            self.advance();
            let from = first.max(drawn);
            let to = end.min(drawn + N as u64);
            for word in from..to {
                rows[(word - first) as usize] =
                    self.rows.rows()[self.history + (word - drawn) as usize].map(temper);
            }
            drawn += N as u64;
        }
    }
}

/// The rows whose partner lies ahead, in the old state.
#[inline(always)]
fn step_rows<const L: usize>(state: &mut [u32], rows: std::ops::Range<usize>) {
    let (low, high) = state.split_at_mut(M * L);
    let n = rows.end * L;
    let (low, high) = (&mut low[..n + L], &high[..n]);
    for i in 0..n {
        low[i] = high[i] ^ twist(low[i], low[i + L]);
    }
}

/// The rows `from..to` whose partner lies behind, in the new state.
#[inline(always)]
fn step_rows_back<const L: usize>(state: &mut [u32], from: usize, to: usize) {
    let n = (to - from) * L;
    let (low, high) = state.split_at_mut(from * L);
    let low = &low[(from + M - N) * L..][..n];
    let high = &mut high[..n + L];
    for i in 0..n {
        high[i] = low[i] ^ twist(high[i], high[i + L]);
    }
}

/// Tests the streams of `L` seeds from `first` on.
#[inline(always)]
pub(crate) fn scan_stream<const L: usize>(
    job: &Job,
    first: u32,
    stream: &mut Stream<L>,
    found: &mut impl FnMut(Candidate),
) {
    stream.seed(first);
    let (span, last) = (job.span() as u64, job.last());
    stream.next.clear();
    stream.next.extend(job.spans.iter().map(|span| span.first));
    let mut drawn = 0;
    let mut tested = 0;
    while tested <= last {
        stream.advance();
        drawn += N as u64;
        // Row 0 is word `drawn - N - history`; before the first block there is no such word.
        let row_of = |word: u64| (word + stream.history as u64 + N as u64 - drawn) as usize;
        tested = drawn.saturating_sub(span);
        for (next, positions) in stream.next.iter_mut().zip(&job.spans) {
            let end = (positions.last() + 1).min(tested);
            if *next < end {
                let rows = Rows { rows: stream.rows.rows(), tempered: false };
                let (from, step) = (row_of(*next), positions.stride as usize);
                rows.scan(&job.filters, from, step, row_of(end), &mut |at, l| {
                    let position = at as u64 + drawn - N as u64 - stream.history as u64;
                    found(Candidate { seed: first.wrapping_add(l as u32), position });
                });
                *next += (end - *next).div_ceil(positions.stride) * positions.stride;
            }
        }
    }
}
