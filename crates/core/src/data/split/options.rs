use std::fmt;

use tch::Tensor;

use crate::numpy::RandomState;

/// How many samples become the test or the training set: a float or an int, as in scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SplitSize {
    /// A share of the samples, above 0 and below 1; the test set is rounded up, the training set
    /// down.
    Fraction(f64),
    /// A number of samples, at least 1 and fewer than there are.
    Count(usize),
}

impl From<f64> for SplitSize {
    fn from(fraction: f64) -> Self {
        Self::Fraction(fraction)
    }
}

impl From<i32> for SplitSize {
    /// A literal; below 0 it is refused as 0 is.
    fn from(count: i32) -> Self {
        Self::Count(usize::try_from(count).unwrap_or(0))
    }
}

impl From<usize> for SplitSize {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl fmt::Display for SplitSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fraction(fraction) => write!(f, "{fraction:?}"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

/// What `train_test_split` takes, with scikit-learn's names and defaults.
#[derive(Debug, Clone, Copy)]
pub struct SplitOptions<'a> {
    /// The test set's size; `None` for what the training set leaves, or a quarter.
    pub test_size: Option<SplitSize>,
    /// The training set's size; `None` for what the test set leaves.
    pub train_size: Option<SplitSize>,
    /// Whether the samples are put in random order first.
    pub shuffle: bool,
    /// Labels, `[n]` or `[n, *]`, of which both sets are to have the same shares.
    pub stratify: Option<&'a Tensor>,
}

impl Default for SplitOptions<'_> {
    fn default() -> Self {
        Self { test_size: None, train_size: None, shuffle: true, stratify: None }
    }
}

impl<T: Into<SplitSize>> From<T> for SplitOptions<'_> {
    fn from(test_size: T) -> Self {
        Self { test_size: Some(test_size.into()), ..Default::default() }
    }
}

/// What a split draws from: scikit-learn's `random_state`.
#[derive(Debug)]
pub enum SplitSeed<'a> {
    /// A generator seeded so, from 0 to below 2^32.
    Seed(i64),
    /// A generator that goes on from where it is. Where Python's program has called
    /// `numpy.random.seed` and gives no `random_state`, this is the generator so seeded.
    State(&'a mut RandomState),
    /// A generator that starts anywhere.
    None,
}

impl From<i32> for SplitSeed<'_> {
    fn from(seed: i32) -> Self {
        Self::Seed(seed.into())
    }
}

impl From<u32> for SplitSeed<'_> {
    fn from(seed: u32) -> Self {
        Self::Seed(seed.into())
    }
}

impl From<i64> for SplitSeed<'_> {
    fn from(seed: i64) -> Self {
        Self::Seed(seed)
    }
}

impl From<Option<u32>> for SplitSeed<'_> {
    fn from(seed: Option<u32>) -> Self {
        seed.map_or(Self::None, Self::from)
    }
}

impl<'a> From<&'a mut RandomState> for SplitSeed<'a> {
    fn from(state: &'a mut RandomState) -> Self {
        Self::State(state)
    }
}

/// Why a split was refused, under the same conditions as scikit-learn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// A fraction that is not between 0 and 1, NaN included.
    #[error("train_test_split: a fractional {name} must be above 0 and below 1, found {found:?}")]
    Fraction {
        /// Which size: `test_size` or `train_size`.
        name: &'static str,
        /// The fraction given.
        found: f64,
    },
    /// A count of 0, or one that leaves nothing for the other set.
    #[error(
        "train_test_split: {name} counted in samples must be at least 1 and fewer than the \
         {samples} there are, found {found}"
    )]
    Count {
        /// Which size: `test_size` or `train_size`.
        name: &'static str,
        /// The count given.
        found: usize,
        /// The samples to be split.
        samples: usize,
    },
    /// Two sizes that are together more than there is.
    #[error(
        "train_test_split: train_size {train_size} and test_size {test_size} of {samples} \
         sample(s) are more than there are; reduce one"
    )]
    Sum {
        /// The training set's size.
        train_size: SplitSize,
        /// The test set's size.
        test_size: SplitSize,
        /// The samples to be split.
        samples: usize,
    },
    /// Valid sizes of so few samples that the training set comes out empty.
    #[error(
        "train_test_split: {samples} sample(s) leave an empty training set; give more samples, \
         or other sizes"
    )]
    EmptyTrainSet {
        /// The samples to be split.
        samples: usize,
    },
    /// A seed that is none.
    #[error("train_test_split: random_state must be from 0 to 2**32 - 1, found {found}")]
    Seed {
        /// The seed given.
        found: i64,
    },
    /// Stratified and not shuffled.
    #[error("train_test_split: stratify is not implemented for shuffle=False, as in scikit-learn")]
    StratifyUnshuffled,
    /// Labels that are NaN or infinite.
    #[error("train_test_split: stratify holds {found:?}; labels must be finite")]
    Label {
        /// The label.
        found: f64,
    },
    /// A class of one member.
    #[error("train_test_split: the least populated class of stratify has 1 member, 2 are needed")]
    ClassOfOne,
    /// A set of fewer samples than there are classes.
    #[error(
        "train_test_split: {name} = {found} should be greater than or equal to the number of \
         classes, {classes}"
    )]
    FewerThanClasses {
        /// Which size: `test_size` or `train_size`.
        name: &'static str,
        /// The size it came out at.
        found: usize,
        /// The classes in `stratify`.
        classes: usize,
    },
}

impl SplitOptions<'_> {
    /// The number of training and of test samples among `samples`.
    pub(super) fn counts(&self, samples: usize) -> Result<(usize, usize), SplitError> {
        let test_size = match (self.test_size, self.train_size) {
            (None, None) => Some(SplitSize::Fraction(0.25)),
            (test_size, _) => test_size,
        };
        let test =
            test_size.map(|size| count("test_size", size, samples, f64::ceil)).transpose()?;
        let train = self
            .train_size
            .map(|size| count("train_size", size, samples, f64::floor))
            .transpose()?;
        let sum = |train_size, test_size| SplitError::Sum { train_size, test_size, samples };
        if let (Some(train_size), Some(test_size)) = (self.train_size, test_size) {
            if let (SplitSize::Fraction(a), SplitSize::Fraction(b)) = (train_size, test_size)
                && a + b > 1.0
            {
                return Err(sum(train_size, test_size));
            }
            if train.unwrap_or(0) + test.unwrap_or(0) > samples {
                return Err(sum(train_size, test_size));
            }
        }
        let others = |count: Option<usize>| samples.saturating_sub(count.unwrap_or(0));
        let (train, test) = (train.unwrap_or(others(test)), test.unwrap_or(others(train)));
        if train == 0 {
            return Err(SplitError::EmptyTrainSet { samples });
        }
        // scikit-learn's shuffling looks at the counts once more.
        if self.shuffle && (test == 0 || train == samples) {
            return Err(SplitError::Count { name: "test_size", found: test, samples });
        }
        Ok((train, test))
    }
}

fn count(
    name: &'static str,
    size: SplitSize,
    samples: usize,
    round: fn(f64) -> f64,
) -> Result<usize, SplitError> {
    match size {
        SplitSize::Fraction(found) if !(found > 0.0 && found < 1.0) => {
            Err(SplitError::Fraction { name, found })
        }
        SplitSize::Fraction(found) => Ok(round(found * samples as f64) as usize),
        SplitSize::Count(found) if found == 0 || found >= samples => {
            Err(SplitError::Count { name, found, samples })
        }
        SplitSize::Count(found) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use crate::data::split::train_test_split_indices;

    #[test]
    fn every_sample_is_in_one_set() {
        for n in 2..60 {
            let (mut rows, test) = train_test_split_indices(n, 0.25, 5).unwrap();
            assert_eq!(test.len(), n.div_ceil(4));
            rows.extend(test);
            rows.sort_unstable();
            assert_eq!(rows, (0..n as i64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn without_a_seed_two_splits_differ() {
        let split = || train_test_split_indices(1000, 0.5, None).unwrap();
        assert_ne!(split(), split());
    }
}
