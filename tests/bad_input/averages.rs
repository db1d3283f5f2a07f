//! Steps that cannot be fused, and averages of weights that cannot be made.

use torch_exact::nn::{BatchNorm1d, Linear, Module, Parameter, ReLU, Sequential};
use torch_exact::optim::swa_utils::{
    AveragedModel, AveragedModelOptions, get_ema_avg_fn, get_ema_multi_avg_fn, get_swa_avg_fn,
    get_swa_multi_avg_fn, update_bn,
};
use torch_exact::optim::{Adagrad, AdagradOptions, Adam, AdamOptions, SGD, SGDOptions};
use torch_exact::prelude::*;

use super::super::{Case, Outcome, parameter};

const FUSED: SGDOptions = SGDOptions {
    lr: 0.1,
    momentum: 0.,
    dampening: 0.,
    weight_decay: 0.,
    nesterov: false,
    maximize: false,
    foreach: None,
    fused: Some(true),
};

fn complex() -> torch_exact::Result<Parameter> {
    let weight = Parameter::new(random::rand([2])?.to_kind(Kind::ComplexFloat))?;
    weight.f_abs()?.sum(Kind::Float).backward();
    Ok(weight)
}

fn sparse() -> torch_exact::Result<Parameter> {
    let weight = Parameter::new(random::rand([3, 2])?)?;
    Tensor::f_embedding(&weight, &tensor([0, 2])?, -1, false, true)?.sum(Kind::Float).backward();
    Ok(weight)
}

/// Updates an average of a model with two others.
fn averaged<M: Module + Clone>(model: &M, options: AveragedModelOptions, next: M) -> Outcome {
    let averaged = AveragedModel::with_options(model, options)?;
    averaged.update_parameters(model)?;
    averaged.update_parameters(&next)
}

fn norm() -> torch_exact::Result<Sequential> {
    Ok(Sequential::new().add(Linear::new(2, 2)?).add(BatchNorm1d::new(2)?))
}

pub const AVERAGES: [Case; 14] = [
    ("fused beside foreach", "fused is true, but it and foreach cannot be true together", || {
        SGD::new([parameter()?], SGDOptions { foreach: Some(true), ..FUSED }).map(drop)
    }),
    (
        "fused adam beside foreach",
        "fused is true, but it and foreach cannot be true together",
        || {
            let options = AdamOptions { foreach: Some(true), fused: Some(true), ..optim::lr(0.1) };
            Adam::new([parameter()?], options).map(drop)
        },
    ),
    ("fused complex", "fused is true, and a parameter ComplexFloat on Cpu, but it takes", || {
        SGD::new([complex()?], FUSED)?.step()
    }),
    (
        "fused complex adam",
        "fused is true, and a parameter ComplexFloat on Cpu, but it takes",
        || Adam::new([complex()?], AdamOptions { fused: Some(true), ..optim::lr(0.1) })?.step(),
    ),
    ("fused sparse", "fused is true, but it does not support sparse gradients", || {
        SGD::new([sparse()?], FUSED)?.step()
    }),
    ("fused sparse adagrad", "fused is true, but it does not support sparse gradients", || {
        Adagrad::new([sparse()?], AdagradOptions { fused: Some(true), ..optim::lr(0.1) })?.step()
    }),
    ("two averages", "multi_avg_fn is given, but only one of avg_fn and multi_avg_fn", || {
        let multi_avg_fn = Some(get_swa_multi_avg_fn());
        let avg_fn = Some(get_swa_avg_fn());
        let options = AveragedModelOptions { avg_fn, multi_avg_fn, ..Default::default() };
        AveragedModel::with_options(&norm()?, options).map(drop)
    }),
    ("decay", "decay is 1.5, but it must be in the range of 0 to 1", || {
        get_ema_avg_fn(1.5).map(drop)
    }),
    ("decay of lists", "decay is -0.1, but it must be in the range of 0 to 1", || {
        get_ema_multi_avg_fn(-0.1).map(drop)
    }),
    ("nothing to average", "model is without parameters, but there is nothing to average", || {
        let model = Sequential::new().add(ReLU::new());
        averaged(&model, AveragedModelOptions::default(), model.clone())
    }),
    (
        "average of another dtype",
        "model is of another dtype, but tensors of the same index",
        || averaged(&Linear::new(2, 2)?, Default::default(), Linear::new(2, 2)?.to(Kind::Half)?),
    ),
    ("other buffers", "model is one of 0 buffers, but the average has another number", || {
        averaged(&norm()?, Default::default(), Sequential::new().add(Linear::new(2, 2)?))
    }),
    ("mean of counts", "Integer division with addcdiv is no longer supported", || {
        let multi_avg_fn = Some(get_swa_multi_avg_fn());
        let options =
            AveragedModelOptions { multi_avg_fn, use_buffers: true, ..Default::default() };
        averaged(&norm()?, options, norm()?)
    }),
    ("empty batch", "a batch is empty, but its first tensor is the model's input", || {
        update_bn([Ok(Vec::<Tensor>::new())], &norm()?)
    }),
];
