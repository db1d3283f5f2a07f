//! Values from Rust's types and back.

use tch::{Device, Kind, Tensor};

use super::tree::key_text;
use super::{Fault, Value};
use crate::dtype;
use crate::nn::{Parameter, StateDict};
use crate::{Error, Result};

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
        found.ok_or_else(|| Error::Value(Fault::Missing { key: key_text(&key), present }))
    }

    /// The value under a key, as a Rust type: `i64`, `f64`, `bool`, `String`, a [`Tensor`], a `Vec`
    /// of these, the [`StateDict`] of a model, the
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
        let text = key_text(&key);
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
}

fn clone_items(items: &[(Value, Value)]) -> Vec<(Value, Value)> {
    items.iter().map(|(key, value)| (key.shallow_clone(), value.shallow_clone())).collect()
}

/// The keys of a dictionary, the first twenty of them.
fn keys_text(items: &[(Value, Value)]) -> String {
    let keys: Vec<_> = items.iter().take(20).map(|(key, _)| key_text(key)).collect();
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

/// `From<T>` and `TryFrom<&Value>` of a type that one variant holds.
macro_rules! convert {
    ($type:ty, $expected:literal, $into:expr, $pattern:pat => $value:expr) => {
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                let into: fn($type) -> Value = $into;
                into(value)
            }
        }

        impl TryFrom<&Value> for $type {
            type Error = Error;

            fn try_from(value: &Value) -> Result<Self> {
                let found: Option<Self> = match value {
                    $pattern => $value,
                    _ => None,
                };
                found.ok_or_else(|| mismatch($expected, value))
            }
        }
    };
}

convert!(bool, "a bool", Value::Bool, Value::Bool(value) => Some(*value));
convert!(i32, "an int of 32 bits", |v| Value::Int(v.into()),
    Value::Int(value) => i32::try_from(*value).ok());
convert!(i64, "an int", |v| Value::Int(v.into()), Value::Int(value) => i64::try_from(*value).ok());
convert!(u64, "an int that is not negative", |v| Value::Int(v.into()),
    Value::Int(value) => u64::try_from(*value).ok());
convert!(usize, "an int that is not negative", |v| Value::Int(v as i128),
    Value::Int(value) => usize::try_from(*value).ok());
convert!(f64, "a float", Value::Float, Value::Float(value) => Some(*value));
convert!(String, "a str", Value::Str, Value::Str(value) => Some(value.clone()));
convert!(Tensor, "a torch.Tensor", Value::Tensor,
    Value::Tensor(value) | Value::Parameter(value) => Some(value.shallow_clone()));
convert!(Kind, "a torch.dtype that tch has",
    |v| Value::Dtype(dtype::name(v).to_owned()),
    Value::Dtype(name) => dtype::of_name(name));

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Str(value.to_owned())
    }
}

impl From<&Tensor> for Value {
    fn from(value: &Tensor) -> Self {
        Self::Tensor(value.shallow_clone())
    }
}

impl From<&Parameter> for Value {
    fn from(value: &Parameter) -> Self {
        Self::Parameter(value.shallow_clone())
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.shallow_clone()
    }
}

/// `None` in Python for `None` here.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

/// A `list`.
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::list(items)
    }
}

impl From<Device> for Value {
    fn from(device: Device) -> Self {
        Self::Device(match device {
            Device::Cuda(index) => format!("cuda:{index}"),
            Device::Mps => "mps".to_owned(),
            Device::Vulkan => "vulkan".to_owned(),
            Device::Cpu => "cpu".to_owned(),
        })
    }
}

impl<'a, T: TryFrom<&'a Value, Error = Error>> TryFrom<&'a Value> for Vec<T> {
    type Error = Error;

    fn try_from(value: &'a Value) -> Result<Self> {
        let items = value.as_slice().ok_or_else(|| mismatch("a list or tuple", value))?;
        let items = items.iter().enumerate().map(|(index, item)| {
            T::try_from(item).map_err(|error| within(index.to_string(), error))
        });
        items.collect()
    }
}

impl From<StateDict> for Value {
    fn from(state: StateDict) -> Self {
        let (tensors, metadata) = state.into_parts();
        let items = tensors.into_iter().map(|(name, t)| (Self::Str(name), Self::Tensor(t)));
        let attributes = metadata.map(|metadata| ("_metadata".into(), metadata));
        Self::OrderedDict { items: items.collect(), attributes: attributes.into_iter().collect() }
    }
}

impl TryFrom<&Value> for StateDict {
    type Error = Error;

    fn try_from(value: &Value) -> Result<Self> {
        let items = value.items().ok_or_else(|| mismatch("a dict of tensors", value))?;
        let tensors = items.iter().map(|(key, item)| {
            let Value::Str(name) = key else {
                return Err(within("a key".to_owned(), mismatch("a str", key)));
            };
            let tensor = item.as_tensor();
            let tensor =
                tensor.ok_or_else(|| within(key_text(key), mismatch("a torch.Tensor", item)));
            // As Python's state dictionaries hold them, also where the file has parameters.
            Ok((name.clone(), tensor?.f_detach()?))
        });
        let mut state: Self = tensors.collect::<Result<_>>()?;
        if let Value::OrderedDict { attributes, .. } = value {
            let metadata = attributes.iter().find(|(key, _)| *key == Value::from("_metadata"));
            state.set_metadata(metadata.map(|(_, metadata)| metadata.shallow_clone()));
        }
        Ok(state)
    }
}
