//! A Python object with tensors in it.

use ::checkpoint::Fault;
use tch::Tensor;

use crate::{Error, Result};

/// A Python object in a checkpoint, as `torch.save` writes it.
///
/// It covers what `torch.load(path, weights_only=True)` accepts of dense tensors and Python's own
/// types. Dictionaries keep their order. Comparison is Rust's: `Int(1)` is not `Float(1.0)`.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
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
    Tensor(Tensor),
    /// A `torch.nn.Parameter`
    Parameter(Tensor),
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

impl Value {
    /// Another handle on the same tensors, and copies of all else.
    pub fn shallow_clone(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Bool(v) => Self::Bool(*v),
            Self::Int(v) => Self::Int(*v),
            Self::Float(v) => Self::Float(*v),
            Self::Complex(re, im) => Self::Complex(*re, *im),
            Self::Str(v) => Self::Str(v.clone()),
            Self::Bytes(v) => Self::Bytes(v.clone()),
            Self::ByteArray(v) => Self::ByteArray(v.clone()),
            Self::Tensor(v) => Self::Tensor(v.shallow_clone()),
            Self::Parameter(v) => Self::Parameter(v.shallow_clone()),
            Self::List(v) => Self::List(v.iter().map(Self::shallow_clone).collect()),
            Self::Tuple(v) => Self::Tuple(v.iter().map(Self::shallow_clone).collect()),
            Self::Set(v) => Self::Set(v.iter().map(Self::shallow_clone).collect()),
            Self::Dict(v) => Self::Dict(clone_items(v)),
            Self::Counter(v) => Self::Counter(clone_items(v)),
            Self::OrderedDict { items, attributes } => {
                Self::OrderedDict { items: clone_items(items), attributes: clone_items(attributes) }
            }
            Self::Size(v) => Self::Size(v.clone()),
            Self::Dtype(v) => Self::Dtype(v.clone()),
            Self::Device(v) => Self::Device(v.clone()),
        }
    }

    /// The value under a key of a dictionary, or at an index of a list or tuple: `value[key]`.
    ///
    /// # Errors
    /// [`Error::Value`] where there is none, or where this is no container.
    pub fn item(&self, key: impl Into<Self>) -> Result<&Self> {
        let key = key.into();
        let (found, present) = match self {
            Self::List(items) | Self::Tuple(items) => {
                let index =
                    if let Self::Int(index) = key { usize::try_from(index).ok() } else { None };
                (index.and_then(|i| items.get(i)), format!("there are {} items", items.len()))
            }
            _ => match self.items() {
                Some(items) => {
                    let found = items.iter().find(|(known, _)| *known == key).map(|(_, v)| v);
                    (found, keys_text(items))
                }
                None => (None, format!("the value is {}", self.type_name())),
            },
        };
        found.ok_or_else(|| Error::Value(Fault::Missing { key: key.key_text(), present }))
    }

    /// The value under a key, as a Rust type: `i64`, `f64`, `bool`, `String`, a [`Tensor`], a `Vec`
    /// of these, the [`StateDict`](crate::nn::StateDict) of a model, the
    /// [`OptimizerStateDict`](crate::optim::OptimizerStateDict) of an optimizer, the
    /// [`Entries`](crate::optim::Entries) of a scheduler, …
    ///
    /// ```
    /// use torch_exact::checkpoint::Value;
    ///
    /// let value = Value::dict([("lr", 0.1.into()), ("milestones", Value::list([30, 60]))]);
    /// assert_eq!(value.get::<Vec<i64>>("milestones").unwrap(), [30, 60]);
    /// assert_eq!(
    ///     value.get::<i64>("lr").unwrap_err().to_string(),
    ///     "checkpoint: \"lr\": expected an int, found a float"
    /// );
    /// ```
    ///
    /// # Errors
    /// [`Error::Value`] with the key, the type that was expected and the one found.
    pub fn get<'a, T>(&'a self, key: impl Into<Self>) -> Result<T>
    where
        T: TryFrom<&'a Self, Error = Error>,
    {
        let key = key.into();
        let text = key.key_text();
        T::try_from(self.item(key)?).map_err(|error| within(text, error))
    }

    /// The tensor, of a `Parameter` too.
    pub fn as_tensor(&self) -> Option<&Tensor> {
        match self {
            Self::Tensor(tensor) | Self::Parameter(tensor) => Some(tensor),
            _ => None,
        }
    }

    /// The items of a list, tuple or set.
    pub fn as_slice(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => Some(items),
            _ => None,
        }
    }

    /// Whether this is `None`.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// A `dict` with these keys, each of which is a `str`, and values.
    pub fn dict<K: Into<String>>(items: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Dict(items.into_iter().map(|(k, v)| (Self::Str(k.into()), v)).collect())
    }

    /// A `list` of what can be converted.
    pub fn list<V: Into<Self>>(items: impl IntoIterator<Item = V>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Keys and values of a dictionary of any kind.
    pub fn items(&self) -> Option<&[(Self, Self)]> {
        match self {
            Self::Dict(items) | Self::Counter(items) | Self::OrderedDict { items, .. } => {
                Some(items)
            }
            _ => None,
        }
    }

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
    pub(super) fn key_text(&self) -> String {
        match self.to_plain() {
            Ok(key) => key.key_text(),
            Err(_) => self.type_name().to_owned(),
        }
    }
}

fn clone_items(items: &[(Value, Value)]) -> Vec<(Value, Value)> {
    items.iter().map(|(key, value)| (key.shallow_clone(), value.shallow_clone())).collect()
}

/// The keys of a dictionary, the first twenty of them.
fn keys_text(items: &[(Value, Value)]) -> String {
    let keys: Vec<_> = items.iter().take(20).map(|(key, _)| key.key_text()).collect();
    let more = if items.len() > 20 { ", …" } else { "" };
    format!("the keys are {}{more}", keys.join(", "))
}

/// Puts the key that was asked for before the one that an inner error names.
pub(super) fn within(key: String, error: Error) -> Error {
    match error {
        Error::Value(Fault::Missing { key: inner, present }) => {
            Error::Value(Fault::Missing { key: format!("{key}, {inner}"), present })
        }
        Error::Value(Fault::Type { key: inner, expected, found }) => {
            let key = if inner.is_empty() { key } else { format!("{key}, {inner}") };
            Error::Value(Fault::Type { key, expected, found })
        }
        other => other,
    }
}

pub(super) fn mismatch(expected: &'static str, found: &Value) -> Error {
    let found = match found {
        Value::Int(value) => format!("the int {value}"),
        other => other.type_name().to_owned(),
    };
    Error::Value(Fault::Type { key: String::new(), expected, found })
}
