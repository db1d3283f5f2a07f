//! Items that come one after the other and have no numbers: `torch.utils.data.IterableDataset`.

use std::fmt;

use super::loader::draw_int64;
use super::{Collate, CollateFn, CollateWith, DataLoaderOptions, DefaultCollate};
use crate::{Error, Generator, Result};

/// One iteration over items.
type Items<'a, T> = Box<dyn Iterator<Item = Result<T>> + 'a>;

/// Items that come one after the other: `torch.utils.data.IterableDataset`.
///
/// ```
/// use torch_exact::data::{IterableDataset, IterableLoader};
/// use torch_exact::tensor;
///
/// struct Countdown(i64);
///
/// impl IterableDataset for Countdown {
///     type Item = i64;
///
///     fn iter(&self) -> Box<dyn Iterator<Item = torch_exact::Result<i64>> + '_> {
///         Box::new((0..self.0).rev().map(Ok))
///     }
/// }
///
/// # fn main() -> torch_exact::Result<()> {
/// let loader = IterableLoader::new(Countdown(3), 2)?;
/// let batches = loader.iter().collect::<torch_exact::Result<Vec<_>>>()?;
/// assert_eq!(batches, [tensor([2, 1])?, tensor([0])?]);
/// # Ok(())
/// # }
/// ```
pub trait IterableDataset {
    /// What comes.
    type Item: Collate;

    /// Begins an iteration: `iter(dataset)`.
    fn iter(&self) -> Box<dyn Iterator<Item = Result<Self::Item>> + '_>;
}

macro_rules! shared {
    ($($handle:ty),*) => {$(
        impl<D: IterableDataset + ?Sized> IterableDataset for $handle {
            type Item = D::Item;

            fn iter(&self) -> Items<'_, D::Item> {
                (**self).iter()
            }
        }
    )*};
}
shared!(&D, Box<D>);

/// Iterable datasets one after the other: `torch.utils.data.ChainDataset`, `first + second`.
#[derive(Debug, Clone)]
pub struct ChainDataset<D> {
    datasets: Vec<D>,
}

impl<D: IterableDataset> ChainDataset<D> {
    /// `ChainDataset(datasets)`.
    pub fn new(datasets: impl Into<Vec<D>>) -> Self {
        Self { datasets: datasets.into() }
    }
}

impl<D: IterableDataset> IterableDataset for ChainDataset<D> {
    type Item = D::Item;

    /// Each is begun when those before are at their ends.
    fn iter(&self) -> Items<'_, D::Item> {
        Box::new(self.datasets.iter().flat_map(IterableDataset::iter))
    }
}

/// Batches of an [`IterableDataset`]: `torch.utils.data.DataLoader` of one.
///
/// Each iteration draws one `int64` when it begins, as every loader's does.
#[derive(Debug)]
pub struct IterableLoader<D, C = DefaultCollate> {
    dataset: D,
    collate: C,
    batch_size: usize,
    drop_last: bool,
    generator: Option<Generator>,
    pin_memory: bool,
}

impl<D: IterableDataset> IterableLoader<D> {
    /// `DataLoader(dataset, batch_size=…, drop_last=…, generator=…)`; a number alone is the batch size.
    ///
    /// # Errors
    /// [`Error::Argument`] for a batch size below 1, for `shuffle`, `sampler` and `batch_sampler`, which
    /// Python refuses too, and for workers, each of which would have a copy of the dataset.
    pub fn new(dataset: D, options: impl Into<DataLoaderOptions>) -> Result<Self> {
        Self::with(dataset, options.into(), DefaultCollate)
    }
}

impl<D: IterableDataset, B, F: Fn(Vec<D::Item>) -> Result<B>> IterableLoader<D, CollateFn<F>> {
    /// `DataLoader(dataset, …, collate_fn=collate_fn)`: batches are what `collate_fn` makes of items.
    ///
    /// # Errors
    /// As [`new`](IterableLoader::new).
    pub fn with_collate_fn(
        dataset: D,
        options: impl Into<DataLoaderOptions>,
        collate_fn: F,
    ) -> Result<Self> {
        Self::with(dataset, options.into(), CollateFn(collate_fn))
    }
}

impl<D, C> IterableLoader<D, C> {
    fn with(dataset: D, options: DataLoaderOptions, collate: C) -> Result<Self> {
        let batch_size = options.positive_batch_size()?;
        let refused = [
            ("shuffle", options.shuffle, "it must be left out for an iterable dataset"),
            ("sampler", options.sampler.is_some(), "it must be left out for an iterable dataset"),
            (
                "batch_sampler",
                options.batch_sampler.is_some(),
                "it must be left out for an iterable dataset",
            ),
            ("num_workers", options.workers()? > 0, "each worker would have a copy of the dataset"),
        ];
        if let Some((name, _, accepted)) = refused.into_iter().find(|(_, given, _)| *given) {
            return Err(Error::argument(name, "given", accepted));
        }
        let DataLoaderOptions { drop_last, generator, pin_memory, .. } = options;
        Ok(Self { dataset, collate, batch_size, drop_last, generator, pin_memory })
    }

    /// The dataset: `loader.dataset`.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }
}

impl<D: IterableDataset, C: CollateWith<D::Item>> IterableLoader<D, C> {
    /// Begins an iteration: `iter(loader)`, or `for batch in &loader`.
    pub fn iter(&self) -> IterableBatches<'_, D, C> {
        let failure = draw_int64(self.generator.as_ref()).err();
        IterableBatches { loader: self, items: Some(self.dataset.iter()), failure }
    }
}

impl<'a, D: IterableDataset, C: CollateWith<D::Item>> IntoIterator for &'a IterableLoader<D, C> {
    type Item = Result<C::Batch>;
    type IntoIter = IterableBatches<'a, D, C>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One iteration of an [`IterableLoader`].
pub struct IterableBatches<'a, D: IterableDataset, C> {
    loader: &'a IterableLoader<D, C>,
    /// None once they are at their end.
    items: Option<Items<'a, D::Item>>,
    /// Of the draw with which the iteration began; the first item then.
    failure: Option<Error>,
}

impl<D: IterableDataset, C: CollateWith<D::Item>> Iterator for IterableBatches<'_, D, C> {
    type Item = Result<C::Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(failure) = self.failure.take() {
            self.items = None;
            return Some(Err(failure));
        }
        let loader = self.loader;
        let items = self.items.as_mut()?.take(loader.batch_size);
        let items: Vec<_> = match items.collect::<Result<_>>() {
            Ok(items) => items,
            Err(error) => return Some(Err(error)),
        };
        if items.len() < loader.batch_size {
            self.items = None;
        }
        if items.is_empty() || (loader.drop_last && items.len() < loader.batch_size) {
            return None;
        }
        let batch = loader.collate.collate(items);
        Some(if loader.pin_memory {
            batch.and_then(|batch| loader.collate.pin(batch))
        } else {
            batch
        })
    }
}

impl<D: IterableDataset, C> fmt::Debug for IterableBatches<'_, D, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IterableBatches")
    }
}
