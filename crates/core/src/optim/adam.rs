use std::hint::black_box;

use shim::foreach;
use tch::{COptimizer, Tensor};

use super::group::{Group, zero_or_above};
use super::stepper::{Algorithm, direction, directions, optimizer};
use crate::{Error, Result};

macro_rules! options {
    ($(#[$doc:meta])* $name:ident, $weight_decay:expr, $decay_doc:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            /// Learning rate, per step.
            pub lr: f64,
            /// Shares of the running averages of the gradient and of its square that are kept,
            /// each in 0..1.
            pub betas: (f64, f64),
            /// Added to the denominator, in the gradient's unit.
            pub eps: f64,
            #[doc = $decay_doc]
            pub weight_decay: f64,
            /// Divides by the largest average of squares so far.
            pub amsgrad: bool,
            /// Climbs instead of descending.
            pub maximize: bool,
            /// Whether to work on lists of tensors; none, the default: on a card, and not on the
            /// CPU.
            pub foreach: Option<bool>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    lr: 1e-3,
                    betas: (0.9, 0.999),
                    eps: 1e-8,
                    weight_decay: $weight_decay,
                    amsgrad: false,
                    maximize: false,
                    foreach: None,
                }
            }
        }
    };
}

options! {
    /// What [`Adam`] takes, with `torch.optim.Adam`'s names and defaults.
    AdamOptions, 0., "L2 penalty: this times the parameter is added to its gradient."
}
options! {
    /// What [`AdamW`] takes, with `torch.optim.AdamW`'s names and defaults.
    AdamWOptions, 1e-2, "Decoupled decay: each step shrinks the parameter by `lr` times this."
}

optimizer! {
    /// `torch.optim.Adam` (`torch/optim/adam.py`), in Python's own operations.
    ///
    /// libtorch's C++ Adam, which tch wraps, updates the running average with `mul_` and `add_`
    /// where Python calls `lerp_`, and is an ULP away from the second step on.
    Adam, AdamOptions, AdamAlgorithm, AdamAlgorithm { decoupled_weight_decay: false }
}

optimizer! {
    /// `torch.optim.AdamW` (`torch/optim/adamw.py`): [`Adam`] with decoupled weight decay.
    AdamW, AdamWOptions, AdamAlgorithm, AdamAlgorithm { decoupled_weight_decay: true }
}

impl From<AdamWOptions> for AdamOptions {
    fn from(options: AdamWOptions) -> Self {
        let AdamWOptions { lr, betas, eps, weight_decay, amsgrad, maximize, foreach } = options;
        Self { lr, betas, eps, weight_decay, amsgrad, maximize, foreach }
    }
}

#[derive(Debug)]
pub(super) struct AdamAlgorithm {
    decoupled_weight_decay: bool,
}

impl AdamAlgorithm {
    /// The L2 penalty, and with decoupled decay the share of a parameter that is kept.
    fn weight_decay(&self, options: &AdamOptions) -> (f64, Option<f64>) {
        match (self.decoupled_weight_decay, options.weight_decay) {
            (false, penalty) => (penalty, None),
            (true, 0.) => (0., None),
            (true, decay) => (0., Some(1. - options.lr * decay)),
        }
    }
}

/// One parameter's running averages.
#[derive(Debug)]
pub(super) struct State {
    /// Steps taken. Python keeps it as a float32 tensor, exact up to 2²⁴.
    step: f64,
    exp_avg: Tensor,
    exp_avg_sq: Tensor,
    /// With `amsgrad` only.
    max_exp_avg_sq: Option<Tensor>,
}

impl State {
    /// The factor of the update, and what the denominator is divided by.
    fn bias_corrections(&self, options: &AdamOptions) -> (f64, f64) {
        let (beta1, beta2) = options.betas;
        let step_size = options.lr / (1. - pow(beta1, self.step));
        (-step_size, pow(1. - pow(beta2, self.step), 0.5))
    }
}

impl Algorithm for AdamAlgorithm {
    type Options = AdamOptions;
    type State = State;

    const CAPTURABLE: bool = false;

    fn name(&self) -> &'static str {
        if self.decoupled_weight_decay { "AdamW" } else { "Adam" }
    }

    fn check(options: &AdamOptions) -> Result<()> {
        zero_or_above("lr", options.lr)?;
        zero_or_above("eps", options.eps)?;
        for (name, beta) in [("betas[0]", options.betas.0), ("betas[1]", options.betas.1)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(Error::argument(name, beta, "it must be 0 or above and below 1"));
            }
        }
        zero_or_above("weight_decay", options.weight_decay)
    }

    fn lr(options: &mut AdamOptions) -> &mut f64 {
        &mut options.lr
    }

    fn foreach(options: &AdamOptions) -> Option<bool> {
        options.foreach
    }

    fn state(options: &AdamOptions, parameter: &Tensor) -> Result<State> {
        Ok(State {
            step: 0.,
            exp_avg: parameter.f_zeros_like()?,
            exp_avg_sq: parameter.f_zeros_like()?,
            max_exp_avg_sq: options.amsgrad.then(|| parameter.f_zeros_like()).transpose()?,
        })
    }

    fn cpp(&self, _: &[Group<AdamOptions>]) -> Result<Option<COptimizer>> {
        Ok(None)
    }

    /// `_single_tensor_adam`.
    fn single_tensor(
        &self,
        options: &AdamOptions,
        parameter: &Tensor,
        grad: Tensor,
        state: &mut State,
    ) -> Result<()> {
        state.step += 1.;
        let (penalty, kept) = self.weight_decay(options);
        let grad = direction(grad, parameter, options.maximize, penalty)?;
        if let Some(kept) = kept {
            let _ = parameter.shallow_clone().f_mul_scalar_(kept)?;
        }

        let (beta1, beta2) = options.betas;
        let _ = state.exp_avg.f_lerp_(&grad, 1. - beta1)?;
        let _ = state.exp_avg_sq.f_mul_scalar_(beta2)?;
        shim::addcmul_(&state.exp_avg_sq, &grad, &grad, 1. - beta2)?;

        let (step_size, bias_correction2_sqrt) = state.bias_corrections(options);
        let square = match &mut state.max_exp_avg_sq {
            None => &state.exp_avg_sq,
            Some(largest) => {
                *largest = largest.f_maximum(&state.exp_avg_sq)?;
                &*largest
            }
        };
        let mut denom = square.f_sqrt()?.f_div_scalar(bias_correction2_sqrt)?;
        let _ = denom.f_add_scalar_(options.eps)?;
        Ok(shim::addcdiv_(parameter, &state.exp_avg, &denom, step_size)?)
    }

    /// `_multi_tensor_adam`, without `capturable`.
    fn multi_tensor(
        &self,
        options: &AdamOptions,
        parameters: &[Tensor],
        grads: Vec<Tensor>,
        states: &mut [&mut State],
    ) -> Result<()> {
        states.iter_mut().for_each(|state| state.step += 1.);
        let (penalty, kept) = self.weight_decay(options);
        let grads = directions(grads, parameters, options.maximize, penalty)?;
        if let Some(kept) = kept {
            foreach::mul_scalar_(parameters, kept)?;
        }

        let (beta1, beta2) = options.betas;
        // `amsgrad`'s is there for all parameters or for none.
        let kept = |of: fn(&State) -> Option<&Tensor>| -> Vec<Tensor> {
            states.iter().filter_map(|state| of(state)).map(Tensor::shallow_clone).collect()
        };
        let exp_avgs = kept(|state| Some(&state.exp_avg));
        let exp_avg_sqs = kept(|state| Some(&state.exp_avg_sq));
        foreach::lerp_(&exp_avgs, &grads, 1. - beta1)?;
        foreach::mul_scalar_(&exp_avg_sqs, beta2)?;
        foreach::addcmul_(&exp_avg_sqs, &grads, &grads, 1. - beta2)?;

        let (step_sizes, bias_corrections2_sqrt): (Vec<_>, Vec<_>) =
            states.iter().map(|state| state.bias_corrections(options)).unzip();
        let denoms = if options.amsgrad {
            let max_exp_avg_sqs = kept(|state| state.max_exp_avg_sq.as_ref());
            foreach::maximum_(&max_exp_avg_sqs, &exp_avg_sqs)?;
            foreach::sqrt(&max_exp_avg_sqs)?
        } else {
            foreach::sqrt(&exp_avg_sqs)?
        };
        foreach::div_scalar_list_(&denoms, &bias_corrections2_sqrt)?;
        foreach::add_scalar_(&denoms, options.eps)?;
        Ok(foreach::addcdiv_scalar_list_(parameters, &exp_avgs, &denoms, &step_sizes)?)
    }
}

/// Python's `base ** exponent` for floats: the C library's `pow`.
///
/// The compiler may turn `x.powf(0.5)` into a square root, which rounds differently; hiding the
/// exponent from it keeps the call.
fn pow(base: f64, exponent: f64) -> f64 {
    base.powf(black_box(exponent))
}
