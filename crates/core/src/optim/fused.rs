//! `_fused_*`: the step of many parameters as one operator, whose bits are neither those of
//! `_single_tensor_*` nor those of `_multi_tensor_*`.

use shim::{Argument, foreach};
use tch::{Device, Kind, Tensor};

use super::grouped::{Algorithm, ParamState, Update, each_device_and_dtype};
use super::real::Real;
use super::{AdagradOptions, AdamOptions, SGDOptions};
use crate::{Error, Result};

/// Refuses `foreach` beside `fused`.
pub(super) fn alone(fused: Option<bool>, foreach: Option<bool>) -> Result<()> {
    match (fused, foreach) {
        (Some(true), Some(true)) => {
            Err(Error::argument("fused", true, "it and foreach cannot be true together"))
        }
        _ => Ok(()),
    }
}

/// The count of steps that a state begins with, which lies beside the parameter where steps are fused.
pub(super) fn first_step(fused: Option<bool>, parameter: &Tensor) -> Result<Tensor> {
    match fused {
        Some(true) => Ok(Tensor::f_zeros([0; 0], (Kind::Float, parameter.device()))?),
        _ => Ok(Tensor::from(0f32)),
    }
}

/// `_device_dtype_check_for_fused`, of every parameter: Python leaves later ones to the operator.
fn check<O>(updates: &[Update<O>], on_cuda: bool) -> Result<()> {
    for Update { parameter, .. } in updates {
        let device = parameter.device();
        let fits = matches!(device, Device::Cpu | Device::Mps) || on_cuda && device.is_cuda();
        if !fits || !parameter.is_floating_point() {
            let given = format!("true, and a parameter {:?} on {device:?}", parameter.kind());
            let accepted = "it takes floating-point parameters on devices that have the operator";
            return Err(Error::argument("fused", given, accepted));
        }
    }
    Ok(())
}

fn check_dense<O>(updates: &[Update<O>]) -> Result<()> {
    match updates.iter().any(|update| update.grad.is_sparse()) {
        true => Err(Error::argument("fused", true, "it does not support sparse gradients")),
        false => Ok(()),
    }
}

/// One tensor of each update.
fn all<O>(
    updates: &[&mut Update<O>],
    of: impl Fn(&Update<O>) -> Result<&Tensor>,
) -> Result<Vec<Tensor>> {
    updates.iter().map(|update| Ok(of(update)?.shallow_clone())).collect()
}

/// Counts a step of each, and gives the counts.
fn counted<O>(updates: &[&mut Update<O>]) -> Result<Vec<Tensor>> {
    let steps = all(updates, |update| update.state.get("step"))?;
    foreach::add_scalar_(&steps, 1.)?;
    Ok(steps)
}

/// Calls the operator, in the overload for a rate that is a number or that for a tensor.
fn call(
    names: [&'static str; 2],
    lists: &[&[Tensor]],
    lr: &Real,
    options: impl FnOnce(Argument<'_>) -> Vec<Argument<'_>>,
) -> Result<()> {
    let (name, lr) = match lr {
        &Real::Number(lr) => (names[0], f64::from(lr).into()),
        Real::Tensor(lr) => (names[1], lr.into()),
    };
    let lists = lists.iter().map(|&list| Argument::from(list));
    let arguments: Vec<_> = lists.chain(options(lr)).collect();
    Ok(shim::operator(name, &arguments).map(drop)?)
}

/// The rate of updates of one group.
fn rate<O>(updates: &[&mut Update<O>]) -> Real {
    updates.first().map_or(Real::from(0.), |update| update.lr.clone())
}

/// `_fused_sgd`. `momentum` names the state, which the operator fills at the first step.
pub(super) fn sgd(
    options: &SGDOptions,
    updates: &mut [Update<SGDOptions>],
    momentum: &'static str,
) -> Result<()> {
    check(updates, true)?;
    check_dense(updates)?;
    let has_momentum = options.momentum != 0.;
    let mut known = updates.iter().map(|update| update.state.find(momentum));
    let is_first = has_momentum && known.all(|it| it.is_none());
    let begun = updates.iter().filter(|_| is_first).map(|update| Ok(update.grad.f_empty_like()?));
    let begun: Vec<_> = begun.collect::<Result<_>>()?;
    for (update, begun) in updates.iter_mut().zip(begun) {
        update.state = ParamState::new(vec![(momentum, begun)]);
    }
    let stepped = each_device_and_dtype(updates, |these| {
        let parameters = all(these, |update| Ok(&update.parameter))?;
        let grads = all(these, |update| Ok(&update.grad))?;
        let momenta = match has_momentum {
            true => all(these, |update| update.state.get(momentum))?,
            false => vec![],
        };
        let &SGDOptions { momentum, dampening, weight_decay, nesterov, maximize, .. } = options;
        let names = ["aten::_fused_sgd_", "aten::_fused_sgd_.tensor_lr"];
        call(names, &[&parameters, &grads, &momenta], &rate(these), |lr| {
            let numbers = [weight_decay.into(), momentum.into(), lr, dampening.into()];
            [&numbers[..], &[nesterov, maximize, is_first].map(Argument::from)].concat()
        })
    });
    if stepped.is_err() && is_first {
        // What the operator has not filled is no state.
        updates.iter_mut().for_each(|update| update.state = ParamState::default());
    }
    stepped
}

/// `_fused_adam`; the names are those of the averages.
pub(super) fn adam<O: Algorithm>(
    options: &AdamOptions,
    decoupled: bool,
    updates: &mut [Update<O>],
    [avg, squares, largest]: [&'static str; 3],
) -> Result<()> {
    check(updates, true)?;
    each_device_and_dtype(updates, |these| {
        let parameters = all(these, |update| Ok(&update.parameter))?;
        let grads = all(these, |update| Ok(&update.grad))?;
        let state = |name| all(these, |update| update.state.get(name));
        let (avgs, squares) = (state(avg)?, state(squares)?);
        let largest = if options.amsgrad { state(largest)? } else { vec![] };
        let steps = counted(these)?;
        let &AdamOptions { betas, weight_decay, eps, amsgrad, maximize, .. } = options;
        let names = match decoupled {
            true => ["aten::_fused_adamw_", "aten::_fused_adamw_.tensor_lr"],
            false => ["aten::_fused_adam_", "aten::_fused_adam_.tensor_lr"],
        };
        let lists: [&[Tensor]; 6] = [&parameters, &grads, &avgs, &squares, &largest, &steps];
        call(names, &lists, &rate(these), |lr| {
            let numbers = [betas.0, betas.1, weight_decay, eps].map(Argument::from);
            [&[lr], &numbers[..], &[amsgrad, maximize].map(Argument::from)].concat()
        })
    })
}

/// `_fused_adagrad`, which no GPU has; `sum` names the state.
pub(super) fn adagrad(
    options: &AdagradOptions,
    updates: &mut [Update<AdagradOptions>],
    sum: &'static str,
) -> Result<()> {
    check(updates, false)?;
    check_dense(updates)?;
    each_device_and_dtype(updates, |these| {
        let parameters = all(these, |update| Ok(&update.parameter))?;
        let grads = all(these, |update| Ok(&update.grad))?;
        let sums = all(these, |update| update.state.get(sum))?;
        let steps = counted(these)?;
        let &AdagradOptions { lr_decay, weight_decay, eps, maximize, .. } = options;
        let names = ["aten::_fused_adagrad_", "aten::_fused_adagrad_.tensor_lr"];
        call(names, &[&parameters, &grads, &sums, &steps], &rate(these), |lr| {
            vec![lr, lr_decay.into(), weight_decay.into(), eps.into(), maximize.into()]
        })
    })
}
