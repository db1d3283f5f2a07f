use shim::foreach;
use tch::{COptimizer, Tensor};

use super::group::{Group, zero_or_above};
use super::stepper::{Algorithm, direction, directions, optimizer};
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
    /// Whether to work on lists of tensors; none, the default: on a card, and not on the CPU.
    pub foreach: Option<bool>,
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
            foreach: None,
        }
    }
}

optimizer! {
    /// Stochastic gradient descent: `torch.optim.SGD` (`torch/optim/sgd.py`).
    ///
    /// Around tch's optimizer, whose bits are Python's; on a card, with `foreach`, and with
    /// `maximize`, which that does not have, in Python's own operations.
    SGD, SGDOptions, Sgd, Sgd
}

#[derive(Debug)]
pub(super) struct Sgd;

/// The momentum buffer; none before a first step with momentum.
type Buffer = Option<Tensor>;

impl Algorithm for Sgd {
    type Options = SGDOptions;
    type State = Buffer;

    const CAPTURABLE: bool = true;

    fn name(&self) -> &'static str {
        "SGD"
    }

    fn check(options: &SGDOptions) -> Result<()> {
        zero_or_above("lr", options.lr)?;
        zero_or_above("momentum", options.momentum)?;
        zero_or_above("weight_decay", options.weight_decay)?;
        if options.nesterov && (options.momentum <= 0. || options.dampening != 0.) {
            let accepted = "it needs a momentum above 0 and a dampening of 0";
            return Err(Error::argument("nesterov", true, accepted));
        }
        Ok(())
    }

    fn lr(options: &mut SGDOptions) -> &mut f64 {
        &mut options.lr
    }

    fn foreach(options: &SGDOptions) -> Option<bool> {
        options.foreach
    }

    fn state(_: &SGDOptions, _: &Tensor) -> Result<Buffer> {
        Ok(None)
    }

    fn cpp(&self, groups: &[Group<SGDOptions>]) -> Result<Option<COptimizer>> {
        let SGDOptions { lr, momentum, dampening, weight_decay, nesterov, .. } = groups[0].options;
        // tch's groups share every option but the learning rate, momentum and weight decay.
        let shared =
            |o: &SGDOptions| !o.maximize && (o.dampening, o.nesterov) == (dampening, nesterov);
        if !groups.iter().all(|group| shared(&group.options)) {
            return Ok(None);
        }
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
        Ok(Some(optimizer))
    }

    /// `_single_tensor_sgd`.
    fn single_tensor(
        &self,
        options: &SGDOptions,
        parameter: &Tensor,
        grad: Tensor,
        buffer: &mut Buffer,
    ) -> Result<()> {
        let mut grad = direction(grad, parameter, options.maximize, options.weight_decay)?;
        if options.momentum != 0. {
            let momentum = take_up(buffer, &grad, options)?;
            grad = match options.nesterov {
                true => shim::add(&grad, &momentum, options.momentum)?,
                false => momentum,
            };
        }
        Ok(shim::add_(parameter, &grad, -options.lr)?)
    }

    /// `_multi_tensor_sgd`. As there, `nesterov` may leave its sum in the parameters' own gradients.
    fn multi_tensor(
        &self,
        options: &SGDOptions,
        parameters: &[Tensor],
        grads: Vec<Tensor>,
        buffers: &mut [&mut Buffer],
    ) -> Result<()> {
        let mut grads = directions(grads, parameters, options.maximize, options.weight_decay)?;
        if options.momentum != 0. {
            let known = buffers.iter().flat_map(|buffer| buffer.as_ref());
            let mut momenta: Vec<_> = known.map(Tensor::shallow_clone).collect();
            if momenta.len() == grads.len() {
                foreach::mul_scalar_(&momenta, options.momentum)?;
                foreach::add_(&momenta, &grads, 1. - options.dampening)?;
            } else {
                let pairs = buffers.iter_mut().zip(&grads);
                let all: Result<_> =
                    pairs.map(|(buffer, grad)| take_up(buffer, grad, options)).collect();
                momenta = all?;
            }
            match options.nesterov {
                true => foreach::add_(&grads, &momenta, options.momentum)?,
                false => grads = momenta,
            }
        }
        Ok(foreach::add_(parameters, &grads, -options.lr)?)
    }
}

/// Takes a gradient up into a momentum buffer, which it starts if need be.
fn take_up(buffer: &mut Buffer, grad: &Tensor, options: &SGDOptions) -> Result<Tensor> {
    let momentum = match buffer {
        None => {
            let mut first = grad.f_empty_like()?;
            first.f_copy_(grad)?;
            buffer.insert(first)
        }
        Some(momentum) => {
            let _ = momentum.f_mul_scalar_(options.momentum)?;
            shim::add_(momentum, grad, 1. - options.dampening)?;
            momentum
        }
    };
    Ok(momentum.shallow_clone())
}
