/// What NumPy's legacy generator refuses, under the same conditions as NumPy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `randint` with no integer between its bounds; NumPy's `ValueError: low >= high`.
    #[error(
        "randint: no integer lies in the range from {low} (included) to {high} (excluded); \
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
    /// `uniform` with a width `high - low` that is infinite or NaN in float64;
    /// NumPy's `OverflowError: Range exceeds valid bounds`.
    #[error(
        "uniform: high - low must be finite, found low {low:?} and high {high:?}; \
         give bounds that are finite and closer together"
    )]
    UnboundedRange {
        /// Lower bound, included.
        low: f64,
        /// Upper bound.
        high: f64,
    },
}
