//! scikit-learn's `train_test_split`.

mod options;
mod stratified;

pub use options::{SplitError, SplitOptions, SplitSeed, SplitSize};
use tch::Tensor;

use crate::data::Dataset as _;
use crate::numpy::RandomState;
use crate::{Error, Result};

/// Splits the rows of tensors alike, `[n, *] -> ([n_train, *], [n_test, *])` for each:
/// `train_test_split(x, y, test_size=…, random_state=…)`.
///
/// The second argument is a test size, or [`SplitOptions`] for all that scikit-learn takes; the
/// third an integer, a [`RandomState`], or `None`.
///
/// ```
/// use torch_exact::data::{SplitOptions, train_test_split};
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let (x, y) = (random::rand([50, 1])?, random::randint(0, 3, [50], tch::Kind::Int64)?);
/// let [(x_train, x_test), (y_train, y_test)] = train_test_split([&x, &y], 0.2, 42)?;
/// assert_eq!((x_train.size(), y_test.size()), (vec![40, 1], vec![10]));
///
/// let options = SplitOptions { stratify: Some(&y), ..Default::default() };
/// let [(x_train, _), _] = train_test_split([&x, &y], options, None)?;
/// assert_eq!(x_train.size(), [37, 1]);
/// # let _ = (x_test, y_train);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Shape`] where the tensors differ in rows or have no row dimension, and those of
/// [`train_test_split_indices`].
pub fn train_test_split<'a, const N: usize>(
    tensors: [&Tensor; N],
    options: impl Into<SplitOptions<'a>>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<[(Tensor, Tensor); N]> {
    let rows = super::TensorDataset::new(tensors)?.len();
    let (train, test) = train_test_split_indices(rows, options, random_state)?;
    let (train, test) = (Tensor::f_from_slice(&train)?, Tensor::f_from_slice(&test)?);
    let parts = tensors.iter().map(|tensor| -> Result<(Tensor, Tensor)> {
        let part = |rows: &Tensor| tensor.f_index(&[Some(rows.f_to_device(tensor.device())?)]);
        Ok((part(&train)?, part(&test)?))
    });
    let pairs = parts.collect::<Result<Vec<_>>>()?;
    // One pair for each of the N tensors, so the conversion cannot fail.
    pairs.try_into().map_err(|_| Error::Torch("a split changed its width".to_owned()))
}

/// Row numbers of the training and the test set of `n` samples: `([n_train], [n_test])`, int64.
///
/// Mirrors [`sklearn.model_selection.train_test_split`]. Shuffled, the samples are taken in the
/// order of NumPy's `RandomState(random_state).permutation(n)`, of which the first
/// `ceil(n * test_size)` are the test set and the next the training set. Stratified, each class is
/// shared out alike, and ties between classes and the order within them are drawn. Not shuffled,
/// nothing is drawn, and the test set follows the training set.
///
/// [`sklearn.model_selection.train_test_split`]: https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.train_test_split.html
///
/// ```
/// use torch_exact::data::split::train_test_split_indices;
///
/// let (train, test) = train_test_split_indices(10, 0.2, 42)?;
/// assert_eq!(train, [5, 0, 7, 2, 9, 4, 3, 6]);
/// assert_eq!(test, [8, 1]);
/// # Ok::<(), torch_exact::Error>(())
/// ```
///
/// # Errors
/// [`Error::Split`] where the sizes are out of range or do not go together, where the seed is
/// invalid, and where classes have too few members to be shared out; [`Error::Shape`] for
/// `stratify` of another length.
pub fn train_test_split_indices<'a>(
    n: usize,
    options: impl Into<SplitOptions<'a>>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Vec<i64>, Vec<i64>)> {
    let options = options.into();
    let (n_train, n_test) = options.counts(n)?;
    if !options.shuffle {
        if options.stratify.is_some() {
            return Err(SplitError::StratifyUnshuffled.into());
        }
        return Ok(((0i64..).take(n_train).collect(), (n_train as i64..).take(n_test).collect()));
    }
    with_state(random_state.into(), |rng| {
        if let Some(labels) = options.stratify {
            return stratified::split(labels, n, n_train, n_test, rng);
        }
        let mut test = rng.permutation(n);
        let mut train = test.split_off(n_test);
        train.truncate(n_train);
        Ok((train, test))
    })
}

/// Runs a body with the generator that a `random_state` says: `check_random_state`.
pub(super) fn with_state<T>(
    random_state: SplitSeed<'_>,
    body: impl FnOnce(&mut RandomState) -> Result<T>,
) -> Result<T> {
    match random_state {
        SplitSeed::State(state) => body(state),
        SplitSeed::None => body(&mut RandomState::from_entropy()?),
        SplitSeed::Seed(seed) => {
            let seed = u32::try_from(seed).map_err(|_| SplitError::Seed { found: seed })?;
            body(&mut RandomState::new(seed))
        }
    }
}
