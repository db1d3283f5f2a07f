//! Training that stopped and went on, in either language, ends with the bits of training that did
//! not stop.

use std::path::Path;

use anyhow::{Result, ensure};
use shim::{addcdiv_, addcmul_, number_f64};
use tch::{Tensor, no_grad};
use torch_exact::checkpoint::{self, Value};
use torch_exact::nn::{Linear, Module, Parameter, Sequential, StateDict, Tanh};
use torch_exact::{loss, random};

use super::common::generator_alone;
use super::common::python::{python_with, run_script, skipped};
use super::describe::describe;
use super::{same_text, text};

const SCRIPT: &str = "tests/python/resume.py";

/// Adam's steps by hand, on the state as Python names it, which is what is under test here.
struct State {
    step: Tensor,
    exp_avg: Tensor,
    exp_avg_sq: Tensor,
}

impl State {
    fn new(parameter: &Parameter) -> Self {
        let zeros = || Tensor::zeros_like(&parameter.detach());
        Self { step: Tensor::from(0.0f32), exp_avg: zeros(), exp_avg_sq: zeros() }
    }

    fn read(value: &Value) -> Result<Self> {
        Ok(Self {
            step: value.get("step")?,
            exp_avg: value.get("exp_avg")?,
            exp_avg_sq: value.get("exp_avg_sq")?,
        })
    }

    fn write(&self) -> Value {
        Value::dict([
            ("step", (&self.step).into()),
            ("exp_avg", (&self.exp_avg).into()),
            ("exp_avg_sq", (&self.exp_avg_sq).into()),
        ])
    }

    fn update(&mut self, parameter: &Parameter) -> Result<()> {
        let (beta1, beta2, lr, eps) = (0.9, 0.999, 0.01, 1e-8);
        let grad = parameter.grad();
        let _ = self.step.f_add_(&number_f64(1.0)?)?;
        let step = self.step.double_value(&[]);
        let _ = self.exp_avg.f_lerp_(&grad, 1.0 - beta1)?;
        let _ = self.exp_avg_sq.f_mul_(&number_f64(beta2)?)?;
        addcmul_(&self.exp_avg_sq, &grad, &grad, 1.0 - beta2)?;
        let (correction1, correction2) =
            (1.0 - f64::powf(beta1, step), 1.0 - f64::powf(beta2, step));
        let root = self.exp_avg_sq.f_sqrt()?.f_div(&number_f64(correction2.sqrt())?)?;
        let denominator = root.f_add(&number_f64(eps)?)?;
        addcdiv_(parameter, &self.exp_avg, &denominator, -(lr / correction1))?;
        Ok(())
    }
}

/// What `resume.py` does.
fn train(kind: &str, from: Option<&Path>, steps: i64, to: &Path) -> Result<()> {
    random::manual_seed(1);
    let model = Sequential::new().add(Linear::new(3, 5)?).add(Tanh::new()).add(Linear::new(5, 2)?);
    let (x, y) = (random::rand([8, 3])?, random::rand([8, 2])?);
    let parameters = model.parameters();
    let mut states: Vec<_> = parameters.iter().map(State::new).collect();
    // The groups are Python's; only what a step changes is made anew.
    let mut groups = Value::list([group(kind)]);
    let mut epoch = 0;
    if let Some(from) = from {
        let checkpoint = checkpoint::load(from)?;
        model.load_state_dict(&checkpoint.get::<StateDict>("model")?)?;
        random::set_rng_state(&checkpoint.get("rng")?)?;
        let optimizer = checkpoint.item("optimizer")?;
        groups = optimizer.item("param_groups")?.into();
        epoch = checkpoint.get("epoch")?;
        if kind == "adam" {
            let read = (0..4).map(|index: i64| State::read(optimizer.item("state")?.item(index)?));
            states = read.collect::<Result<_>>()?;
        }
    }
    for _ in 0..steps {
        let noisy = x.f_add(&random::rand([8, 3])?)?;
        let loss = loss::mse_loss(&model.forward(&noisy)?, &y)?;
        parameters.iter().try_for_each(|p| shim::clear_grad(p))?;
        loss.backward();
        no_grad(|| -> Result<()> {
            for (parameter, state) in parameters.iter().zip(&mut states) {
                match kind {
                    "sgd" => shim::add_(parameter, &parameter.grad(), -0.05)?,
                    _ => state.update(parameter)?,
                }
            }
            Ok(())
        })?;
        epoch += 1;
    }
    let written = states.iter().enumerate().map(|(i, s)| (Value::Int(i as i128), s.write()));
    let state = if kind == "adam" { written.collect() } else { Vec::new() };
    let optimizer = Value::dict([("state", Value::Dict(state)), ("param_groups", groups)]);
    let value = Value::dict([
        ("model", model.state_dict().into()),
        ("optimizer", optimizer),
        ("epoch", epoch.into()),
        ("rng", random::get_rng_state()?.into()),
    ]);
    Ok(checkpoint::save(value, to)?)
}

/// `optimizer.state_dict()["param_groups"][0]`, as PyTorch 2.11 writes it.
fn group(kind: &str) -> Value {
    let (off, none) = (|| Value::Bool(false), || Value::None);
    let parameters = ("params", Value::list([0, 1, 2, 3]));
    match kind {
        "sgd" => Value::dict([
            ("lr", 0.05.into()),
            ("momentum", 0.into()),
            ("dampening", 0.into()),
            ("weight_decay", 0.into()),
            ("nesterov", off()),
            ("maximize", off()),
            ("foreach", none()),
            ("differentiable", off()),
            ("fused", none()),
            parameters,
        ]),
        _ => Value::dict([
            ("lr", 0.01.into()),
            ("betas", Value::Tuple(vec![0.9.into(), 0.999.into()])),
            ("eps", 1e-8.into()),
            ("weight_decay", 0.into()),
            ("amsgrad", off()),
            ("maximize", off()),
            ("foreach", none()),
            ("capturable", off()),
            ("differentiable", off()),
            ("fused", none()),
            ("decoupled_weight_decay", off()),
            parameters,
        ]),
    }
}

#[test]
fn resumed_training_ends_with_the_same_bits_in_each_pair_of_languages() -> Result<()> {
    let _alone = generator_alone();
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so nothing was resumed across languages");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let run =
        |language: &str, kind: &str, from: Option<&Path>, steps: i64, to: &Path| match language {
            "python" => {
                let from = from.map_or(Ok("-"), text)?;
                run_script(&python, SCRIPT, &[kind, from, &steps.to_string(), text(to)?], "")
                    .map(|_| ())
            }
            _ => train(kind, from, steps, to),
        };
    for kind in ["sgd", "adam"] {
        let whole = folder.path().join("whole.pt");
        run("python", kind, None, 100, &whole)?;
        let whole = checkpoint::load(&whole)?;
        ensure!(whole.get::<i64>("epoch")? == 100);
        let expected = describe(&whole)?;
        for first in ["python", "rust"] {
            let half = folder.path().join(format!("{first}.pt"));
            run(first, kind, None, 40, &half)?;
            for second in ["python", "rust"] {
                let end = folder.path().join(format!("{first}-{second}.pt"));
                run(second, kind, Some(&half), 60, &end)?;
                let ours = describe(&checkpoint::load(&end)?)?;
                same_text(&ours, &expected, &format!("{kind}: {first}, then {second}"))?;
            }
        }
    }
    Ok(())
}
