//! Schedulers with random options, stepped, loaded, told epochs and disturbed at random, set Python's
//! rates and momenta to the bit, and have its state dictionaries; what Python refuses is refused at
//! the same step. `tests/python/schedulers.py` draws the cases, of every option of every signature.

mod schedulers {
    pub mod build;
}

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use common::golden::parse;
use common::python::{python_with, run_script, skipped};
use common::{dtype_of, generator_alone, state};
use schedulers::build::{Spec, Tested, build};
use serde::Deserialize;
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};
use torch_exact::checkpoint;
use torch_exact::optim::{
    Adam, AdamOptions, Entries, Optimizer, RMSprop, RMSpropOptions, SGD, SGDOptions, StateValue,
    Warning,
};

/// So many of each scheduler.
const CASES: &str = "200";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    optimizer: String,
    rates: [f64; 2],
    /// The dtypes and shapes of rates that are tensors.
    tensors: [Option<Like>; 2],
    /// Whether both groups have the first rate.
    shared: bool,
    scheduler: Spec,
    operations: Vec<Vec<Value>>,
    seen: Vec<Value>,
    refused: Option<String>,
    state: Option<Value>,
    groups: Option<Value>,
    warned: [usize; 2],
}

/// The dtype and the shape of a tensor.
type Like = (String, Vec<i64>);

fn tensor(lr: f64, (dtype, shape): &Like) -> Result<Tensor> {
    Ok(Tensor::f_full(shape, lr, (dtype_of(dtype)?, Device::Cpu))?)
}

/// A value as the script writes it, floats as their bits.
fn encoded(value: &StateValue) -> Value {
    let items = |items: &[(StateValue, StateValue)]| -> Value {
        items.iter().map(|(key, value)| json!([encoded(key), encoded(value)])).collect()
    };
    match value {
        StateValue::None => Value::Null,
        StateValue::Bool(value) => json!(value),
        StateValue::Int(value) => json!(value),
        StateValue::Float(value) => bits(*value),
        StateValue::Str(value) => json!(value),
        StateValue::List(values) => values.iter().map(encoded).collect(),
        StateValue::Tuple(values) => {
            json!({"tuple": values.iter().map(encoded).collect::<Vec<_>>()})
        }
        StateValue::Dict(all) => json!({"dict": items(all)}),
        StateValue::Counter(all) => json!({"counter": items(all)}),
        StateValue::Tensor(tensor) => encoded_tensor(tensor),
    }
}

fn encoded_tensor(tensor: &Tensor) -> Value {
    state::encoded(&StateValue::Tensor(tensor.shallow_clone())).unwrap_or_default()
}

fn bits(number: f64) -> Value {
    json!(format!("f:{:016x}", number.to_bits()))
}

fn dict(entries: &Entries) -> Value {
    let items = entries.iter().map(|(key, value)| json!([key, encoded(value)]));
    json!({"dict": items.collect::<Vec<_>>()})
}

/// An optimizer of two groups.
fn optimizer(case: &Case) -> Result<Box<dyn Optimizer>> {
    let mut optimizer = optimizer_of_numbers(case)?;
    let mut first = None;
    for (group, (&lr, like)) in case.rates.iter().zip(&case.tensors).enumerate() {
        let own = like.as_ref().map(|like| tensor(lr, like)).transpose()?;
        if group == 0 {
            first = own.as_ref().map(Tensor::shallow_clone);
        }
        let lr = if case.shared { first.as_ref() } else { own.as_ref() };
        if let Some(lr) = lr {
            optimizer.set_lr_tensor(group, lr)?;
        } else if case.shared {
            optimizer.set_lr(group, case.rates[0])?;
        }
    }
    Ok(optimizer)
}

/// With rates that are numbers.
fn optimizer_of_numbers(case: &Case) -> Result<Box<dyn Optimizer>> {
    let groups = case.rates.map(|lr| {
        let parameter = Tensor::zeros([1], (Kind::Float, Device::Cpu)).set_requires_grad(true);
        (vec![parameter], lr)
    });
    let momentum = 0.75;
    Ok(match case.optimizer.as_str() {
        "SGD" => {
            let of = |(p, lr)| (p, SGDOptions { lr, momentum, ..Default::default() });
            Box::new(SGD::with_groups(groups.map(of))?)
        }
        "Adam" => {
            let of = |(p, lr)| (p, AdamOptions { lr, ..Default::default() });
            Box::new(Adam::with_groups(groups.map(of))?)
        }
        "RMSprop" => {
            let of = |(p, lr)| (p, RMSpropOptions { lr, momentum, ..Default::default() });
            Box::new(RMSprop::with_groups(groups.map(of))?)
        }
        other => bail!("no optimizer is called {other}"),
    })
}

/// The groups' rates and momenta, and the rates that the scheduler has set.
fn seen(optimizer: &dyn Optimizer, scheduler: &dyn Tested) -> Result<Value> {
    let (mut lrs, mut momenta) = (vec![], vec![]);
    for group in optimizer.state_dict().param_groups {
        for (name, value) in &group.options {
            match (name.as_str(), value) {
                ("lr", lr) => lrs.push(encoded(lr)),
                ("betas", StateValue::Tuple(betas)) => momenta.push(encoded(&betas[0])),
                ("momentum", momentum) => momenta.push(encoded(momentum)),
                _ => {}
            }
        }
    }
    let state = scheduler.state_dict();
    let last = state.iter().find(|(name, _)| name == "_last_lr").context("the last rates")?;
    let StateValue::List(last) = &last.1 else { bail!("{last:?}") };
    let values = last.iter().map(|lr| match lr {
        StateValue::Tensor(lr) => lr.double_value(&[]).to_bits(),
        StateValue::Float(lr) => lr.to_bits(),
        _ => 0,
    });
    let given = scheduler.get_last_lr().iter().map(|lr| lr.to_bits());
    ensure!(values.eq(given), "get_last_lr() gives {:?}", scheduler.get_last_lr());
    Ok(json!([lrs, momenta, last.iter().map(encoded).collect::<Vec<_>>()]))
}

/// What is there in the end.
struct Run {
    optimizer: Box<dyn Optimizer>,
    scheduler: Box<dyn Tested>,
    /// Of schedulers that were left for others.
    warnings: Vec<Warning>,
}

impl Run {
    fn new(case: &Case) -> Result<Self> {
        let mut optimizer = optimizer(case)?;
        let scheduler = build(&case.scheduler, &mut *optimizer, None)?;
        Ok(Self { optimizer, scheduler, warnings: vec![] })
    }

    fn operate(&mut self, case: &Case, operation: &[Value]) -> Result<()> {
        let Self { optimizer, scheduler, warnings } = self;
        let (name, arguments) = operation.split_first().context("an operation")?;
        match (name.as_str().context("a name")?, arguments) {
            ("step", []) => {
                optimizer.step()?;
                scheduler.step(&mut **optimizer)?;
            }
            ("early", []) => scheduler.step(&mut **optimizer)?,
            ("to", [epoch]) => {
                optimizer.step()?;
                scheduler.step_to(&mut **optimizer, epoch)?;
            }
            ("lr", [group, lr, like]) => {
                let group = group.as_u64().context("a group")? as usize;
                let lr = lr.as_f64().context("a rate")?;
                match serde_json::from_value::<Option<Like>>(like.clone())? {
                    Some(like) => optimizer.set_lr_tensor(group, &tensor(lr, &like)?)?,
                    None => optimizer.set_lr(group, lr)?,
                }
            }
            ("load", [first, last, state]) => {
                let before = optimizer.state_dict();
                *optimizer = self::optimizer(case)?;
                warnings.extend(scheduler.warnings());
                let old = scheduler.state_dict();
                if first == "optimizer" {
                    optimizer.load_state_dict(&before)?;
                    let last = last.as_i64().filter(|&last| last != -1);
                    *scheduler = build(&case.scheduler, &mut **optimizer, last)?;
                } else {
                    *scheduler = build(&case.scheduler, &mut **optimizer, None)?;
                    optimizer.load_state_dict(&before)?;
                }
                if state == true {
                    // Through a checkpoint's value, as a file holds it.
                    let old = checkpoint::Value::from(old);
                    scheduler.load_state_dict(&Entries::try_from(&old)?)?;
                }
            }
            (other, _) => bail!("no operation is called {other}"),
        }
        Ok(())
    }
}

fn compare(case: &Case) -> Result<()> {
    let mut expected = case.seen.iter();
    let mut run = match (Run::new(case), expected.next()) {
        (Err(error), None) => return refused(&error),
        (Err(error), Some(_)) => return Err(error.context("made in Python")),
        (Ok(_), None) => bail!("made here, refused in Python"),
        (Ok(run), Some(first)) => {
            ensure!(seen(&*run.optimizer, &*run.scheduler)? == *first, "when made");
            run
        }
    };
    for (number, operation) in case.operations.iter().enumerate() {
        let result = run.operate(case, operation);
        let place = || format!("operation {number}, {operation:?}");
        match (result, expected.next()) {
            (Err(error), None) => return refused(&error).with_context(place),
            (Err(error), Some(_)) => return Err(error.context(place())),
            (Ok(()), None) => bail!("{}: done here, refused in Python", place()),
            (Ok(()), Some(expected)) => {
                let here = seen(&*run.optimizer, &*run.scheduler)?;
                ensure!(here == *expected, "{}: here {here}, Python {expected}", place());
            }
        }
    }
    ensure!(case.refused.is_none(), "nothing is refused here");
    let state = dict(&run.scheduler.state_dict());
    ensure!(Some(&state) == case.state.as_ref(), "the state here is {state}");
    let groups = run.optimizer.state_dict().param_groups;
    let groups: Value = groups.iter().map(|group| dict(&group.options)).collect();
    ensure!(Some(&groups) == case.groups.as_ref(), "the groups here are {groups}");
    let warnings = [run.warnings, run.scheduler.warnings()].concat();
    let warned = [Warning::SchedulerBeforeOptimizer, Warning::EpochGiven]
        .map(|warning| warnings.iter().filter(|other| **other == warning).count());
    ensure!(warned == case.warned, "warned here {warned:?} times");
    Ok(())
}

/// A refusal is this crate's, and no other fault.
fn refused(error: &anyhow::Error) -> Result<()> {
    use torch_exact::Error::{Argument, StateDict};
    match error.downcast_ref() {
        Some(Argument { .. } | StateDict(_)) => Ok(()),
        _ => bail!("{error:#}"),
    }
}

#[test]
fn schedules_are_pythons() -> Result<()> {
    let _alone = generator_alone();
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so schedulers were not compared");
        return Ok(());
    };
    let cases = run_script(&python, "tests/python/schedulers.py", &[CASES], "")?;
    let (mut counts, mut faults) = (BTreeMap::<_, [usize; 3]>::new(), vec![]);
    for case in parse::<Case>(&cases)? {
        let count = counts.entry(case.scheduler.name.clone()).or_default();
        count[usize::from(case.refused.is_some())] += 1;
        if let Err(fault) = compare(&case) {
            count[2] += 1;
            let python = case.refused.as_deref().unwrap_or("no refusal");
            faults.push(format!("{:?}: {fault:#}; Python: {python}", case.scheduler));
        }
    }
    for (name, [driven, refused, differ]) in &counts {
        println!(
            "{name}: {driven} driven to the end, {refused} refused on the way, {differ} differ"
        );
    }
    let shown = faults.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    ensure!(faults.is_empty(), "{} cases differ:\n{shown}", faults.len());
    ensure!(counts.len() == 15 && counts.values().all(|[driven, ..]| *driven >= 60));
    Ok(())
}

#[test]
fn states_at_the_ends_of_their_types_are_refused_or_taken_without_a_panic() -> Result<()> {
    let case = |name: &str, arguments: Value| -> Result<Case> {
        let scheduler = json!({"name": name, "arguments": arguments});
        Ok(serde_json::from_value(json!({
            "optimizer": "SGD", "rates": [0.1, 0.2], "tensors": [null, null], "shared": false, "scheduler": scheduler, "operations": [], "seen": [],
            "refused": null, "state": null, "groups": null, "warned": [0, 0],
        }))?)
    };
    let constant = json!({"name": "ConstantLR", "arguments": {}});
    let cases = [
        case("StepLR", json!({"step_size": -1}))?,
        case("MultiStepLR", json!({"milestones": [2]}))?,
        case("ExponentialLR", json!({"gamma": 0.5}))?,
        case("ConstantLR", json!({}))?,
        case("LinearLR", json!({}))?,
        case("PolynomialLR", json!({}))?,
        case("CosineAnnealingLR", json!({"T_max": i64::MIN}))?,
        case("CosineAnnealingWarmRestarts", json!({"T_0": i64::MAX, "T_mult": i64::MAX}))?,
        case("LambdaLR", json!({"lr_lambda": [{"function": 0}, {"function": 1}]}))?,
        case("MultiplicativeLR", json!({"lr_lambda": {"function": 0}}))?,
        case("CyclicLR", json!({"base_lr": 0.1, "max_lr": 0.2}))?,
        case("OneCycleLR", json!({"max_lr": 0.1, "total_steps": i64::MAX}))?,
        case("SWALR", json!({"swa_lr": 0.1}))?,
        case("SequentialLR", json!({"schedulers": [constant, constant], "milestones": [3]}))?,
    ];
    let mut taken = 0;
    for case in &cases {
        let Run { mut optimizer, mut scheduler, .. } = Run::new(case)?;
        let state = scheduler.state_dict();
        for at in 0..state.len() {
            for extreme in [i64::MIN, -1, 0, i64::MAX] {
                for length in [None, Some(0), Some(1), Some(7)] {
                    let mut state = state.clone();
                    match (&mut state[at].1, length) {
                        (StateValue::Int(value), None) => *value = extreme,
                        (StateValue::List(values), Some(length)) => {
                            values.resize(length, StateValue::Float(0.5));
                        }
                        _ => continue,
                    }
                    let loaded = scheduler.load_state_dict(&state);
                    let _ = loaded.and_then(|()| scheduler.step(&mut *optimizer));
                    taken += 1;
                }
            }
        }
        for extreme in [i64::MIN, i64::MAX] {
            let _ = scheduler.step_to(&mut *optimizer, &json!(extreme));
            let _ = scheduler.step(&mut *optimizer);
        }
    }
    println!("{taken} states of {} schedulers", cases.len());
    ensure!(taken > 400);
    Ok(())
}
