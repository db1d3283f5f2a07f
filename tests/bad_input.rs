//! What Python refuses or warns of is refused or warned of here, in a sentence, without a panic.
//!
//! Damaged files have tests of their own, beside those of checkpoints.

mod bad_input {
    pub mod averages;
    pub mod data;
    pub mod extremes;
    pub mod layers;
    pub mod loading;
    pub mod optimizers;
    pub mod rates;
    pub mod recurrent;
    pub mod schedulers;
    pub mod shapes;
}

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use common::generator_alone;
use common::python::{python_with, run_script, skipped};
use tch::{Kind, Tensor};
use torch_exact::nn::utils::{ClipGradNormOptions, clip_grad_norm_, clip_grad_value_};
use torch_exact::nn::{
    BCELoss, CrossEntropyLoss, HuberLoss, Linear, NLLLoss, Parameter, SmoothL1Loss, init,
};
use torch_exact::optim::lr_scheduler::{
    CosineAnnealingLR, ReduceLROnPlateau, ReduceLROnPlateauOptions, StepLR, StepLROptions,
};
use torch_exact::optim::{
    Adam, AdamOptions, RMSprop, RMSpropOptions, SGD, SGDOptions, lr_scheduler,
};
use torch_exact::prelude::*;
use torch_exact::{Error, Generator};

/// What went wrong, or nothing.
type Outcome = Result<(), Error>;

/// A name that the script has too, what the sentence says, and what is done.
type Case = (&'static str, &'static str, fn() -> Outcome);

fn parameter() -> torch_exact::Result<Parameter> {
    Parameter::new(random::rand([2])?)
}

fn sgd() -> torch_exact::Result<SGD> {
    SGD::new([parameter()?], optim::lr(0.1))
}

/// Clips gradients of which one has this value.
fn clip(value: f64) -> Outcome {
    let weight = parameter()?;
    (&weight * &tensor([1.0, value])?).sum(Kind::Float).backward();
    let before = ops::clone(&weight.grad())?;
    let options = ClipGradNormOptions { error_if_nonfinite: true, ..1.0.into() };
    let clipped = clip_grad_norm_([&weight], options).map(drop);
    assert_eq!(
        format!("{:?}", Vec::<f64>::try_from(before)?),
        format!("{:?}", Vec::<f64>::try_from(weight.grad())?)
    );
    clipped
}

fn warned(warnings: &[optim::Warning]) -> Outcome {
    warnings.first().map_or(Ok(()), |warning| Err(Error::StateDict(warning.to_string())))
}

/// A class index among three classes.
fn cross_entropy(class: i64) -> Outcome {
    F::cross_entropy(&random::rand([2, 3])?, &tensor([0, class])?).map(drop)
}

const LOSSES: [Case; 16] = [
    ("class", "Target 3 is out of bounds", || cross_entropy(3)),
    ("negative class", "Target -1 is out of bounds", || cross_entropy(-1)),
    ("nll class", "Target 7 is out of bounds", || {
        F::nll_loss(&random::rand([2, 3])?, &tensor([0, 7])?).map(drop)
    }),
    ("classes", "input batch_size (2) to match target batch_size (3)", || {
        F::cross_entropy(&random::rand([2, 3])?, &tensor([0, 1, 2])?).map(drop)
    }),
    ("int classes", "expected scalar type Long but found Int", || {
        F::cross_entropy(&random::rand([2, 3])?, &tensor_with([0, 1], Kind::Int)?).map(drop)
    }),
    ("probabilities", "", || {
        F::cross_entropy(&random::rand([2, 3])?, &random::rand([2, 4])?).map(drop)
    }),
    ("class weight", "weight tensor should be defined either for all 3 classes", || {
        let loss_fn = CrossEntropyLoss { weight: Some(tensor([1.0, 2.0])?), ..Default::default() };
        loss_fn.forward(&random::rand([2, 3])?, &tensor([0, 1])?).map(drop)
    }),
    ("nll weight", "weight tensor should be defined either for all 3 classes", || {
        let loss_fn = NLLLoss { weight: Some(tensor([1.0, 2.0])?), ..Default::default() };
        loss_fn.forward(&random::rand([2, 3])?, &tensor([0, 1])?).map(drop)
    }),
    ("smoothing", "label_smoothing is 1.5, but a label smoothing is between 0 and 1", || {
        let loss_fn = CrossEntropyLoss { label_smoothing: 1.5, ..Default::default() };
        loss_fn.forward(&random::rand([2, 3])?, &tensor([0, 1])?).map(drop)
    }),
    ("no probability", "all elements of input should be between 0 and 1", || {
        F::binary_cross_entropy(&tensor([1.5])?, &tensor([1.0])?).map(drop)
    }),
    (
        "bce shapes",
        "binary_cross_entropy: expected a target of the input's shape [2], found [3]",
        || F::binary_cross_entropy(&random::rand([2])?, &random::rand([3])?).map(drop),
    ),
    ("bce weight", "", || {
        let loss_fn = BCELoss { weight: Some(random::rand([3])?), ..Default::default() };
        loss_fn.forward(&random::rand([2])?, &random::rand([2])?).map(drop)
    }),
    (
        "logits shapes",
        "binary_cross_entropy_with_logits: expected a target of the input's shape [2], found [3]",
        || F::binary_cross_entropy_with_logits(&random::rand([2])?, &random::rand([3])?).map(drop),
    ),
    ("mse shapes", "mse_loss: expected a target of the input's shape [2], found [3]", || {
        F::mse_loss(&random::rand([2])?, &random::rand([3])?).map(drop)
    }),
    ("delta", "huber_loss does not support non-positive values for delta", || {
        let loss_fn = HuberLoss { delta: 0.0, ..Default::default() };
        loss_fn.forward(&random::rand([2])?, &random::rand([2])?).map(drop)
    }),
    ("beta", "smooth_l1_loss does not support negative values for beta", || {
        let loss_fn = SmoothL1Loss { beta: -1.0, ..Default::default() };
        loss_fn.forward(&random::rand([2])?, &random::rand([2])?).map(drop)
    }),
];

const TRAINING: [Case; 22] = [
    ("lr", "lr is -0.1, but it must not be below 0", || {
        SGD::new([parameter()?], optim::lr(-0.1)).map(drop)
    }),
    ("nan lr", "lr is NaN, but it must be 0 or above", || {
        Adam::new([parameter()?], optim::lr(f64::NAN)).map(drop)
    }),
    ("momentum", "momentum is -1, but it must not be below 0", || {
        SGD::new([parameter()?], SGDOptions { momentum: -1.0, ..optim::lr(0.1) }).map(drop)
    }),
    ("nesterov", "nesterov is true, but it needs a momentum above 0", || {
        SGD::new([parameter()?], SGDOptions { nesterov: true, ..optim::lr(0.1) }).map(drop)
    }),
    ("betas", "betas[0] is 1, but", || {
        Adam::new([parameter()?], AdamOptions { betas: (1.0, 0.999), ..optim::lr(0.1) }).map(drop)
    }),
    ("eps", "eps is -1, but it must be 0 or above", || {
        Adam::new([parameter()?], AdamOptions { eps: -1.0, ..optim::lr(0.1) }).map(drop)
    }),
    ("weight decay", "weight_decay is -1, but it must be 0 or above", || {
        RMSprop::new([parameter()?], RMSpropOptions { weight_decay: -1.0, ..optim::lr(0.1) })
            .map(drop)
    }),
    ("alpha", "alpha is -1, but it must be 0 or above", || {
        RMSprop::new([parameter()?], RMSpropOptions { alpha: -1.0, ..optim::lr(0.1) }).map(drop)
    }),
    ("no parameters", "params is empty, but an optimizer needs a parameter", || {
        SGD::new(Vec::<Tensor>::new(), optim::lr(0.1)).map(drop)
    }),
    (
        "no leaf",
        "params is a tensor that an operation made, but only leaves can be optimized",
        || SGD::new([&*parameter()? * &random::rand([2])?], optim::lr(0.1)).map(drop),
    ),
    (
        "two groups",
        "params is the same in two groups, but a parameter can be in one group only",
        || {
            let shared = parameter()?;
            SGD::with_groups([(vec![&shared], optim::lr(0.1)), (vec![&shared], optim::lr(0.2))])
                .map(drop)
        },
    ),
    ("twice", "a parameter is in its group twice", || {
        let shared = parameter()?;
        warned(SGD::new([&shared, &shared], optim::lr(0.1))?.warnings())
    }),
    ("other groups", "expected groups with these numbers of parameters: [1], found [2]", || {
        let other = SGD::new([parameter()?, parameter()?], optim::lr(0.1))?.state_dict();
        sgd()?.load_state_dict(&other)
    }),
    ("scheduler first", "the scheduler stepped before the optimizer", || {
        let mut optimizer = sgd()?;
        let mut scheduler = StepLR::new(&mut optimizer, 2)?;
        scheduler.step(&mut optimizer)?;
        warned(scheduler.warnings())
    }),
    ("step size", "step_size is 0, but it must not be 0", || StepLR::new(&mut sgd()?, 0).map(drop)),
    ("t_max", "T_max is 0, but it must not be 0", || {
        CosineAnnealingLR::new(&mut sgd()?, 0).map(drop)
    }),
    (
        "last epoch",
        "last_epoch is 5, but it must be -1 unless the optimizer's state was loaded",
        || StepLR::new(&mut sgd()?, StepLROptions { last_epoch: 5, ..2.into() }).map(drop),
    ),
    ("factor", "factor is 1, but it must be below 1", || {
        let options = ReduceLROnPlateauOptions { factor: 1.0, ..Default::default() };
        ReduceLROnPlateau::new(&sgd()?, options).map(drop)
    }),
    ("min_lrs", "min_lrs is [0.1, 0.2], but it must have one for each parameter group", || {
        let options =
            ReduceLROnPlateauOptions { min_lrs: Some(vec![0.1, 0.2]), ..Default::default() };
        lr_scheduler::ReduceLROnPlateau::new(&sgd()?, options).map(drop)
    }),
    ("nan gradient", "the norm of the gradients is NaN, but error_if_nonfinite refuses", || {
        clip(f64::NAN)
    }),
    (
        "infinite gradient",
        "the norm of the gradients is inf, but error_if_nonfinite refuses",
        || clip(f64::INFINITY),
    ),
    ("complex gradient", "clamp is not supported for complex types", || {
        let weight = Parameter::new(random::rand([2])?.to_kind(Kind::ComplexFloat))?;
        weight.f_abs()?.sum(Kind::Float).backward();
        clip_grad_value_([&weight], 1.0, false)
    }),
];

const TENSORS: [Case; 25] = [
    ("linear", "linear: expected an input of shape [*, 3], found [4, 2]", || {
        Linear::new(3, 1)?.forward(&random::rand([4, 2])?).map(drop)
    }),
    ("linear size", "", || Linear::new(-3, 1).map(drop)),
    ("dropout", "p is 1.5, but", || nn::Dropout::new(1.5).map(drop)),
    ("negative dropout", "p is -0.5, but", || nn::Dropout::new(-0.5).map(drop)),
    ("softmax", "Dimension out of range (expected to be in range of [-1, 0], but got 3)", || {
        nn::Softmax::new(3).forward(&random::rand([2])?).map(drop)
    }),
    ("flatten", "flatten() has invalid args: start_dim cannot come after end_dim", || {
        nn::Flatten { start_dim: 2, end_dim: 1 }.forward(&random::rand([2, 2, 2])?).map(drop)
    }),
    ("missing key", "weight", || {
        let model = Linear::new(3, 1)?;
        let mut state = model.state_dict();
        state.remove("weight");
        model.load_state_dict(&state)
    }),
    ("unexpected key", "other", || {
        let model = Linear::new(3, 1)?;
        let mut state = model.state_dict();
        state.insert("other", random::rand([1])?);
        model.load_state_dict(&state)
    }),
    ("other shape", "[2, 3]", || {
        Linear::new(3, 1)?.load_state_dict(&Linear::new(3, 2)?.state_dict())
    }),
    ("other shape, not strict", "[2, 3]", || {
        Linear::new(3, 1)?.load_state_dict_non_strict(&Linear::new(3, 2)?.state_dict()).map(drop)
    }),
    (
        "int parameter",
        "Only Tensors of floating point and complex dtype can require gradients",
        || Parameter::new(tensor([1, 2])?).map(drop),
    ),
    ("xavier", "xavier_uniform_: expected a tensor of two or more dimensions, found [3]", || {
        init::xavier_uniform_(&random::rand([3])?, 1.0)
    }),
    ("kaiming", "kaiming_normal_: expected a tensor of two or more dimensions, found []", || {
        init::kaiming_normal_(&random::rand([])?, init::FanMode::FanIn, init::Nonlinearity::ReLU)
    }),
    ("init std", "normal expects std >= 0.0, but found std -1", || {
        init::normal_(&random::rand([3])?, 0.0, -1.0)
    }),
    (
        "init range",
        "uniform_ expects to return a [from, to) range, but found from=1 > to=0",
        || init::uniform_(&random::rand([3])?, 1.0, 0.0),
    ),
    ("constant", "value cannot be converted to type uint8_t without overflow", || {
        init::constant_(&Tensor::zeros([2], (Kind::Uint8, Device::Cpu)), 300.0)
    }),
    (
        "one less a mask",
        "Subtraction, the `-` operator, with a bool tensor is not supported",
        || ops::rsub(&tensor([true, false])?, 1).map(drop),
    ),
    ("size", "", || random::rand([-1]).map(drop)),
    ("std", "normal expects std >= 0.0, but found std -1", || {
        random::normal(0.0, -1.0, [3]).map(drop)
    }),
    ("range", "random_ expects 'from' to be less than 'to', but got from=3 >= to=3", || {
        random::randint(3, 3, [2], Kind::Int64).map(drop)
    }),
    ("permutation", "negative dimension -1", || random::randperm(-1).map(drop)),
    ("rng state", "", || random::set_rng_state(&tensor([1, 2, 3])?)),
    ("generator state", "", || {
        Generator::new()?.set_state(&Tensor::zeros([3], (Kind::Uint8, tch::Device::Cpu)))
    }),
    ("ragged", "tensor: expected 1 items at dim 1, found 2", || {
        tensor(vec![vec![1.0], vec![1.0, 2.0]]).map(drop)
    }),
    ("item", "item: expected a tensor of one element, found [2]", || {
        random::rand([2])?.item().map(drop)
    }),
];

/// The places where this crate refuses what Python takes, each said where it is documented.
const STRICTER: [&str; 1] = ["negative count"];

fn all_cases() -> Vec<Case> {
    use bad_input::*;
    let here = [&data::DATA[..], &LOSSES, &TRAINING, &TENSORS, layers::LAYERS, loading::LOADING];
    let trained = [optimizers::OPTIONS, optimizers::STEPS, schedulers::SCHEDULERS, rates::RATES];
    let shaped = [shapes::CONVOLUTIONS, shapes::POOLS, shapes::NORMS, shapes::PLACES];
    let rest = [shapes::LOSSES, recurrent::RECURRENT, extremes::EXTREMES, &averages::AVERAGES];
    here.into_iter().chain(trained).chain(shaped).chain(rest).flatten().copied().collect()
}

#[test]
fn each_case_ends_in_its_sentence_as_in_python() -> Result<()> {
    let _alone = generator_alone();
    let cases = all_cases();
    let mut wrong = vec![];
    for (name, expected, run) in &cases {
        match run() {
            Ok(()) => wrong.push(format!("{name}: nothing went wrong")),
            Err(error) => {
                let said = error.to_string();
                let whole = !said.is_empty() && said.lines().count() == 1;
                if !whole || !said.contains(expected) {
                    wrong.push(format!("{name}: {said}"));
                }
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} cases of bad input", cases.len());
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so its answers to bad input were not asked for");
        return Ok(());
    };
    let said = run_script(&python, "tests/python/bad_input.py", &[], "")?;
    let answers: BTreeMap<_, _> = said.lines().filter_map(|line| line.split_once(": ")).collect();
    ensure!(answers.len() == cases.len(), "{} cases in Python", answers.len());
    for (name, ..) in &cases {
        let answer = answers.get(name).with_context(|| format!("{name} is not Python's"))?;
        let refused = *answer != "nothing";
        ensure!(refused != STRICTER.contains(name), "{name}: Python answers {answer}");
    }
    println!("Python refuses or warns of {} of them", cases.len() - STRICTER.len());
    Ok(())
}
