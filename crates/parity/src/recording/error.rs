//! What keeps a recording from being made or read.

use std::path::PathBuf;

use arithmetic::Arithmetic;

/// The result of what makes or reads recordings.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no recording, or none that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something of the system's failed.
    #[error("cannot {what} {path}: {source}", path = path.display())]
    System {
        /// What was to be done, as in `read`.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's message.
        source: std::io::Error,
    },
    /// The folder for a recording is there already and holds something.
    #[error("{path} is not empty; a recording needs a folder of its own", path = path.display())]
    NotEmpty {
        /// The folder asked for.
        path: PathBuf,
    },
    /// It is no recording.
    #[error("{path} is not a recording: it is neither a folder with calls.jsonl nor a golden", path = path.display())]
    NoRecording {
        /// The folder asked for.
        path: PathBuf,
    },
    /// A recorder for the libtorch of a program is not there and cannot be compiled.
    #[error("the recorder for libtorch {version} cannot be compiled: {reason}")]
    NoRecorder {
        /// The version of libtorch.
        version: String,
        /// What is missing, or what the compiler says.
        reason: String,
    },
    /// No Python has what the scripts import.
    #[error("{reason}")]
    NoPython {
        /// Which were looked at, and what to do.
        reason: String,
    },
    /// The processor lacks what an arithmetic takes.
    #[error("{arithmetic}: this processor does not have {instructions}; ask for native")]
    Arithmetic {
        /// The arithmetic asked for.
        arithmetic: Arithmetic,
        /// What it takes.
        instructions: &'static str,
    },
    /// The command was killed.
    #[error("{command}: killed, since it ran longer than {limit:?}")]
    TooLong {
        /// The command.
        command: String,
        /// How long it might run.
        limit: std::time::Duration,
    },
    /// This program was told to end, and has ended the one that it was recording.
    #[error("interrupted")]
    Interrupted,
    /// The command ended and no call of libtorch was recorded.
    #[error("{command}: nothing was recorded: {reason}")]
    NothingRecorded {
        /// The command.
        command: String,
        /// Why, as far as it can be told.
        reason: String,
    },
    /// A line is not what the recorder writes, or not in its place.
    #[error("line {line} of {path} is not the recorder's: {reason}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A file is not what it was when the command had ended.
    #[error("{path} is not as it was recorded: {reason}", path = path.display())]
    Altered {
        /// The file.
        path: PathBuf,
        /// What is other about it.
        reason: String,
    },
    /// The golden is of another version of the format.
    #[error(
        "{path} is a golden of version {found}, and this parity reads {read}: record it anew with \
         `parity record --to`", path = path.display()
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The version that is read.
        read: String,
    },
    /// A recording cannot be put into one file.
    #[error("no golden can be made: {reason}")]
    NoGolden {
        /// Why.
        reason: String,
    },
    /// The files of the folder are of two recordings.
    #[error("{path} mixes two recordings: its bits are not those of its calls", path = path.display())]
    Mixed {
        /// The folder.
        path: PathBuf,
    },
}
