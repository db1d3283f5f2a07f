//! Each scheduler's options that Python refuses, at once or at a later step.

use torch_exact::optim::lr_scheduler::*;
use torch_exact::optim::swa_utils::{SWALR, SWALROptions};
use torch_exact::optim::{Adagrad, SGD, SGDOptions, lr};
use torch_exact::prelude::*;

use super::super::{Case, Outcome, parameter};

fn sgd() -> torch_exact::Result<SGD> {
    SGD::new([parameter()?], SGDOptions { momentum: 0.9, ..lr(0.1) })
}

fn constant(factor: f64) -> Outcome {
    let options = ConstantLROptions { factor, total_iters: 2, ..Default::default() };
    let mut optimizer = sgd()?;
    let mut scheduler = ConstantLR::new(&mut optimizer, options)?;
    for _ in 0..2 {
        optimizer.step()?;
        scheduler.step(&mut optimizer)?;
    }
    Ok(())
}

fn linear(start_factor: f64, end_factor: f64) -> Outcome {
    let options = LinearLROptions { start_factor, end_factor, ..Default::default() };
    LinearLR::new(&mut sgd()?, options).map(drop)
}

fn one_cycle(options: OneCycleLROptions, times: usize) -> Outcome {
    let mut optimizer = sgd()?;
    let mut scheduler = OneCycleLR::new(&mut optimizer, options)?;
    for _ in 0..times {
        optimizer.step()?;
        scheduler.step(&mut optimizer)?;
    }
    Ok(())
}

fn sequential(kinds: usize, milestones: &[i64]) -> Outcome {
    let mut optimizer = sgd()?;
    let mut schedulers: Vec<Box<dyn Scheduler>> = vec![];
    for _ in 0..kinds {
        schedulers.push(Box::new(ExponentialLR::new(&mut optimizer, 0.9)?));
    }
    SequentialLR::new(&mut optimizer, schedulers, milestones).map(drop)
}

/// Two functions for one group.
fn two() -> PerGroup<LrLambda> {
    PerGroup::Each(vec![(|_| 1.).into(), (|_| 1.).into()])
}

const LAST_EPOCH: &str = "last_epoch is 5, but it must be -1";
const EACH: &str = "it must have one for each parameter group";

pub const SCHEDULERS: &[Case] = &[
    ("ConstantLR above", "factor is 1.5, but it must be from 0 to 1", || constant(1.5)),
    ("ConstantLR below", "factor is -0.5, but it must be from 0 to 1", || constant(-0.5)),
    ("ConstantLR back from zero", "a divisor is 0, but Python does not divide by it", || {
        constant(0.)
    }),
    ("LinearLR start", "start_factor is 0", || linear(0., 1.)),
    ("LinearLR start above", "start_factor is 1.5", || linear(1.5, 1.)),
    ("LinearLR end", "end_factor is -0.5", || linear(0.5, -0.5)),
    ("LinearLR end above", "end_factor is 1.5", || linear(0.5, 1.5)),
    ("LambdaLR lambdas", EACH, || {
        LambdaLR::new(&mut sgd()?, LambdaLROptions { lr_lambda: two(), last_epoch: -1 }).map(drop)
    }),
    ("MultiplicativeLR lambdas", EACH, || {
        let options = MultiplicativeLROptions { lr_lambda: two(), last_epoch: -1 };
        MultiplicativeLR::new(&mut sgd()?, options).map(drop)
    }),
    ("ExponentialLR last epoch", LAST_EPOCH, || {
        let options = ExponentialLROptions { gamma: 0.9, last_epoch: 5 };
        ExponentialLR::new(&mut sgd()?, options).map(drop)
    }),
    ("MultiStepLR last epoch", LAST_EPOCH, || {
        let options = MultiStepLROptions { last_epoch: 5, ..[2].into() };
        MultiStepLR::new(&mut sgd()?, options).map(drop)
    }),
    ("PolynomialLR last epoch", LAST_EPOCH, || {
        let options = PolynomialLROptions { last_epoch: 5, ..Default::default() };
        PolynomialLR::new(&mut sgd()?, options).map(drop)
    }),
    ("CyclicLR rates", EACH, || CyclicLR::new(&mut sgd()?, ([0.1, 0.2], 1.)).map(drop)),
    ("CyclicLR highest rates", EACH, || CyclicLR::new(&mut sgd()?, (0.1, [1., 2.])).map(drop)),
    ("CyclicLR length", "step_size_up is 0, but a cycle must have a length", || {
        let options = CyclicLROptions { step_size_up: 0, ..(0.1, 1.).into() };
        CyclicLR::new(&mut sgd()?, options).map(drop)
    }),
    ("CyclicLR momentum", "the optimizer has neither a momentum nor betas", || {
        let mut optimizer = Adagrad::new([parameter()?], Default::default())?;
        CyclicLR::new(&mut optimizer, (0.1, 1.)).map(drop)
    }),
    ("CyclicLR momenta", EACH, || {
        let options = CyclicLROptions { base_momentum: [0.8, 0.9].into(), ..(0.1, 1.).into() };
        CyclicLR::new(&mut sgd()?, options).map(drop)
    }),
    ("OneCycleLR steps", "total_steps", || one_cycle(1_f64.into(), 0)),
    ("OneCycleLR no steps", "total_steps is 0", || one_cycle((1., 0).into(), 0)),
    ("OneCycleLR negative steps", "total_steps is -1", || one_cycle((1., -1).into(), 0)),
    ("OneCycleLR epochs", "epochs is 0", || {
        let (epochs, steps_per_epoch) = (Some(0), Some(2));
        one_cycle(OneCycleLROptions { epochs, steps_per_epoch, ..1_f64.into() }, 0)
    }),
    ("OneCycleLR steps per epoch", "steps_per_epoch is 0", || {
        let (epochs, steps_per_epoch) = (Some(2), Some(0));
        one_cycle(OneCycleLROptions { epochs, steps_per_epoch, ..1_f64.into() }, 0)
    }),
    ("OneCycleLR share", "pct_start is 1.5", || {
        one_cycle(OneCycleLROptions { pct_start: 1.5, ..(1., 9).into() }, 0)
    }),
    ("OneCycleLR rates", EACH, || one_cycle(([1., 2.], 9).into(), 0)),
    ("OneCycleLR momentum", "the optimizer has neither a momentum nor betas", || {
        let mut optimizer = Adagrad::new([parameter()?], Default::default())?;
        OneCycleLR::new(&mut optimizer, (1., 9)).map(drop)
    }),
    ("OneCycleLR over", "step is 10, but the schedule has fewer steps in all", || {
        one_cycle((1., 9).into(), 10)
    }),
    ("WarmRestarts first", "T_0 is 0", || {
        CosineAnnealingWarmRestarts::new(&mut sgd()?, 0).map(drop)
    }),
    ("WarmRestarts times", "T_mult is 0", || {
        let options = CosineAnnealingWarmRestartsOptions { t_mult: 0, ..2.into() };
        CosineAnnealingWarmRestarts::new(&mut sgd()?, options).map(drop)
    }),
    ("SequentialLR none", "schedulers", || sequential(0, &[])),
    ("SequentialLR milestones", "milestones is [1, 2]", || sequential(2, &[1, 2])),
    ("ChainedScheduler none", "schedulers", || ChainedScheduler::new(vec![], &sgd()?).map(drop)),
    ("SWALR rates", EACH, || SWALR::new(&mut sgd()?, [0.1, 0.2]).map(drop)),
    ("SWALR epochs", "anneal_epochs is -1, but it must be 0 or above", || {
        let options = SWALROptions { anneal_epochs: -1, ..0.1.into() };
        SWALR::new(&mut sgd()?, options).map(drop)
    }),
];
