use std::io;

/// Why a checkpoint was not read or written.
///
/// Places in the tree of values are given as Python indexes them: `["state"][0]["exp_avg"]`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The operating system refused.
    #[error("{0}")]
    Io(String),

    /// The file has another format.
    #[error("expected {expected}, found {found}")]
    Format {
        /// The format that was asked for.
        expected: &'static str,
        /// What the file is, and what to do.
        found: &'static str,
    },

    /// The archive or the header is damaged.
    #[error("{0}")]
    Damaged(String),

    /// The pickled values are damaged or hold what is not read.
    #[error("data.pkl, byte {at}: {problem}")]
    Pickle {
        /// The position of the instruction.
        at: usize,
        /// What is wrong with it.
        problem: String,
    },

    /// The file names a Python function or class that is not on the closed list.
    #[error(
        "the file asks for Python's `{name}`, which is never called here; \
         `torch.save` plain numbers, strings, lists, dicts and tensors instead"
    )]
    Global {
        /// The dotted name.
        name: String,
    },

    /// A record that the values refer to is absent or has another size.
    #[error("record {record}: expected {expected}, found {found}")]
    Record {
        /// The record's name in the archive.
        record: String,
        /// What it should hold.
        expected: String,
        /// What it holds.
        found: String,
    },

    /// A tensor of a dtype that tch has no name for, or that the format has none for.
    #[error("{path}: a tensor of dtype {dtype} cannot be {action}")]
    Dtype {
        /// Where it stands.
        path: String,
        /// PyTorch's name.
        dtype: String,
        /// What was attempted.
        action: &'static str,
    },

    /// A tensor that contradicts itself or that the format cannot hold.
    #[error("{path}: {problem}")]
    Tensor {
        /// Where it stands.
        path: String,
        /// What is wrong.
        problem: String,
    },

    /// Lists or dictionaries inside one another beyond any sense, or inside themselves.
    #[error("{path}: lists and dicts stand more than 200 deep in one another")]
    TooDeep {
        /// Where it begins.
        path: String,
    },

    /// Values that refer to one another so often that they outgrow the file.
    #[error("the values would take more than {limit} bytes, {factor} times what the file holds")]
    TooLarge {
        /// The bound.
        limit: usize,
        /// Its relation to the pickled values' size.
        factor: usize,
    },

    /// A name that occurs twice.
    #[error("the key {key} occurs twice in {path}")]
    Twice {
        /// The name.
        key: String,
        /// The dictionary.
        path: String,
    },

    /// A key that is not there.
    #[error("no key {key}; {present}")]
    Missing {
        /// The key asked for.
        key: String,
        /// What is there instead.
        present: String,
    },

    /// A value of another type than was asked for.
    #[error("{key}: expected {expected}, found {found}")]
    Type {
        /// The key asked for.
        key: String,
        /// The type asked for.
        expected: &'static str,
        /// The type found.
        found: String,
    },
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged("the file ends early".to_owned()),
            _ => Self::Io(error.to_string()),
        }
    }
}
