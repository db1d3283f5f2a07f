use std::ops::{Bound, RangeBounds};
use std::rc::Rc;
use std::sync::Arc;

use tch::Tensor;

use super::{Collate, Rows};
use crate::{Error, Result};

/// Items in a fixed order, of which a loader makes batches: `torch.utils.data.Dataset`.
///
/// ```
/// use tch::Tensor;
/// use torch_exact::data::{DataLoader, DataLoaderOptions, Dataset};
///
/// /// Pairs of a number and its square.
/// struct Squares(usize);
///
/// impl Dataset for Squares {
///     type Item = (i64, f64);
///
///     fn len(&self) -> usize {
///         self.0
///     }
///
///     fn get(&self, index: i64) -> torch_exact::Result<Self::Item> {
///         Ok((index, (index * index) as f64))
///     }
/// }
///
/// # fn main() -> torch_exact::Result<()> {
/// let options = DataLoaderOptions { batch_size: 3, ..Default::default() };
/// let loader = DataLoader::new(Squares(5), options)?;
/// for batch in &loader {
///     let (number, square): (Tensor, Tensor) = batch?;
///     assert_eq!(number.size(), square.size());
/// }
/// # Ok(())
/// # }
/// ```
pub trait Dataset {
    /// What one index gives.
    type Item: Collate;

    /// How many items there are: `len(dataset)`.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One item: `dataset[index]`. A loader asks for those from 0 to below [`len`](Self::len); the
    /// datasets of this crate also count from the end, if the index is negative.
    ///
    /// # Errors
    /// Whatever keeps the item from being had, an index beyond the ends for one; errors of one's own
    /// are [`Error::Dataset`].
    fn get(&self, index: i64) -> Result<Self::Item>;

    /// The batch of some rows: their items, collated. For a dataset that can gather a batch faster
    /// than item by item.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), and items that do not go together.
    fn batch(&self, rows: &Rows<'_>) -> Result<Batch<Self>> {
        let items = rows.indices()?.into_iter().map(|index| self.get(index));
        Collate::collate(items.collect::<Result<_>>()?)
    }
}

/// What a loader of the dataset `D` yields.
pub type Batch<D> = <<D as Dataset>::Item as Collate>::Batch;

macro_rules! shared {
    ($($handle:ty),*) => {$(
        impl<D: Dataset + ?Sized> Dataset for $handle {
            type Item = D::Item;

            fn len(&self) -> usize {
                (**self).len()
            }

            fn get(&self, index: i64) -> Result<D::Item> {
                (**self).get(index)
            }

            fn batch(&self, rows: &Rows<'_>) -> Result<Batch<D>> {
                (**self).batch(rows)
            }
        }
    )*};
}
shared!(&D, Rc<D>, Arc<D>, Box<D>);

/// Rows of `N` tensors that belong together: `torch.utils.data.TensorDataset`.
#[derive(Debug)]
pub struct TensorDataset<const N: usize> {
    tensors: [Tensor; N],
    len: i64,
}

/// An index that may count from the end, as one from the start.
pub(super) fn from_start(index: i64, len: usize) -> Result<usize> {
    let from_start = match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => usize::try_from(index.unsigned_abs()).ok().and_then(|back| len.checked_sub(back)),
    };
    let inside = from_start.filter(|&index| index < len);
    inside.ok_or_else(|| Error::argument("index", index, "the dataset has fewer rows"))
}

impl<const N: usize> TensorDataset<N> {
    /// `TensorDataset(tensor, …)`, sharing the tensors' storage.
    ///
    /// # Errors
    /// [`Error::Shape`] where a tensor has no row dimension, or not as many rows as the first.
    pub fn new(tensors: [&Tensor; N]) -> Result<Self> {
        let mut len = None;
        for tensor in tensors {
            let size = tensor.size();
            let expected = match (size.first(), len) {
                (Some(rows), None) => {
                    len = Some(*rows);
                    continue;
                }
                (Some(rows), Some(len)) if *rows == len => continue,
                (_, Some(len)) => format!("{len} rows, as in the first tensor"),
                (None, None) => "at least one dimension".to_owned(),
            };
            let found = format!("{size:?}");
            return Err(Error::Shape { operation: "TensorDataset", expected, found });
        }
        Ok(Self { tensors: tensors.map(Tensor::shallow_clone), len: len.unwrap_or(0) })
    }

    /// The tensors: `dataset.tensors`.
    pub fn tensors(&self) -> &[Tensor; N] {
        &self.tensors
    }

    /// Some rows of each tensor, `[m, *]` of `[n, *]`: `dataset[start:end]`, which like Python's
    /// counts negative bounds from the end and leaves out what is not there.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn slice(&self, rows: impl RangeBounds<i64>) -> Result<[Tensor; N]> {
        // From the end first, then one further: `-1` included ends at the end.
        let clamped = |index: i64, further: i64| {
            let from_start = if index < 0 { index.saturating_add(self.len) } else { index };
            from_start.saturating_add(further).clamp(0, self.len)
        };
        let start = match rows.start_bound() {
            Bound::Included(&start) => clamped(start, 0),
            Bound::Excluded(&start) => clamped(start, 1),
            Bound::Unbounded => 0,
        };
        let end = match rows.end_bound() {
            Bound::Included(&end) => clamped(end, 1),
            Bound::Excluded(&end) => clamped(end, 0),
            Bound::Unbounded => self.len,
        };
        self.each(|tensor| Ok(tensor.f_narrow(0, start, (end - start).max(0))?))
    }

    fn each(&self, row: impl FnMut(&Tensor) -> Result<Tensor>) -> Result<[Tensor; N]> {
        let rows = self.tensors.iter().map(row).collect::<Result<Vec<_>>>()?;
        // The vector has one element for each of the N tensors, so the conversion cannot fail.
        rows.try_into().map_err(|_| Error::Torch("a dataset changed its width".to_owned()))
    }
}

impl<const N: usize> Clone for TensorDataset<N> {
    /// Another handle on the same tensors.
    fn clone(&self) -> Self {
        Self { tensors: self.tensors.each_ref().map(Tensor::shallow_clone), len: self.len }
    }
}

impl<const N: usize> Dataset for TensorDataset<N> {
    type Item = [Tensor; N];

    fn len(&self) -> usize {
        self.len as usize
    }

    /// One row of each tensor, `[*]` of `[n, *]`.
    fn get(&self, index: i64) -> Result<[Tensor; N]> {
        let row = from_start(index, Dataset::len(self))? as i64;
        self.each(|tensor| Ok(tensor.f_select(0, row)?))
    }

    /// Gathers all tensors' rows in one call where they are on one device. Where the rows' gradients
    /// are recorded, or a tensor's rows do not lie one after the other, they are taken and stacked as
    /// in Python: the graph then has Python's nodes, and the batch Python's strides.
    fn batch(&self, rows: &Rows<'_>) -> Result<[Tensor; N]> {
        if let Some(batch) = rows.gather(self.tensors.each_ref())? {
            return Ok(batch);
        }
        self.each(|tensor| {
            if let Some([rows]) = rows.gather([tensor])? {
                return Ok(rows);
            }
            let rows = rows.indices()?.into_iter().map(|row| Ok(tensor.f_select(0, row)?));
            Tensor::collate(rows.collect::<Result<_>>()?)
        })
    }
}
