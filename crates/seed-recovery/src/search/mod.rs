//! Trying every seed.

mod cone;
mod cone_scan;
mod cost;
mod expected_hits;
mod lanes;
mod offsets;
mod redraw;
mod rows;
mod run;
mod shard;
mod simd;
mod state;
mod strategy;
mod stream;
mod window;

use std::ops::Range;
use std::time::{Duration, Instant};

pub(crate) use offsets::gcd;
pub use offsets::{OffsetSet, Offsets};
pub use shard::Shard;
pub use simd::Simd;
pub use state::StateFile;

use crate::draw::Arithmetic;
use crate::error::{Error, Result};
use crate::evidence::Evidence;
use strategy::Strategy;

/// All seeds: `0..2^32`.
pub const ALL_SEEDS: Range<u64> = 0..1 << 32;

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
    /// Which of the search's targets it prints, counted from 0.
    #[serde(default)]
    pub target: usize,
}

/// How far a search has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Every seed from the search's first one to below this has been tried.
    pub tried_to: u64,
    /// What was found, in the order of the seeds.
    pub hits: Vec<Hit>,
}

/// What is searched for: a sequence of draws, and where it may start.
#[derive(Clone, Debug)]
pub struct Target {
    /// What was printed.
    pub evidence: Evidence,
    /// Where the sequence may start.
    pub offsets: OffsetSet,
}

/// A search over seeds and offsets.
#[derive(Clone, Debug)]
pub struct Search {
    targets: Vec<Target>,
    whole: Range<u64>,
    seeds: Range<u64>,
    threads: usize,
    simd: Simd,
    first: bool,
    strategy: Strategy,
}

/// What a search adds to its evidence; `Default` is all seeds at offset 0 on all cores.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the sequence may start.
    pub offsets: OffsetSet,
    /// Which seeds are tried, by all shards together.
    pub seeds: Range<u64>,
    /// Which part of them is tried here.
    pub shard: Shard,
    /// How many threads try them.
    pub threads: usize,
    /// The vector instructions used.
    pub simd: Simd,
    /// Whether the search ends with the first hit.
    pub first: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            offsets: Offsets::at(0).into(),
            seeds: ALL_SEEDS,
            shard: Shard::default(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            simd: Simd::detect(),
            first: false,
        }
    }
}

impl Search {
    /// Sets up a search for one sequence.
    ///
    /// # Errors
    /// [`Error::Option`] for offsets, seeds or threads that leave nothing to do.
    pub fn new(evidence: Evidence, options: Options) -> Result<Self> {
        let offsets = options.offsets.clone();
        Self::for_targets(vec![Target { evidence, offsets }], options)
    }

    /// Sets up a search for several sequences, of notebooks that have nothing to do with each other,
    /// in one pass over the seeds: each target has its own offsets, those of `options` are not used.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Empty`] without a target.
    pub fn for_targets(targets: Vec<Target>, options: Options) -> Result<Self> {
        let Options { seeds: whole, shard, threads, simd, first, .. } = options;
        let bad = |option, expected: &str, found: String| {
            Err(Error::Option { option, expected: expected.into(), found })
        };
        if targets.is_empty() {
            return Err(Error::Empty { draw: "the search".into() });
        }
        targets.iter().try_for_each(|target| target.offsets.check())?;
        if whole.start >= whole.end || whole.end > ALL_SEEDS.end {
            return bad(
                "--seeds",
                "A..B with A below B and B at most 4294967296",
                format!("{}..{}", whole.start, whole.end),
            );
        }
        let seeds = shard.part(&whole);
        if seeds.is_empty() {
            return bad("--shard", "no more shards than seeds", shard.to_string());
        }
        if threads == 0 {
            return bad("--threads", "at least 1", "0".into());
        }
        let strategy = Strategy::choose(&targets);
        Ok(Self { targets, whole, seeds, threads, simd, first, strategy })
    }

    /// What is searched for.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// What was printed, of the first target.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.targets[0].evidence
    }

    /// Where the first target's sequence may start.
    #[must_use]
    pub fn offsets(&self) -> &OffsetSet {
        &self.targets[0].offsets
    }

    /// Which seeds all shards together try.
    #[must_use]
    pub fn whole(&self) -> Range<u64> {
        self.whole.clone()
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

    /// How many seeds a second each thread tries here, measured for about half a second on as many
    /// threads as the search will have.
    #[must_use]
    pub fn measure(&self) -> f64 {
        const TIME: Duration = Duration::from_millis(500);
        let tried_per_second = || {
            // The first seeds pay for memory and caches.
            let mut size = 256;
            self.strategy.scan(self, self.seeds.start, size);
            let started = Instant::now();
            let mut tried = 0;
            while started.elapsed() < TIME {
                self.strategy.scan(self, self.seeds.start, size);
                tried += size;
                size = (size * 2).min(self.strategy.chunk());
            }
            tried as f64 / started.elapsed().as_secs_f64()
        };
        let rates: Vec<f64> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..self.threads).map(|_| scope.spawn(tried_per_second)).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        rates.iter().sum::<f64>() / self.threads as f64
    }

    /// The progress of a search not begun.
    #[must_use]
    pub fn begin(&self) -> Progress {
        Progress { tried_to: self.seeds.start, hits: Vec::new() }
    }

    /// Whether every seed was tried, or a hit found where the first is enough.
    #[must_use]
    pub fn is_done(&self, progress: &Progress) -> bool {
        progress.tried_to >= self.seeds.end || (self.first && !progress.hits.is_empty())
    }
}
