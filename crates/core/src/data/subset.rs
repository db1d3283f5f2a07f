use tch::Tensor;

use super::dataset::from_start;
use super::{Batch, Dataset, Rows};
use crate::{Error, Generator, Result};

/// Some rows of a dataset: `torch.utils.data.Subset`.
#[derive(Debug)]
pub struct Subset<D> {
    dataset: D,
    /// `int64`, `[n]`.
    indices: Tensor,
    len: usize,
}

impl<D: Dataset> Subset<D> {
    /// `Subset(dataset, indices)`, of a dataset or a reference to one; negative indices count from
    /// the end.
    ///
    /// # Errors
    /// [`Error::Argument`] for an index beyond the ends, which Python finds when it is used.
    pub fn new(dataset: D, indices: &[i64]) -> Result<Self> {
        let rows = dataset.len();
        let inside = indices.iter().map(|&index| Ok(from_start(index, rows)? as i64));
        let indices = inside.collect::<Result<Vec<_>>>()?;
        Ok(Self { dataset, len: indices.len(), indices: Tensor::f_from_slice(&indices)? })
    }

    /// The dataset: `subset.dataset`.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// Which rows of it these are: `subset.indices`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn indices(&self) -> Result<Vec<i64>> {
        Ok(Vec::try_from(&self.indices)?)
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: i64) -> Result<D::Item> {
        let row = from_start(index, self.len)? as i64;
        self.dataset.get(i64::try_from(self.indices.f_select(0, row)?)?)
    }

    fn batch(&self, rows: &Rows<'_>) -> Result<Batch<Self>> {
        self.dataset.batch(&rows.within(&self.indices)?)
    }
}

/// How large the parts of [`random_split`] are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lengths<const N: usize> {
    /// Numbers of rows, together as many as there are.
    Counts([i64; N]),
    /// Shares of the rows, together 1.
    Fractions([f64; N]),
}

impl<const N: usize> From<[i64; N]> for Lengths<N> {
    fn from(counts: [i64; N]) -> Self {
        Self::Counts(counts)
    }
}

impl<const N: usize> From<[i32; N]> for Lengths<N> {
    /// Literals.
    fn from(counts: [i32; N]) -> Self {
        Self::Counts(counts.map(i64::from))
    }
}

impl<const N: usize> From<[f64; N]> for Lengths<N> {
    fn from(fractions: [f64; N]) -> Self {
        Self::Fractions(fractions)
    }
}

/// Splits a dataset at random: `random_split(dataset, lengths, generator=generator)`, which draws
/// one permutation from the generator, the default one for `None`.
///
/// Each part holds the dataset, so give a [`TensorDataset`](super::TensorDataset), of which clones
/// share the tensors, or a reference or `Rc` to one of your own. Fractions are rounded
/// down and the rows left over dealt out from the first part on, as in Python; a part may come out
/// empty, where Python warns. As there, counts that add up to 1 are taken for fractions. The sum of
/// fractions is Python 3.11's: from 3.12 on, `sum` loses less to rounding.
///
/// ```
/// use torch_exact::data::{Dataset, TensorDataset, random_split};
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let x = random::rand([50, 3])?;
/// let dataset = TensorDataset::new([&x])?;
/// let [train, test] = random_split(&dataset, [0.8, 0.2], None)?;
/// assert_eq!((train.len(), test.len()), (40, 10));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Argument`] for a fraction outside 0 to 1, a negative count, and lengths whose sum is
/// not the dataset's.
pub fn random_split<'a, D: Dataset + Clone, const N: usize>(
    dataset: D,
    lengths: impl Into<Lengths<N>>,
    generator: impl Into<Option<&'a Generator>>,
) -> Result<[Subset<D>; N]> {
    let rows = dataset.len() as i64;
    let counts = counts(lengths.into(), rows)?;
    let order = match generator.into() {
        Some(generator) => generator.randperm(rows)?,
        None => Generator::default_cpu()?.randperm(rows)?,
    };
    let mut start = 0;
    let parts = counts.map(|len| -> Result<Subset<D>> {
        let indices = order.f_narrow(0, start, len)?;
        start += len;
        Ok(Subset { dataset: dataset.clone(), indices, len: len as usize })
    });
    let parts = parts.into_iter().collect::<Result<Vec<_>>>()?;
    // One part for each of the N lengths, so the conversion cannot fail.
    parts.try_into().map_err(|_| Error::Torch("a split changed its width".to_owned()))
}

fn counts<const N: usize>(lengths: Lengths<N>, rows: i64) -> Result<[i64; N]> {
    let fractions = match lengths {
        Lengths::Fractions(fractions) => fractions,
        Lengths::Counts(counts) => counts.map(|count| count as f64),
    };
    let sum: f64 = fractions.iter().fold(0.0, |sum, fraction| sum + fraction);
    // `math.isclose(sum, 1) and sum <= 1`.
    let whole = (1.0 - sum).abs() <= 1e-9 * sum.abs().max(1.0) && sum <= 1.0;
    let counts = match lengths {
        Lengths::Counts(counts) if !whole => counts,
        Lengths::Fractions(_) if !whole => {
            return Err(Error::argument("sum(lengths)", sum, "fractions must add up to 1"));
        }
        _ => shares(fractions, rows)?,
    };
    if let Some(negative) = counts.iter().find(|count| **count < 0) {
        return Err(Error::argument("lengths", negative, "a length must be 0 or above"));
    }
    match counts.iter().try_fold(0_i64, |sum, count| sum.checked_add(*count)) {
        Some(sum) if sum == rows => Ok(counts),
        _ => Err(Error::argument(
            "lengths",
            format!("{counts:?}"),
            "their sum must be the length of the dataset",
        )),
    }
}

/// Rounds down, and deals out what is left over.
fn shares<const N: usize>(fractions: [f64; N], rows: i64) -> Result<[i64; N]> {
    if let Some(fraction) = fractions.iter().find(|fraction| !(0.0..=1.0).contains(*fraction)) {
        return Err(Error::argument("lengths", fraction, "a fraction must be between 0 and 1"));
    }
    let mut counts = fractions.map(|fraction| (rows as f64 * fraction).floor() as i64);
    let left = rows - counts.iter().sum::<i64>();
    for i in 0..usize::try_from(left).unwrap_or(0) {
        counts[i % N] += 1;
    }
    Ok(counts)
}
