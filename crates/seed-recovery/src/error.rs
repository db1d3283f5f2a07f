//! What can be wrong with a search.

use std::path::PathBuf;

/// Why a search cannot be set up or carried on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The call before the `=` is not one that can be searched for.
    #[error(
        "cannot read the draw {text:?}: {reason}; write it as in rand(100), randint(-10,11,50), linear(3,2) or np.randn(5)"
    )]
    Call {
        /// The call as given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The printed values cannot be read.
    #[error("cannot read the values of {draw}: {reason}")]
    Tensor {
        /// The draw they belong to.
        draw: String,
        /// What is wrong with them.
        reason: String,
    },
    /// Nothing was printed.
    #[error("{draw} has no values: give at least one printed value, with ? for each unknown one")]
    Empty {
        /// The draw without values.
        draw: String,
    },
    /// The number of values is not what the call draws.
    #[error(
        "{draw} draws {expected} values, but {found} were given; write ? for a value not known"
    )]
    Count {
        /// The draw.
        draw: String,
        /// How many values it draws.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A value the call can never yield.
    #[error("{draw} never draws {value}: {reason}")]
    OutOfRange {
        /// The draw.
        draw: String,
        /// The value as printed.
        value: String,
        /// What it can draw.
        reason: String,
    },
    /// Values that cannot stand together.
    #[error("the evidence contradicts itself: {reason}")]
    Contradiction {
        /// Which values, and why.
        reason: String,
    },
    /// Too little to single out a seed.
    #[error("the evidence is too weak: {advice}")]
    TooWeak {
        /// What was found and how much more is needed.
        advice: String,
    },
    /// A notebook that cannot be read.
    #[error("cannot read the notebook {path}: {reason}")]
    Notebook {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A notebook in which nothing can be searched for.
    #[error("{path} cannot be searched: {reason}")]
    NoEvidence {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// Offsets, seeds or threads that make no search.
    #[error("{option} is {found}, expected {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A state file that belongs to another search.
    #[error(
        "{path} holds the state of another search ({found}, this one is {expected}); name another --state file or delete it"
    )]
    OtherSearch {
        /// The file.
        path: PathBuf,
        /// The fingerprint of this search.
        expected: String,
        /// The fingerprint in the file.
        found: String,
    },
    /// Matrices that do not go together, or a replay that does not go with its page.
    #[error("the training cannot be replayed: {reason}")]
    Shape {
        /// What does not go together.
        reason: String,
    },
    /// An arithmetic that is not known to the last bit.
    #[error("the arithmetic is not known: {reason}")]
    Unknown {
        /// Of what.
        reason: String,
    },
    /// A result that cannot be merged.
    #[error("cannot merge {file}: {reason}")]
    Outcome {
        /// The file it stands in.
        file: String,
        /// Why not.
        reason: String,
    },
    /// A state file that cannot be read or written.
    #[error("cannot use the state file {path}: {reason}")]
    State {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
