//! The search's inner loops, over groups of seeds side by side.
//!
//! Everything here is plain code over arrays that the compiler turns into vector instructions; it is
//! inlined whole into functions that [`super::simd`] compiles once for each instruction set.

use crate::evidence::Test;
use crate::mt19937::{M, N, SEEDING, temper, twist};

/// Words that can be drawn without the generator's whole state: word `k` needs only the words
/// `k`, `k + 1` and `k + 397` of the seeded state.
pub(crate) const HEAD: u64 = (N - M) as u64;

/// Positions tested together before the first branch.
const BATCH: usize = 4;

/// Which words of each seed's stream are tested.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// The tests, counted from the tested word; the first reads word 0 of the stretch.
    pub tests: Vec<Test>,
    /// First position tested, in words of the stream.
    pub first: u64,
    /// Distance of the positions tested.
    pub step: u64,
    /// Number of positions tested.
    pub count: u64,
}

impl Job {
    fn span(&self) -> usize {
        self.tests.iter().map(Test::last).max().unwrap_or(0) as usize
    }

    /// The last position tested.
    fn last(&self) -> u64 {
        self.first + self.step * (self.count - 1)
    }

    /// How many words of the stream a seed needs.
    pub(crate) fn words(&self) -> u64 {
        self.last() + self.span() as u64 + 1
    }
}

/// A seed that passes every test, with the position in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub seed: u32,
    pub position: u64,
}

/// One group of seeds: the rows of words that the tests read.
struct Rows<'a, const L: usize> {
    rows: &'a [[u32; L]],
    tempered: bool,
}

impl<const L: usize> Rows<'_, L> {
    #[inline(always)]
    fn row(&self, at: usize) -> [u32; L] {
        let row = self.rows[at];
        if self.tempered { row } else { row.map(temper) }
    }

    /// Which seeds pass `test` at row `at`: 1 or 0 each.
    #[inline(always)]
    fn flags(&self, test: &Test, at: usize) -> [u32; L] {
        let mut flags = [0; L];
        match test {
            Test::Joint {
                angle,
                radius,
                shift,
                table,
            } => {
                let (angles, radii) = (
                    self.row(at + *angle as usize),
                    self.row(at + *radius as usize),
                );
                for l in 0..L {
                    flags[l] = u32::from(table.admits(angles[l] << shift, radii[l] << shift));
                }
            }
            _ => {
                let row = self.row(at + test.first() as usize);
                let limit = limit(test);
                for l in 0..L {
                    flags[l] = u32::from(measure(test, row[l]) <= limit);
                }
            }
        }
        flags
    }

    /// Runs every test at row `at` and hands the seeds that pass to `found`.
    #[inline(always)]
    fn cascade(&self, tests: &[Test], at: usize, found: &mut impl FnMut(usize)) {
        let mut flags = [1; L];
        for test in tests {
            let pass = self.flags(test, at);
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
    fn scan(
        &self,
        tests: &[Test],
        from: usize,
        step: usize,
        end: usize,
        found: &mut impl FnMut(usize, usize),
    ) {
        let mut at = from;
        match &tests[0] {
            first @ Test::Range { shift, low, .. } => {
                let (shift, low) = (*shift, *low);
                self.scan_batches(
                    first,
                    &mut at,
                    step,
                    end,
                    |w| (w << shift).wrapping_sub(low),
                    |at| {
                        self.cascade(tests, at, &mut |l| found(at, l));
                    },
                );
            }
            first @ Test::Modulo {
                value,
                inverse,
                rotate,
                ..
            } => {
                let (value, inverse, rotate) = (*value, *inverse, *rotate);
                let measure = |w: u32| {
                    w.wrapping_sub(value)
                        .wrapping_mul(inverse)
                        .rotate_right(rotate)
                };
                self.scan_batches(first, &mut at, step, end, measure, |at| {
                    self.cascade(tests, at, &mut |l| found(at, l));
                });
            }
            Test::Joint { .. } => {}
        }
        while at < end {
            self.cascade(tests, at, &mut |l| found(at, l));
            at += step;
        }
    }

    /// Applies the first test to whole batches of positions, with one branch a batch.
    #[inline(always)]
    fn scan_batches(
        &self,
        first: &Test,
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
            let mut any = false;
            for l in 0..L {
                any |= least[l] <= limit;
            }
            if any {
                for b in 0..BATCH {
                    passed(*at + b * step);
                }
            }
            *at += step * BATCH;
        }
    }
}

/// What a one-word test compares with its limit.
#[inline(always)]
fn measure(test: &Test, word: u32) -> u32 {
    match *test {
        Test::Range { shift, low, .. } => (word << shift).wrapping_sub(low),
        Test::Modulo {
            value,
            inverse,
            rotate,
            ..
        } => word
            .wrapping_sub(value)
            .wrapping_mul(inverse)
            .rotate_right(rotate),
        Test::Joint { .. } => 0,
    }
}

#[inline(always)]
fn limit(test: &Test) -> u32 {
    match *test {
        Test::Range { width, .. } => width,
        Test::Modulo { bound, .. } => bound,
        Test::Joint { .. } => 0,
    }
}

/// The next word of the seeding recurrence, for every seed.
#[inline(always)]
fn seed_next<const L: usize>(s: &mut [u32; L], j: usize) {
    for word in s {
        *word = SEEDING
            .wrapping_mul(*word ^ (*word >> 30))
            .wrapping_add(j as u32);
    }
}

#[inline(always)]
fn seeds<const L: usize>(first: u32) -> [u32; L] {
    let mut seeds = [0; L];
    for (l, seed) in seeds.iter_mut().enumerate() {
        *seed = first.wrapping_add(l as u32);
    }
    seeds
}

/// Rows of `L` words that start on a cache line, so that no vector load straddles two.
struct Aligned<const L: usize> {
    words: Vec<u32>,
    start: usize,
}

impl<const L: usize> Aligned<L> {
    const LINE: usize = 64;

    fn new(rows: usize) -> Self {
        let words = vec![0_u32; rows * L + Self::LINE / size_of::<u32>()];
        let start = words
            .as_ptr()
            .align_offset(Self::LINE)
            .min(Self::LINE / size_of::<u32>());
        Self { words, start }
    }

    #[inline(always)]
    fn rows(&self) -> &[[u32; L]] {
        let rows = (self.words.len() - Self::LINE / size_of::<u32>()) / L;
        &self.words[self.start..].as_chunks().0[..rows]
    }

    #[inline(always)]
    fn rows_mut(&mut self) -> &mut [[u32; L]] {
        let rows = (self.words.len() - Self::LINE / size_of::<u32>()) / L;
        &mut self.words[self.start..].as_chunks_mut().0[..rows]
    }
}

/// Scratch memory of [`head`].
pub(crate) struct HeadScratch<const L: usize> {
    /// The first word of output wanted.
    from: usize,
    /// Words `from..=from + width` of the seeded state.
    low: Aligned<L>,
    /// Words `from..from + width` of output.
    words: Aligned<L>,
}

impl<const L: usize> HeadScratch<L> {
    pub(crate) fn new(from: u64, width: u64) -> Self {
        Self {
            from: from as usize,
            low: Aligned::new(width as usize + 1),
            words: Aligned::new(width as usize),
        }
    }
}

/// Words `from..from + width`, all below [`HEAD`], of the streams of `L` seeds from `first` on.
#[inline(always)]
pub(crate) fn head<const L: usize>(first: u32, scratch: &mut HeadScratch<L>) -> &[[u32; L]] {
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
    for (k, (words, low)) in scratch
        .words
        .rows_mut()
        .iter_mut()
        .zip(low.windows(2))
        .enumerate()
    {
        seed_next(&mut s, M + from + k);
        for l in 0..L {
            words[l] = temper(s[l] ^ twist(low[0][l], low[1][l]));
        }
    }
    scratch.words.rows()
}

/// Tests the first words of `L` seeds.
#[inline(always)]
pub(crate) fn scan_head<const L: usize>(
    job: &Job,
    first: u32,
    scratch: &mut HeadScratch<L>,
    found: &mut impl FnMut(Candidate),
) {
    let rows = Rows {
        rows: head(first, scratch),
        tempered: true,
    };
    let end = (job.last() - job.first) as usize + 1;
    rows.scan(&job.tests, 0, job.step as usize, end, &mut |at, l| {
        found(Candidate {
            seed: first.wrapping_add(l as u32),
            position: job.first + at as u64,
        });
    });
}

/// The state of `L` generators, after the words before it that a test may still read.
pub(crate) struct Stream<const L: usize> {
    rows: Aligned<L>,
    history: usize,
}

impl<const L: usize> Stream<L> {
    pub(crate) fn new(history: usize) -> Self {
        Self {
            rows: Aligned::new(history + N),
            history,
        }
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
    let mut next = job.first;
    let mut drawn = 0;
    while next <= last {
        stream.advance();
        drawn += N as u64;
        // Row 0 is word `drawn - N - history`; before the first block there is no such word.
        let row_of = |word: u64| (word + stream.history as u64 + N as u64 - drawn) as usize;
        let end = (last + 1).min((drawn - span).max(next));
        if next < end {
            let rows = Rows {
                rows: stream.rows.rows(),
                tempered: false,
            };
            rows.scan(
                &job.tests,
                row_of(next),
                job.step as usize,
                row_of(end),
                &mut |at, l| {
                    let position = at as u64 + drawn - N as u64 - stream.history as u64;
                    found(Candidate {
                        seed: first.wrapping_add(l as u32),
                        position,
                    });
                },
            );
            next += (end - next).div_ceil(job.step) * job.step;
        }
    }
}

impl<const L: usize> Stream<L> {
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
