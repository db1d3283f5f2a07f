use shim::foreach;
use tch::{COptimizer, Tensor};

use super::group::{Group, zero_or_above};
use super::stepper::{Algorithm, direction, directions, optimizer};
use crate::Result;

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
    /// Whether to work on lists of tensors; none, the default: on a card, and not on the CPU.
    pub foreach: Option<bool>,
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
            foreach: None,
        }
    }
}

optimizer! {
    /// `torch.optim.RMSprop` (`torch/optim/rmsprop.py`).
    ///
    /// Around tch's optimizer, whose bits are Python's unless `centered`: there C++ updates the
    /// running average with `mul_` and `add_` where Python calls `lerp_`. With `centered` or
    /// `maximize`, on a card, and with `foreach`, in Python's own operations.
    RMSprop, RMSpropOptions, RmsProp, RmsProp
}

#[derive(Debug)]
pub(super) struct RmsProp;

#[derive(Debug)]
pub(super) struct State {
    square_avg: Tensor,
    /// With `centered` only.
    grad_avg: Option<Tensor>,
    /// With `momentum` only.
    momentum_buffer: Option<Tensor>,
}

impl Algorithm for RmsProp {
    type Options = RMSpropOptions;
    type State = State;

    const CAPTURABLE: bool = false;

    fn name(&self) -> &'static str {
        "RMSprop"
    }

    fn check(options: &RMSpropOptions) -> Result<()> {
        zero_or_above("lr", options.lr)?;
        zero_or_above("eps", options.eps)?;
        zero_or_above("momentum", options.momentum)?;
        zero_or_above("weight_decay", options.weight_decay)?;
        zero_or_above("alpha", options.alpha)
    }

    fn lr(options: &mut RMSpropOptions) -> &mut f64 {
        &mut options.lr
    }

    fn foreach(options: &RMSpropOptions) -> Option<bool> {
        options.foreach
    }

    fn state(options: &RMSpropOptions, parameter: &Tensor) -> Result<State> {
        let zeros_if = |kept: bool| kept.then(|| parameter.f_zeros_like()).transpose();
        Ok(State {
            square_avg: parameter.f_zeros_like()?,
            grad_avg: zeros_if(options.centered)?,
            momentum_buffer: zeros_if(options.momentum > 0.)?,
        })
    }

    fn cpp(&self, groups: &[Group<RMSpropOptions>]) -> Result<Option<COptimizer>> {
        // tch's groups share `alpha` and `eps`, so several groups take Python's way.
        let [Group { params, options }] = groups else {
            return Ok(None);
        };
        let &RMSpropOptions { lr, alpha, eps, weight_decay, momentum, centered, maximize, .. } =
            options;
        if centered || maximize {
            return Ok(None);
        }
        let mut optimizer = COptimizer::rms_prop(lr, alpha, eps, weight_decay, momentum, false)?;
        for parameter in params {
            optimizer.add_parameters(parameter, 0)?;
        }
        Ok(Some(optimizer))
    }

    /// `_single_tensor_rmsprop`.
    fn single_tensor(
        &self,
        options: &RMSpropOptions,
        parameter: &Tensor,
        grad: Tensor,
        state: &mut State,
    ) -> Result<()> {
        let grad = direction(grad, parameter, options.maximize, options.weight_decay)?;

        let _ = state.square_avg.f_mul_scalar_(options.alpha)?;
        shim::addcmul_(&state.square_avg, &grad, &grad, 1. - options.alpha)?;
        let mut avg = match &mut state.grad_avg {
            Some(grad_avg) => {
                let _ = grad_avg.f_lerp_(&grad, 1. - options.alpha)?;
                shim::addcmul(&state.square_avg, grad_avg, grad_avg, -1.)?.f_sqrt_()?
            }
            None => state.square_avg.f_sqrt()?,
        };
        let _ = avg.f_add_scalar_(options.eps)?;

        match &mut state.momentum_buffer {
            Some(buffer) => {
                let _ = buffer.f_mul_scalar_(options.momentum)?;
                shim::addcdiv_(buffer, &grad, &avg, 1.)?;
                Ok(shim::add_(parameter, buffer, -options.lr)?)
            }
            None => Ok(shim::addcdiv_(parameter, &grad, &avg, -options.lr)?),
        }
    }

    /// `_multi_tensor_rmsprop`.
    fn multi_tensor(
        &self,
        options: &RMSpropOptions,
        parameters: &[Tensor],
        grads: Vec<Tensor>,
        states: &mut [&mut State],
    ) -> Result<()> {
        let grads = directions(grads, parameters, options.maximize, options.weight_decay)?;
        // Each of the optional ones is there for all parameters or for none.
        let kept = |of: fn(&State) -> Option<&Tensor>| -> Vec<Tensor> {
            states.iter().filter_map(|state| of(state)).map(Tensor::shallow_clone).collect()
        };
        let square_avgs = kept(|state| Some(&state.square_avg));
        let grad_avgs = kept(|state| state.grad_avg.as_ref());
        let momentum_buffers = kept(|state| state.momentum_buffer.as_ref());

        foreach::mul_scalar_(&square_avgs, options.alpha)?;
        foreach::addcmul_(&square_avgs, &grads, &grads, 1. - options.alpha)?;
        let avg = if options.centered {
            foreach::lerp_(&grad_avgs, &grads, 1. - options.alpha)?;
            let avg = foreach::addcmul(&square_avgs, &grad_avgs, &grad_avgs, -1.)?;
            foreach::sqrt_(&avg)?;
            avg
        } else {
            foreach::sqrt(&square_avgs)?
        };
        foreach::add_scalar_(&avg, options.eps)?;

        if options.momentum > 0. {
            foreach::mul_scalar_(&momentum_buffers, options.momentum)?;
            foreach::addcdiv_(&momentum_buffers, &grads, &avg, 1.)?;
            Ok(foreach::add_(parameters, &momentum_buffers, -options.lr)?)
        } else {
            Ok(foreach::addcdiv_(parameters, &grads, &avg, -options.lr)?)
        }
    }
}
