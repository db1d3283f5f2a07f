use tch::{COptimizer, Tensor, no_grad};

use super::Optimizer;
use super::group::{self, Group, zero_or_above};
use crate::nn::Parameter;
use crate::{Error, Result};

/// What [`SGD`] takes, with `torch.optim.SGD`'s names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SGDOptions {
    /// Learning rate, per step.
    pub lr: f64,
    /// Share of the last step's direction that is kept.
    pub momentum: f64,
    /// Share of the gradient that momentum leaves out, from its second step on.
    pub dampening: f64,
    /// L2 penalty: this times the parameter is added to its gradient.
    pub weight_decay: f64,
    /// Nesterov's momentum, which needs `momentum` above 0 and `dampening` 0.
    pub nesterov: bool,
    /// Climbs instead of descending.
    pub maximize: bool,
}

impl Default for SGDOptions {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            momentum: 0.,
            dampening: 0.,
            weight_decay: 0.,
            nesterov: false,
            maximize: false,
        }
    }
}

impl SGDOptions {
    fn check(&self) -> Result<()> {
        zero_or_above("lr", self.lr)?;
        zero_or_above("momentum", self.momentum)?;
        zero_or_above("weight_decay", self.weight_decay)?;
        if self.nesterov && (self.momentum <= 0. || self.dampening != 0.) {
            let accepted = "it needs a momentum above 0 and a dampening of 0";
            return Err(Error::argument("nesterov", true, accepted));
        }
        Ok(())
    }
}

/// Stochastic gradient descent: `torch.optim.SGD` (`torch/optim/sgd.py`).
///
/// Around tch's optimizer, whose bits are Python's; with `maximize`, which that does not have, in
/// Python's own operations.
#[derive(Debug)]
pub struct SGD {
    groups: Vec<Group<SGDOptions>>,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    Cpp(COptimizer),
    /// The momentum buffers, group by group.
    Python(Vec<Vec<Option<Tensor>>>),
}

impl SGD {
    /// `torch.optim.SGD(params, lr=…, momentum=…, …)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for no parameters or an option that Python refuses.
    pub fn new(params: Vec<Parameter>, options: SGDOptions) -> Result<Self> {
        Self::with_groups(vec![(params, options)])
    }

    /// An optimizer whose groups of parameters have options of their own.
    ///
    /// # Errors
    /// As [`SGD::new`].
    pub fn with_groups(groups: Vec<(Vec<Parameter>, SGDOptions)>) -> Result<Self> {
        let groups = group::groups(groups, SGDOptions::check)?;
        // tch's groups share every option but the learning rate, momentum and weight decay.
        let first = groups[0].options;
        let shared = |o: &SGDOptions| {
            !o.maximize && (o.dampening, o.nesterov) == (first.dampening, first.nesterov)
        };
        let engine = if groups.iter().all(|group| shared(&group.options)) {
            Engine::Cpp(cpp(&groups)?)
        } else {
            Engine::Python(groups.iter().map(|g| g.params.iter().map(|_| None).collect()).collect())
        };
        Ok(Self { groups, engine })
    }
}

fn cpp(groups: &[Group<SGDOptions>]) -> Result<COptimizer> {
    let SGDOptions { lr, momentum, dampening, weight_decay, nesterov, .. } = groups[0].options;
    let mut optimizer = COptimizer::sgd(lr, momentum, dampening, weight_decay, nesterov)?;
    for (number, group) in groups.iter().enumerate() {
        for parameter in &group.params {
            optimizer.add_parameters(parameter, number)?;
        }
        if number > 0 && !group.params.is_empty() {
            optimizer.set_learning_rate_group(number, group.options.lr)?;
            optimizer.set_momentum_group(number, group.options.momentum)?;
            optimizer.set_weight_decay_group(number, group.options.weight_decay)?;
        }
    }
    Ok(optimizer)
}

impl Optimizer for SGD {
    fn zero_grad(&mut self) -> Result<()> {
        match &self.engine {
            Engine::Cpp(optimizer) => Ok(optimizer.zero_grad()?),
            Engine::Python(_) => group::zero_grad(&self.groups),
        }
    }

    fn step(&mut self) -> Result<()> {
        let buffers = match &mut self.engine {
            Engine::Cpp(optimizer) => return Ok(optimizer.step()?),
            Engine::Python(buffers) => buffers,
        };
        no_grad(|| {
            for (group, buffers) in self.groups.iter().zip(buffers) {
                for (parameter, buffer) in group.params.iter().zip(buffers) {
                    single_tensor(parameter, buffer, &group.options)?;
                }
            }
            Ok(())
        })
    }

    fn lr(&self, group: usize) -> Result<f64> {
        Ok(group::at(&self.groups, group)?.options.lr)
    }

    fn set_lr(&mut self, group: usize, lr: f64) -> Result<()> {
        zero_or_above("lr", lr)?;
        let target = group::at_mut(&mut self.groups, group)?;
        target.options.lr = lr;
        match &mut self.engine {
            Engine::Cpp(optimizer) if !target.params.is_empty() => {
                Ok(optimizer.set_learning_rate_group(group, lr)?)
            }
            _ => Ok(()),
        }
    }
}

/// `_single_tensor_sgd`, for one parameter.
fn single_tensor(
    parameter: &Parameter,
    buffer: &mut Option<Tensor>,
    options: &SGDOptions,
) -> Result<()> {
    let mut grad = parameter.f_grad()?;
    if !grad.defined() {
        return Ok(());
    }
    if options.maximize {
        grad = grad.f_neg()?;
    }
    if options.weight_decay != 0. {
        grad = libtorch::add(&grad, parameter, options.weight_decay)?;
    }
    if options.momentum != 0. {
        let momentum = match buffer {
            None => {
                let mut first = grad.f_empty_like()?;
                first.f_copy_(&grad)?;
                buffer.insert(first)
            }
            Some(momentum) => {
                let _ = momentum.f_mul_scalar_(options.momentum)?;
                libtorch::add_(momentum, &grad, 1. - options.dampening)?;
                momentum
            }
        };
        grad = match options.nesterov {
            true => libtorch::add(&grad, momentum, options.momentum)?,
            false => momentum.shallow_clone(),
        };
    }
    Ok(libtorch::add_(parameter, &grad, -options.lr)?)
}
