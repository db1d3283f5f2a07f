//! Which rows a loader takes, and in what order: `torch/utils/data/sampler.py`.

mod batch;
mod random;
mod weighted;

use std::fmt::Debug;
use std::vec;

pub use batch::BatchSampler;
pub(super) use batch::{Batched, batches_of};
pub use random::{RandomSampler, RandomSamplerOptions, SubsetRandomSampler};
pub use weighted::{WeightedRandomSampler, WeightedRandomSamplerOptions, Weights};

use crate::{Error, Result};

/// Indices in the order of an iteration, `torch.utils.data.Sampler`; or, as a `Sampler<Vec<i64>>`, those of a
/// batch at a time.
///
/// ```
/// use torch_exact::data::{DataLoader, DataLoaderOptions, Sampler, TensorDataset};
/// use torch_exact::tensor;
///
/// /// Every other row.
/// #[derive(Debug)]
/// struct EveryOther(i64);
///
/// impl Sampler for EveryOther {
///     fn iter(&self) -> Box<dyn Iterator<Item = torch_exact::Result<i64>> + '_> {
///         Box::new((0..self.0).step_by(2).map(Ok))
///     }
///
///     fn len(&self) -> usize {
///         (self.0 as usize).div_ceil(2)
///     }
/// }
///
/// # fn main() -> torch_exact::Result<()> {
/// let dataset = TensorDataset::new([&tensor([10, 11, 12, 13, 14])?])?;
/// let options = DataLoaderOptions { sampler: Some(Box::new(EveryOther(5))), ..2.into() };
/// let loader = DataLoader::new(dataset, options)?;
/// let batches = loader.iter().map(|batch| batch.map(|[rows]| rows)).collect::<torch_exact::Result<Vec<_>>>()?;
/// assert_eq!(batches, [tensor([10, 12])?, tensor([14])?]);
/// # Ok(())
/// # }
/// ```
pub trait Sampler<T = i64>: Debug + Send {
    /// Begins an iteration: `iter(sampler)`. The samplers of this crate draw when the first index is asked
    /// for, and whatever they draw later when it is needed, as Python's do.
    fn iter(&self) -> Box<dyn Iterator<Item = Result<T>> + '_>;

    /// How many there are in an iteration: `len(sampler)`.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The rows from the first to the last: `torch.utils.data.SequentialSampler`.
#[derive(Debug, Clone)]
pub struct SequentialSampler {
    rows: usize,
}

impl SequentialSampler {
    /// `SequentialSampler(dataset)`, of a dataset of so many rows.
    pub fn new(rows: usize) -> Self {
        Self { rows }
    }
}

impl Sampler for SequentialSampler {
    fn iter(&self) -> Box<dyn Iterator<Item = Result<i64>> + '_> {
        Box::new((0..self.rows as i64).map(Ok))
    }

    fn len(&self) -> usize {
        self.rows
    }
}

/// Indices that are drawn some at a time, each time when those before are used up.
struct Chunks<F> {
    /// Draws those of a number that counts from 0; none at the end.
    draw: F,
    number: usize,
    drawn: vec::IntoIter<i64>,
    ended: bool,
}

impl<F: FnMut(usize) -> Result<Option<Vec<i64>>>> Chunks<F> {
    fn new(draw: F) -> Self {
        Self { draw, number: 0, drawn: vec![].into_iter(), ended: false }
    }
}

impl<F: FnMut(usize) -> Result<Option<Vec<i64>>>> Iterator for Chunks<F> {
    type Item = Result<i64>;

    fn next(&mut self) -> Option<Result<i64>> {
        loop {
            if let Some(index) = self.drawn.next() {
                return Some(Ok(index));
            }
            if self.ended {
                return None;
            }
            match (self.draw)(self.number) {
                Ok(Some(indices)) => self.drawn = indices.into_iter(),
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
            self.number += 1;
        }
    }
}

/// Refuses what is not a positive number of samples.
fn positive(name: &'static str, number: i64) -> Result<usize> {
    match usize::try_from(number) {
        Ok(number @ 1..) => Ok(number),
        _ => Err(Error::argument(name, number, "it should be a positive integer value")),
    }
}
