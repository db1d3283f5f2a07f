//! Every option of every optimizer takes 1000 steps with `torch.optim`'s bits, in float32 and
//! float64.

mod common;

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use common::generator_alone;
use common::python::{python_with, repo_root, run_script, skipped};
use serde_json::Value;
use tch::{COptimizer, Kind, Tensor};
use torch_exact::nn::{Linear, LinearOptions, Parameter};
use torch_exact::optim::{
    Adam, AdamOptions, AdamW, AdamWOptions, Optimizer, RMSprop, RMSpropOptions, SGD, SGDOptions,
};
use torch_exact::{loss, random};

const SCRIPT: &str = "tests/python/optimizers.py";
const GOLDEN: &str = "tests/golden/optimizers.txt";

/// The optimizer that a line `case NAME DTYPE OPTIONS` asks for.
fn optimizer(name: &str, options: &Value, model: &Layer) -> Result<Box<dyn Optimizer>> {
    let number = |key: &str, default: f64| options[key].as_f64().unwrap_or(default);
    let switch = |key: &str| options[key].as_bool().unwrap_or(false);
    let (weight, bias) = (vec![model.weight.clone()], vec![model.bias.clone()]);
    let groups: Vec<(Vec<Parameter>, f64)> = match options["bias_lr"].as_f64() {
        None => vec![([weight, bias].concat(), number("lr", 0.))],
        Some(bias_lr) => vec![(weight, number("lr", 0.)), (bias, bias_lr)],
    };
    macro_rules! build {
        ($optimizer:ident, $options:ident { $($field:ident: $value:expr),* }) => {{
            let with_lr = |lr| $options { lr, $($field: $value),* };
            let groups = groups.into_iter().map(|(params, lr)| (params, with_lr(lr))).collect();
            Box::new($optimizer::with_groups(groups)?)
        }};
    }
    let betas = match &options["betas"] {
        Value::Array(betas) => (betas[0].as_f64().unwrap_or(0.), betas[1].as_f64().unwrap_or(0.)),
        _ => (0.9, 0.999),
    };
    Ok(match name {
        "SGD" => build!(
            SGD,
            SGDOptions {
                momentum: number("momentum", 0.),
                dampening: number("dampening", 0.),
                weight_decay: number("weight_decay", 0.),
                nesterov: switch("nesterov"),
                maximize: switch("maximize"),
                foreach: options["foreach"].as_bool()
            }
        ),
        "Adam" => build!(
            Adam,
            AdamOptions {
                betas: betas,
                eps: number("eps", 1e-8),
                weight_decay: number("weight_decay", 0.),
                amsgrad: switch("amsgrad"),
                maximize: switch("maximize"),
                foreach: options["foreach"].as_bool()
            }
        ),
        "AdamW" => build!(
            AdamW,
            AdamWOptions {
                betas: betas,
                eps: number("eps", 1e-8),
                weight_decay: number("weight_decay", 0.01),
                amsgrad: switch("amsgrad"),
                maximize: switch("maximize"),
                foreach: options["foreach"].as_bool()
            }
        ),
        "RMSprop" => build!(
            RMSprop,
            RMSpropOptions {
                alpha: number("alpha", 0.99),
                eps: number("eps", 1e-8),
                weight_decay: number("weight_decay", 0.),
                momentum: number("momentum", 0.),
                centered: switch("centered"),
                maximize: switch("maximize"),
                foreach: options["foreach"].as_bool()
            }
        ),
        _ => bail!("no optimizer is called {name}"),
    })
}

/// A linear layer whose bias may be of another dtype than the rest.
struct Layer {
    weight: Parameter,
    bias: Parameter,
}

impl Layer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.f_linear(&self.weight, Some(self.bias.f_to_kind(x.kind())?))?)
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![self.weight.clone(), self.bias.clone()]
    }
}

/// The problem that the script trains on.
fn problem(dtype: Kind, bias_dtype: Kind) -> Result<(Tensor, Tensor, Layer)> {
    random::manual_seed(7);
    let x = random::randn([20, 3])?.to_kind(dtype);
    let y = random::randn([20, 2])?.to_kind(dtype);
    let linear = Linear::with_options(3, 2, LinearOptions { dtype, ..Default::default() })?;
    let bias = linear.bias.context("a bias")?.detach().to_kind(bias_dtype);
    Ok((x, y, Layer { weight: linear.weight, bias: Parameter::new(bias)? }))
}

/// The bytes of all parameters, and of their gradients if asked for, as the script prints them.
fn bits(model: &Layer, gradients: bool) -> Result<String> {
    let mut text = String::new();
    let parameters = model.parameters();
    let mut tensors: Vec<_> = parameters.iter().map(|p| p.shallow_clone()).collect();
    if gradients {
        tensors.extend(parameters.iter().map(|p| p.grad()).filter(Tensor::defined));
    }
    for tensor in tensors {
        let size = tensor.numel() * tensor.kind().elt_size_in_bytes();
        let mut bytes = vec![0u8; size];
        tensor.f_contiguous()?.f_copy_data_u8(&mut bytes, tensor.numel())?;
        text.extend(bytes.iter().map(|byte| format!("{byte:02x}")));
    }
    Ok(text)
}

/// Trains case after case and compares every step that the text has.
fn compare(recorded: &str) -> Result<(usize, usize)> {
    let (mut cases, mut steps) = (0, 0);
    for case in recorded.split("case ").skip(1) {
        let mut lines = case.lines();
        let heading = lines.next().context("a case")?;
        let (name, rest) = heading.split_once(' ').context("a name")?;
        let (dtype, options) = rest.split_once(' ').context("a dtype")?;
        let options: Value = serde_json::from_str(options)?;
        let kind = |name| if name == "float64" { Kind::Double } else { Kind::Float };
        let bias_dtype = options["bias_dtype"].as_str().unwrap_or(dtype);
        let bias_from = options["bias_from"].as_i64().unwrap_or(1);
        let (x, y, model) = problem(kind(dtype), kind(bias_dtype))?;
        let mut optimizer = optimizer(name, &options, &model)?;
        let mut taken = 0;
        for line in lines {
            let (step, expected) = line.split_once(' ').context("STEP BITS")?;
            while taken < step.parse::<i64>()? {
                if let (500, Some(lr)) = (taken, options["lr_after_500"].as_f64()) {
                    optimizer.set_lr(0, lr)?;
                }
                let loss = loss::mse_loss(&model.forward(&x)?, &y)?;
                optimizer.zero_grad()?;
                loss.backward();
                taken += 1;
                if taken < bias_from {
                    shim::clear_grad(&model.bias)?;
                }
                optimizer.step()?;
            }
            let here = bits(&model, options["foreach"] == true)?;
            ensure!(
                here == expected,
                "{heading}: step {step} is the first that differs\n  here   {here}\n  Python {expected}"
            );
            steps += 1;
        }
        cases += 1;
    }
    ensure!(steps > 0, "no steps to compare with");
    Ok((cases, steps))
}

#[test]
fn a_thousand_steps_have_pythons_bits() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    let golden = fs::read_to_string(repo_root().join(GOLDEN)).context(GOLDEN)?;
    if shim::cpu_capability()? == "DEFAULT" {
        skipped("without AVX2 ATen rounds otherwise, so golden optimizer steps were not compared");
    } else {
        compare(&golden)?;
    }
    let Some(python) = python_with("torch, numpy") else {
        skipped("no Python imports torch and numpy, so only golden optimizer steps were compared");
        return Ok(());
    };
    let (cases, steps) = compare(&run_script(&python, SCRIPT, &[], "")?)?;
    ensure!(cases == golden.matches("case ").count(), "{GOLDEN} has other cases than {SCRIPT}");
    println!("optimizer steps with Python's bits: {steps} of {steps} ({cases} trainings)");
    Ok(())
}

/// The table in the documentation of `optim` says where libtorch's C++ optimizers are not Python's.
#[test]
fn what_is_not_wrapped_is_not_pythons() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    let adam = AdamOptions { lr: 0.01, ..Default::default() };
    departure("Adam", COptimizer::adam(0.01, 0.9, 0.999, 0., 1e-8, false)?, |params| {
        Ok(Box::new(Adam::new(params, adam)?))
    })?;
    departure("Adam, amsgrad", COptimizer::adam(0.01, 0.9, 0.999, 0., 1e-8, true)?, |params| {
        Ok(Box::new(Adam::new(params, AdamOptions { amsgrad: true, ..adam })?))
    })?;
    departure("AdamW", COptimizer::adamw(0.01, 0.9, 0.999, 0.01, 1e-8, false)?, |params| {
        Ok(Box::new(AdamW::new(params, AdamWOptions { lr: 0.01, ..Default::default() })?))
    })?;
    let cpp = COptimizer::rms_prop(0.001, 0.99, 1e-8, 0., 0., true)?;
    departure("RMSprop, centered", cpp, |params| {
        let options = RMSpropOptions { lr: 0.001, centered: true, ..Default::default() };
        Ok(Box::new(RMSprop::new(params, options)?))
    })
}

/// Where a C++ optimizer departs from Python's arithmetic, and how far it gets; an error if nowhere.
fn departure(
    name: &str,
    mut cpp: COptimizer,
    python: impl Fn(Vec<Parameter>) -> Result<Box<dyn Optimizer>>,
) -> Result<()> {
    let (mut first, mut largest) = (None, 0);
    let (x, y, ours) = problem(Kind::Float, Kind::Float)?;
    let (_, _, theirs) = problem(Kind::Float, Kind::Float)?;
    let mut python = python(ours.parameters())?;
    for parameter in theirs.parameters() {
        cpp.add_parameters(&parameter, 0)?;
    }
    for step in 1..=1000 {
        loss::mse_loss(&ours.forward(&x)?, &y)?.backward();
        python.step()?;
        python.zero_grad()?;
        loss::mse_loss(&theirs.forward(&x)?, &y)?.backward();
        cpp.step()?;
        cpp.zero_grad()?;
        let distance = ulps(&ours)?.iter().zip(ulps(&theirs)?).map(|(a, b)| a.abs_diff(b)).max();
        if distance > Some(0) && first.is_none() {
            first = Some(step);
        }
        largest = largest.max(distance.unwrap_or(0));
    }
    let first = first.with_context(|| format!("{name}: C++ has Python's bits now; wrap it"))?;
    println!("C++ {name} departs at step {first} and is up to {largest} ULPs away in 1000 steps");
    Ok(())
}

/// All parameters as whole numbers, neighbours among floats being neighbours among these.
fn ulps(model: &Layer) -> Result<Vec<i64>> {
    let mut all = vec![];
    for parameter in model.parameters() {
        let values = Vec::<f32>::try_from(parameter.flatten(0, -1))?;
        all.extend(values.into_iter().map(|value| {
            let magnitude = i64::from(value.to_bits() & 0x7fff_ffff);
            if value.is_sign_negative() { -magnitude } else { magnitude }
        }));
    }
    Ok(all)
}
