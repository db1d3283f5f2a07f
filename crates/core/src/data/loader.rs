use tch::{Device, Kind, Tensor};

use super::rows::Order;
use super::{Batch, Dataset};
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
}

impl Default for DataLoaderOptions {
    fn default() -> Self {
        Self { batch_size: 1, shuffle: false, drop_last: false, generator: None }
    }
}

impl From<i64> for DataLoaderOptions {
    /// The defaults with this batch size.
    fn from(batch_size: i64) -> Self {
        Self { batch_size, ..Self::default() }
    }
}

/// Batches of a dataset, drawn as `torch.utils.data.DataLoader` draws them with no workers.
///
/// # What is drawn
/// Each iteration draws one `int64` from the default generator when it begins, shuffling or not:
/// the base seed of workers that there are none of. When a shuffling iteration is asked for its
/// first batch it draws another, the seed of a generator of its own, which draws the order.
/// Leaving an iteration early draws nothing more. With a generator of one's own, the base seed and
/// the order are drawn from it directly, and at the end another order that is not used
/// (`torch/utils/data/dataloader.py`, `sampler.py`).
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
pub struct DataLoader<D> {
    dataset: D,
    batch_size: usize,
    shuffle: bool,
    drop_last: bool,
    generator: Option<Generator>,
}

impl<D: Dataset> DataLoader<D> {
    /// `DataLoader(dataset, batch_size=…, shuffle=…, drop_last=…, generator=…)`; a number alone is
    /// the batch size.
    ///
    /// # Errors
    /// [`Error::Argument`] for a batch size below 1 and for shuffling an empty dataset, which
    /// Python refuses too.
    pub fn new(dataset: D, options: impl Into<DataLoaderOptions>) -> Result<Self> {
        let DataLoaderOptions { batch_size, shuffle, drop_last, generator } = options.into();
        let batch_size = match usize::try_from(batch_size) {
            Ok(1..) => batch_size as usize,
            _ => return Err(Error::argument("batch_size", batch_size, "it must be 1 or above")),
        };
        if shuffle && dataset.is_empty() {
            return Err(Error::argument("shuffle", true, "an empty dataset has no order"));
        }
        Ok(Self { dataset, batch_size, shuffle, drop_last, generator })
    }

    /// The dataset: `loader.dataset`.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// How many batches an iteration has: `len(loader)`.
    pub fn len(&self) -> usize {
        let rows = self.dataset.len();
        match self.drop_last {
            true => rows / self.batch_size,
            false => rows.div_ceil(self.batch_size),
        }
    }

    /// Whether an iteration has no batch at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Begins an iteration: `iter(loader)`, or `for batch in &loader`.
    pub fn iter(&self) -> Batches<'_, D> {
        let failure = self.draw_int64().err();
        Batches { loader: self, failure, order: None, generator: None, next: 0, exhausted: false }
    }

    fn draw_int64(&self) -> Result<i64> {
        Ok(match &self.generator {
            Some(generator) => generator.random_int64()?,
            None => Generator::default_cpu()?.random_int64()?,
        })
    }

    /// The generator that shuffles one iteration: the loader's, or one seeded by a draw.
    fn shuffler(&self) -> Result<Option<Generator>> {
        if !self.shuffle {
            return Ok(None);
        }
        if let Some(generator) = &self.generator {
            return Ok(Some(generator.clone()));
        }
        let seed = self.draw_int64()?;
        Ok(Some(Generator::seeded(seed as u64)?))
    }
}

impl<'a, D: Dataset> IntoIterator for &'a DataLoader<D> {
    type Item = Result<Batch<D>>;
    type IntoIter = Batches<'a, D>;

    fn into_iter(self) -> Batches<'a, D> {
        self.iter()
    }
}

/// One iteration of a [`DataLoader`].
#[derive(Debug)]
pub struct Batches<'a, D> {
    loader: &'a DataLoader<D>,
    /// Of the draw with which the iteration began; the first item then.
    failure: Option<Error>,
    order: Option<Order>,
    generator: Option<Generator>,
    next: usize,
    exhausted: bool,
}

impl<D: Dataset> Batches<'_, D> {
    fn next_batch(&mut self) -> Result<Option<Batch<D>>> {
        let loader = self.loader;
        if let Some(failure) = self.failure.take() {
            self.next = loader.len();
            return Err(failure);
        }
        let order = match self.order.take() {
            Some(order) => order,
            None => {
                self.generator = loader.shuffler()?;
                let n = loader.dataset.len() as i64;
                Order::new(match &self.generator {
                    Some(generator) => generator.randperm(n)?,
                    None => Tensor::f_arange(n, (Kind::Int64, Device::Cpu))?,
                })
            }
        };
        let order = self.order.insert(order);
        let start = self.next.saturating_mul(loader.batch_size);
        let rows = loader.batch_size.min(loader.dataset.len().saturating_sub(start));
        if rows < loader.batch_size && !self.exhausted {
            self.exhausted = true;
            // A sampler asked for more rows than there are draws a permutation and uses none of it.
            if let Some(generator) = &self.generator {
                let _unused = generator.randperm(loader.dataset.len() as i64)?;
            }
        }
        if self.next >= loader.len() {
            return Ok(None);
        }
        self.next += 1;
        loader.dataset.batch(&order.rows(start as i64, rows as i64)).map(Some)
    }
}

impl<D: Dataset> Iterator for Batches<'_, D> {
    type Item = Result<Batch<D>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}
