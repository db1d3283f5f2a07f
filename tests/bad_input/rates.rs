//! Learning rates that are tensors where Python takes none, or not this one.

use tch::{Device, Kind, Tensor};
use torch_exact::nn::Parameter;
use torch_exact::optim::lr_scheduler::StepLR;
use torch_exact::optim::{
    ASGD, Adadelta, Adam, AdamOptions, AdamW, AdamWOptions, Adamax, Closure, LBFGS, Muon, RMSprop,
    Rprop, SGD, SGDOptions, SparseAdam,
};
use torch_exact::prelude::*;

use super::super::{Case, Outcome, parameter};

fn rate(lr: f64, kind: Kind) -> torch_exact::Result<Tensor> {
    Ok(Tensor::f_full([0; 0], lr, (kind, Device::Cpu))?)
}

fn two() -> torch_exact::Result<Tensor> {
    tensor([0.1, 0.2])
}

fn traced() -> torch_exact::Result<Tensor> {
    Ok(tensor(0.1)?.f_set_requires_grad(true)?)
}

/// Takes two steps.
fn steps(mut optimizer: impl Optimizer, parameter: &Parameter) -> Outcome {
    let closure: &mut Closure<'_> = &mut |optimizer| {
        optimizer.zero_grad()?;
        let loss = parameter.f_mul(parameter)?.f_sum(None)?;
        loss.f_backward()?;
        Ok(loss)
    };
    for _ in 0..2 {
        let _ = optimizer.step_with(closure)?;
    }
    Ok(())
}

/// Takes two steps of an optimizer with a tensor as its rate.
macro_rules! stepped {
    ($Optimizer:ident, $lr:expr) => {{
        let parameter = parameter()?;
        steps($Optimizer::new([&parameter], optim::lr(0.1))?.with_lr(&$lr)?, &parameter)
    }};
}

const ONE: &str = "lr is a tensor of shape [2], but it must have one element";
const LISTS: &str = "lr is a tensor, but it must be a number where foreach is true";
const TRACED: &str = "lr is a tensor that requires a gradient, but an operation takes no number";
const NO_BOOL: &str = "Negation, the `-` operator, on a bool tensor is not supported";

pub const RATES: &[Case] = &[
    ("rate of two", ONE, || SGD::new([parameter()?], optim::lr(0.1))?.with_lr(&two()?).map(drop)),
    ("rate of two of adam", ONE, || {
        Adam::new([parameter()?], optim::lr(0.1))?.with_lr(&two()?).map(drop)
    }),
    ("rate of none", "lr is a tensor of shape [0]", || {
        let none = Tensor::zeros([0], (Kind::Float, Device::Cpu));
        RMSprop::new([parameter()?], optim::lr(0.1))?.with_lr(&none).map(drop)
    }),
    ("rate below 0", "lr is -1, but it must not be below 0", || {
        SGD::new([parameter()?], optim::lr(0.1))?.with_lr(&tensor(-1.)?).map(drop)
    }),
    ("rate below 0 of muon", "lr is -1, but it must be 0 or above", || {
        let matrix = Parameter::new(random::rand([2, 2])?)?;
        Muon::new([matrix], optim::lr(0.1))?.with_lr(&tensor(-1.)?).map(drop)
    }),
    ("rate nan", "lr is NaN, but it must be 0 or above", || {
        ASGD::new([parameter()?], optim::lr(0.1))?.with_lr(&tensor(f64::NAN)?).map(drop)
    }),
    ("rate 0", "lr is 0, but it must be above 0", || {
        SparseAdam::new([parameter()?], optim::lr(0.1))?.with_lr(&tensor(0.)?).map(drop)
    }),
    ("rate complex", "lr is a complex tensor, but it must be real", || {
        let lr = rate(0.1, Kind::ComplexFloat)?;
        Adamax::new([parameter()?], optim::lr(0.1))?.with_lr(&lr).map(drop)
    }),
    ("rate on lists", LISTS, || {
        let options = AdamOptions { foreach: Some(true), ..Default::default() };
        Adam::new([parameter()?], options)?.with_lr(&tensor(0.1)?).map(drop)
    }),
    ("rate on lists of adamw", LISTS, || {
        let options = AdamWOptions { foreach: Some(true), ..Default::default() };
        AdamW::new([parameter()?], options)?.with_lr(&tensor(0.1)?).map(drop)
    }),
    ("rate on lists in a step", LISTS, || {
        let parameter = parameter()?;
        let options = AdamOptions { foreach: Some(true), ..Default::default() };
        let mut adam = Adam::new([&parameter], options)?;
        adam.set_lr_tensor(0, &tensor(0.1)?)?;
        steps(adam, &parameter)
    }),
    ("rate bool", NO_BOOL, || stepped!(SGD, rate(1., Kind::Bool)?)),
    ("rate bool of adadelta", NO_BOOL, || stepped!(Adadelta, rate(1., Kind::Bool)?)),
    ("rate bool of lbfgs", "lr is a bool tensor, but LBFGS takes a number", || {
        stepped!(LBFGS, rate(1., Kind::Bool)?)
    }),
    ("rate traced of rprop", TRACED, || stepped!(Rprop, traced()?)),
    ("rate traced of lbfgs", TRACED, || stepped!(LBFGS, traced()?)),
    ("rate traced of a scheduler", "a leaf Variable that requires grad", || {
        let mut sgd = SGD::new([parameter()?], SGDOptions::default())?.with_lr(&traced()?)?;
        StepLR::new(&mut sgd, 2).map(drop)
    }),
];
