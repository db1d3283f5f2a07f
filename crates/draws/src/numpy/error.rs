/// What NumPy's generators refuse, under the same conditions as NumPy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Integers of a range that holds none; NumPy's `ValueError: low >= high`.
    #[error(
        "no integer lies in the range from {low} (included) to {high} (excluded); \
         give a high above low"
    )]
    EmptyRange {
        /// Lower bound, included.
        low: i64,
        /// Upper bound, excluded.
        high: i64,
    },
    /// `normal` with a scale whose sign is negative (NumPy counts -0.0 as negative);
    /// NumPy's `ValueError: scale < 0`.
    #[error("normal: scale is a standard deviation and must be 0 or more, found {scale:?}")]
    NegativeScale {
        /// The scale given.
        scale: f64,
    },
    /// `uniform` with a width `high - low` that is infinite or NaN in float64 (NumPy's
    /// `OverflowError: Range exceeds valid bounds`), or negative where `default_rng` draws
    /// (`ValueError: high - low < 0`).
    #[error(
        "uniform: high - low must be finite{}, found low {low:?} and high {high:?}",
        if *descending { "" } else { " and not negative" }
    )]
    Bounds {
        /// Lower bound, included.
        low: f64,
        /// Upper bound.
        high: f64,
        /// Whether this generator takes a `high` below `low`.
        descending: bool,
    },
    /// `choice` of some out of none, or of more than there are without replacement.
    #[error(
        "choice: {size} of {population} cannot be taken{}",
        if *population == 0 { "" } else { " without replacement" }
    )]
    Sample {
        /// How many were asked for.
        size: usize,
        /// How many there are to choose from; with probabilities, those above 0.
        population: usize,
    },
    /// `choice` with a `p` that is not one probability for each, together 1.
    #[error("choice: p must be {expected}, found {found}")]
    Probabilities {
        /// What NumPy asks of it.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// The operating system gave no random bits to seed a generator with.
    #[error("the operating system gives no random bits: {reason}; seed the generator instead")]
    Entropy {
        /// The system's reason.
        reason: String,
    },
}

impl From<getrandom::Error> for Error {
    fn from(error: getrandom::Error) -> Self {
        Self::Entropy { reason: error.to_string() }
    }
}
