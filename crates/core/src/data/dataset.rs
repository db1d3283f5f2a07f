use std::ops::{Bound, RangeBounds};

use tch::Tensor;

use crate::{Error, Result};

/// Rows of `N` tensors that belong together: `torch.utils.data.TensorDataset`.
#[derive(Debug)]
pub struct TensorDataset<const N: usize> {
    tensors: [Tensor; N],
    len: i64,
}

impl<const N: usize> TensorDataset<N> {
    /// `TensorDataset(tensor, …)`, sharing the tensors' storage.
    ///
    /// # Errors
    /// [`Error::Shape`] where a tensor has no rows to speak of, or not as many as the first.
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

    /// How many rows there are: `len(dataset)`.
    pub fn len(&self) -> i64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One row of each tensor, `[*]` of `[n, *]`: `dataset[index]`, from the end if negative.
    ///
    /// # Errors
    /// [`Error::Argument`] for an index beyond the ends.
    pub fn get(&self, index: i64) -> Result<[Tensor; N]> {
        if index < -self.len || index >= self.len {
            return Err(Error::argument("index", index, "the dataset has fewer rows"));
        }
        self.each(|tensor| Ok(tensor.f_select(0, index)?))
    }

    /// Some rows of each tensor, `[m, *]` of `[n, *]`: `dataset[start:end]`, which like Python's
    /// counts negative bounds from the end and leaves out what is not there.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn slice(&self, rows: impl RangeBounds<i64>) -> Result<[Tensor; N]> {
        // From the end first, then one further: `-1` included ends at the end.
        let place = |index: i64, further: i64| {
            let from_start = if index < 0 { index.saturating_add(self.len) } else { index };
            from_start.saturating_add(further).clamp(0, self.len)
        };
        let start = match rows.start_bound() {
            Bound::Included(&start) => place(start, 0),
            Bound::Excluded(&start) => place(start, 1),
            Bound::Unbounded => 0,
        };
        let end = match rows.end_bound() {
            Bound::Included(&end) => place(end, 1),
            Bound::Excluded(&end) => place(end, 0),
            Bound::Unbounded => self.len,
        };
        self.each(|tensor| Ok(tensor.f_narrow(0, start, (end - start).max(0))?))
    }

    /// The rows of each tensor that `indices` (`int64`, `[m]`) names, in its order: `[m, *]`.
    pub(super) fn rows(&self, indices: &Tensor) -> Result<[Tensor; N]> {
        self.each(|tensor| Ok(tensor.f_index_select(0, &indices.f_to(tensor.device())?)?))
    }

    fn each(&self, row: impl Fn(&Tensor) -> Result<Tensor>) -> Result<[Tensor; N]> {
        let rows = self.tensors.iter().map(row).collect::<Result<Vec<_>>>()?;
        // The vector has one element for each of the N tensors, so the conversion cannot fail.
        rows.try_into().map_err(|_| Error::Torch("a dataset changed its width".to_owned()))
    }
}
