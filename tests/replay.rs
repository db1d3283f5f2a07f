//! Replayed steps leave the bits of the steps as they stand, in the tests' arithmetic.

mod replay {
    mod trainings;
}

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::replay::Step;
use common::python::repo_root;
use tch::{Device, Kind, Tensor, no_grad};
use torch_exact::nn::{BatchNorm1d, Dropout, Linear, MSELoss, Module, Parameter, Sequential};
use torch_exact::optim::{self, AdamW, Optimizer, SGD};
use torch_exact::{Error, Result, random, tensor};

/// The default generator is everyone's.
fn alone() -> MutexGuard<'static, ()> {
    static GENERATOR: Mutex<()> = Mutex::new(());
    GENERATOR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether two tensors have the same bits.
fn same(a: &Tensor, b: &Tensor) -> bool {
    if !a.defined() || !b.defined() {
        return a.defined() == b.defined();
    }
    let bits = |t: &Tensor| match t.kind() {
        Kind::Float => t.detach().contiguous().view_dtype(Kind::Int),
        Kind::Double => t.detach().contiguous().view_dtype(Kind::Int64),
        _ => t.detach(),
    };
    a.kind() == b.kind() && a.size() == b.size() && bits(a).equal(&bits(b))
}

/// Whether parameters and gradients are the same.
fn same_parameters(a: &[Parameter], b: &[Parameter]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b) && same(&a.grad(), &b.grad()))
}

/// A line to fit by one layer, taken twice from the same start.
struct Line {
    model: Linear,
    optimizer: Box<dyn Optimizer>,
}

fn line(optimizer: impl Fn(Vec<Parameter>) -> Result<Box<dyn Optimizer>>) -> Result<Line> {
    random::manual_seed(7);
    let model = Linear::new(3, 1)?;
    let optimizer = optimizer(model.parameters())?;
    Ok(Line { model, optimizer })
}

fn sgd(params: Vec<Parameter>) -> Result<Box<dyn Optimizer>> {
    Ok(Box::new(SGD::new(params, optim::lr(0.05))?))
}

fn adamw(params: Vec<Parameter>) -> Result<Box<dyn Optimizer>> {
    Ok(Box::new(AdamW::new(params, optim::lr(0.05))?))
}

fn points() -> (Tensor, Tensor) {
    let x = Tensor::randn([20, 3], (Kind::Float, Device::Cpu));
    let y = x.sum_dim_intlist([1i64].as_slice(), true, Kind::Float) + 0.5;
    (x, y)
}

impl Line {
    fn step(&mut self, x: &Tensor, y: &Tensor) -> Result<[Tensor; 1]> {
        let loss = MSELoss::new().forward(&self.model.forward(x)?, y)?;
        self.optimizer.zero_grad()?;
        loss.f_backward()?;
        self.optimizer.step()?;
        Ok([loss])
    }

    fn is_same(&self, other: &Self) -> bool {
        same_parameters(&self.model.parameters(), &other.model.parameters())
    }
}

#[test]
fn a_learning_rate_that_is_set_takes_effect() -> Result<()> {
    let _alone = alone();
    for optimizer in [sgd, adamw] {
        let (mut eager, mut replayed) = (line(optimizer)?, line(optimizer)?);
        let ((x, y), mut step) = (points(), Step::new());
        for taken in 0..20 {
            for it in [&mut eager, &mut replayed] {
                it.optimizer.set_lr(0, 0.05 / f64::from(taken + 1))?;
            }
            let _ = eager.step(&x, &y)?;
            let _ = step.take(|| replayed.step(&x, &y))?;
            assert!(eager.is_same(&replayed), "step {taken}");
        }
        assert!(step.replays() >= 17, "{:?}", step.refusal());
    }
    Ok(())
}

/// Takes some steps twice, once with replays, and says how many were replayed and why not more.
fn replays(
    optimizer: impl Fn(Vec<Parameter>) -> Result<Box<dyn Optimizer>>,
) -> Result<(u64, Option<String>)> {
    let (mut eager, mut replayed) = (line(&optimizer)?, line(&optimizer)?);
    let ((x, y), mut step) = (points(), Step::new());
    for taken in 0..20 {
        let _ = eager.step(&x, &y)?;
        let _ = step.take(|| replayed.step(&x, &y))?;
        assert!(eager.is_same(&replayed), "step {taken}");
    }
    Ok((step.replays(), step.refusal().map(str::to_owned)))
}

#[test]
fn every_optimizer_is_replayed_or_refused_by_name() -> Result<()> {
    let _alone = alone();
    macro_rules! compare {
        ($($optimizer:ident $Options:ident $is_replayed:literal;)+) => {$(
            for foreach in [Some(false), Some(true)] {
                let (count, refusal) = replays(|params| {
                    let options = optim::$Options { foreach, ..optim::lr(0.05) };
                    Ok(Box::new(optim::$optimizer::new(params, options)?))
                })?;
                let name = stringify!($optimizer);
                let named = refusal.as_ref().is_some_and(|reason| reason.contains(name));
                println!("{name}, {foreach:?}: {count} replays, {refusal:?}");
                assert!(if $is_replayed { count >= 17 } else { named }, "{name}: {refusal:?}");
            }
        )+};
    }
    compare! {
        ASGD ASGDOptions false;
        Adadelta AdadeltaOptions true;
        Adafactor AdafactorOptions false;
        Adagrad AdagradOptions true;
        Adam AdamOptions true;
        AdamW AdamWOptions true;
        Adamax AdamaxOptions true;
        NAdam NAdamOptions false;
        RAdam RAdamOptions false;
        RMSprop RMSpropOptions true;
        Rprop RpropOptions true;
        SGD SGDOptions true;
    }
    macro_rules! refuse_fused {
        ($($optimizer:ident $Options:ident)+) => {$(
            let (count, refusal) = replays(|params| {
                let options = optim::$Options { fused: Some(true), ..optim::lr(0.05) };
                Ok(Box::new(optim::$optimizer::new(params, options)?))
            })?;
            let sentence = concat!(stringify!($optimizer), " is fused");
            assert!(refusal.is_some_and(|reason| reason.contains(sentence)) && count == 0);
        )+};
    }
    let (count, refusal) = replays(|params| {
        let sgd = optim::SGD::new(params, optim::SGDOptions::default())?;
        Ok(Box::new(sgd.with_lr(&tensor(0.05)?)?))
    })?;
    let sentence = "the learning rate of SGD is a tensor";
    assert!(refusal.is_some_and(|reason| reason.contains(sentence)) && count == 0);
    refuse_fused!(Adagrad AdagradOptions Adam AdamOptions AdamW AdamWOptions SGD SGDOptions);
    Ok(())
}

#[test]
fn results_and_gradients_that_are_kept_keep_their_values() -> Result<()> {
    let _alone = alone();
    let (mut eager, mut replayed) = (line(sgd)?, line(sgd)?);
    let ((x, y), mut step) = (points(), Step::new());
    let mut kept = [vec![], vec![]];
    for _ in 0..10 {
        let [expected] = eager.step(&x, &y)?;
        let [found] = step.take(|| replayed.step(&x, &y))?;
        // A view, too, keeps its values.
        for (kept, (loss, it)) in kept.iter_mut().zip([(expected, &eager), (found, &replayed)]) {
            let grad = it.model.weight.grad();
            kept.push([loss.detach(), grad.view([-1]), grad]);
        }
    }
    assert_eq!(step.replays(), 8);
    let [expected, found] = kept;
    for (expected, found) in expected.iter().flatten().zip(found.iter().flatten()) {
        assert!(same(expected, found));
    }
    let losses: Vec<f64> = found.iter().map(|kept| kept[0].double_value(&[])).collect();
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{losses:?}");
    Ok(())
}

#[test]
fn data_are_read_where_they_lie() -> Result<()> {
    let _alone = alone();
    let (mut eager, mut replayed) = (line(sgd)?, line(sgd)?);
    let ((mut x, y), mut step) = (points(), Step::new());
    for _ in 0..8 {
        x.f_copy_(&(&x * 0.9))?;
        let _ = eager.step(&x, &y)?;
        let _ = step.take(|| replayed.step(&x, &y))?;
        assert!(eager.is_same(&replayed));
    }
    // A parameter that is given other memory is trained there.
    for it in [&eager, &replayed] {
        let weight = &it.model.weight;
        weight.shallow_clone().f_set_data(&weight.detach().copy())?;
    }
    let replays = step.replays();
    for _ in 0..8 {
        let _ = eager.step(&x, &y)?;
        let _ = step.take(|| replayed.step(&x, &y))?;
        assert!(eager.is_same(&replayed));
    }
    assert_eq!(step.replays(), replays + 6);
    Ok(())
}

#[test]
fn modes_and_groups_have_a_step_recorded_anew() -> Result<()> {
    let _alone = alone();
    let (x, y) = points();
    let make = || -> Result<_> {
        random::manual_seed(3);
        let (first, last) = (Linear::new(3, 8)?, Linear::new(8, 1)?);
        let optimizer = SGD::new(last.parameters(), optim::lr(0.01))?;
        Ok((Sequential::new().add(first).add(Dropout::new(0.5)?).add(last), optimizer))
    };
    let (mut eager, mut replayed) = (make()?, make()?);
    let take = |(model, optimizer): &mut (Sequential, SGD)| -> Result<[Tensor; 1]> {
        let loss = MSELoss::new().forward(&model.forward(&x)?, &y)?;
        optimizer.zero_grad()?;
        loss.f_backward()?;
        optimizer.step()?;
        Ok([loss])
    };
    let mut step = Step::new();
    let mut replays = vec![];
    for taken in 0..30 {
        if taken % 6 == 0 {
            for (model, _) in [&eager, &replayed] {
                model.set_training(taken % 12 == 0);
            }
        }
        if taken == 24 {
            for (model, optimizer) in [&mut eager, &mut replayed] {
                optimizer.add_param_group(model.parameters().drain(..2), optim::lr(0.1))?;
            }
        }
        let before = random::get_rng_state()?;
        let [expected] = take(&mut eager)?;
        let after = random::get_rng_state()?;
        random::set_rng_state(&before)?;
        let [found] = step.take(|| take(&mut replayed))?;
        assert!(after == random::get_rng_state()?, "step {taken} draws otherwise");
        assert!(same(&expected, &found), "step {taken}");
        assert!(same_parameters(&eager.0.parameters(), &replayed.0.parameters()), "step {taken}");
        replays.push(step.replays());
    }
    // Two steps to record each mode, none when it comes back, and two after the new group.
    let first = |taken: usize| replays[taken] > replays[taken - 1];
    assert_eq!([6, 7, 8, 12, 18, 24].map(first), [false, false, true, true, true, false]);
    assert!(first(29), "{:?}", step.refusal());
    Ok(())
}

/// Takes a step eight times, and why it is not replayed.
fn refusal(mut take: impl FnMut(&mut Line) -> Result<Tensor>) -> Result<String> {
    let mut it = line(sgd)?;
    let mut step = Step::new();
    for _ in 0..8 {
        let _ = step.take(|| Ok::<_, Error>([take(&mut it)?]))?;
    }
    assert_eq!(step.replays(), 0);
    Ok(step.refusal().unwrap_or_default().to_owned())
}

/// A reason as it is given with a line of this file.
fn at(reason: &str, line: u32) -> String {
    let file = repo_root().join(file!());
    format!("{reason} ({}:{line})", file.display())
}

#[test]
fn a_step_that_cannot_be_replayed_goes_on_and_says_why() -> Result<()> {
    let _alone = alone();
    let (x, y) = points();
    let line = line!() + 3;
    let reason = refusal(|it| {
        let [loss] = it.step(&x, &y)?;
        assert!(loss.double_value(&[]).is_finite());
        Ok(loss)
    })?;
    assert_eq!(reason, at("aten::_local_scalar_dense reads a value back", line));
    let count = Cell::new(0.);
    let line = line!() + 4;
    let reason = refusal(|it| {
        count.set(count.get() + 1.);
        let [loss] = it.step(&x, &y)?;
        Ok(loss.f_mul_scalar(count.get())?)
    })?;
    let what = "aten::mul.Scalar's other is 3. in one step and 4. in the next";
    assert_eq!(reason, at(what, line));
    let batches: Vec<_> = (0..8).map(|_| points()).collect();
    let mut batches = batches.iter();
    let line = line!() + 3;
    let reason = refusal(|_| {
        let (x, _) = batches.next().ok_or_else(|| Error::StateDict("no batch".to_owned()))?;
        let mean = x.f_mean(Kind::Float)?;
        Ok(mean)
    })?;
    let what = "aten::mean reads a tensor of shape [20, 3] that is another one in the next step: \
                pass it to the step as an argument";
    assert_eq!(reason, at(what, line));
    let line = line!() + 3;
    let reason = refusal(|it| {
        let [loss] = it.step(&x, &y)?;
        it.optimizer.set_lr(0, 0.1)?;
        Ok(loss)
    })?;
    assert_eq!(reason, at("it sets a learning rate: set it outside of the step", line));
    Ok(())
}

/// libtorch's operator changes running statistics without saying so.
#[test]
fn running_statistics_keep_a_step_from_being_replayed() -> Result<()> {
    let _alone = alone();
    let norm = BatchNorm1d::new(3)?;
    for (mode, replayed) in [(true, false), (false, true)] {
        norm.set_training(mode);
        let mut step = Step::new();
        for _ in 0..8 {
            let x = random::randn([5, 3])?;
            let _ = step.take_with([&x], |[x]| Ok::<_, Error>([no_grad(|| norm.forward(x))?]))?;
        }
        let refusal = step.refusal().unwrap_or_default().to_owned();
        let named = refusal.contains("running statistics are changed");
        assert_eq!((step.replays() > 0, named), (replayed, !replayed), "{mode}: {refusal}");
    }
    Ok(())
}
