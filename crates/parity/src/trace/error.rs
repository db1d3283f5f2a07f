//! What can go wrong while recording, writing or reading a trace.

use std::path::PathBuf;

/// The result of this crate's fallible functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a trace could not be recorded, written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name was recorded twice under one step.
    #[error(
        "the trace already holds {name:?}; call step() with the epoch (and the batch) before \
         recording a name again"
    )]
    RepeatedName {
        /// The full name, prefix included.
        name: String,
    },
    /// A name that the file format cannot hold.
    #[error(
        "a traced tensor cannot be called {name:?}; give it a name that is neither empty nor \
         \"__metadata__\""
    )]
    BadName {
        /// The full name, prefix included.
        name: String,
    },
    /// The tensor holds nothing, as a gradient does before the first backward pass.
    #[error("{name:?} has no value to record; a gradient exists only after backward()")]
    Undefined {
        /// The full name, prefix included.
        name: String,
    },
    /// A dtype that safetensors files have no name for.
    #[error(
        "{name:?} has dtype {kind:?}, which a safetensors file cannot hold; convert it before \
         recording"
    )]
    UnsupportedKind {
        /// The full name, prefix included.
        name: String,
        /// The tensor's dtype.
        kind: tch::Kind,
    },
    /// The file holds no tensor of that name.
    #[error("the trace holds no {name:?}")]
    NoTensor {
        /// The name asked for.
        name: String,
    },
    /// A dtype that tch has no name for.
    #[error("{name:?} has dtype {dtype}, which tch has no tensors of")]
    UnknownDtype {
        /// The tensor's name.
        name: String,
        /// PyTorch's name of its dtype.
        dtype: String,
    },
    /// libtorch refused to copy the tensor.
    #[error("libtorch could not copy {name:?}: {source}")]
    Copy {
        /// The full name, prefix included.
        name: String,
        /// libtorch's own message.
        source: tch::TchError,
    },
    /// The trace has no folder to stand in.
    #[error(
        "cannot write the trace {path}: there is no folder {folder}; make it first",
        path = path.display(),
        folder = folder.display()
    )]
    NoFolder {
        /// The file asked for.
        path: PathBuf,
        /// The folder that is missing.
        folder: PathBuf,
    },
    /// Something that is not a regular file is in the way.
    #[error(
        "cannot write the trace {path}: it exists and is not a regular file",
        path = path.display()
    )]
    NotAFile {
        /// The file asked for.
        path: PathBuf,
    },
    /// The file could not be written.
    #[error("cannot write the trace {path}: {source}", path = path.display())]
    Write {
        /// The file asked for.
        path: PathBuf,
        /// The system's message.
        source: std::io::Error,
    },
    /// The recorded tensors do not make a valid file.
    #[error("the recorded tensors make no valid file: {reason}")]
    Encode {
        /// What the encoder said.
        reason: String,
    },
    /// The file could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file asked for.
        path: PathBuf,
        /// The system's message.
        source: std::io::Error,
    },
    /// The file is not a whole safetensors file, or its recording order is not valid.
    #[error("{path} is not a readable trace: {reason}", path = path.display())]
    Malformed {
        /// The file asked for.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
