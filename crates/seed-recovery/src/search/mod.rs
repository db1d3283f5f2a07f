//! Trying every seed.

mod expected_hits;
mod first_words;
mod lanes;
mod rows;
mod run;
mod simd;
mod state;
mod strategy;
mod stream;

use std::ops::Range;
use std::time::{Duration, Instant};

pub use simd::Simd;
pub use state::StateFile;

use crate::draw::Arithmetic;
use crate::error::{Error, Result};
use crate::evidence::Evidence;
use strategy::Strategy;

/// All seeds: `0..2^32`.
pub const ALL_SEEDS: Range<u64> = 0..1 << 32;

/// Words of the stream at which the sequence may start: `first`, `first + stride`, … below `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offsets {
    /// The first offset, in 32-bit words.
    pub first: u64,
    /// One past the last.
    pub end: u64,
    /// The distance between offsets.
    pub stride: u64,
}

impl Offsets {
    /// One offset.
    #[must_use]
    pub fn at(offset: u64) -> Self {
        Self { first: offset, end: offset + 1, stride: 1 }
    }

    /// How many offsets there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        (self.end - self.first).div_ceil(self.stride)
    }

    /// The last offset.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.first + (self.count() - 1) * self.stride
    }

    /// Whether `offset` is one of them.
    #[must_use]
    pub fn contains(&self, offset: u64) -> bool {
        (self.first..self.end).contains(&offset)
            && (offset - self.first).is_multiple_of(self.stride)
    }
}

/// A seed that prints the evidence.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Hit {
    /// The seed.
    pub seed: u32,
    /// How many 32-bit words were drawn before the sequence.
    pub offset: u64,
    /// The build of libtorch's kernels whose values print so.
    pub arithmetic: Arithmetic,
}

/// How far a search has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Every seed from the search's first one to below this has been tried.
    pub tried_to: u64,
    /// What was found, in the order of the seeds.
    pub hits: Vec<Hit>,
}

/// A search over seeds and offsets.
#[derive(Clone, Debug)]
pub struct Search {
    evidence: Evidence,
    offsets: Offsets,
    seeds: Range<u64>,
    threads: usize,
    simd: Simd,
    strategy: Strategy,
}

/// What a search adds to its evidence; `Default` is all seeds at offset 0 on all cores.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the sequence may start.
    pub offsets: Offsets,
    /// Which seeds are tried.
    pub seeds: Range<u64>,
    /// How many threads try them.
    pub threads: usize,
    /// The vector instructions used.
    pub simd: Simd,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            offsets: Offsets::at(0),
            seeds: ALL_SEEDS,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            simd: Simd::detect(),
        }
    }
}

impl Search {
    /// Sets up a search.
    ///
    /// # Errors
    /// [`Error::Option`] for offsets, seeds or threads that leave nothing to do.
    pub fn new(evidence: Evidence, options: Options) -> Result<Self> {
        let Options { offsets, seeds, threads, simd } = options;
        let bad = |option, expected: &str, found: String| {
            Err(Error::Option { option, expected: expected.into(), found })
        };
        if offsets.stride == 0 {
            return bad("--stride", "at least 1", "0".into());
        }
        if offsets.first >= offsets.end || offsets.end > 1 << 32 {
            return bad(
                "--offsets",
                "A..B with A below B and B at most 4294967296",
                format!("{}..{}", offsets.first, offsets.end),
            );
        }
        if seeds.start >= seeds.end || seeds.end > ALL_SEEDS.end {
            return bad(
                "--seeds",
                "A..B with A below B and B at most 4294967296",
                format!("{}..{}", seeds.start, seeds.end),
            );
        }
        if threads == 0 {
            return bad("--threads", "at least 1", "0".into());
        }
        let strategy = Strategy::choose(&evidence, &offsets);
        Ok(Self { evidence, offsets, seeds, threads, simd, strategy })
    }

    /// What was printed.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Where the sequence may start.
    #[must_use]
    pub fn offsets(&self) -> Offsets {
        self.offsets
    }

    /// Which seeds are tried.
    #[must_use]
    pub fn seeds(&self) -> Range<u64> {
        self.seeds.clone()
    }

    /// How many threads try them.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The vector instructions used.
    #[must_use]
    pub fn simd(&self) -> Simd {
        self.simd
    }

    /// How many seeds a second one thread tries here, measured for about a fifth of a second.
    #[must_use]
    pub fn measure(&self) -> f64 {
        let started = Instant::now();
        let mut tried = 0;
        let mut size = 256;
        while started.elapsed() < Duration::from_millis(200) {
            self.strategy.scan(self, self.seeds.start, size);
            tried += size;
            size = (size * 2).min(self.strategy.chunk());
        }
        tried as f64 / started.elapsed().as_secs_f64()
    }

    /// The progress of a search not begun.
    #[must_use]
    pub fn begin(&self) -> Progress {
        Progress { tried_to: self.seeds.start, hits: Vec::new() }
    }

    /// Whether every seed was tried.
    #[must_use]
    pub fn is_done(&self, progress: &Progress) -> bool {
        progress.tried_to >= self.seeds.end
    }
}
