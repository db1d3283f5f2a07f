//! The states of optimizers and schedulers as values, and back.

use super::value::{Value, mismatch, within};
use crate::optim::{Entries, OptimizerStateDict, ParamGroup, StateValue};
use crate::{Error, Result};

/// The last key of a group of parameters.
const PARAMS: &str = "params";

impl From<StateValue> for Value {
    fn from(value: StateValue) -> Self {
        match value {
            StateValue::None => Self::None,
            StateValue::Bool(value) => Self::Bool(value),
            StateValue::Int(value) => Self::Int(value.into()),
            StateValue::Float(value) => Self::Float(value),
            StateValue::Str(value) => Self::Str(value),
            StateValue::Tensor(value) => Self::Tensor(value),
            StateValue::List(values) => Self::list(values),
            StateValue::Tuple(values) => Self::Tuple(values.into_iter().map(Self::from).collect()),
            StateValue::Dict(items) => Self::Dict(pairs(items)),
            StateValue::Counter(items) => Self::Counter(pairs(items)),
        }
    }
}

impl TryFrom<&Value> for StateValue {
    type Error = Error;

    fn try_from(value: &Value) -> Result<Self> {
        Ok(match value {
            Value::None => Self::None,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(_) => Self::Int(value.try_into()?),
            Value::Float(value) => Self::Float(*value),
            Value::Str(value) => Self::Str(value.clone()),
            Value::Tensor(value) | Value::Parameter(value) => Self::Tensor(value.shallow_clone()),
            Value::List(_) => Self::List(value.try_into()?),
            Value::Tuple(_) => Self::Tuple(value.try_into()?),
            Value::Dict(items) => Self::Dict(state_pairs(items)?),
            Value::Counter(items) => Self::Counter(state_pairs(items)?),
            other => return Err(mismatch("a number, str, tensor, list, tuple or dict", other)),
        })
    }
}

fn pairs(items: Vec<(StateValue, StateValue)>) -> Vec<(Value, Value)> {
    items.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}

fn state_pairs(items: &[(Value, Value)]) -> Result<Vec<(StateValue, StateValue)>> {
    items.iter().map(|(key, value)| Ok((key.try_into()?, value.try_into()?))).collect()
}

/// A `dict`: what a scheduler's `state_dict()` is, `scheduler.state_dict().into()`.
impl From<Entries> for Value {
    fn from(entries: Entries) -> Self {
        Self::dict(entries.into_iter().map(|(name, value)| (name, value.into())))
    }
}

impl TryFrom<&Value> for Entries {
    type Error = Error;

    fn try_from(value: &Value) -> Result<Self> {
        entries(value, "a scheduler's state_dict", None)
    }
}

/// A `dict`, as Python's `optimizer.state_dict()`.
impl From<OptimizerStateDict> for Value {
    fn from(state_dict: OptimizerStateDict) -> Self {
        let state = state_dict.state.into_iter();
        let state = state.map(|(index, entries)| (index.into(), entries.into())).collect();
        let groups = state_dict.param_groups.into_iter().map(|group| {
            let options = group.options.into_iter().map(|(name, value)| (name, value.into()));
            Self::dict(options.chain([(PARAMS.to_owned(), group.params.into())]))
        });
        Self::dict([("state", Self::Dict(state)), ("param_groups", Self::list(groups))])
    }
}

impl TryFrom<&Value> for OptimizerStateDict {
    type Error = Error;

    fn try_from(value: &Value) -> Result<Self> {
        const EXPECTED: &str = "an optimizer's state_dict";
        if value.items().is_none() {
            return Err(mismatch(EXPECTED, value));
        }
        let states = value.item("state")?;
        let states = states.items().ok_or_else(|| mismatch("a dict", states));
        let states = states.map_err(|error| within("\"state\"".to_owned(), error))?;
        let state = states.iter().map(|(index, state)| {
            let read =
                || Ok((index.try_into()?, entries(state, "a dict of a parameter's state", None)?));
            read().map_err(|error| within(format!("\"state\", {}", index.key_text()), error))
        });
        let groups = value.item("param_groups")?;
        let groups = groups.as_slice().ok_or_else(|| mismatch("a list", groups));
        let groups = groups.map_err(|error| within("\"param_groups\"".to_owned(), error))?;
        let param_groups = groups.iter().enumerate().map(|(number, group)| {
            let read = || {
                let options = entries(group, "a dict of a group's options", Some(PARAMS))?;
                Ok(ParamGroup { options, params: group.get(PARAMS)? })
            };
            read().map_err(|error| within(format!("\"param_groups\", {number}"), error))
        });
        Ok(Self {
            state: state.collect::<Result<_>>()?,
            param_groups: param_groups.collect::<Result<_>>()?,
        })
    }
}

/// A dictionary's values by name, but for one that is read apart.
fn entries(value: &Value, expected: &'static str, but: Option<&str>) -> Result<Entries> {
    let items = value.items().ok_or_else(|| mismatch(expected, value))?;
    let entries = items.iter().map(|(key, item)| {
        let name = String::try_from(key).map_err(|error| within("a key".to_owned(), error))?;
        if but == Some(name.as_str()) {
            return Ok(None);
        }
        let value = StateValue::try_from(item).map_err(|error| within(key.key_text(), error))?;
        Ok(Some((name, value)))
    });
    entries.filter_map(Result::transpose).collect()
}
