use std::path::PathBuf;

use tch::TchError;

use crate::arithmetic::ArithmeticError;
use crate::checkpoint::Fault;
use crate::data::split::SplitError;
use crate::device::DeviceError;

/// What this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// libtorch refused an operation; its first line, without the C++ backtrace.
    #[error("{0}")]
    Torch(String),

    /// A tensor of another shape than the operation takes.
    #[error("{operation}: expected {expected}, found {found}")]
    Shape {
        /// The operation, as PyTorch names it.
        operation: &'static str,
        /// The shape it takes.
        expected: String,
        /// The shape it was given.
        found: String,
    },

    /// An argument outside its range.
    #[error("{name} is {given}, but {accepted}")]
    Argument {
        /// The argument, as PyTorch names it.
        name: &'static str,
        /// Its value.
        given: String,
        /// What is accepted.
        accepted: &'static str,
    },

    /// A state dictionary that does not fit the module.
    #[error("state_dict: {0}")]
    StateDict(String),

    /// A file of tensors that cannot be read or written.
    #[error("cannot {action} {}: {reason}", path.display())]
    Checkpoint {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        reason: Fault,
    },

    /// A dataset of the reader's own could not give an item.
    #[error("dataset: {0}")]
    Dataset(Box<dyn std::error::Error + Send + Sync>),

    /// A file of data that cannot be read, and the line, where one is wrong.
    #[error(
        "cannot read {}{}: {reason}",
        path.display(),
        line.map_or_else(String::new, |line| format!(", line {line}"))
    )]
    DataFile {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },

    /// A value of a checkpoint that is absent or of another type.
    #[error("checkpoint: {0}")]
    Value(Fault),

    /// NumPy's generator refused its arguments.
    #[error(transparent)]
    Numpy(#[from] draws::numpy::Error),

    /// A set that cannot be split as asked.
    #[error(transparent)]
    Split(#[from] SplitError),

    /// A tensor of a kind that [`repr`](crate::repr) does not print.
    #[error(
        "asked to print {what}; expected a dense one with ordinary numbers, on the CPU or a CUDA \
         device: {remedy} first"
    )]
    Unprintable {
        /// What was found.
        what: &'static str,
        /// What makes it printable.
        remedy: &'static str,
    },

    /// A format specifier that Python does not have for a float.
    #[error("`{0}` is not a format specifier of a float; one is `>10.3f`")]
    FormatSpec(String),

    /// An arithmetic that cannot be had.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),

    /// A device that cannot be had.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

impl Error {
    pub(crate) fn argument(
        name: &'static str,
        given: impl ToString,
        accepted: &'static str,
    ) -> Self {
        Self::Argument { name, given: given.to_string(), accepted }
    }
}

impl From<shim::Error> for Error {
    fn from(error: shim::Error) -> Self {
        Self::Torch(error.to_string())
    }
}

impl From<TchError> for Error {
    fn from(error: TchError) -> Self {
        let text = match error {
            TchError::Torch(text) => text,
            other => other.to_string(),
        };
        Self::Torch(text.lines().next().unwrap_or_default().trim_end().to_owned())
    }
}
