use tch::{COptimizer, Tensor, no_grad};

use super::Optimizer;
use super::group::{self, Group, zero_or_above};
use crate::Result;
use crate::nn::Parameter;

/// What [`RMSprop`] takes, with `torch.optim.RMSprop`'s names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RMSpropOptions {
    /// Learning rate, per step.
    pub lr: f64,
    /// Share of the running average of squares that is kept.
    pub alpha: f64,
    /// Added to the denominator, in the gradient's unit.
    pub eps: f64,
    /// L2 penalty: this times the parameter is added to its gradient.
    pub weight_decay: f64,
    /// Share of the last step's direction that is kept.
    pub momentum: f64,
    /// Divides by an estimate of the gradient's standard deviation.
    pub centered: bool,
    /// Climbs instead of descending.
    pub maximize: bool,
}

impl Default for RMSpropOptions {
    fn default() -> Self {
        Self {
            lr: 1e-2,
            alpha: 0.99,
            eps: 1e-8,
            weight_decay: 0.,
            momentum: 0.,
            centered: false,
            maximize: false,
        }
    }
}

impl RMSpropOptions {
    fn check(&self) -> Result<()> {
        zero_or_above("lr", self.lr)?;
        zero_or_above("eps", self.eps)?;
        zero_or_above("momentum", self.momentum)?;
        zero_or_above("weight_decay", self.weight_decay)?;
        zero_or_above("alpha", self.alpha)
    }
}

/// `torch.optim.RMSprop` (`torch/optim/rmsprop.py`).
///
/// Around tch's optimizer, whose bits are Python's unless `centered`: there C++ updates the running
/// average with `mul_` and `add_` where Python calls `lerp_`. With `centered` or `maximize`, in
/// Python's own operations.
#[derive(Debug)]
pub struct RMSprop {
    groups: Vec<Group<RMSpropOptions>>,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    Cpp(COptimizer),
    /// The running averages, group by group; none before a parameter's first gradient.
    Python(Vec<Vec<Option<State>>>),
}

#[derive(Debug)]
struct State {
    square_avg: Tensor,
    /// With `centered` only.
    grad_avg: Option<Tensor>,
    /// With `momentum` only.
    momentum_buffer: Option<Tensor>,
}

impl RMSprop {
    /// `torch.optim.RMSprop(params, lr=…, alpha=…, …)`.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for no parameters or an option that Python
    /// refuses.
    pub fn new(params: Vec<Parameter>, options: RMSpropOptions) -> Result<Self> {
        Self::with_groups(vec![(params, options)])
    }

    /// An optimizer whose groups of parameters have options of their own.
    ///
    /// # Errors
    /// As [`RMSprop::new`].
    pub fn with_groups(groups: Vec<(Vec<Parameter>, RMSpropOptions)>) -> Result<Self> {
        let groups = group::groups(groups, RMSpropOptions::check)?;
        let engine = match groups.as_slice() {
            // tch's groups share `alpha` and `eps`, so several groups take Python's way.
            [only] if !only.options.centered && !only.options.maximize => Engine::Cpp(cpp(only)?),
            _ => Engine::Python(
                groups.iter().map(|g| g.params.iter().map(|_| None).collect()).collect(),
            ),
        };
        Ok(Self { groups, engine })
    }
}

fn cpp(group: &Group<RMSpropOptions>) -> Result<COptimizer> {
    let RMSpropOptions { lr, alpha, eps, weight_decay, momentum, .. } = group.options;
    let mut optimizer = COptimizer::rms_prop(lr, alpha, eps, weight_decay, momentum, false)?;
    for parameter in &group.params {
        optimizer.add_parameters(parameter, 0)?;
    }
    Ok(optimizer)
}

impl Optimizer for RMSprop {
    fn zero_grad(&mut self) -> Result<()> {
        match &self.engine {
            Engine::Cpp(optimizer) => Ok(optimizer.zero_grad()?),
            Engine::Python(_) => group::zero_grad(&self.groups),
        }
    }

    fn step(&mut self) -> Result<()> {
        let states = match &mut self.engine {
            Engine::Cpp(optimizer) => return Ok(optimizer.step()?),
            Engine::Python(states) => states,
        };
        no_grad(|| {
            for (group, states) in self.groups.iter().zip(states) {
                for (parameter, state) in group.params.iter().zip(states) {
                    single_tensor(parameter, state, &group.options)?;
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
        group::at_mut(&mut self.groups, group)?.options.lr = lr;
        match &mut self.engine {
            Engine::Cpp(optimizer) => Ok(optimizer.set_learning_rate(lr)?),
            Engine::Python(_) => Ok(()),
        }
    }
}

/// `_single_tensor_rmsprop`, for one parameter.
fn single_tensor(
    parameter: &Parameter,
    state: &mut Option<State>,
    options: &RMSpropOptions,
) -> Result<()> {
    let mut grad = parameter.f_grad()?;
    if !grad.defined() {
        return Ok(());
    }
    if options.maximize {
        grad = grad.f_neg()?;
    }
    let state = match state {
        Some(state) => state,
        empty => empty.insert(State {
            square_avg: parameter.f_zeros_like()?,
            grad_avg: options.centered.then(|| parameter.f_zeros_like()).transpose()?,
            momentum_buffer: (options.momentum > 0.)
                .then(|| parameter.f_zeros_like())
                .transpose()?,
        }),
    };
    if options.weight_decay != 0. {
        grad = libtorch::add(&grad, parameter, options.weight_decay)?;
    }

    let _ = state.square_avg.f_mul_scalar_(options.alpha)?;
    libtorch::addcmul_(&state.square_avg, &grad, &grad, 1. - options.alpha)?;
    let mut avg = match &mut state.grad_avg {
        Some(grad_avg) => {
            let _ = grad_avg.f_lerp_(&grad, 1. - options.alpha)?;
            libtorch::addcmul(&state.square_avg, grad_avg, grad_avg, -1.)?.f_sqrt_()?
        }
        None => state.square_avg.f_sqrt()?,
    };
    let _ = avg.f_add_scalar_(options.eps)?;

    match &mut state.momentum_buffer {
        Some(buffer) => {
            let _ = buffer.f_mul_scalar_(options.momentum)?;
            libtorch::addcdiv_(buffer, &grad, &avg, 1.)?;
            Ok(libtorch::add_(parameter, buffer, -options.lr)?)
        }
        None => Ok(libtorch::addcdiv_(parameter, &grad, &avg, -options.lr)?),
    }
}
