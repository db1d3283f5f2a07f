//! How many words of its generator a draw takes.

use super::{Draw, Dtype, Kind, Library, LoaderEpoch, torch};

impl Draw {
    /// The 32-bit words that the draw takes, with no normal kept from before; `None` where that depends
    /// on what is drawn, as for most of NumPy's and Python's.
    ///
    /// A loader's pass of unknown version is counted as in PyTorch 1.9 or later, a mask of unknown
    /// processor as on one that is not Intel's.
    #[must_use]
    pub fn words(&self) -> Option<u64> {
        let n = self.len() as u64;
        let wide = if self.kind.dtype() == Dtype::Float64 { 2 } else { 1 };
        Some(match self.kind {
            Kind::Randint { low, high } => {
                if high.wrapping_sub(low) as u64 >= torch::WIDE_RANGE {
                    2 * n
                } else {
                    n
                }
            }
            Kind::Randperm => n.saturating_sub(1),
            Kind::Loader { shuffle: false, .. } => 2,
            Kind::Loader { epoch, .. } => epoch.unwrap_or(LoaderEpoch::From1_9).words(n),
            Kind::Bernoulli { intel: Some(true), .. } => 1,
            Kind::Bernoulli { .. } | Kind::Exponential { .. } => 2 * n,
            Kind::Randn { .. } | Kind::Normal { .. } | Kind::Embedding { .. } => {
                let block = torch::BLOCK as u64;
                match n {
                    _ if n < block => 4 * n.div_ceil(2),
                    _ if n.is_multiple_of(block) => wide * n,
                    _ => wide * (n + block),
                }
            }
            Kind::NpRand | Kind::NpUniform { .. } | Kind::PyRandom | Kind::PyUniform { .. } => {
                2 * n
            }
            _ if self.kind.library() == Library::Torch => wide * n,
            _ => return None,
        })
    }
}
