//! The inner loops, compiled for each instruction set and chosen when the program runs.
//!
//! `pulp` holds the one unsafe step, calling a function compiled for instructions the processor was
//! asked about first. The compiler's AVX-512 code for the recurrence is three loads, a store and six
//! operations on 16 words at once. Ways of writing it that save one of the six run no faster, so there
//! is nothing here for hand-written intrinsics to gain.

use std::fmt;
use std::str::FromStr;

use super::cone::Cone;
use super::cone_scan::{ConeJob, Passed, Scratch, cone_words, scan_cone};
use super::rows::{Candidate, Job};
use super::stream::{Stream, scan_stream};
use crate::error::Error;

/// The vector instructions a search uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Simd {
    /// Whatever every processor of the architecture has.
    Portable,
    /// AVX2 and FMA: 8 seeds an instruction.
    Avx2,
    /// AVX-512: 16 seeds an instruction.
    Avx512,
}

impl Simd {
    /// The widest this processor has.
    #[must_use]
    pub fn detect() -> Self {
        Self::available().last().copied().unwrap_or(Self::Portable)
    }

    /// All this processor has, the narrowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut found = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            found.extend(pulp::x86::V3::try_new().map(|_| Self::Avx2));
            found.extend(pulp::x86::V4::try_new().map(|_| Self::Avx512));
        }
        found
    }
}

impl fmt::Display for Simd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        })
    }
}

impl FromStr for Simd {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let available = Self::available();
        let wanted = available.iter().copied().find(|simd| simd.to_string() == text);
        wanted.ok_or_else(|| Error::Option {
            option: "--simd",
            expected: format!(
                "one this processor has ({})",
                available.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ),
            found: text.to_owned(),
        })
    }
}

/// Tests single positions of the streams of the seeds `first..first + count`.
pub(crate) fn scan_positions(simd: Simd, job: &ConeJob, first: u64, count: u64) -> Vec<Passed> {
    let mut found = Vec::new();
    // The last group may reach beyond the seeds asked for, and around their end.
    let sink = &mut |passed: Passed| {
        if (first..first + count).contains(&u64::from(passed.seed)) {
            found.push(passed);
        }
    };
    dispatch(simd, ScanPositions { job, first, count, sink });
    found
}

/// Tests `job` on the streams of the seeds `first..first + count`.
pub(crate) fn scan(simd: Simd, job: &Job, first: u64, count: u64) -> Vec<Candidate> {
    let mut found = Vec::new();
    let sink = &mut |candidate: Candidate| {
        if (first..first + count).contains(&u64::from(candidate.seed)) {
            found.push(candidate);
        }
    };
    dispatch(simd, ScanStream { job, first, count, sink });
    found
}

/// How words of a stream are had.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// So many words, each by the steps that it depends on.
    Cone(Cone, usize),
    /// The words from `from` on, so many, with all before them.
    Stream { from: u64, width: u64 },
}

/// Hands the source's words of each seed's stream to `sink`.
pub(crate) fn words(
    simd: Simd,
    source: &Source,
    first: u64,
    count: u64,
    sink: &mut dyn FnMut(u32, &[u32]),
) {
    dispatch(simd, Lanes { source, first, count, sink });
}

/// A loop over groups of seeds, for the group sizes of an instruction set.
///
/// `CONE_SEEDS` at once hide the seeding recurrence's latency; `STREAM_SEEDS`' state must fit the
/// first-level cache beside one vector a row.
trait Groups {
    fn run<const CONE_SEEDS: usize, const STREAM_SEEDS: usize>(self);
}

struct ScanPositions<'a> {
    job: &'a ConeJob,
    first: u64,
    count: u64,
    sink: &'a mut dyn FnMut(Passed),
}

impl Groups for ScanPositions<'_> {
    #[inline(always)]
    fn run<const L: usize, const S: usize>(self) {
        let mut scratch = Scratch::<L>::for_job(self.job);
        for seed in (self.first..self.first + self.count).step_by(L) {
            scan_cone(self.job, seed as u32, &mut scratch, &mut |passed| (self.sink)(passed));
        }
    }
}

struct ScanStream<'a> {
    job: &'a Job,
    first: u64,
    count: u64,
    sink: &'a mut dyn FnMut(Candidate),
}

impl Groups for ScanStream<'_> {
    #[inline(always)]
    fn run<const C: usize, const L: usize>(self) {
        let mut stream = Stream::<L>::for_job(self.job);
        for seed in (self.first..self.first + self.count).step_by(L) {
            scan_stream(self.job, seed as u32, &mut stream, &mut |candidate| {
                (self.sink)(candidate)
            });
        }
    }
}

struct Lanes<'a> {
    source: &'a Source,
    first: u64,
    count: u64,
    sink: &'a mut dyn FnMut(u32, &[u32]),
}

impl Groups for Lanes<'_> {
    #[inline(always)]
    fn run<const C: usize, const S: usize>(self) {
        let end = self.first + self.count;
        let seeds = self.first..end;
        match self.source {
            Source::Cone(cone, words) => {
                let mut lane = vec![0; *words];
                let mut scratch = Scratch::<C>::for_words(cone, *words);
                for seed in seeds.step_by(C) {
                    let rows = cone_words(cone, seed as u32, &mut scratch);
                    each_lane(rows, seed, end, &mut lane, self.sink);
                }
            }
            Source::Stream { from, width } => {
                let mut lane = vec![0; *width as usize];
                let mut stream = Stream::<S>::new(0);
                let mut rows = vec![[0; S]; *width as usize];
                for seed in seeds.step_by(S) {
                    stream.words(seed as u32, *from, &mut rows);
                    each_lane(&rows, seed, end, &mut lane, self.sink);
                }
            }
        }
    }
}

#[inline(always)]
fn each_lane<const L: usize>(
    rows: &[[u32; L]],
    seed: u64,
    end: u64,
    lane: &mut [u32],
    sink: &mut dyn FnMut(u32, &[u32]),
) {
    for l in 0..L.min((end - seed) as usize) {
        for (word, row) in lane.iter_mut().zip(rows) {
            *word = row[l];
        }
        sink((seed + l as u64) as u32, lane);
    }
}

#[cfg(target_arch = "x86_64")]
fn dispatch<G: Groups>(simd: Simd, groups: G) {
    use pulp::NullaryFnOnce;
    use pulp::x86::{V3, V4};

    struct With<G, const C: usize, const S: usize>(G);
    impl<G: Groups, const C: usize, const S: usize> NullaryFnOnce for With<G, C, S> {
        type Output = ();
        #[inline(always)]
        fn call(self) {
            self.0.run::<C, S>();
        }
    }

    match (simd, V4::try_new(), V3::try_new()) {
        (Simd::Avx512, Some(v4), _) => v4.vectorize(With::<_, 128, 16>(groups)),
        (Simd::Avx512 | Simd::Avx2, _, Some(v3)) => v3.vectorize(With::<_, 64, 8>(groups)),
        _ => groups.run::<32, 8>(),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn dispatch<G: Groups>(_: Simd, groups: G) {
    groups.run::<32, 8>();
}
