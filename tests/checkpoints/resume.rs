//! Training that stopped and went on, in either language, ends with the bits of training that did
//! not stop.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use torch_exact::checkpoint::{self, Value};
use torch_exact::optim::lr_scheduler::{
    self, CosineAnnealingLR, CyclicLR, CyclicLROptions, CyclicMode, ExponentialLR, MultiStepLR,
    OneCycleLR, OneCycleLROptions, ReduceLROnPlateau, SequentialLR, StepLR, StepLROptions,
};
use torch_exact::optim::{AdamOptions, AdamWOptions, RMSpropOptions, SGDOptions};
use torch_exact::prelude::*;
use torch_exact::{Generator, nn::Linear};

use super::{same_text, text};
use common::describe::describe;
use common::generator_alone;
use common::python::{python_with, run_script, skipped};

const SCRIPT: &str = "tests/python/resume.py";

/// The script's optimizers, each with its scheduler.
const KINDS: [&str; 6] = ["sgd", "adam", "adamw", "rmsprop", "one cycle", "sequence"];

/// A scheduler of any kind.
enum Scheduler {
    Epochs(Box<dyn lr_scheduler::Scheduler>),
    Plateau(ReduceLROnPlateau),
}

/// The same call of whichever it is.
macro_rules! each {
    ($scheduler:expr, $name:ident => $call:expr) => {
        match $scheduler {
            Scheduler::Epochs($name) => $call,
            Scheduler::Plateau($name) => $call,
        }
    };
}

fn made(kind: &str, model: &dyn Module) -> Result<(Box<dyn Optimizer>, Scheduler)> {
    let parameters = model.parameters();
    let (mut optimizer, at): (Box<dyn Optimizer>, _) = match kind {
        "sgd" => {
            let options = SGDOptions { lr: 0.05, momentum: 0.9, ..Default::default() };
            (Box::new(optim::SGD::new(parameters, options)?), 0)
        }
        "adam" => {
            let options = AdamOptions { lr: 0.01, amsgrad: true, ..Default::default() };
            (Box::new(optim::Adam::new(parameters, options)?), 1)
        }
        "adamw" => {
            let [a, b, c, d] = parameters.try_into().map_err(|_| anyhow::anyhow!("four"))?;
            let options = |lr| AdamWOptions { lr, ..Default::default() };
            let groups = [(vec![a, b], options(0.01)), (vec![c, d], options(0.02))];
            (Box::new(optim::AdamW::with_groups(groups)?), 2)
        }
        "one cycle" => {
            let options = SGDOptions { lr: 0.05, momentum: 0.9, ..Default::default() };
            (Box::new(optim::SGD::new(parameters, options)?), 4)
        }
        "sequence" => (Box::new(optim::Adam::new(parameters, optim::lr::<AdamOptions>(0.01))?), 5),
        "rmsprop" => {
            let options =
                RMSpropOptions { lr: 0.01, momentum: 0.5, centered: true, ..Default::default() };
            (Box::new(optim::RMSprop::new(parameters, options)?), 3)
        }
        other => bail!("no optimizer is called {other}"),
    };
    let o = &mut *optimizer;
    let scheduler: Box<dyn lr_scheduler::Scheduler> = match at {
        0 => Box::new(StepLR::new(o, StepLROptions { gamma: 0.5, ..7.into() })?),
        1 => Box::new(ExponentialLR::new(o, 0.97)?),
        2 => Box::new(CosineAnnealingLR::new(o, 30)?),
        4 => {
            let options = OneCycleLROptions { three_phase: true, ..(0.1, 200).into() };
            Box::new(OneCycleLR::new(o, options)?)
        }
        5 => {
            let options = CyclicLROptions {
                step_size_up: 4,
                mode: CyclicMode::ExpRange,
                gamma: 0.9,
                ..(0.001, 0.01).into()
            };
            let cyclic = CyclicLR::new(o, options)?;
            let steps = MultiStepLR::new(o, [2, 2, 4])?;
            Box::new(SequentialLR::new(o, vec![Box::new(steps), Box::new(cyclic)], &[7])?)
        }
        _ => {
            let scheduler = ReduceLROnPlateau::new(o, Default::default())?;
            return Ok((optimizer, Scheduler::Plateau(scheduler)));
        }
    };
    let scheduler = Scheduler::Epochs(scheduler);
    Ok((optimizer, scheduler))
}

/// What `resume.py` does.
fn train(kind: &str, from: Option<&Path>, steps: i64, to: &Path) -> Result<()> {
    random::manual_seed(1);
    let model =
        nn::Sequential::new().add(Linear::new(3, 5)?).add(nn::Tanh::new()).add(Linear::new(5, 2)?);
    let (x, y) = (random::rand([8, 3])?, random::rand([8, 2])?);
    let generator = Generator::new()?;
    let (mut optimizer, mut scheduler) = made(kind, &model)?;
    let mut epoch: i64 = 0;
    if let Some(from) = from {
        let checkpoint: Value = checkpoint::load(from)?;
        model.load_state_dict(&checkpoint.get("model")?)?;
        optimizer.load_state_dict(&checkpoint.get("optimizer")?)?;
        each!(&mut scheduler, it => it.load_state_dict(&checkpoint.get("scheduler")?)?);
        random::set_rng_state(&checkpoint.get("rng")?)?;
        generator.set_state(&checkpoint.get("generator")?)?;
        epoch = checkpoint.get("epoch")?;
    }
    for _ in 0..steps {
        let noise = random::rand([8, 3])? + generator.rand([8, 3], Kind::Float)?;
        let loss = F::mse_loss(&model.forward(&(&x + noise))?, &y)?;
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        match &mut scheduler {
            Scheduler::Epochs(it) => it.step(&mut *optimizer)?,
            Scheduler::Plateau(it) => it.step(&mut *optimizer, loss.item()?)?,
        }
        epoch += 1;
    }
    let value = Value::dict([
        ("model", model.state_dict().into()),
        ("optimizer", optimizer.state_dict().into()),
        ("scheduler", each!(&scheduler, it => it.state_dict()).into()),
        ("rng", random::get_rng_state()?.into()),
        ("generator", generator.get_state()?.into()),
        ("epoch", epoch.into()),
    ]);
    Ok(checkpoint::save(value, to)?)
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
    let mut pairs = 0;
    for kind in KINDS {
        let whole = folder.path().join("whole.pt");
        run("python", kind, None, 100, &whole)?;
        let whole: Value = checkpoint::load(&whole)?;
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
                pairs += 1;
            }
        }
    }
    println!("{pairs} pairs of languages, optimizers and schedulers resumed");
    Ok(())
}

/// What an optimizer or a scheduler cannot take is named by its key, with what was expected.
#[test]
fn states_of_another_form_are_refused_by_key() -> Result<()> {
    let _alone = generator_alone();
    let model = Linear::new(2, 1)?;
    let mut optimizer = optim::Adam::new(model.parameters(), optim::lr(0.01))?;
    model.forward(&random::rand([1, 2])?)?.sum(Kind::Float).backward();
    optimizer.step()?;
    let good: Value = optimizer.state_dict().into();
    let with = |key: &str, value: Value| {
        let others = good.items().unwrap_or_default().iter().filter(|(k, _)| *k != key.into());
        let mut items: Vec<_> = others.map(|(k, v)| (k.shallow_clone(), v.into())).collect();
        items.push((key.into(), value));
        Value::Dict(items)
    };
    let groups =
        |items: Vec<(&str, Value)>| with("param_groups", Value::list([Value::dict(items)]));
    let cases = [
        (Value::Int(3), "expected an optimizer's state_dict, found the int 3"),
        (Value::dict::<&str>([]), "no key \"optimizer\", \"state\"; the keys are"),
        (with("state", 1.into()), "\"state\": expected a dict, found the int 1"),
        (
            with("state", Value::dict([("a", Value::dict::<&str>([]))])),
            "\"state\", \"a\": expected an int, found a str",
        ),
        (
            with("state", Value::Dict(vec![(0.into(), Value::list([1]))])),
            "\"state\", 0: expected a dict of a parameter's state, found a list",
        ),
        (
            with(
                "state",
                Value::Dict(vec![(0.into(), Value::dict([("step", Value::Bytes(vec![]))]))]),
            ),
            "\"state\", 0, \"step\": expected a number, str, tensor, list, tuple or dict, found a bytes",
        ),
        (with("param_groups", 1.into()), "\"param_groups\": expected a list, found the int 1"),
        (
            groups(vec![("lr", 0.1.into())]),
            "no key \"optimizer\", \"param_groups\", 0, \"params\"; the keys are \"lr\"",
        ),
        (
            groups(vec![("params", Value::list([0.5]))]),
            "\"param_groups\", 0, \"params\", 0: expected an int, found a float",
        ),
        (groups(vec![("params", Value::list([0, 1]))]), "state_dict: betas is missing"),
        (
            groups(vec![("params", Value::list([0]))]),
            "expected groups with these numbers of parameters: [2], found [1]",
        ),
    ];
    for (value, expected) in &cases {
        let checkpoint = Value::dict([("optimizer", value.into())]);
        let loaded =
            checkpoint.get("optimizer").and_then(|state| optimizer.load_state_dict(&state));
        let error = loaded.err().map(|error| error.to_string()).unwrap_or_default();
        ensure!(error.contains(expected), "{expected:?} in {error:?}");
    }
    let mut scheduler = StepLR::new(&mut optimizer, 2)?;
    for (value, expected) in [
        (Value::Float(0.5), "\"scheduler\": expected a scheduler's state_dict, found a float"),
        (
            Value::Dict(vec![(1.into(), 2.into())]),
            "\"scheduler\", a key: expected a str, found the int 1",
        ),
        (Value::dict([("gamma", "half".into())]), "gamma: expected a number, found a str"),
        (
            Value::dict([("last_epoch", (1i64 << 40).into()), ("base_lrs", 0.1.into())]),
            "base_lrs: expected a list of numbers, found a float",
        ),
    ] {
        let checkpoint = Value::dict([("scheduler", value)]);
        let loaded =
            checkpoint.get("scheduler").and_then(|state| scheduler.load_state_dict(&state));
        let error = loaded.err().map(|error| error.to_string()).unwrap_or_default();
        ensure!(error.contains(expected), "{expected:?} in {error:?}");
    }
    println!("{} states of another form", cases.len() + 4);
    Ok(())
}
