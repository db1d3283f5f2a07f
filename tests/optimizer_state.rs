//! Optimizers' states, resuming from them, printing, schedulers and clipping, against Python's.

use anyhow::{Context as _, Result, bail, ensure};
use common::golden::live_and_golden;
use common::python::skipped;
use common::state::{
    decoded_entries, decoded_state, encoded, encoded_entries, encoded_state, kind, number, tensor,
};
use common::{bits, generator_alone};
use serde_json::{Value, json};
use tch::{Kind, Tensor};
use torch_exact::nn::Parameter;
use torch_exact::nn::utils::{ClipGradNormOptions, clip_grad_norm_, clip_grad_value_};
use torch_exact::optim::lr_scheduler::{
    CosineAnnealingLR, CosineAnnealingLROptions, ExponentialLR, Mode, ReduceLROnPlateau,
    ReduceLROnPlateauOptions, StepLR, StepLROptions, ThresholdMode,
};
use torch_exact::optim::{
    self, Adam, AdamOptions, AdamW, AdamWOptions, INT_ZERO, Optimizer, OptimizerStateDict, RMSprop,
    RMSpropOptions, SGD, SGDOptions, StateValue, Warning,
};
use torch_exact::random;
use torch_exact::repr::Repr;

/// An optimizer of two groups, of which the second has half the rate, and its text.
fn optimizer(
    name: &str,
    options: &Value,
    params: &[Parameter],
) -> Result<(Box<dyn Optimizer>, String)> {
    let number = |key: &str, default: f64| options[key].as_f64().unwrap_or(default);
    let switch = |key: &str| options[key].as_bool().unwrap_or(false);
    let foreach = options["foreach"].as_bool();
    let lr = number("lr", 0.);
    let (maximize, amsgrad) = (switch("maximize"), switch("amsgrad"));
    let betas = &options["betas"]["tuple"];
    let betas = (betas[0].as_f64().unwrap_or(0.9), betas[1].as_f64().unwrap_or(0.999));
    macro_rules! build {
        ($optimizer:ident, $options:ident { $($field:ident $(: $value:expr)?),* }) => {{
            let options = $options { lr, $($field $(: $value)?,)* ..Default::default() };
            let half = $options { lr: lr / 2., ..options };
            let groups = [(params[..1].to_vec(), options), (params[1..].to_vec(), half)];
            let optimizer = $optimizer::with_groups(groups)?;
            let text = optimizer.repr()?;
            Ok((Box::new(optimizer), text))
        }};
    }
    match name {
        "SGD" => build!(
            SGD,
            SGDOptions {
                momentum: number("momentum", INT_ZERO),
                dampening: number("dampening", INT_ZERO),
                weight_decay: number("weight_decay", INT_ZERO),
                nesterov: switch("nesterov"),
                foreach
            }
        ),
        "Adam" => {
            let weight_decay = number("weight_decay", INT_ZERO);
            build!(Adam, AdamOptions { betas, weight_decay, amsgrad, maximize, foreach })
        }
        "AdamW" => build!(AdamW, AdamWOptions { betas, amsgrad, maximize, foreach }),
        "RMSprop" => build!(
            RMSprop,
            RMSpropOptions {
                momentum: number("momentum", INT_ZERO),
                centered: switch("centered"),
                eps: number("eps", 1e-8)
            }
        ),
        _ => bail!("no optimizer is called {name}"),
    }
}

fn pair(dtype: Kind) -> Result<Vec<Parameter>> {
    random::manual_seed(11);
    let tensors = [random::randn([2, 3])?, random::randn([2])?];
    tensors.into_iter().map(|t| Ok(Parameter::new(t.to_kind(dtype))?)).collect()
}

fn hexes(params: &[Parameter]) -> Result<Value> {
    params.iter().map(|parameter| Ok(json!(bits(parameter)?))).collect()
}

fn advance(
    optimizer: &mut dyn Optimizer,
    scheduler: &mut ExponentialLR,
    params: &[Parameter],
) -> Result<()> {
    for _ in 0..10 {
        optimizer.zero_grad()?;
        let cube = |p: &Parameter| (&**p * &**p * &**p).sum(None);
        (cube(&params[0]) + cube(&params[1])).backward();
        optimizer.step()?;
        scheduler.step(optimizer)?;
    }
    Ok(())
}

/// Trained here throughout, and from Python's state in the middle on, both end as Python does; the
/// state in the middle is Python's, too.
fn resume(call: &Value) -> Result<()> {
    let (name, options, halfway) =
        (call["name"].as_str().context("a name")?, &call["options"], &call["halfway"]);
    let kind = kind(&call["dtype"])?;
    let params = pair(kind)?;
    let (mut ours, printed) = optimizer(name, options, &params)?;
    ensure!(printed == call["printed"], "printed here:\n{printed}");
    let mut scheduler = ExponentialLR::new(&mut *ours, 0.9)?;
    advance(&mut *ours, &mut scheduler, &params)?;
    ensure!(hexes(&params)? == halfway["params"], "other parameters halfway");
    let state = encoded_state(&ours.state_dict())?;
    ensure!(state == halfway["optimizer"], "here {state}");
    ensure!(encoded_entries(&scheduler.state_dict())? == halfway["scheduler"], "the scheduler");
    advance(&mut *ours, &mut scheduler, &params)?;
    ensure!(hexes(&params)? == call["params"], "other parameters at the end");

    let shapes = params.iter().map(|parameter| parameter.size());
    let resumed: Result<Vec<_>> = shapes
        .zip(halfway["params"].as_array().context("parameters")?)
        .map(|(shape, bytes)| Ok(Parameter::new(tensor(&call["dtype"], &shape, bytes)?)?))
        .collect();
    let resumed = resumed?;
    let (mut ours, _) = optimizer(name, &json!({"lr": 7.}), &resumed)?;
    let mut scheduler = ExponentialLR::new(&mut *ours, 0.5)?;
    scheduler.load_state_dict(&decoded_entries(&halfway["scheduler"])?)?;
    ours.load_state_dict(&decoded_state(&halfway["optimizer"])?)?;
    let state = encoded_state(&ours.state_dict())?;
    ensure!(state == halfway["optimizer"], "loaded {state}");
    advance(&mut *ours, &mut scheduler, &resumed)?;
    ensure!(hexes(&resumed)? == call["params"], "resumed, other parameters at the end");
    Ok(())
}

/// A scheduler of any kind, told each epoch's metric.
type Step<'a> = Box<dyn FnMut(&mut SGD, f64) -> Result<Value> + 'a>;

fn scheduler(name: &str, arguments: &Value, optimizer: &mut SGD) -> Result<Step<'static>> {
    let whole = |key: &str, default: i64| arguments[key].as_i64().unwrap_or(default);
    let real = |key: &str, default: f64| arguments[key].as_f64().unwrap_or(default);
    macro_rules! stepping {
        ($scheduler:expr) => {{
            let mut scheduler = $scheduler;
            Ok(Box::new(move |optimizer: &mut SGD, _| {
                scheduler.step(optimizer)?;
                encoded_entries(&scheduler.state_dict())
            }))
        }};
    }
    match name {
        "StepLR" => {
            let options: StepLROptions = whole("step_size", 0).into();
            stepping!(StepLR::new(
                optimizer,
                StepLROptions { gamma: real("gamma", 0.1), ..options }
            )?)
        }
        "ExponentialLR" => stepping!(ExponentialLR::new(optimizer, real("gamma", 0.))?),
        "CosineAnnealingLR" => {
            let options: CosineAnnealingLROptions = whole("T_max", 0).into();
            let eta_min = real("eta_min", 0.);
            stepping!(CosineAnnealingLR::new(
                optimizer,
                CosineAnnealingLROptions { eta_min, ..options }
            )?)
        }
        _ => {
            let options = ReduceLROnPlateauOptions {
                mode: if arguments["mode"] == "max" { Mode::Max } else { Mode::Min },
                factor: real("factor", 0.1),
                patience: whole("patience", 10),
                threshold: real("threshold", 1e-4),
                threshold_mode: match arguments["threshold_mode"] == "abs" {
                    true => ThresholdMode::Abs,
                    false => ThresholdMode::Rel,
                },
                cooldown: whole("cooldown", 0),
                min_lr: real("min_lr", INT_ZERO),
                min_lrs: serde_json::from_value(arguments["min_lr"].clone()).ok(),
                eps: real("eps", 1e-8),
            };
            let mut scheduler = ReduceLROnPlateau::new(optimizer, options)?;
            Ok(Box::new(move |optimizer, metric| {
                scheduler.step(optimizer, metric)?;
                let state = scheduler.state_dict();
                scheduler.load_state_dict(&state)?;
                encoded_entries(&scheduler.state_dict())
            }))
        }
    }
}

/// A schedule's rates and its state at the end.
fn schedule(call: &Value) -> Result<()> {
    let params = pair(Kind::Float)?;
    let rates: Vec<f64> = serde_json::from_value(call["rates"].clone())?;
    let groups = params.iter().zip(rates).map(|(p, lr)| (vec![p.clone()], optim::lr(lr)));
    let mut optimizer = SGD::with_groups(groups)?;
    let name = call["name"].as_str().context("a name")?;
    let mut step = scheduler(name, &call["arguments"], &mut optimizer)?;
    let mut seen = call["seen"].as_array().context("rates")?.iter();
    let mut expected = seen.next();
    for epoch in 0..1000u32 {
        optimizer.step()?;
        let metric = f64::from((epoch * 7919) % 1009) / 1009. + 1. / f64::from(epoch + 1);
        let state = step(&mut optimizer, metric)?;
        if expected.is_some_and(|expected| expected[0] == epoch) {
            let here = json!([epoch, [optimizer.lr(0)?, optimizer.lr(1)?]]);
            ensure!(expected == Some(&here), "here {here}, Python {expected:?}");
            expected = seen.next();
        }
        ensure!(epoch < 999 || state == call["state"], "the state here is {state}");
    }
    ensure!(expected.is_none(), "epochs are left");
    Ok(())
}

/// The clipped gradients, and the norm.
fn clip(call: &Value) -> Result<()> {
    let mut params = vec![];
    for before in call["before"].as_array().context("gradients")? {
        let (dtype, bytes) = (&before[0], &before[1]);
        let kind = kind(dtype)?;
        let size = bytes.as_str().map_or(1, |text| text.len() / 2 / kind.elt_size_in_bytes());
        let parameter = Parameter::new(Tensor::zeros([size as i64], (kind, tch::Device::Cpu)))?;
        if !bytes.is_null() {
            parameter.sum(None).backward();
            parameter.grad().copy_(&tensor(dtype, &[size as i64], bytes)?);
        }
        params.push(parameter);
    }
    let limit = call["limit"].as_f64().context("a limit")?;
    let foreach = call["foreach"].as_bool();
    if call["norm_type"].is_null() {
        clip_grad_value_(&params, limit, foreach)?;
    } else {
        let norm_type = number(&call["norm_type"])?;
        let error_if_nonfinite = call["error_if_nonfinite"] == true;
        let options =
            ClipGradNormOptions { max_norm: limit, norm_type, error_if_nonfinite, foreach };
        let norm = match clip_grad_norm_(&params, options) {
            Ok(norm) => encoded(&StateValue::Tensor(norm))?,
            Err(torch_exact::Error::Argument { .. }) => json!("error"),
            Err(other) => bail!(other),
        };
        ensure!(norm == call["norm"], "the norm here is {norm}");
    }
    let after: Result<Value> = params
        .iter()
        .map(|parameter| match parameter.grad() {
            grad if grad.defined() => Ok(json!(bits(&grad)?)),
            _ => Ok(Value::Null),
        })
        .collect();
    ensure!(after? == call["after"], "other gradients");
    Ok(())
}

fn compare(calls: &[Value]) -> Result<[usize; 3]> {
    let mut counts = [0; 3];
    for call in calls {
        let (place, result) = match call["call"].as_str() {
            Some("resume") => (0, resume(call)),
            Some("schedule") => (1, schedule(call)),
            _ => (2, clip(call)),
        };
        result.with_context(|| call.to_string().chars().take(3000).collect::<String>())?;
        counts[place] += 1;
    }
    Ok(counts)
}

#[test]
fn states_schedules_and_clipping_are_pythons() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    let (live, golden) = live_and_golden("optimizer_state", "torch, numpy")?;
    if shim::cpu_capability()? == "DEFAULT" {
        skipped("without AVX2 ATen rounds otherwise, so golden states were not compared");
    } else {
        compare(&golden)?;
    }
    if let Some(live) = live {
        let [resumed, schedules, clips] = compare(&live)?;
        println!("trainings resumed from Python's state with its bits: {resumed} of {resumed}");
        println!("schedules of 1000 epochs with Python's bits: {schedules} of {schedules}");
        println!("clippings with Python's bits: {clips} of {clips}");
    }
    Ok(())
}

#[test]
fn states_that_do_not_fit_are_refused_and_change_nothing() -> Result<()> {
    let _alone = generator_alone();
    let params = pair(Kind::Float)?;
    let mut optimizer = Adam::new(&params, optim::lr(0.5))?;
    let fails = |optimizer: &mut Adam, state: &OptimizerStateDict, sentence: &str| {
        let error = optimizer.load_state_dict(state).unwrap_err().to_string();
        assert_eq!(error, format!("state_dict: {sentence}"));
        assert_eq!(optimizer.lr(0).ok(), Some(0.5));
    };
    let other = Adam::new(&params[..1], optim::lr(0.1))?.state_dict();
    let sentence = "expected groups with these numbers of parameters: [2], found [1]";
    fails(&mut optimizer, &other, sentence);
    let with = |key: &str, value: Option<StateValue>| -> Result<OptimizerStateDict> {
        let mut state = Adam::new(&params, optim::lr(0.1))?.state_dict();
        let options = &mut state.param_groups[0].options;
        options.retain(|(name, _)| name != key);
        options.extend(value.map(|value| (key.to_owned(), value)));
        Ok(state)
    };
    fails(&mut optimizer, &with("eps", None)?, "eps is missing");
    let text = Some(StateValue::Str("fast".to_owned()));
    fails(&mut optimizer, &with("lr", text)?, "lr: expected a number, found a str");
    let capturable = with("capturable", Some(StateValue::Bool(true)))?;
    let sentence =
        "it was made with capturable, which is not offered; set it to False in Python first";
    fails(&mut optimizer, &capturable, sentence);
    let decoupled = AdamW::new(&params, optim::lr(0.1))?.state_dict();
    fails(&mut optimizer, &decoupled, "it is AdamW's: load it into one");
    // What older versions did not have is off, and what nobody knows is kept.
    let mut state = with("maximize", None)?;
    state.param_groups[0].options.push(("note".to_owned(), StateValue::Str("x".to_owned())));
    optimizer.load_state_dict(&state)?;
    assert!(optimizer.repr()?.contains("    note: x\n") && optimizer.lr(0)? == 0.1);
    // A state that `amsgrad`, turned on under way, would need is not there.
    (&*params[0] * 2.).sum(None).backward();
    optimizer.step()?;
    optimizer.options_mut(0)?.amsgrad = true;
    assert!(optimizer.step().unwrap_err().to_string().contains("max_exp_avg_sq"));
    Ok(())
}

/// As `Optimizer._process_value_according_to_param_policy` has it.
#[test]
fn a_count_of_steps_is_cast_where_steps_are_fused() -> Result<()> {
    let _alone = generator_alone();
    let params = pair(Kind::Float)?;
    (&*params[0] * 2.).sum(None).backward();
    for (fused, expected) in [(Some(true), Kind::Float), (None, Kind::Double)] {
        let mut saved = Adam::new(&params, AdamOptions { fused, ..optim::lr(0.5) })?;
        saved.step()?;
        let mut state = saved.state_dict();
        for (name, value) in &mut state.state[0].1 {
            if let ("step", StateValue::Tensor(step)) = (name.as_str(), value) {
                *step = step.to_kind(Kind::Double);
            }
        }
        let mut loaded = Adam::new(&params, optim::lr(0.1))?;
        loaded.load_state_dict(&state)?;
        assert_eq!(loaded.options(0)?.fused, fused);
        let entries = &loaded.state_dict().state[0].1;
        let step = entries.iter().find(|(name, _)| name == "step");
        let kind = step.map(|(_, value)| match value {
            StateValue::Tensor(step) => step.kind(),
            other => panic!("{other:?}"),
        });
        assert_eq!(kind, Some(expected));
    }
    Ok(())
}

#[test]
fn groups_and_warnings_are_pythons() -> Result<()> {
    let _alone = generator_alone();
    let params = pair(Kind::Float)?;
    assert!(
        SGD::new(&params, optim::lr(f64::NAN)).is_ok()
            && Adam::new(&params, optim::lr(f64::NAN)).is_err()
    );
    assert!(SGD::with_groups([(vec![], optim::lr(0.1)), (params.clone(), optim::lr(0.1))]).is_ok());
    assert!(SGD::with_groups([(Vec::<Parameter>::new(), optim::lr(0.1))]).is_ok());
    assert!(SGD::with_groups(Vec::<(Vec<Parameter>, SGDOptions)>::new()).is_err());
    assert!(SGD::new([&*params[0] * 2.], optim::lr(0.1)).is_err());
    let twice = SGD::new([&params[0], &params[1], &params[0]], optim::lr(0.1))?;
    assert_eq!(twice.warnings(), [Warning::DuplicateParameter]);
    assert_eq!(twice.state_dict().param_groups[0].params, [2, 1, 2]);

    let mut optimizer = SGD::new(&params, optim::lr(0.1))?;
    let mut scheduler = StepLR::new(&mut optimizer, 1)?;
    scheduler.step(&mut optimizer)?;
    assert_eq!(scheduler.warnings(), [Warning::SchedulerBeforeOptimizer]);
    let mut optimizer = SGD::new(&params, optim::lr(0.1))?;
    let mut scheduler = StepLR::new(&mut optimizer, 1)?;
    optimizer.step()?;
    scheduler.step(&mut optimizer)?;
    assert!(scheduler.warnings().is_empty() && StepLR::new(&mut optimizer, 0).is_err());

    params[0].sum(None).backward();
    let grad = params[0].grad();
    optimizer.zero_grad_with(false)?;
    assert_eq!(grad, Tensor::zeros_like(&grad));
    assert!(params[0].grad().defined() && !params[1].grad().defined());
    optimizer.zero_grad()?;
    assert!(!params[0].grad().defined());
    Ok(())
}
