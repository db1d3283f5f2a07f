//! What a checkpoint holds: Python's values as a tree.

use crate::view::View;

/// A Python object as `torch.save` writes it, its tensors as views of the storages beside it.
///
/// It covers what `torch.load(path, weights_only=True)` accepts of dense tensors and Python's own
/// types. Dictionaries keep their order. Comparison is Rust's: `Int(1)` is not `Float(1.0)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// An `int` of up to 128 bits: the seeds of `torch.seed()` exceed an `i64`.
    Int(i128),
    /// A `float`
    Float(f64),
    /// A `complex`: real and imaginary part
    Complex(f64, f64),
    /// A `str`
    Str(String),
    /// A `bytes`
    Bytes(Vec<u8>),
    /// A `bytearray`
    ByteArray(Vec<u8>),
    /// A `torch.Tensor`
    Tensor(View),
    /// A `torch.nn.Parameter`
    Parameter(View),
    /// A `list`
    List(Vec<Self>),
    /// A `tuple`
    Tuple(Vec<Self>),
    /// A `set`
    Set(Vec<Self>),
    /// A `dict`
    Dict(Vec<(Self, Self)>),
    /// A `collections.Counter`
    Counter(Vec<(Self, Self)>),
    /// A `collections.OrderedDict`
    OrderedDict {
        /// Keys and values
        items: Vec<(Self, Self)>,
        /// The instance's own attributes by name, such as a state dictionary's `_metadata`
        attributes: Vec<(Self, Self)>,
    },
    /// A `torch.Size`
    Size(Vec<i64>),
    /// A `torch.dtype`, by PyTorch's name: `float32`
    Dtype(String),
    /// A `torch.device`, as Python's `str(device)`: `cpu`, `cuda:0`
    Device(String),
}

impl Tree {
    /// What Python calls its type, with its article: `an int`, `a torch.Tensor`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an int",
            Self::Float(_) => "a float",
            Self::Complex(..) => "a complex",
            Self::Str(_) => "a str",
            Self::Bytes(_) => "a bytes",
            Self::ByteArray(_) => "a bytearray",
            Self::Tensor(_) => "a torch.Tensor",
            Self::Parameter(_) => "a torch.nn.Parameter",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Set(_) => "a set",
            Self::Dict(_) => "a dict",
            Self::Counter(_) => "a collections.Counter",
            Self::OrderedDict { .. } => "a collections.OrderedDict",
            Self::Size(_) => "a torch.Size",
            Self::Dtype(_) => "a torch.dtype",
            Self::Device(_) => "a torch.device",
        }
    }

    /// A key as Python writes it in brackets, shortened.
    pub fn key_text(&self) -> String {
        match self {
            Self::Int(v) => v.to_string(),
            Self::Bool(v) => (if *v { "True" } else { "False" }).to_owned(),
            Self::Float(v) => v.to_string(),
            Self::None => "None".to_owned(),
            Self::Str(v) if v.chars().count() <= 80 => format!("{v:?}"),
            Self::Str(v) => format!("{:?}…", v.chars().take(80).collect::<String>()),
            Self::Tuple(items) if items.len() <= 4 => {
                let texts: Vec<_> = items.iter().map(Self::key_text).collect();
                format!("({})", texts.join(", "))
            }
            other => other.type_name().to_owned(),
        }
    }
}

/// The keys and values of a dictionary.
pub(crate) type Items = Vec<(Tree, Tree)>;
