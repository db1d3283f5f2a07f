//! States of optimizers and schedulers as JSON, as the scripts of `tests/python` write them.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tch::{Kind, Tensor};
use torch_exact::dtype;
use torch_exact::optim::{Entries, OptimizerStateDict, ParamGroup, StateValue};

use super::bits;

/// The dtype of a name.
pub fn kind(dtype: &Value) -> Result<Kind> {
    dtype.as_str().and_then(dtype::of_name).with_context(|| format!("no dtype is called {dtype}"))
}

/// The tensor of these bytes.
pub fn tensor(dtype: &Value, shape: &[i64], hexed: &Value) -> Result<Tensor> {
    let text = hexed.as_str().context("bytes")?;
    let bytes: Result<Vec<u8>, _> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16)).collect();
    Ok(Tensor::f_from_data_size(&bytes?, shape, kind(dtype)?)?)
}

/// A number, be it one that JSON lacks.
pub fn number(value: &Value) -> Result<f64> {
    match &value["float"] {
        Value::String(text) => Ok(text.parse()?),
        _ => value.as_f64().with_context(|| format!("{value} is no number")),
    }
}

/// A value as the script writes it.
pub fn encoded(value: &StateValue) -> Result<Value> {
    Ok(match value {
        StateValue::None => Value::Null,
        StateValue::Bool(value) => json!(value),
        StateValue::Int(value) => json!(value),
        StateValue::Float(value) if value.is_nan() => json!({"float": "nan"}),
        StateValue::Float(value) if value.is_infinite() => json!({"float": value.to_string()}),
        StateValue::Float(value) => json!(value),
        StateValue::Str(value) => json!(value),
        StateValue::List(values) => values.iter().map(encoded).collect::<Result<_>>()?,
        StateValue::Tuple(values) => {
            json!({"tuple": values.iter().map(encoded).collect::<Result<Vec<_>>>()?})
        }
        StateValue::Dict(_) | StateValue::Counter(_) => bail!("no state here holds {value:?}"),
        StateValue::Tensor(sparse) if sparse.is_sparse() => {
            encoded(&StateValue::Tensor(sparse.f_to_dense(None, false)?))?
        }
        StateValue::Tensor(tensor) => {
            json!({"tensor": [dtype::name(tensor.kind()), tensor.size(), bits(tensor)?]})
        }
    })
}

/// What [`encoded`] was made of.
pub fn decoded(value: &Value) -> Result<StateValue> {
    Ok(match value {
        Value::Null => StateValue::None,
        Value::Bool(value) => StateValue::Bool(*value),
        Value::Number(value) => match value.as_i64() {
            Some(whole) => StateValue::Int(whole),
            None => StateValue::Float(value.as_f64().context("a float")?),
        },
        Value::String(text) => StateValue::Str(text.clone()),
        Value::Array(all) => StateValue::List(all.iter().map(decoded).collect::<Result<_>>()?),
        Value::Object(object) => match object.iter().next().context("a key")? {
            (key, Value::Array(all)) if key == "tuple" => {
                StateValue::Tuple(all.iter().map(decoded).collect::<Result<_>>()?)
            }
            (key, Value::Array(parts)) if key == "tensor" => {
                let shape: Vec<i64> = serde_json::from_value(parts[1].clone())?;
                StateValue::Tensor(tensor(&parts[0], &shape, &parts[2])?)
            }
            _ => StateValue::Float(number(value)?),
        },
    })
}

/// Named values as the scripts write them.
pub fn encoded_entries(entries: &Entries) -> Result<Value> {
    entries.iter().map(|(key, value)| Ok(json!([key, encoded(value)?]))).collect()
}

/// What [`encoded_entries`] was made of.
pub fn decoded_entries(value: &Value) -> Result<Entries> {
    let pair = |pair: &Value| Ok((pair[0].as_str().context("a key")?.into(), decoded(&pair[1])?));
    value.as_array().context("entries")?.iter().map(pair).collect()
}

/// An optimizer's state as the scripts write it.
pub fn encoded_state(state: &OptimizerStateDict) -> Result<Value> {
    let states: Result<Value> = state
        .state
        .iter()
        .map(|(index, entries)| Ok(json!([index, encoded_entries(entries)?])))
        .collect();
    let groups: Result<Value> = state
        .param_groups
        .iter()
        .map(|group| Ok(json!([encoded_entries(&group.options)?, group.params])))
        .collect();
    Ok(json!({"state": states?, "param_groups": groups?}))
}

/// What [`encoded_state`] was made of.
pub fn decoded_state(value: &Value) -> Result<OptimizerStateDict> {
    let array = |value: &Value| value.as_array().cloned().context("an array");
    let state = array(&value["state"])?
        .iter()
        .map(|pair| Ok((pair[0].as_i64().context("an index")?, decoded_entries(&pair[1])?)))
        .collect::<Result<_>>()?;
    let group = |pair: &Value| {
        let params = serde_json::from_value(pair[1].clone())?;
        Ok(ParamGroup { options: decoded_entries(&pair[0])?, params })
    };
    let param_groups = array(&value["param_groups"])?.iter().map(group).collect::<Result<_>>()?;
    Ok(OptimizerStateDict { state, param_groups })
}
