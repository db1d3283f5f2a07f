//! `train_test_split` puts the same rows in the same places as scikit-learn.

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize as _;
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};
use torch_exact::data::split::{SplitError, SplitSeed, train_test_split_indices};
use torch_exact::data::{SplitOptions, SplitSize, train_test_split};
use torch_exact::numpy::RandomState;
use torch_exact::{Error, grad_fn_name};

#[test]
fn splits_equal_scikit_learn() -> Result<()> {
    let (live, golden) = common::golden::live_and_golden("split", "numpy, sklearn, torch")?;
    compare(&golden)?;
    if let Some(live) = live {
        let (calls, stratified) = compare(&live)?;
        ensure!(stratified > 500, "only {stratified} stratified splits that are not refused");
        println!("splits equal to scikit-learn's: {calls} of {calls} ({stratified} stratified)");
    }
    Ok(())
}

/// Makes every recorded split; returns how many there were, and how many of them stratified.
fn compare(calls: &[Value]) -> Result<(usize, usize)> {
    let mut stratified = 0;
    for (at, expected) in calls.iter().enumerate() {
        let found = match expected.get("graph") {
            Some(_) => graph(),
            None => split(expected),
        };
        let found = found.with_context(|| format!("line {}: {expected}", at + 1))?;
        for (name, here) in found.as_object().into_iter().flatten() {
            let theirs = &expected[name];
            ensure!(here == theirs, "line {}: {name}\n  {here}\n  scikit-learn {theirs}", at + 1);
        }
        stratified += usize::from(!expected["stratify"].is_null() && found["result"].is_array());
    }
    Ok((calls.len(), stratified))
}

fn float(bits: &str) -> Result<f64> {
    Ok(f64::from_bits(u64::from_str_radix(bits, 16)?))
}

fn size(value: &Value) -> Result<Option<SplitSize>> {
    Ok(match value {
        Value::Null => None,
        Value::String(bits) => Some(float(bits)?.into()),
        count => Some(usize::deserialize(count)?.into()),
    })
}

fn labels(call: &Value) -> Result<Option<Tensor>> {
    let Some(rows) = call["stratify"].as_array() else {
        return Ok(None);
    };
    let label = |value: &Value| match value {
        Value::String(bits) => float(bits),
        number => number.as_f64().context("a label"),
    };
    let mut shape = vec![rows.len() as i64];
    let mut flat = vec![];
    for row in rows {
        match row.as_array() {
            Some(row) => {
                shape.truncate(1);
                shape.push(row.len() as i64);
                flat.extend(row.iter().map(label).collect::<Result<Vec<_>>>()?);
            }
            None => flat.push(label(row)?),
        }
    }
    let dtype = match call["dtype"].as_str() {
        Some("int64") => Kind::Int64,
        Some("float32") => Kind::Float,
        Some("float64") => Kind::Double,
        Some("bool") => Kind::Bool,
        other => bail!("dtype {other:?}"),
    };
    Ok(Some(Tensor::from_slice(&flat).reshape(shape).to_kind(dtype)))
}

/// Makes one split and describes the result as the Python script does.
fn split(call: &Value) -> Result<Value> {
    let labels = labels(call)?;
    let options = SplitOptions {
        test_size: size(&call["test_size"])?,
        train_size: size(&call["train_size"])?,
        shuffle: call["shuffle"] == true,
        stratify: labels.as_ref(),
    };
    let seed = call["seed"].as_i64().context("seed")?;
    let mut state = None;
    let random_state = match &call["state"] {
        Value::Null => SplitSeed::Seed(seed),
        _ => {
            let state = state.insert(RandomState::new(u32::try_from(seed)?));
            state.rand(1);
            SplitSeed::State(state)
        }
    };
    let n = call["n"].as_u64().context("n")? as usize;
    let mut found = match train_test_split_indices(n, options, random_state) {
        Ok((train, test)) => json!({"result": [train, test]}),
        Err(error) => {
            let message = call["message"].as_str().unwrap_or("nothing");
            ensure!(same_refusal(&error, message), "refused: {error}\n  scikit-learn: {message}");
            json!({"result": "error"})
        }
    };
    if let Some(mut state) = state {
        found["after"] = json!(state.randint(0, 1 << 32, 1)?[0]);
    }
    Ok(found)
}

/// Whether the error says what scikit-learn's message says.
fn same_refusal(error: &Error, message: &str) -> bool {
    let says = |words: &str| message.contains(words);
    match error {
        Error::Split(SplitError::Fraction { name, .. } | SplitError::Count { name, .. }) => {
            says(&format!("'{name}' parameter")) || message.starts_with(name)
        }
        Error::Split(SplitError::Sum { .. }) => says("The sum of"),
        Error::Split(SplitError::EmptyTrainSet { .. }) => says("train set will be empty"),
        Error::Split(SplitError::Seed { .. }) => says("'random_state' parameter"),
        Error::Split(SplitError::StratifyUnshuffled) => says("not implemented for shuffle=False"),
        Error::Split(SplitError::Label { .. }) => says("Input y contains"),
        Error::Split(SplitError::ClassOfOne) => says("The least populated class"),
        Error::Split(SplitError::FewerThanClasses { name, found, classes }) => {
            says(&format!("{name} = {found} ")) && says(&format!("number of classes = {classes}"))
        }
        Error::Shape { .. } => says("inconsistent numbers of samples"),
        _ => false,
    }
}

/// The parts of a tensor that requires grad, and of one whose rows do not lie one after the other.
fn graph() -> Result<Value> {
    let x = Tensor::arange(10, (Kind::Float, Device::Cpu)).reshape([5, 2]).set_requires_grad(true);
    let [(train, test)] = train_test_split([&x], 0.4, 3)?;
    (&train * &train).sum(Kind::Float).backward();
    let part = |part: &Tensor| -> Result<Value> {
        let values = Vec::<Vec<f32>>::try_from(part.detach())?;
        Ok(json!({"node": grad_fn_name(part)?, "strides": part.stride(), "values": values}))
    };
    let turned = Tensor::arange(12, (Kind::Int64, Device::Cpu)).reshape([3, 4]).tr();
    let [(left, right)] = train_test_split([&turned], 0.5, 3)?;
    Ok(json!({
        "graph": [part(&train)?, part(&test)?],
        "grad": Vec::<Vec<f32>>::try_from(x.grad())?,
        "strides": [left.stride(), right.stride()],
    }))
}
