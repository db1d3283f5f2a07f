//! Each optimizer's options, parameters and gradients that Python refuses.

use tch::Kind;
use torch_exact::nn::{Embedding, EmbeddingOptions, Parameter};
use torch_exact::optim::*;
use torch_exact::prelude::*;

use super::super::{Case, Outcome, parameter};

/// One row for each option, whose name the sentence begins with.
macro_rules! refused {
    ($($Optimizer:ident $Options:ident { $($field:ident: $value:expr,)* })*) => {
        &[$($((
            concat!(stringify!($Optimizer), " ", stringify!($field)),
            stringify!($field),
            || {
                let options = $Options { $field: $value, ..Default::default() };
                $Optimizer::new([parameter()?], options).map(drop)
            },
        ),)*)*]
    };
}

pub const OPTIONS: &[Case] = refused! {
    Adadelta AdadeltaOptions { lr: -1., rho: 1.5, eps: -1., weight_decay: -1., }
    Adafactor AdafactorOptions {
        lr: -1., beta2_decay: 0.5, eps: (Some(-1.), 1e-3), d: 0.5, weight_decay: -1.,
    }
    Adagrad AdagradOptions {
        lr: -1., lr_decay: -1., weight_decay: -1., initial_accumulator_value: -1., eps: -1.,
    }
    Adam AdamOptions { lr: -1., betas: (0.9, 1.), eps: -1., weight_decay: -1., }
    AdamW AdamWOptions { lr: -1., betas: (-0.1, 0.9), eps: -1., weight_decay: -1., }
    Adamax AdamaxOptions { lr: -1., betas: (0.9, 1.), eps: -1., weight_decay: -1., }
    ASGD ASGDOptions { lr: -1., weight_decay: -1., }
    LBFGS LBFGSOptions { lr: -1., }
    NAdam NAdamOptions {
        lr: -1., betas: (0.9, 1.), eps: -1., weight_decay: -1., momentum_decay: -1.,
    }
    RAdam RAdamOptions { lr: -1., betas: (0.9, 1.), eps: -1., weight_decay: -1., }
    RMSprop RMSpropOptions { lr: -1., eps: -1., momentum: -1., }
    Rprop RpropOptions { lr: -1., etas: (0.5, 1.), }
    SGD SGDOptions { weight_decay: -1., }
    SparseAdam SparseAdamOptions { lr: 0., betas: (0.9, 1.), eps: 0., }
};

fn matrix() -> torch_exact::Result<Parameter> {
    Parameter::new(random::rand([2, 2])?)
}

fn complex<const N: usize>(size: [i64; N]) -> torch_exact::Result<Parameter> {
    Parameter::new(random::rand(size)?.to_kind(Kind::ComplexFloat))
}

/// A step with a gradient of ones.
fn stepped(mut optimizer: impl Optimizer, weight: &Tensor) -> Outcome {
    weight.f_abs()?.sum(Kind::Float).f_backward()?;
    optimizer.step()
}

/// A step with a sparse gradient.
fn sparsely<O: Optimizer>(of: impl Fn(Vec<Parameter>) -> torch_exact::Result<O>) -> Outcome {
    let options = EmbeddingOptions { sparse: true, ..Default::default() };
    let layer = Embedding::with_options(3, 2, options)?;
    let mut optimizer = of(layer.parameters())?;
    layer.forward(&tensor([0, 2])?)?.sum(Kind::Float).f_backward()?;
    optimizer.step()
}

pub const STEPS: &[Case] = &[
    ("Muon lr", "lr is -1", || {
        Muon::new([matrix()?], MuonOptions { lr: -1., ..Default::default() }).map(drop)
    }),
    ("Muon momentum", "momentum is -1", || {
        Muon::new([matrix()?], MuonOptions { momentum: -1., ..Default::default() }).map(drop)
    }),
    ("Muon weight_decay", "weight_decay is -1", || {
        Muon::new([matrix()?], MuonOptions { weight_decay: -1., ..Default::default() }).map(drop)
    }),
    ("Muon vector", "Muon takes matrices", || {
        Muon::new([parameter()?], MuonOptions::default()).map(drop)
    }),
    ("Muon steps", "ns_steps is 100, but it must be below 100", || {
        let weight = matrix()?;
        let options = MuonOptions { ns_steps: 100, ..Default::default() };
        stepped(Muon::new([&weight], options)?, &weight)
    }),
    ("Muon complex", "Muon takes real ones", || {
        let weight = complex([2, 2])?;
        stepped(Muon::new([&weight], MuonOptions::default())?, &weight)
    }),
    ("Adafactor complex", "Adafactor takes real ones", || {
        let weight = complex([2])?;
        stepped(Adafactor::new([&weight], AdafactorOptions::default())?, &weight)
    }),
    ("Adafactor small eps", "eps", || {
        let options = AdafactorOptions { eps: (None, -1.), ..Default::default() };
        Adafactor::new([parameter()?], options).map(drop)
    }),
    ("SGD dampening", "nesterov is true", || {
        let options = SGDOptions { momentum: 0.9, dampening: 0.1, nesterov: true, ..lr(0.1) };
        SGD::new([parameter()?], options).map(drop)
    }),
    ("SparseAdam dense", "a gradient is dense, but SparseAdam takes sparse ones: Adam", || {
        let weight = parameter()?;
        stepped(SparseAdam::new([&weight], SparseAdamOptions::default())?, &weight)
    }),
    ("SparseAdam complex", "SparseAdam takes dense real ones", || {
        SparseAdam::new([complex([2])?], SparseAdamOptions::default()).map(drop)
    }),
    ("Adagrad sparse", "weight_decay is 0.1", || {
        let options = AdagradOptions { weight_decay: 0.1, ..Default::default() };
        sparsely(|parameters| Adagrad::new(parameters, options))
    }),
    ("Adadelta sparse", "sparse", || sparsely(|all| Adadelta::new(all, Default::default()))),
    ("Adam sparse", "sparse", || sparsely(|all| Adam::new(all, Default::default()))),
    ("Adamax sparse", "sparse", || sparsely(|all| Adamax::new(all, Default::default()))),
    ("ASGD sparse", "sparse", || sparsely(|all| ASGD::new(all, Default::default()))),
    ("NAdam sparse", "sparse", || sparsely(|all| NAdam::new(all, Default::default()))),
    ("RAdam sparse", "sparse", || sparsely(|all| RAdam::new(all, Default::default()))),
    ("RMSprop sparse", "sparse", || sparsely(|all| RMSprop::new(all, Default::default()))),
    ("Rprop sparse", "sparse", || sparsely(|all| Rprop::new(all, Default::default()))),
];
