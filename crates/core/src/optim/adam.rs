use std::hint::black_box;

use tch::{Tensor, no_grad};

use super::Optimizer;
use super::group::{self, Group, zero_or_above};
use crate::nn::Parameter;
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

impl AdamOptions {
    fn check(&self) -> Result<()> {
        zero_or_above("lr", self.lr)?;
        zero_or_above("eps", self.eps)?;
        for (name, beta) in [("betas[0]", self.betas.0), ("betas[1]", self.betas.1)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(Error::argument(name, beta, "it must be 0 or above and below 1"));
            }
        }
        zero_or_above("weight_decay", self.weight_decay)
    }
}

/// `torch.optim.Adam` (`torch/optim/adam.py`), in Python's own operations.
///
/// libtorch's C++ Adam, which tch wraps, updates the running average with `mul_` and `add_` where
/// Python calls `lerp_`, and is an ULP away from the second step on.
#[derive(Debug)]
pub struct Adam {
    groups: Vec<Group<AdamOptions>>,
    states: Vec<Vec<State>>,
    decoupled_weight_decay: bool,
}

/// One parameter's running averages; none before its first gradient.
#[derive(Debug, Default)]
struct State {
    /// Steps taken. Python keeps it as a float32 tensor, exact up to 2²⁴.
    step: f64,
    averages: Option<Averages>,
}

#[derive(Debug)]
struct Averages {
    exp_avg: Tensor,
    exp_avg_sq: Tensor,
    /// With `amsgrad` only.
    max_exp_avg_sq: Option<Tensor>,
}

impl Adam {
    /// `torch.optim.Adam(params, lr=…, betas=…, …)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for no parameters or an option that Python refuses.
    pub fn new(params: Vec<Parameter>, options: AdamOptions) -> Result<Self> {
        Self::with_groups(vec![(params, options)])
    }

    /// An optimizer whose groups of parameters have options of their own.
    ///
    /// # Errors
    /// As [`Adam::new`].
    pub fn with_groups(groups: Vec<(Vec<Parameter>, AdamOptions)>) -> Result<Self> {
        let groups = group::groups(groups, AdamOptions::check)?;
        let states = groups
            .iter()
            .map(|group| group.params.iter().map(|_| State::default()).collect())
            .collect();
        Ok(Self { groups, states, decoupled_weight_decay: false })
    }
}

impl Optimizer for Adam {
    fn zero_grad(&mut self) -> Result<()> {
        group::zero_grad(&self.groups)
    }

    fn step(&mut self) -> Result<()> {
        let decoupled = self.decoupled_weight_decay;
        no_grad(|| {
            for (group, states) in self.groups.iter().zip(&mut self.states) {
                for (parameter, state) in group.params.iter().zip(states) {
                    single_tensor(parameter, state, &group.options, decoupled)?;
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
        Ok(())
    }
}

/// `_single_tensor_adam`, for one parameter.
fn single_tensor(
    parameter: &Parameter,
    state: &mut State,
    options: &AdamOptions,
    decoupled_weight_decay: bool,
) -> Result<()> {
    let mut grad = parameter.f_grad()?;
    if !grad.defined() {
        return Ok(());
    }
    if options.maximize {
        grad = grad.f_neg()?;
    }
    let averages = match &mut state.averages {
        Some(averages) => averages,
        empty => empty.insert(Averages {
            exp_avg: parameter.f_zeros_like()?,
            exp_avg_sq: parameter.f_zeros_like()?,
            max_exp_avg_sq: None,
        }),
    };
    state.step += 1.;

    if options.weight_decay != 0. {
        if decoupled_weight_decay {
            let kept = 1. - options.lr * options.weight_decay;
            let _ = parameter.shallow_clone().f_mul_scalar_(kept)?;
        } else {
            grad = libtorch::add(&grad, parameter, options.weight_decay)?;
        }
    }

    let (beta1, beta2) = options.betas;
    let _ = averages.exp_avg.f_lerp_(&grad, 1. - beta1)?;
    let _ = averages.exp_avg_sq.f_mul_scalar_(beta2)?;
    libtorch::addcmul_(&averages.exp_avg_sq, &grad, &grad, 1. - beta2)?;

    let step_size = options.lr / (1. - pow(beta1, state.step));
    let bias_correction2_sqrt = pow(1. - pow(beta2, state.step), 0.5);
    let square = match (options.amsgrad, &mut averages.max_exp_avg_sq) {
        (false, _) => &averages.exp_avg_sq,
        (true, largest) => {
            let so_far = match largest.take() {
                Some(so_far) => so_far,
                None => parameter.f_zeros_like()?,
            };
            &*largest.insert(so_far.f_maximum(&averages.exp_avg_sq)?)
        }
    };
    let mut denom = square.f_sqrt()?.f_div_scalar(bias_correction2_sqrt)?;
    let _ = denom.f_add_scalar_(options.eps)?;
    Ok(libtorch::addcdiv_(parameter, &averages.exp_avg, &denom, -step_size)?)
}

/// Python's `base ** exponent` for floats: the C library's `pow`.
///
/// The compiler may turn `x.powf(0.5)` into a square root, which rounds differently; hiding the
/// exponent from it keeps the call.
fn pow(base: f64, exponent: f64) -> f64 {
    base.powf(black_box(exponent))
}

/// `torch.optim.AdamW` (`torch/optim/adamw.py`): [`Adam`] with decoupled weight decay.
#[derive(Debug)]
pub struct AdamW(Adam);

impl AdamW {
    /// `torch.optim.AdamW(params, lr=…, betas=…, …)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for no parameters or an option that Python refuses.
    pub fn new(params: Vec<Parameter>, options: AdamWOptions) -> Result<Self> {
        Self::with_groups(vec![(params, options)])
    }

    /// An optimizer whose groups of parameters have options of their own.
    ///
    /// # Errors
    /// As [`AdamW::new`].
    pub fn with_groups(groups: Vec<(Vec<Parameter>, AdamWOptions)>) -> Result<Self> {
        let groups = groups.into_iter().map(|(params, options)| (params, options.into())).collect();
        Ok(Self(Adam { decoupled_weight_decay: true, ..Adam::with_groups(groups)? }))
    }
}

impl From<AdamWOptions> for AdamOptions {
    fn from(options: AdamWOptions) -> Self {
        let AdamWOptions { lr, betas, eps, weight_decay, amsgrad, maximize } = options;
        Self { lr, betas, eps, weight_decay, amsgrad, maximize }
    }
}

impl Optimizer for AdamW {
    fn zero_grad(&mut self) -> Result<()> {
        self.0.zero_grad()
    }

    fn step(&mut self) -> Result<()> {
        self.0.step()
    }

    fn lr(&self, group: usize) -> Result<f64> {
        self.0.lr(group)
    }

    fn set_lr(&mut self, group: usize, lr: f64) -> Result<()> {
        self.0.set_lr(group, lr)
    }
}
