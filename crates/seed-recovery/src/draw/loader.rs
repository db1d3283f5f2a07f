//! What one pass of a `DataLoader` draws, by PyTorch's version.
//!
//! The pass first draws its base seed, one int64 of two words, from the default generator. What a
//! `RandomSampler` without a generator then draws has changed twice; the borders are those of
//! `torch/utils/data/sampler.py` in the releases 1.6.0, 1.7.0, 1.8.1 and 1.9.0.

use draws::{Mt19937, Words};

use super::{Generator, Scalar, order};

/// The versions of PyTorch in which a shuffling loader draws alike.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum LoaderEpoch {
    /// 1.9 and later: the sampler draws a seed of two words and orders the rows with a generator of its own.
    #[serde(rename = "1.9 or later")]
    From1_9,
    /// 1.7 and 1.8: the sampler draws that seed, and yet orders the rows with the default generator.
    #[serde(rename = "1.7 or 1.8")]
    From1_7,
    /// 1.6 and earlier: the sampler orders the rows with the default generator.
    #[serde(rename = "1.6 or earlier")]
    Before1_7,
}

impl LoaderEpoch {
    /// All of them, the newest first.
    pub const ALL: [Self; 3] = [Self::From1_9, Self::From1_7, Self::Before1_7];

    /// The versions in words.
    #[must_use]
    pub fn versions(self) -> &'static str {
        match self {
            Self::From1_9 => "1.9 or later",
            Self::From1_7 => "1.7 or 1.8",
            Self::Before1_7 => "1.6 or earlier",
        }
    }

    /// A version of them, as `dataloader(n,version=…)` reads it.
    pub(crate) fn newest(self) -> &'static str {
        match self {
            Self::From1_9 => "1.9",
            Self::From1_7 => "1.8",
            Self::Before1_7 => "1.6",
        }
    }

    /// The words before those of the order itself.
    pub(crate) fn seeds(self) -> u64 {
        match self {
            Self::From1_9 | Self::From1_7 => 4,
            Self::Before1_7 => 2,
        }
    }

    /// The words of a shuffling pass over `n` rows.
    pub(crate) fn words(self, n: u64) -> u64 {
        match self {
            Self::From1_9 => 4,
            _ => self.seeds() + n.saturating_sub(1),
        }
    }
}

/// The order in which a pass over `n` rows serves them.
pub(super) fn visit<W: Words>(
    n: usize,
    shuffle: bool,
    epoch: LoaderEpoch,
    generator: &mut Generator<W>,
    sink: &mut impl FnMut(usize, Scalar) -> bool,
) -> bool {
    if !shuffle {
        generator.words.skip(2);
        return (0..n).all(|i| sink(i, Scalar::I64(i as i64)));
    }
    if epoch != LoaderEpoch::From1_9 {
        generator.words.skip(epoch.seeds());
        return order::randperm(n, generator, sink);
    }
    // The seed's high word comes first, and a generator keeps the low one.
    generator.words.skip(3);
    let own = Mt19937::new(generator.words.word());
    order::randperm(n, &mut Generator::new(own, generator.arithmetic), sink)
}
