//! How a loader makes batches of items: as the items say, or by a function of one's own.

use tch::Cuda;

use super::{Collate, Dataset, Rows};
use crate::Result;

/// Makes batches of items `T`: `collate_fn` of a loader.
pub trait CollateWith<T> {
    /// What a batch is.
    type Batch;

    /// Puts items together; there is at least one.
    ///
    /// # Errors
    /// Items that do not go together.
    fn collate(&self, items: Vec<T>) -> Result<Self::Batch>;

    /// The batch of some rows.
    ///
    /// # Errors
    /// Those of the dataset, and items that do not go together.
    fn rows<D: Dataset<Item = T>>(&self, dataset: &D, rows: &Rows<'_>) -> Result<Self::Batch> {
        let items = rows.indices()?.into_iter().map(|index| dataset.get(index));
        self.collate(items.collect::<Result<_>>()?)
    }

    /// The batch in page-locked memory, where it is known how.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    fn pin(&self, batch: Self::Batch) -> Result<Self::Batch> {
        Ok(batch)
    }
}

/// As the items say by [`Collate`]: `default_collate`.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultCollate;

impl<T: Collate> CollateWith<T> for DefaultCollate {
    type Batch = T::Batch;

    fn collate(&self, items: Vec<T>) -> Result<T::Batch> {
        T::collate(items)
    }

    fn rows<D: Dataset<Item = T>>(&self, dataset: &D, rows: &Rows<'_>) -> Result<T::Batch> {
        dataset.batch(rows)
    }

    fn pin(&self, batch: T::Batch) -> Result<T::Batch> {
        if Cuda::is_available() { T::pin(batch) } else { Ok(batch) }
    }
}

/// By a function of one's own.
#[derive(Clone, Copy)]
pub struct CollateFn<F>(pub(super) F);

impl<F> std::fmt::Debug for CollateFn<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CollateFn")
    }
}

impl<T, B, F: Fn(Vec<T>) -> Result<B>> CollateWith<T> for CollateFn<F> {
    type Batch = B;

    fn collate(&self, items: Vec<T>) -> Result<B> {
        (self.0)(items)
    }
}
