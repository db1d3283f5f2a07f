//! Expressions on tensors, parameters and numbers have Python's values, gradients and graph.
//!
//! Each is stated twice: as text that `tests/python/operators.py` evaluates, and here in Rust.

use anyhow::{Context as _, Result, ensure};
use common::arithmetic;
use common::golden::{golden, live};
use common::python::skipped;
use common::{bits, dtype_of, generator_alone};
use serde::Deserialize;
use tch::{Kind, Tensor};
use torch_exact::nn::Parameter;
use torch_exact::ops::{Number, add_, clone, div_, index, item, mul, mul_, norm, number, sub_};
use torch_exact::{grad_fn_name, random, repr};

/// A tensor, two parameters and indices.
struct Operands {
    x: Tensor,
    w: Parameter,
    b: Parameter,
    i: Tensor,
}

type Expression = fn(&Operands) -> torch_exact::Result<Tensor>;

#[rustfmt::skip]
const EXPRESSIONS: [(&str, Expression); 33] = [
    ("0.7 * x", |o| Ok(number(0.7) * &o.x)),
    ("x * 0.7", |o| Ok(&o.x * number(0.7))),
    ("x + 0.3", |o| Ok(&o.x + number(0.3))),
    ("0.3 + x", |o| Ok(number(0.3) + &o.x)),
    ("x - 0.3", |o| Ok(&o.x - number(0.3))),
    ("0.3 - x", |o| Ok(number(0.3) - &o.x)),
    ("1 - x", |o| Ok(number(1) - &o.x)),
    ("1.0 - x", |o| Ok(number(1.0) - &o.x)),
    ("x / 10", |o| Ok(&o.x / number(10))),
    ("x / 0.3", |o| Ok(&o.x / number(0.3))),
    ("3.0 / x", |o| Ok(number(3.0) / &o.x)),
    ("3 / x", |o| Ok(number(3) / &o.x)),
    ("x / x.numel()", |o| Ok(&o.x / number(o.x.numel()))),
    ("(x * 1).add_(0.3)", |o| { let t = mul(&o.x, 1)?; add_(&t, 0.3)?; Ok(t) }),
    ("(x * 1).sub_(0.3)", |o| { let t = mul(&o.x, 1)?; sub_(&t, 0.3)?; Ok(t) }),
    ("(x * 1).mul_(0.9)", |o| { let t = mul(&o.x, 1)?; mul_(&t, 0.9)?; Ok(t) }),
    ("(x * 1).div_(3)", |o| { let t = mul(&o.x, 1)?; div_(&t, 3)?; Ok(t) }),
    ("w * x + b", |o| Ok(&o.w * &o.x + &o.b)),
    ("w - x", |o| Ok(&o.w - &o.x)),
    ("x - w", |o| Ok(&o.x - &o.w)),
    ("x / w", |o| Ok(&o.x / &o.w)),
    ("w / x", |o| Ok(&o.w / &o.x)),
    ("w * w", |o| Ok(&o.w * &o.w)),
    ("x * 1 + b", |o| Ok(&o.x * number(1) + &o.b)),
    ("-w", |o| Ok(-&o.w)),
    ("0.7 * w", |o| Ok(number(0.7) * &o.w)),
    ("w / 10", |o| Ok(&o.w / number(10))),
    ("1 - w", |o| Ok(number(1) - &o.w)),
    ("2 / w", |o| Ok(number(2) / &o.w)),
    ("w - 0.1", |o| Ok(&o.w - number(0.1))),
    ("x.norm()", |o| norm(&o.x)),
    ("x[i]", |o| index(&o.x, &[&o.i])),
    ("x.clone()", |o| clone(&o.x)),
];

fn micrograd(o: &Operands) -> torch_exact::Result<Tensor> {
    let x = &o.x;
    Ok((number(1) - x) * (x + number(2)) / number(3) - number(0.5) / (x * x + number(1)))
}

/// What Python made of an expression.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    expression: String,
    dtype: String,
    bits: String,
    result: String,
    grad_fn: Option<String>,
    grads: Option<Vec<Option<String>>>,
}

impl Case {
    fn check(&self) -> Result<()> {
        let apply = match self.expression.as_str() {
            "(1 - x) * (x + 2) / 3 - 0.5 / (x * x + 1)" => micrograd,
            text => EXPRESSIONS.iter().find(|(known, _)| *known == text).context("unknown")?.1,
        };
        let dtype = dtype_of(&self.dtype)?;
        let operands = operands(dtype)?;
        let out = apply(&operands)?;
        ensure!(repr::dtype(out.kind()) == self.result, "the dtype is {:?}", out.kind());
        ensure!(bits(&out)? == self.bits, "the value is {}", bits(&out)?);
        let (Some(name), Some(grads)) = (&self.grad_fn, &self.grads) else {
            return Ok(());
        };
        let found = grad_fn_name(&out)?;
        ensure!(found.as_ref() == Some(name), "grad_fn is {found:?}, in Python {name}");
        out.sum(None).backward();
        for (leaf, expected) in [&operands.x, &operands.w, &operands.b].into_iter().zip(grads) {
            let grad = leaf.grad();
            let found = if grad.defined() { Some(bits(&grad)?) } else { None };
            ensure!(found == *expected, "a gradient is {found:?}");
        }
        Ok(())
    }
}

fn operands(dtype: Kind) -> Result<Operands> {
    random::manual_seed(7);
    let draw = |scale: f64| -> Result<Tensor> {
        let edges = Tensor::from_slice(&[1f32, 0.1, 0., -0., 3., -1.]);
        let all = Tensor::cat(&[edges, random::randn([34])?], 0);
        Ok(mul(&all, scale)?.to_kind(dtype))
    };
    let (x, w, b) = (draw(1.)?, draw(3.)?, draw(0.3)?);
    let i = Tensor::from_slice(&[5i64, 0, 5, 1]);
    if dtype == Kind::Int64 {
        let unused = || Parameter::new(Tensor::zeros([1], (Kind::Float, tch::Device::Cpu)));
        return Ok(Operands { x, w: unused()?, b: unused()?, i });
    }
    let x = x.set_requires_grad(true);
    Ok(Operands { x, w: Parameter::new(w)?, b: Parameter::new(b)?, i })
}

fn compare(cases: &[Case]) -> Result<()> {
    for case in cases {
        case.check().with_context(|| format!("`{}` in {}", case.expression, case.dtype))?;
    }
    for (text, _) in EXPRESSIONS {
        ensure!(cases.iter().any(|case| case.expression == text), "Python has no `{text}`");
    }
    Ok(())
}

#[test]
fn expressions_have_pythons_bits_gradients_and_graph() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    match shim::cpu_capability()?.as_str() {
        "DEFAULT" => skipped("without AVX2 ATen rounds otherwise, so goldens were not compared"),
        _ if arithmetic::is_of_goldens() => compare(&golden("operators")?)?,
        _ => {}
    }
    if let Some(live) = live("operators", "torch, numpy", &[])? {
        compare(&live)?;
        println!("expressions with Python's bits, gradients and graph: {0} of {0}", live.len());
    }
    Ok(())
}

#[test]
fn an_item_is_one_element() -> Result<()> {
    assert_eq!(item(&Tensor::from_slice2(&[[0.1f32]]))?, Number::Float(f64::from(0.1f32)));
    assert_eq!(item(&Tensor::from((1i64 << 53) + 1))?.to_string(), "9007199254740993");
    assert_eq!(item(&Tensor::from(false))?.to_string(), "False");
    assert!(item(&Tensor::from(1f32).to_kind(Kind::ComplexFloat)).is_err());
    let error = item(&Tensor::from_slice(&[1f32, 2.])).unwrap_err().to_string();
    assert_eq!(error, "item: expected a tensor of one element, found [2]");
    assert!(mul(&Tensor::from_slice(&[1i64]), 0.5)?.kind() == Kind::Float);
    assert!(mul_(&Tensor::from_slice(&[1i64]), 0.5).is_err(), "int64 does not hold the result");
    Ok(())
}
