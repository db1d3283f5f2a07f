mod batches;
mod workers;

pub use batches::Batches;

use super::sampler::batches_of;
use super::{CollateFn, CollateWith, Dataset, DefaultCollate};
use super::{RandomSampler, RandomSamplerOptions, Sampler, SequentialSampler};
use crate::{Error, Generator, Result};

/// What [`DataLoader`] takes beyond the dataset, with PyTorch's names and defaults.
#[derive(Debug)]
pub struct DataLoaderOptions {
    /// Rows in a batch; the last may have fewer.
    pub batch_size: i64,
    /// Whether each iteration has another order.
    pub shuffle: bool,
    /// Whether a last batch with fewer rows is left out.
    pub drop_last: bool,
    /// A generator to draw from in place of the default one; give a clone to go on using it, which
    /// is another handle on the same generator.
    pub generator: Option<Generator>,
    /// Which rows an iteration takes, in place of all of them.
    pub sampler: Option<Box<dyn Sampler>>,
    /// Which rows each batch takes, in place of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    pub batch_sampler: Option<Box<dyn Sampler<Vec<i64>>>>,
    /// Draw as with so many worker processes, of which there are none here: what a dataset or a collate
    /// function draws from the default generator, the worker's own gives that makes the batch.
    pub num_workers: i64,
    /// Whether batches are put into page-locked memory, where there is a GPU; not those of a collate function
    /// of one's own. Without a GPU it does nothing, where Python warns.
    pub pin_memory: bool,
}

impl Default for DataLoaderOptions {
    fn default() -> Self {
        Self {
            batch_size: 1,
            shuffle: false,
            drop_last: false,
            generator: None,
            sampler: None,
            batch_sampler: None,
            num_workers: 0,
            pin_memory: false,
        }
    }
}

impl From<i64> for DataLoaderOptions {
    /// The defaults with this batch size.
    fn from(batch_size: i64) -> Self {
        Self { batch_size, ..Self::default() }
    }
}

/// Batches of a dataset, drawn as `torch.utils.data.DataLoader` draws them.
///
/// # What is drawn
/// Each iteration draws one `int64` from the default generator when it begins, shuffling or not:
/// the base seed of workers that there are none of. When a shuffling iteration is asked for its
/// first batch it draws another, the seed of a generator of its own, which draws the order.
/// Leaving an iteration early draws nothing more. With a generator of one's own, the base seed and
/// the order are drawn from it directly, and at the end another order that is not used
/// (`torch/utils/data/dataloader.py`, `sampler.py`). A sampler draws when the first batch is asked for; with
/// workers two batches a worker are asked for at once when an iteration begins, and each worker draws from a
/// generator that the base seed and its number seed. A dataset's own generators are not copied to workers.
///
/// # A function of a loader
/// Of a dataset alone Rust does not know what a batch is; a function says what items it takes:
///
/// ```
/// use tch::Tensor;
/// use torch_exact::data::{DataLoader, Dataset};
///
/// fn rows(loader: &DataLoader<impl Dataset<Item = [Tensor; 2]>>) -> torch_exact::Result<i64> {
///     let mut rows = 0;
///     for batch in loader {
///         let [xb, _yb] = batch?;
///         rows += xb.size()[0];
///     }
///     Ok(rows)
/// }
/// ```
///
/// # Where it departs from tch
/// `tch::data::Iter2` draws one `randperm` from the default generator, shuffles once, and leaves
/// out the short last batch unless told otherwise.
///
/// ```
/// use torch_exact::data::{DataLoader, DataLoaderOptions, TensorDataset};
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let (x, y) = (random::rand([15, 3])?, random::rand([15, 2])?);
/// let options = DataLoaderOptions { batch_size: 4, shuffle: true, ..Default::default() };
/// let train_dl = DataLoader::new(TensorDataset::new([&x, &y])?, options)?;
/// let mut rows = vec![];
/// for batch in &train_dl {
///     let [xb, yb] = batch?;
///     assert_eq!(xb.size()[0], yb.size()[0]);
///     rows.push(xb.size()[0]);
/// }
/// assert_eq!(rows, [4, 4, 4, 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DataLoader<D, C = DefaultCollate> {
    dataset: D,
    collate: C,
    plan: Plan,
    batch_size: usize,
    drop_last: bool,
    generator: Option<Generator>,
    num_workers: usize,
    pin_memory: bool,
}

/// Which rows an iteration takes.
#[derive(Debug)]
enum Plan {
    InOrder,
    Shuffled,
    Sampled(Box<dyn Sampler>),
    Batched(Box<dyn Sampler<Vec<i64>>>),
}

impl<D: Dataset> DataLoader<D> {
    /// `DataLoader(dataset, batch_size=…, shuffle=…, …)`; a number alone is the batch size.
    ///
    /// # Errors
    /// [`Error::Argument`] for a batch size below 1, for shuffling an empty dataset, for fewer than no
    /// workers, and for a sampler beside what it takes the place of, which Python refuses too.
    pub fn new(dataset: D, options: impl Into<DataLoaderOptions>) -> Result<Self> {
        Self::with(dataset, options.into(), DefaultCollate)
    }
}

impl<D: Dataset, B, F: Fn(Vec<D::Item>) -> Result<B>> DataLoader<D, CollateFn<F>> {
    /// `DataLoader(dataset, …, collate_fn=collate_fn)`: batches are what `collate_fn` makes of items.
    ///
    /// ```
    /// use tch::Tensor;
    /// use torch_exact::data::{DataLoader, TensorDataset};
    /// use torch_exact::tensor;
    ///
    /// # fn main() -> torch_exact::Result<()> {
    /// let dataset = TensorDataset::new([&tensor([1, 2, 3])?])?;
    /// let doubled = |items: Vec<[Tensor; 1]>| {
    ///     let items: Vec<_> = items.into_iter().map(|[row]| row * 2).collect();
    ///     Ok(Tensor::f_stack(&items, 0)?)
    /// };
    /// let loader = DataLoader::with_collate_fn(dataset, 3, doubled)?;
    /// assert_eq!(loader.iter().next().transpose()?, Some(tensor([2, 4, 6])?));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`new`](DataLoader::new).
    pub fn with_collate_fn(
        dataset: D,
        options: impl Into<DataLoaderOptions>,
        collate_fn: F,
    ) -> Result<Self> {
        Self::with(dataset, options.into(), CollateFn(collate_fn))
    }
}

impl<D: Dataset, C> DataLoader<D, C> {
    fn with(dataset: D, options: DataLoaderOptions, collate: C) -> Result<Self> {
        let num_workers = options.workers()?;
        let batch_size = options.positive_batch_size()?;
        let DataLoaderOptions {
            shuffle,
            drop_last,
            generator,
            sampler,
            batch_sampler,
            pin_memory,
            ..
        } = options;
        if sampler.is_some() && shuffle {
            let accepted = "the sampler option is mutually exclusive with it";
            return Err(Error::argument("shuffle", true, accepted));
        }
        if batch_sampler.is_some() && (batch_size != 1 || shuffle || sampler.is_some() || drop_last)
        {
            let accepted =
                "it is mutually exclusive with batch_size, shuffle, sampler, and drop_last";
            return Err(Error::argument("batch_sampler", "given", accepted));
        }
        if shuffle && dataset.is_empty() {
            return Err(Error::argument("shuffle", true, "an empty dataset has no order"));
        }
        let plan = match (batch_sampler, sampler) {
            (Some(sampler), _) => Plan::Batched(sampler),
            (None, Some(sampler)) => Plan::Sampled(sampler),
            (None, None) if num_workers == 0 => {
                if shuffle {
                    Plan::Shuffled
                } else {
                    Plan::InOrder
                }
            }
            // Whose batches are asked for ahead.
            (None, None) if shuffle => {
                let generator = generator.clone();
                let options = RandomSamplerOptions { generator, ..Default::default() };
                Plan::Sampled(Box::new(RandomSampler::new(dataset.len(), options)?))
            }
            (None, None) => Plan::Sampled(Box::new(SequentialSampler::new(dataset.len()))),
        };
        Ok(Self {
            dataset,
            collate,
            plan,
            batch_size,
            drop_last,
            generator,
            num_workers,
            pin_memory,
        })
    }

    /// The dataset: `loader.dataset`.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// How many batches an iteration has: `len(loader)`.
    pub fn len(&self) -> usize {
        let rows = match &self.plan {
            Plan::InOrder | Plan::Shuffled => self.dataset.len(),
            Plan::Sampled(sampler) => sampler.len(),
            Plan::Batched(sampler) => return sampler.len(),
        };
        batches_of(rows, self.batch_size, self.drop_last)
    }

    /// Whether an iteration has no batch at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn draw_int64(&self) -> Result<i64> {
        draw_int64(self.generator.as_ref())
    }

    /// The generator that shuffles one iteration: the loader's, or one seeded by a draw.
    fn shuffler(&self) -> Result<Option<Generator>> {
        if !matches!(self.plan, Plan::Shuffled) {
            return Ok(None);
        }
        if let Some(generator) = &self.generator {
            return Ok(Some(generator.clone()));
        }
        let seed = self.draw_int64()?;
        Ok(Some(Generator::seeded(seed as u64)?))
    }
}

impl<D: Dataset, C: CollateWith<D::Item>> DataLoader<D, C> {
    /// Begins an iteration: `iter(loader)`, or `for batch in &loader`.
    pub fn iter(&self) -> Batches<'_, D, C> {
        Batches::new(self)
    }
}

impl DataLoaderOptions {
    pub(super) fn positive_batch_size(&self) -> Result<usize> {
        match usize::try_from(self.batch_size) {
            Ok(batch_size @ 1..) => Ok(batch_size),
            _ => Err(Error::argument("batch_size", self.batch_size, "it must be 1 or above")),
        }
    }

    pub(super) fn workers(&self) -> Result<usize> {
        let accepted = "it should be non-negative, and 0 without workers";
        usize::try_from(self.num_workers)
            .map_err(|_| Error::argument("num_workers", self.num_workers, accepted))
    }
}

/// The base seed of an iteration, or the seed of its order.
pub(super) fn draw_int64(generator: Option<&Generator>) -> Result<i64> {
    match generator {
        Some(generator) => generator.random_int64(),
        None => Generator::default_cpu()?.random_int64(),
    }
}

impl<'a, D: Dataset, C: CollateWith<D::Item>> IntoIterator for &'a DataLoader<D, C> {
    type Item = Result<C::Batch>;
    type IntoIter = Batches<'a, D, C>;

    fn into_iter(self) -> Batches<'a, D, C> {
        self.iter()
    }
}
