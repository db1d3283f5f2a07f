//! scikit-learn's `train_test_split`.

use std::fmt;

use tch::Tensor;

use crate::numpy::RandomState;
use crate::{Error, Result};

/// How many samples become the test set.
///
/// Mirrors scikit-learn's `test_size`, which is a float or an int; its default is a quarter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TestSize {
    /// A share of the samples, above 0 and below 1; the test set is rounded up.
    Fraction(f64),
    /// A number of samples, at least 1 and fewer than there are.
    Count(usize),
}

impl Default for TestSize {
    fn default() -> Self {
        Self::Fraction(0.25)
    }
}

impl From<f64> for TestSize {
    fn from(fraction: f64) -> Self {
        Self::Fraction(fraction)
    }
}

impl From<i32> for TestSize {
    /// A literal; below 0 it is refused as 0 is.
    fn from(count: i32) -> Self {
        Self::Count(usize::try_from(count).unwrap_or(0))
    }
}

impl From<usize> for TestSize {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl fmt::Display for TestSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fraction(fraction) => write!(f, "{fraction:?}"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

/// Why a split was refused, under the same conditions as scikit-learn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// A fraction that is not between 0 and 1, NaN included.
    #[error(
        "train_test_split: a fractional test size must be above 0 and below 1, found {found:?}"
    )]
    Fraction {
        /// The fraction given.
        found: f64,
    },
    /// A count of 0, or one that leaves nothing to train on.
    #[error(
        "train_test_split: a test set counted in samples must have at least 1 and fewer than \
         the {samples} there are, found {found}"
    )]
    Count {
        /// The count given.
        found: usize,
        /// The samples to be split.
        samples: usize,
    },
    /// A valid fraction of so few samples that rounding up takes them all.
    #[error(
        "train_test_split: test size {test_size} of {samples} sample(s), rounded up, leaves no \
         training sample; give more samples or a smaller test size"
    )]
    EmptyTrainSet {
        /// The samples to be split.
        samples: usize,
        /// The test size given.
        test_size: TestSize,
    },
}

/// Splits the rows of tensors alike, `[n, *] -> ([n_train, *], [n_test, *])` for each:
/// `train_test_split(x, y, test_size=…, random_state=…)`.
///
/// ```
/// use torch_exact::data::train_test_split;
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let (x, y) = (random::rand([50, 1])?, random::rand([50, 1])?);
/// let [(x_train, x_test), (y_train, y_test)] = train_test_split([&x, &y], 0.2, 42)?;
/// assert_eq!((x_train.size(), y_test.size()), (vec![40, 1], vec![10, 1]));
/// # let _ = (x_test, y_train);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Shape`] where the tensors differ in rows or have none to speak of, [`Error::Split`] as
/// [`train_test_split_indices`].
pub fn train_test_split<const N: usize>(
    tensors: [&Tensor; N],
    test_size: impl Into<TestSize>,
    random_state: u32,
) -> Result<[(Tensor, Tensor); N]> {
    let dataset = super::TensorDataset::new(tensors)?;
    let (train, test) = train_test_split_indices(dataset.len() as usize, test_size, random_state)?;
    let [train, test] = [train, test].map(|rows| dataset.rows(&Tensor::from_slice(&rows)));
    let pairs = train?.into_iter().zip(test?).collect::<Vec<_>>();
    // One pair for each of the N tensors, so the conversion cannot fail.
    pairs.try_into().map_err(|_| Error::Torch("a split changed its width".to_owned()))
}

/// Row numbers of the training and the test set of `n` samples: `([n_train], [n_test])`, int64.
///
/// Mirrors [`sklearn.model_selection.train_test_split`] with `test_size` and an integer
/// `random_state`, shuffled and not stratified: the samples in the order of NumPy's
/// `RandomState(random_state).permutation(n)`, of which the first `ceil(n * test_size)` are
/// the test set and all others the training set.
///
/// [`sklearn.model_selection.train_test_split`]: https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.train_test_split.html
///
/// ```
/// use torch_exact::data::split::train_test_split_indices;
///
/// let (train, test) = train_test_split_indices(10, 0.2, 42)?;
/// assert_eq!(train, [5, 0, 7, 2, 9, 4, 3, 6]);
/// assert_eq!(test, [8, 1]);
/// # Ok::<(), torch_exact::data::split::SplitError>(())
/// ```
///
/// # Errors
/// [`SplitError::Fraction`] or [`SplitError::Count`] where `test_size` is out of range,
/// [`SplitError::EmptyTrainSet`] where it takes every sample.
pub fn train_test_split_indices(
    n: usize,
    test_size: impl Into<TestSize>,
    random_state: u32,
) -> std::result::Result<(Vec<i64>, Vec<i64>), SplitError> {
    let n_test = test_count(n, test_size.into())?;
    let mut test = RandomState::new(random_state).permutation(n);
    let train = test.split_off(n_test);
    Ok((train, test))
}

fn test_count(samples: usize, test_size: TestSize) -> std::result::Result<usize, SplitError> {
    let n_test = match test_size {
        TestSize::Fraction(found) => {
            if !(found > 0.0 && found < 1.0) {
                return Err(SplitError::Fraction { found });
            }
            (found * samples as f64).ceil() as usize
        }
        TestSize::Count(found) => {
            if found == 0 || found >= samples {
                return Err(SplitError::Count { found, samples });
            }
            found
        }
    };
    if n_test >= samples {
        return Err(SplitError::EmptyTrainSet { samples, test_size });
    }
    Ok(n_test)
}

#[cfg(test)]
mod tests {
    use super::{SplitError, TestSize, train_test_split_indices};

    #[test]
    fn every_sample_is_in_one_set() {
        for n in 2..60 {
            let (mut rows, test) = train_test_split_indices(n, TestSize::default(), 5).unwrap();
            assert_eq!(test.len(), n.div_ceil(4));
            rows.extend(test);
            rows.sort_unstable();
            assert_eq!(rows, (0..n as i64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn sizes_out_of_range_are_refused() {
        for found in [0.0, 1.0, -0.5, 1.5, f64::INFINITY] {
            assert_eq!(train_test_split_indices(10, found, 0), Err(SplitError::Fraction { found }));
        }
        assert!(matches!(
            train_test_split_indices(10, f64::NAN, 0),
            Err(SplitError::Fraction { .. })
        ));
        for found in [0usize, 10, 11] {
            let samples = 10;
            assert_eq!(
                train_test_split_indices(samples, found, 0),
                Err(SplitError::Count { found, samples })
            );
        }
    }

    #[test]
    fn a_split_without_training_samples_is_refused() {
        for samples in [0, 1] {
            let test_size = TestSize::Fraction(0.5);
            assert_eq!(
                train_test_split_indices(samples, test_size, 0),
                Err(SplitError::EmptyTrainSet { samples, test_size })
            );
        }
    }
}
