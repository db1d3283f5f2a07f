use tch::Tensor;

use super::real::Real;
use crate::number::Number;
use crate::repr::{self, Repr};
use crate::{Error, Result};

/// Python's int 0, the default of many options, which prints `0` where a 0.0 that somebody gave prints `0.0`.
///
/// It is -0.0, which equals 0.0 and computes as it does, and is told from it by its sign alone.
pub const INT_ZERO: f64 = -0.0;

/// What an optimizer remembers and how it is set, in the form of PyTorch's
/// `optimizer.state_dict()`.
///
/// The tensors are the optimizer's own, as in Python: it goes on changing them.
#[derive(Debug, Default)]
pub struct OptimizerStateDict {
    /// `"state"`: what is kept of each parameter that has had a gradient, by the parameter's index.
    pub state: Vec<(i64, Entries)>,
    /// `"param_groups"`.
    pub param_groups: Vec<ParamGroup>,
}

/// Named values, in the order of Python's dictionary.
pub type Entries = Vec<(String, StateValue)>;

/// A group of parameters in an [`OptimizerStateDict`].
#[derive(Debug, Default)]
pub struct ParamGroup {
    /// The group's options, with PyTorch's names and in its order.
    pub options: Entries,
    /// `"params"`, the last key: the parameters' indices. One that is in the group twice has its
    /// later index at both.
    pub params: Vec<i64>,
}

/// A value in the state of an optimizer or a scheduler, by its Python type.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is named for what it holds")]
pub enum StateValue {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Tensor(Tensor),
    List(Vec<StateValue>),
    Tuple(Vec<StateValue>),
    Dict(Vec<(StateValue, StateValue)>),
    Counter(Vec<(StateValue, StateValue)>),
}

impl Clone for StateValue {
    /// A copy, in which a tensor is the same tensor.
    fn clone(&self) -> Self {
        match self {
            Self::None => Self::None,
            &Self::Bool(value) => Self::Bool(value),
            &Self::Int(value) => Self::Int(value),
            &Self::Float(value) => Self::Float(value),
            Self::Str(value) => Self::Str(value.clone()),
            Self::Tensor(value) => Self::Tensor(value.shallow_clone()),
            Self::List(values) => Self::List(values.clone()),
            Self::Tuple(values) => Self::Tuple(values.clone()),
            Self::Dict(items) => Self::Dict(items.clone()),
            Self::Counter(items) => Self::Counter(items.clone()),
        }
    }
}

impl StateValue {
    /// A number whose default in PyTorch is the integer 0: [`INT_ZERO`] here, and a float otherwise.
    pub(crate) fn number(value: f64) -> Self {
        if value.to_bits() == INT_ZERO.to_bits() { Self::Int(0) } else { Self::Float(value) }
    }

    /// A list of numbers, or of tensors of one element.
    pub(super) fn reals(values: &[Real]) -> Self {
        Self::List(values.iter().map(|value| value.clone().into()).collect())
    }

    pub(crate) fn floats(values: &[f64]) -> Self {
        Self::List(values.iter().map(|&value| Self::Float(value)).collect())
    }

    /// A `dict` of these entries.
    pub(crate) fn dict(entries: Entries) -> Self {
        Self::Dict(entries.into_iter().map(|(name, value)| (Self::Str(name), value)).collect())
    }

    /// The entries of a `dict` whose keys are strings.
    pub(crate) fn to_entries(&self, key: &str) -> Result<Entries> {
        let Self::Dict(items) = self else {
            return wrong(key, "a dict", self);
        };
        let entry = |(name, value): &(Self, Self)| match name {
            Self::Str(name) => Ok((name.clone(), value.clone())),
            other => wrong(key, "a dict with names", other),
        };
        items.iter().map(entry).collect()
    }

    /// Names the Python type, for errors.
    fn type_name(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an int",
            Self::Float(_) => "a float",
            Self::Str(_) => "a str",
            Self::Tensor(_) => "a tensor",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dict",
            Self::Counter(_) => "a Counter",
        }
    }
}

impl Repr for StateValue {
    fn repr(&self) -> Result<String> {
        match self {
            Self::None => Ok("None".to_owned()),
            Self::Bool(value) => value.repr(),
            Self::Int(value) => value.repr(),
            Self::Float(value) => value.repr(),
            Self::Str(value) => value.repr(),
            Self::Tensor(value) => value.repr(),
            Self::List(values) => values.repr(),
            Self::Tuple(values) => {
                repr::tuple(&values.iter().map(|value| value as &dyn Repr).collect::<Vec<_>>())
            }
            Self::Dict(items) => dict(items),
            Self::Counter(items) if items.is_empty() => Ok("Counter()".to_owned()),
            Self::Counter(items) => {
                // Python prints the most common first.
                let count = |(_, count): &(Self, Self)| match count {
                    &Self::Int(count) => count,
                    _ => 0,
                };
                let mut items = items.clone();
                items.sort_by_key(|item| std::cmp::Reverse(count(item)));
                Ok(format!("Counter({})", dict(&items)?))
            }
        }
    }
}

fn dict(items: &[(StateValue, StateValue)]) -> Result<String> {
    let items = items.iter().map(|(key, value)| Ok(format!("{}: {}", key.repr()?, value.repr()?)));
    Ok(format!("{{{}}}", items.collect::<Result<Vec<_>>>()?.join(", ")))
}

impl From<Real> for StateValue {
    fn from(real: Real) -> Self {
        match real {
            Real::Number(Number::Int(value)) => Self::Int(value),
            Real::Number(number) => Self::Float(number.into()),
            Real::Tensor(tensor) => Self::Tensor(tensor),
        }
    }
}

impl TryFrom<&StateValue> for Real {
    type Error = Error;

    fn try_from(value: &StateValue) -> Result<Self> {
        match value {
            &StateValue::Int(value) => Ok(Self::Number(Number::Int(value))),
            &StateValue::Float(value) => Ok(value.into()),
            StateValue::Tensor(tensor) if tensor.numel() == 1 => {
                Ok(Self::Tensor(tensor.shallow_clone()))
            }
            _ => Err(Error::StateDict("expected a number or a tensor of one".to_owned())),
        }
    }
}

/// Reads named values, with errors that say which.
pub(crate) trait Read {
    fn find(&self, key: &str) -> Option<&StateValue>;

    fn value(&self, key: &str) -> Result<&StateValue> {
        self.find(key).ok_or_else(|| Error::StateDict(format!("{key} is missing")))
    }

    fn number(&self, key: &str) -> Result<f64> {
        number(key, self.value(key)?)
    }

    /// A number whose default in PyTorch is the integer 0, which stays one.
    fn number_or_int_zero(&self, key: &str) -> Result<f64> {
        number_or_int_zero(key, self.value(key)?)
    }

    fn integer(&self, key: &str) -> Result<i64> {
        match self.value(key)? {
            &StateValue::Int(value) => Ok(value),
            other => wrong(key, "an int", other),
        }
    }

    fn numbers(&self, key: &str) -> Result<Vec<f64>> {
        all_by(key, self.value(key)?, number)
    }

    /// Numbers, or tensors of one element.
    fn reals(&self, key: &str) -> Result<Vec<Real>> {
        all_by(key, self.value(key)?, |key, value| {
            Real::try_from(value)
                .or_else(|_| wrong(key, "numbers or tensors of one element", value))
        })
    }

    fn numbers_or_int_zeros(&self, key: &str) -> Result<Vec<f64>> {
        all_by(key, self.value(key)?, number_or_int_zero)
    }

    /// The items of a list.
    fn list(&self, key: &str) -> Result<&[StateValue]> {
        match self.value(key)? {
            StateValue::List(items) => Ok(items),
            other => wrong(key, "a list", other),
        }
    }

    fn text(&self, key: &str) -> Result<&str> {
        match self.value(key)? {
            StateValue::Str(text) => Ok(text),
            other => wrong(key, "a str", other),
        }
    }

    /// Takes a value over, if it is there.
    fn load<T>(
        &self,
        key: &str,
        target: &mut T,
        read: impl FnOnce(&Self, &str) -> Result<T>,
    ) -> Result<()> {
        if self.find(key).is_some() {
            *target = read(self, key)?;
        }
        Ok(())
    }

    /// A switch that older versions of PyTorch did not have, and that is off without it.
    fn switch(&self, key: &str) -> Result<bool> {
        Ok(self.choice(key)?.unwrap_or(false))
    }

    /// A switch that may be `None`.
    fn choice(&self, key: &str) -> Result<Option<bool>> {
        match self.find(key) {
            None | Some(StateValue::None) => Ok(None),
            Some(&StateValue::Bool(value)) => Ok(Some(value)),
            Some(other) => wrong(key, "a bool", other),
        }
    }

    /// Refuses a state made with options that are not offered here, and whose bits differ.
    fn refuse(&self, keys: &[&str]) -> Result<()> {
        match keys.iter().find(|key| !matches!(self.choice(key), Ok(None | Some(false)))) {
            None => Ok(()),
            Some(key) => Err(Error::StateDict(format!(
                "it was made with {key}, which is not offered; set it to False in Python first"
            ))),
        }
    }
}

impl Read for Entries {
    fn find(&self, key: &str) -> Option<&StateValue> {
        self.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

fn number(key: &str, value: &StateValue) -> Result<f64> {
    match value {
        &StateValue::Float(value) => Ok(value),
        &StateValue::Int(value) => Ok(value as f64),
        other => wrong(key, "a number", other),
    }
}

fn all_by<T>(
    key: &str,
    value: &StateValue,
    number: fn(&str, &StateValue) -> Result<T>,
) -> Result<Vec<T>> {
    match value {
        StateValue::List(all) | StateValue::Tuple(all) => {
            all.iter().map(|value| number(key, value)).collect()
        }
        other => wrong(key, "a list of numbers", other),
    }
}

fn number_or_int_zero(key: &str, value: &StateValue) -> Result<f64> {
    if matches!(value, StateValue::Int(0)) { Ok(INT_ZERO) } else { number(key, value) }
}

pub(crate) fn wrong<T>(key: &str, expected: &str, found: &StateValue) -> Result<T> {
    let found = found.type_name();
    Err(Error::StateDict(format!("{key}: expected {expected}, found {found}")))
}
