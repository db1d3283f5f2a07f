//! Values from Rust's types and back.

use tch::{Device, Kind, Tensor};

use super::value::{Value, mismatch, within};
use crate::dtype;
use crate::nn::{Parameter, StateDict};
use crate::{Error, Result};

/// What a file can be [loaded](super::load) as: a [`Value`], and every type that is made of one.
pub trait FromValue: Sized {
    /// Makes it of the whole of a file.
    ///
    /// # Errors
    /// [`Error::Value`] for a value of another type.
    fn from_value(value: Value) -> Result<Self>;
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self> {
        Ok(value)
    }
}

impl<T: for<'a> TryFrom<&'a Value, Error = Error>> FromValue for T {
    fn from_value(value: Value) -> Result<Self> {
        Self::try_from(&value)
    }
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
        // It came from a module or from a value, and is plain.
        let metadata = metadata.and_then(|metadata| Self::from_plain(metadata).ok());
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
                tensor.ok_or_else(|| within(key.key_text(), mismatch("a torch.Tensor", item)));
            // As Python's state dictionaries hold them, also where the file has parameters.
            Ok((name.clone(), tensor?.f_detach()?))
        });
        let mut state: Self = tensors.collect::<Result<_>>()?;
        if let Value::OrderedDict { attributes, .. } = value {
            let metadata = attributes.iter().find(|(key, _)| *key == Value::from("_metadata"));
            let metadata = metadata.map(|(_, metadata)| metadata.to_plain());
            state.set_metadata(metadata.transpose().map_err(Error::Value)?);
        }
        Ok(state)
    }
}
