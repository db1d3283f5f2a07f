//! Every option of every optimizer takes 1000 steps with `torch.optim`'s bits, in float32, float64,
//! bfloat16, float16, complex64 and complex128.

use std::fmt::Write as _;
use std::thread;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use common::arithmetic::{chosen, is_of_goldens};
use common::generator_alone;
use common::golden::{golden, parse};
use common::python::{python_with, run_script, skipped};
use serde::Deserialize;
use serde_json::Value;
use tch::{COptimizer, Kind, Tensor};
use torch_exact::nn::functional::mse_loss;
use torch_exact::nn::{Linear, Module as _, Parameter};
use torch_exact::optim::{
    self, Adam, AdamOptions, AdamW, AdamWOptions, Optimizer, RMSprop, RMSpropOptions, SGD,
    SGDOptions,
};
use torch_exact::random;

const SCRIPT: &str = "tests/python/optimizers.py";

/// A training, and the bytes after some of its steps.
#[derive(Deserialize)]
struct Training {
    name: String,
    dtype: String,
    options: Value,
    steps: Vec<(i64, String)>,
}

/// The optimizer that a training asks for.
fn optimizer(name: &str, options: &Value, pair: &Pair) -> Result<Box<dyn Optimizer>> {
    let number = |key: &str, default: f64| options[key].as_f64().unwrap_or(default);
    let switch = |key: &str| options[key].as_bool().unwrap_or(false);
    let (weight, bias) = (vec![pair.weight.clone()], vec![pair.bias.clone()]);
    let groups: Vec<(Vec<Parameter>, f64)> = match options["bias_lr"].as_f64() {
        None if switch("twice") => {
            vec![([weight.clone(), bias, weight].concat(), number("lr", 0.))]
        }
        None => vec![([weight, bias].concat(), number("lr", 0.))],
        Some(bias_lr) => vec![(weight, number("lr", 0.)), (bias, bias_lr)],
    };
    macro_rules! build {
        ($optimizer:ident, $options:ident { $($field:ident: $value:expr),* }) => {{
            let with_lr = |lr| $options { lr, $($field: $value),* };
            let groups = groups.into_iter().map(|(params, lr)| (params, with_lr(lr)));
            let optimizer = $optimizer::with_groups(groups)?;
            ensure!(optimizer.warnings().len() == usize::from(switch("twice")));
            Box::new(optimizer)
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
                foreach: options["foreach"].as_bool(),
                fused: None
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
                foreach: options["foreach"].as_bool(),
                fused: None
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
                foreach: options["foreach"].as_bool(),
                fused: None
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

/// Two parameters, and the targets that they are sent after in turn.
struct Pair {
    weight: Parameter,
    bias: Parameter,
    targets: (Tensor, Tensor),
}

impl Pair {
    fn parameters(&self) -> Vec<Parameter> {
        vec![self.weight.clone(), self.bias.clone()]
    }

    /// Gives each parameter its gradient of a step, the bias only from `bias_from` on.
    fn set_gradients(&self, step: i64, bias_from: i64) -> Result<()> {
        let late = step < bias_from;
        for (parameter, targets) in [
            (&self.weight, Some(&self.targets.0)),
            (&self.bias, (!late).then_some(&self.targets.1)),
        ] {
            let Some(targets) = targets else { continue };
            if !parameter.grad().defined() {
                parameter.abs().sum(None).backward();
            }
            let grad = parameter.grad();
            let _ = tch::no_grad(|| parameter.f_sub_out(&grad, &targets.get(step % 16)))?;
        }
        Ok(())
    }
}

fn kind(dtype: &str) -> Result<Kind> {
    Ok(match dtype {
        "float32" => Kind::Float,
        "float64" => Kind::Double,
        "bfloat16" => Kind::BFloat16,
        "float16" => Kind::Half,
        "complex64" => Kind::ComplexFloat,
        "complex128" => Kind::ComplexDouble,
        _ => bail!("no dtype is called {dtype}"),
    })
}

/// Drawn in float32 whatever the dtype.
fn values(shape: &[i64], dtype: Kind) -> Result<Tensor> {
    let drawn = random::randn([shape, &[2]].concat())?;
    Ok(match dtype {
        Kind::ComplexFloat | Kind::ComplexDouble => drawn.f_view_as_complex()?.to_kind(dtype),
        _ => drawn.select(-1, 0).contiguous().to_kind(dtype),
    })
}

/// What the script begins with.
fn pair(dtype: Kind, bias_dtype: Kind) -> Result<Pair> {
    let _alone = generator_alone();
    random::manual_seed(7);
    let weight = Parameter::new(values(&[2, 3], dtype)?)?;
    let bias = Parameter::new(values(&[2], bias_dtype)?)?;
    let targets = (values(&[16, 2, 3], dtype)?, values(&[16, 2], bias_dtype)?);
    Ok(Pair { weight, bias, targets })
}

/// The bytes of all parameters, and of their gradients if asked for, as the script prints them.
fn bits(pair: &Pair, gradients: bool) -> Result<String> {
    let mut text = String::new();
    let parameters = pair.parameters();
    let mut tensors: Vec<_> = parameters.iter().map(|p| p.shallow_clone()).collect();
    if gradients {
        tensors.extend(parameters.iter().map(|p| p.grad()).filter(Tensor::defined));
    }
    for tensor in tensors {
        let size = tensor.numel() * tensor.kind().elt_size_in_bytes();
        let mut bytes = vec![0u8; size];
        tensor.f_contiguous()?.f_copy_data_u8(&mut bytes, tensor.numel())?;
        for byte in bytes {
            write!(text, "{byte:02x}")?;
        }
    }
    Ok(text)
}

/// Trains again and compares every step that was kept; returns how many.
fn compare(trainings: &[Training]) -> Result<usize> {
    let mut steps = 0;
    for Training { name, dtype, options, steps: kept } in trainings {
        let bias_dtype = options["bias_dtype"].as_str().unwrap_or(dtype);
        let bias_from = options["bias_from"].as_i64().unwrap_or(1);
        let pair = pair(kind(dtype)?, kind(bias_dtype)?)?;
        let mut optimizer = optimizer(name, options, &pair)?;
        let mut taken = 0;
        for (step, expected) in kept {
            while taken < *step {
                if let (500, Some(lr)) = (taken, options["lr_after_500"].as_f64()) {
                    optimizer.set_lr(0, lr)?;
                }
                taken += 1;
                pair.set_gradients(taken, bias_from)?;
                optimizer.step()?;
            }
            let here = bits(&pair, options["foreach"] == true)?;
            ensure!(
                here == *expected,
                "{name} {dtype} {options}: step {step} is the first that differs\n  here   {here}\n  Python {expected}"
            );
        }
        steps += kept.len();
    }
    ensure!(steps > 0, "no steps to compare with");
    Ok(steps)
}

#[test]
fn a_thousand_steps_have_pythons_bits() -> Result<()> {
    tch::set_num_threads(1);
    let recorded: Vec<Training> = golden("optimizers")?;
    let Some(python) = python_with("torch, numpy") else {
        if shim::cpu_capability()? == "DEFAULT" {
            skipped("without AVX2 ATen rounds otherwise, so golden steps were not compared");
            return Ok(());
        }
        return compare(&recorded).map(drop);
    };
    // Two at a time, each with half of the cases. The golden's steps are among those that Python takes; in another
    // arithmetic than the golden's the kernels are others, and a hundred steps show them all.
    let short = if is_of_goldens() { None } else { Some("--short") };
    let halves = [["float32", "complex64", "complex128"], ["bfloat16", "float16", "float64"]];
    let counts = thread::scope(|scope| {
        let live = |dtypes: &[&str]| {
            let args: Vec<_> = dtypes.iter().copied().chain(short).collect();
            let trainings: Vec<Training> = parse(&run_script(&python, SCRIPT, &args, "")?)?;
            for training in trainings.iter().filter(|_| is_of_goldens()) {
                ensure!(is_recorded(training, &recorded), "a training that the golden lacks");
            }
            Ok((trainings.len(), compare(&trainings)?))
        };
        let running = halves.each_ref().map(|dtypes| scope.spawn(move || live(dtypes)));
        running.map(|half| half.join().map_err(|_| anyhow!("a comparison panicked"))?)
    });
    let (mut trainings, mut steps) = (0, 0);
    for half in counts {
        let half = half?;
        (trainings, steps) = (trainings + half.0, steps + half.1);
    }
    ensure!(
        trainings == recorded.len() || !is_of_goldens(),
        "the golden has {} trainings",
        recorded.len()
    );
    println!(
        "optimizer steps with Python's bits in {}: {steps} of {steps} ({trainings} trainings)",
        chosen()
    );
    Ok(())
}

/// Whether the golden has the training, with the same bytes.
fn is_recorded(training: &Training, recorded: &[Training]) -> bool {
    let same = |other: &&Training| {
        (&other.name, &other.dtype, &other.options)
            == (&training.name, &training.dtype, &training.options)
    };
    recorded
        .iter()
        .filter(same)
        .any(|other| other.steps.iter().all(|step| training.steps.contains(step)))
}

/// The documentation of `optim` says where libtorch's C++ optimizers are not Python's.
#[test]
fn what_is_not_wrapped_is_not_pythons() -> Result<()> {
    tch::set_num_threads(1);
    let adam = AdamOptions { lr: 0.01, ..Default::default() };
    departure("Adam", Kind::Float, COptimizer::adam(0.01, 0.9, 0.999, 0., 1e-8, false)?, |p| {
        Ok(Box::new(Adam::new(p, adam)?))
    })?;
    departure(
        "Adam, amsgrad",
        Kind::Float,
        COptimizer::adam(0.01, 0.9, 0.999, 0., 1e-8, true)?,
        |p| Ok(Box::new(Adam::new(p, AdamOptions { amsgrad: true, ..adam })?)),
    )?;
    departure(
        "AdamW",
        Kind::Float,
        COptimizer::adamw(0.01, 0.9, 0.999, 0.01, 1e-8, false)?,
        |p| Ok(Box::new(AdamW::new(p, optim::lr(0.01))?)),
    )?;
    let cpp = COptimizer::rms_prop(0.001, 0.99, 1e-8, 0., 0., true)?;
    departure("RMSprop, centered", Kind::Float, cpp, |p| {
        let options = RMSpropOptions { lr: 0.001, centered: true, ..Default::default() };
        Ok(Box::new(RMSprop::new(p, options)?))
    })?;
    for dtype in [Kind::BFloat16, Kind::Half] {
        let cpp = COptimizer::rms_prop(0.001, 0.99, 1e-8, 0., 0., false)?;
        departure("RMSprop", dtype, cpp, |p| Ok(Box::new(RMSprop::new(p, optim::lr(0.001))?)))?;
        departure("SGD, momentum", dtype, COptimizer::sgd(0.01, 0.9, 0., 0., false)?, |p| {
            let options = SGDOptions { lr: 0.01, momentum: 0.9, ..Default::default() };
            Ok(Box::new(SGD::new(p, options)?))
        })?;
    }
    Ok(())
}

/// Where a C++ optimizer departs from Python's arithmetic, and how far it gets; an error if nowhere.
fn departure(
    name: &str,
    dtype: Kind,
    mut cpp: COptimizer,
    python: impl Fn(Vec<Parameter>) -> Result<Box<dyn Optimizer>>,
) -> Result<()> {
    let (mut first, mut largest) = (None, 0);
    let (ours, theirs) = (pair(dtype, dtype)?, pair(dtype, dtype)?);
    let mut python = python(ours.parameters())?;
    for parameter in theirs.parameters() {
        cpp.add_parameters(&parameter, 0)?;
    }
    for step in 1..=1000 {
        ours.set_gradients(step, 1)?;
        python.step()?;
        theirs.set_gradients(step, 1)?;
        cpp.step()?;
        let distance = ulps(&ours)?.iter().zip(ulps(&theirs)?).map(|(a, b)| a.abs_diff(b)).max();
        if distance > Some(0) && first.is_none() {
            first = Some(step);
        }
        largest = largest.max(distance.unwrap_or(0));
    }
    let first = first.with_context(|| format!("{name}: C++ has Python's bits now"))?;
    println!("C++ {name}, {dtype:?}: departs at step {first}, up to {largest} ULPs in 1000 steps");
    Ok(())
}

/// All parameters as whole numbers, neighbours among floats being neighbours among these.
fn ulps(pair: &Pair) -> Result<Vec<i64>> {
    let mut all = vec![];
    for parameter in pair.parameters() {
        let bits = match parameter.kind() {
            Kind::Float => parameter.detach().view_dtype(Kind::Int),
            _ => parameter.detach().view_dtype(Kind::Int16),
        };
        let largest = if parameter.kind() == Kind::Float { i64::from(i32::MAX) } else { 0x7fff };
        let values = Vec::<i64>::try_from(bits.to_kind(Kind::Int64).flatten(0, -1))?;
        all.extend(values.into_iter().map(|bits| if bits < 0 { -(bits & largest) } else { bits }));
    }
    Ok(all)
}

#[test]
fn optimizers_refuse_what_pythons_refuse() -> Result<()> {
    let _alone = generator_alone();
    let linear = Linear::new(1, 1)?;
    let (all, none) = (|| linear.parameters(), Vec::<Parameter>::new);
    for lr in [-1., f64::NAN] {
        assert!(Adam::new(all(), AdamOptions { lr, ..Default::default() }).is_err(), "{lr}");
        assert!(AdamW::new(all(), AdamWOptions { lr, ..Default::default() }).is_err(), "{lr}");
        assert!(RMSprop::new(all(), RMSpropOptions { lr, ..Default::default() }).is_err(), "{lr}");
    }
    assert!(SGD::new(all(), SGDOptions { lr: -1., ..Default::default() }).is_err());
    assert!(SGD::new(none(), SGDOptions::default()).is_err());
    assert!(SGD::new(all(), SGDOptions { nesterov: true, ..Default::default() }).is_err());
    let betas = (0.9, 1.);
    assert!(Adam::new(all(), AdamOptions { betas, ..Default::default() }).is_err());
    let twice = vec![(all(), SGDOptions::default()), (all(), SGDOptions::default())];
    assert!(SGD::with_groups(twice).is_err());
    let mut optimizer = SGD::new(all(), SGDOptions::default())?;
    assert!(optimizer.lr(1).is_err() && optimizer.set_lr(1, 0.1).is_err());
    assert_eq!(optimizer.lr(0)?, 1e-3);
    Ok(())
}

#[test]
fn no_gradient_is_no_step() -> Result<()> {
    let _alone = generator_alone();
    let linear = Linear::new(2, 1)?;
    let before = linear.weight.copy();
    let mut optimizer = Adam::new(linear.parameters(), AdamOptions::default())?;
    optimizer.step()?;
    assert_eq!(*linear.weight, before);
    let x = random::rand([4, 2])?;
    mse_loss(&linear.forward(&x)?, &random::rand([4, 1])?)?.backward();
    optimizer.step()?;
    assert_ne!(*linear.weight, before);
    optimizer.zero_grad()?;
    assert!(!linear.weight.grad().defined());
    assert_eq!(linear.weight.kind(), Kind::Float);
    Ok(())
}
