//! Indexing, changes in place and Python's numbers, at random: `x[…]`, `x[…] = y`, `x[…] += y`, `x.add_(y)`
//! have Python's bits, gradients and nodes, and refuse what Python refuses. `tests/python/tensors.py` draws
//! the cases.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use common::golden::parse;
use common::python::{python_with, run_script, skipped};
use common::{digest, dtype_of, generator_alone};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tch::{Kind, Tensor};
use torch_exact::grad_fn_name;
use torch_exact::ops::{Index, Operand};
use torch_exact::prelude::*;

/// So many of each kind.
const CASES: &str = "600";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    kind: String,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    dtype: String,
    #[serde(default)]
    shape: Vec<i64>,
    #[serde(default)]
    indices: Vec<Between>,
    value: Option<Given>,
    operator: Option<String>,
    node: Option<String>,
    found: Option<String>,
    refused: Option<String>,
    a: Option<Value>,
    b: Option<Value>,
    result: Option<String>,
    digits: Option<String>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
enum Between {
    At(i64),
    Slice(Option<i64>, Option<i64>, i64),
    Ellipsis(IgnoredAny),
    NewAxis(IgnoredAny),
    Ints { shape: Vec<i64>, values: Vec<i64> },
    Mask { shape: Vec<i64>, values: Vec<bool> },
    List(Vec<i64>),
}

impl Between {
    fn index(&self) -> Index {
        match self {
            Self::At(index) => (*index).into(),
            // In the words in which a user has them, where there are such.
            &Self::Slice(None, None, 1) => (..).into(),
            &Self::Slice(None, Some(stop), 1) if stop > 0 => (..=stop - 1).into(),
            &Self::Slice(None, Some(stop), 1) => (..stop).into(),
            &Self::Slice(Some(start), None, 1) => (start..).into(),
            &Self::Slice(Some(start), Some(stop), 1) => (start..stop).into(),
            &Self::Slice(start, stop, step) => Index::slice(start, stop, step),
            Self::Ellipsis(_) => Index::Ellipsis,
            Self::NewAxis(_) => Index::NewAxis,
            Self::Ints { shape, values } => Tensor::from_slice(values).reshape(shape).into(),
            Self::Mask { shape, values } => (&Tensor::from_slice(values).reshape(shape)).into(),
            Self::List(values) => values.clone().into(),
        }
    }

    fn is_a_tensor(&self) -> bool {
        matches!(self, Self::Ints { .. } | Self::Mask { .. } | Self::List(_))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Given {
    Number(serde_json::Number),
    Shape(Vec<i64>),
}

impl Given {
    fn operand(&self, dtype: Kind) -> Result<Operand<'static>> {
        Ok(match self {
            Self::Number(number) => match number.as_i64() {
                Some(int) => int.into(),
                None => number.as_f64().context("a float")?.into(),
            },
            Self::Shape(shape) => drawn(shape, dtype)?.into(),
        })
    }
}

fn drawn(shape: &[i64], dtype: Kind) -> Result<Tensor> {
    Ok(ops::mul(&random::randn(shape)?, 3)?.to_kind(dtype))
}

impl Case {
    fn indices(&self) -> Vec<Index> {
        self.indices.iter().map(Between::index).collect()
    }

    fn operand(&self, dtype: Kind) -> Result<Operand<'static>> {
        self.value.as_ref().context("a value")?.operand(dtype)
    }

    /// The digest of what it makes, and the node that made it.
    fn compute(&self) -> Result<(String, Option<String>)> {
        random::manual_seed(self.seed);
        let dtype = dtype_of(&self.dtype)?;
        let leaf = drawn(&self.shape, dtype)?;
        let floating = leaf.is_floating_point();
        let leaf = leaf.set_requires_grad(floating);
        let x = ops::clone(&leaf)?;
        let out = match self.kind.as_str() {
            "get" => x.at(self.indices())?,
            "set" => {
                x.set_at(self.indices(), self.operand(dtype)?)?;
                x
            }
            // A view need not be put back.
            "increase"
                if self.seed.is_multiple_of(2)
                    && !self.indices.iter().any(Between::is_a_tensor) =>
            {
                x.at(self.indices())?.add_(self.operand(dtype)?)?;
                x
            }
            "increase" => {
                let value = self.operand(dtype)?;
                let part = x.at(self.indices())?;
                x.set_at(self.indices(), part.add_(value)?)?;
                x
            }
            _ => {
                let other = self.operand(dtype)?;
                match self.operator.as_deref() {
                    Some("add_") => x.add_(other),
                    Some("sub_") => x.sub_(other),
                    Some("mul_") => x.mul_(other),
                    _ => x.div_(other),
                }?;
                x
            }
        };
        let node = if floating { grad_fn_name(&out)? } else { None };
        if !floating {
            return Ok((digest([&out])?, node));
        }
        out.f_mul(&out)?.f_sum(None)?.f_backward()?;
        Ok((digest([&out, &leaf.grad()])?, node))
    }

    fn compare(&self) -> Result<()> {
        if self.kind == "number" {
            return self.compare_numbers();
        }
        match (self.compute(), &self.refused) {
            (Err(_), Some(_)) => Ok(()),
            (Err(error), None) => bail!("refused here: {error:#}"),
            (Ok(_), Some(refused)) => bail!("done here, in Python {refused}"),
            (Ok((found, node)), None) => {
                ensure!(Some(&found) == self.found.as_ref(), "other bits");
                // What is put back is another node than what was changed as a view.
                let same = self.kind == "increase" || node == self.node;
                ensure!(same, "node {node:?}, in Python {:?}", self.node);
                Ok(())
            }
        }
    }

    fn compare_numbers(&self) -> Result<()> {
        let (mut a, b) = (number_of(&self.a)?, number_of(&self.b)?);
        let truth = match self.operator.as_deref() {
            Some("<") => Some(a < b),
            Some("==") => Some(a == b),
            _ => None,
        };
        match self.operator.as_deref() {
            Some("+") => a += b,
            Some("-") => a -= b,
            Some("*") => a *= b,
            _ => a /= b,
        }
        let (result, digits) = match truth {
            Some(truth) => (number(truth).to_string(), number(truth).to_string()),
            None => (a.to_string(), format!("{a:.4}")),
        };
        ensure!(Some(&result) == self.result.as_ref(), "{result}, in Python {:?}", self.result);
        ensure!(Some(&digits) == self.digits.as_ref(), "{digits}, in Python {:?}", self.digits);
        Ok(())
    }
}

fn number_of(value: &Option<Value>) -> Result<Number> {
    let value = value.as_ref().context("a number")?;
    Ok(match (value["bool"].as_bool(), value["int"].as_i64(), value["float"].as_str()) {
        (Some(value), _, _) => value.into(),
        (_, Some(int), _) => int.into(),
        (_, _, Some(bits)) => f64::from_bits(u64::from_str_radix(bits, 16)?).into(),
        _ => bail!("{value} is no number"),
    })
}

#[test]
fn tensors_are_indexed_and_changed_with_pythons_bits() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    let Some(python) = python_with("torch, numpy") else {
        skipped("no Python imports torch, so indexing was not compared");
        return Ok(());
    };
    let cases = run_script(&python, "tests/python/tensors.py", &[CASES], "")?;
    let (mut counts, mut faults) = (BTreeMap::<_, [usize; 3]>::new(), vec![]);
    for case in parse::<Case>(&cases)? {
        let count = counts.entry(case.kind.clone()).or_default();
        count[usize::from(case.refused.is_some())] += 1;
        if let Err(fault) = case.compare() {
            count[2] += 1;
            let Case { kind, dtype, shape, indices, operator, seed, .. } = &case;
            faults.push(format!(
                "{kind} {seed} {dtype}{shape:?} {indices:?} {operator:?}: {fault:#}"
            ));
        }
    }
    for (kind, [done, refused, differ]) in &counts {
        println!("{kind}: {done} done, {refused} refused in both, {differ} differ");
    }
    let shown = faults.iter().take(12).cloned().collect::<Vec<_>>().join("\n");
    ensure!(faults.is_empty(), "{} cases differ:\n{shown}", faults.len());
    ensure!(counts.len() == 5 && counts.values().all(|[done, ..]| *done > 300));
    Ok(())
}
