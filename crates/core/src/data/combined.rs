//! Datasets made of others: `torch/utils/data/dataset.py`.

use super::dataset::from_start;
use super::{Batch, Collate, Dataset, Rows};
use crate::{Error, Result};

/// Datasets one after the other: `torch.utils.data.ConcatDataset`. Those of several types go as
/// `Box<dyn Dataset<Item = …>>`.
#[derive(Debug, Clone)]
pub struct ConcatDataset<D> {
    datasets: Vec<D>,
    /// How many rows there are up to the end of each.
    cumulative_sizes: Vec<usize>,
}

impl<D: Dataset> ConcatDataset<D> {
    /// `ConcatDataset(datasets)`, `first + second`.
    ///
    /// # Errors
    /// [`Error::Argument`] for no datasets.
    pub fn new(datasets: impl Into<Vec<D>>) -> Result<Self> {
        let datasets = datasets.into();
        if datasets.is_empty() {
            let accepted = "datasets should not be an empty iterable";
            return Err(Error::argument("datasets", "empty", accepted));
        }
        let mut end = 0;
        let ends = datasets.iter().map(|dataset| {
            end += dataset.len();
            end
        });
        let cumulative_sizes = ends.collect();
        Ok(Self { datasets, cumulative_sizes })
    }

    /// The datasets: `dataset.datasets`.
    pub fn datasets(&self) -> &[D] {
        &self.datasets
    }
}

impl<D: Dataset> Dataset for ConcatDataset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.cumulative_sizes.last().copied().unwrap_or(0)
    }

    fn get(&self, index: i64) -> Result<D::Item> {
        let row = from_start(index, self.len())?;
        let dataset = self.cumulative_sizes.partition_point(|&end| end <= row);
        let start = if dataset == 0 { 0 } else { self.cumulative_sizes[dataset - 1] };
        self.datasets[dataset].get((row - start) as i64)
    }
}

/// Datasets side by side, a tuple of two to four, whose items are tuples: `torch.utils.data.StackDataset`.
#[derive(Debug, Clone)]
pub struct StackDataset<T> {
    datasets: T,
    len: usize,
}

impl<T: Stack> StackDataset<T> {
    /// `StackDataset(first, second, …)`.
    ///
    /// # Errors
    /// [`Error::Shape`] for datasets of several lengths.
    pub fn new(datasets: T) -> Result<Self> {
        let lens = datasets.lens();
        let len = lens.first().copied().unwrap_or(0);
        if lens.iter().any(|&other| other != len) {
            return Err(Error::Shape {
                operation: "StackDataset",
                expected: format!("{len} rows in each dataset"),
                found: format!("{lens:?}"),
            });
        }
        Ok(Self { datasets, len })
    }
}

impl<T: Stack> Dataset for StackDataset<T> {
    type Item = T::Item;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: i64) -> Result<T::Item> {
        self.datasets.items(index)
    }

    fn batch(&self, rows: &Rows<'_>) -> Result<Batch<Self>> {
        self.datasets.batches(rows)
    }
}

/// Datasets that can be stacked: tuples of two to four.
pub trait Stack {
    /// The datasets' items as a tuple.
    type Item: Collate;

    /// The datasets' lengths.
    fn lens(&self) -> Vec<usize>;

    /// The item of each at an index.
    ///
    /// # Errors
    /// Those of the datasets.
    fn items(&self, index: i64) -> Result<Self::Item>;

    /// The batch of each, one dataset after the other.
    ///
    /// # Errors
    /// Those of the datasets.
    fn batches(&self, rows: &Rows<'_>) -> Result<<Self::Item as Collate>::Batch>;
}

macro_rules! stacks {
    ($($($dataset:ident)+;)+) => {$(
        impl<$($dataset: Dataset),+> Stack for ($($dataset,)+) {
            type Item = ($($dataset::Item,)+);

            fn lens(&self) -> Vec<usize> {
                #[expect(non_snake_case, reason = "a part is named as its type")]
                let ($($dataset,)+) = self;
                vec![$($dataset.len()),+]
            }

            fn items(&self, index: i64) -> Result<Self::Item> {
                #[expect(non_snake_case, reason = "a part is named as its type")]
                let ($($dataset,)+) = self;
                Ok(($($dataset.get(index)?,)+))
            }

            fn batches(&self, rows: &Rows<'_>) -> Result<<Self::Item as Collate>::Batch> {
                #[expect(non_snake_case, reason = "a part is named as its type")]
                let ($($dataset,)+) = self;
                Ok(($($dataset.batch(rows)?,)+))
            }
        }
    )+};
}
stacks! { A B; A B C; A B C D; }
