use std::fmt::Debug;

use shim::foreach;
use tch::Tensor;

use super::fused;
use super::grouped::{
    Algorithm, GroupedOptimizer, ParamState, Update, betas_below_one, count_steps, kept, real,
    reals, turned, with_weight_decay, zero_or_above, zero_state,
};
use super::real::{Real, pow};
use super::state_dict::{Entries, INT_ZERO, Read, StateValue};
use crate::hook::StepScalar;
use crate::{Error, Result};

/// `torch.optim.Adam` (`torch/optim/adam.py`).
pub type Adam = GroupedOptimizer<AdamOptions>;

/// `torch.optim.AdamW` (`torch/optim/adamw.py`): [`Adam`] with decoupled weight decay.
pub type AdamW = GroupedOptimizer<AdamWOptions>;

macro_rules! options {
    (
        $(#[$doc:meta])* $Options:ident, decoupled: $decoupled:literal,
        $(#[$decay_doc:meta])* weight_decay: $weight_decay:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
        pub struct $Options {
            /// Learning rate, per step.
            pub lr: f64,
            /// Shares of the running averages of the gradient and of its square that are kept, each
            /// in 0..1.
            pub betas: (f64, f64),
            /// Added to the denominator, in the gradient's unit.
            pub eps: f64,
            $(#[$decay_doc])*
            pub weight_decay: f64,
            /// Divides by the largest average of squares so far.
            pub amsgrad: bool,
            /// Climbs instead of descending.
            pub maximize: bool,
            /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
            pub foreach: Option<bool>,
            /// Whether a step is one operator of libtorch, with bits of its own; it cannot be beside `foreach`. None, the
            /// default: it is not.
            pub fused: Option<bool>,
        }

        impl Default for $Options {
            fn default() -> Self {
                Self {
                    lr: 1e-3,
                    betas: (0.9, 0.999),
                    eps: 1e-8,
                    weight_decay: $weight_decay,
                    amsgrad: false,
                    maximize: false,
                    foreach: None,
                    fused: None,
                }
            }
        }

        impl Family for $Options {
            const DECOUPLED: bool = $decoupled;

            fn common(&self) -> AdamOptions {
                let &Self { lr, betas, eps, weight_decay, amsgrad, maximize, foreach, fused } = self;
                AdamOptions { lr, betas, eps, weight_decay, amsgrad, maximize, foreach, fused }
            }

            fn from_common(options: AdamOptions) -> Self {
                let AdamOptions { lr, betas, eps, weight_decay, amsgrad, maximize, foreach, fused } = options;
                Self { lr, betas, eps, weight_decay, amsgrad, maximize, foreach, fused }
            }

            fn lr_mut(&mut self) -> &mut f64 {
                &mut self.lr
            }
        }
    };
}

options! {
    /// What [`Adam`] takes, with `torch.optim.Adam`'s names and defaults.
    AdamOptions, decoupled: false,
    /// L2 penalty: this times the parameter is added to its gradient.
    weight_decay: INT_ZERO
}
options! {
    /// What [`AdamW`] takes, with `torch.optim.AdamW`'s names and defaults.
    AdamWOptions, decoupled: true,
    /// Each step shrinks the parameter by `lr` times this.
    weight_decay: 1e-2
}

const AVG: &str = "exp_avg";
const SQUARES: &str = "exp_avg_sq";
const LARGEST: &str = "max_exp_avg_sq";

/// What a step passes to its operations, the same at every step.
struct Factors {
    /// The L2 penalty.
    weight_decay: f64,
    /// Of the gradient and of its square, in the running averages.
    shares: (f64, f64),
    beta2: f64,
    eps: f64,
}

/// `Adam`'s options and `AdamW`'s, whose steps differ in what `weight_decay` does.
pub trait Family: Copy + Debug + Default + 'static {
    const DECOUPLED: bool;

    fn common(&self) -> AdamOptions;

    fn from_common(options: AdamOptions) -> Self;

    fn lr_mut(&mut self) -> &mut f64;

    /// With decoupled decay, the share of a parameter that is kept.
    fn kept(&self, lr: &Real, _: f64) -> Result<[Real; 1]> {
        Ok([kept(lr, self.common().weight_decay)?])
    }

    fn decays_weights(&self) -> bool {
        Self::DECOUPLED && self.common().weight_decay != 0.
    }

    /// What the denominator is divided by, and what the update is added with, at a parameter's step
    /// of this number, counted from 1.
    fn corrections(&self, lr: &Real, step: f64) -> Result<[Real; 2]> {
        let (beta1, beta2) = self.common().betas;
        let step_size = lr.div(1. - pow(beta1, step))?.neg()?;
        Ok([pow(1. - pow(beta2, step), 0.5).into(), step_size])
    }
}

/// Refuses a tensor as the rate of steps on lists.
fn no_tensor(foreach: Option<bool>, lr: &Real) -> Result<()> {
    match (foreach, lr) {
        (Some(true), Real::Tensor(_)) => {
            Err(Error::argument("lr", "a tensor", "it must be a number where foreach is true"))
        }
        _ => Ok(()),
    }
}

fn factors<O: Family>(options: &O) -> Factors {
    let AdamOptions { betas: (beta1, beta2), eps, weight_decay, .. } = options.common();
    Factors {
        weight_decay: if O::DECOUPLED { 0. } else { weight_decay },
        shares: (1. - beta1, 1. - beta2),
        beta2,
        eps,
    }
}

impl<O: Family> Algorithm for O {
    const NAME: &'static str = if O::DECOUPLED { "AdamW" } else { "Adam" };
    const CAPTURABLE: bool = false;
    const TENSORS_ON_LISTS: bool = false;

    fn check(&self, lr: &Real) -> Result<()> {
        let AdamOptions { betas, eps, weight_decay, foreach, fused, .. } = self.common();
        no_tensor(foreach, lr)?;
        lr.zero_or_above()?;
        zero_or_above("eps", eps)?;
        betas_below_one(betas)?;
        zero_or_above("weight_decay", weight_decay)?;
        fused::alone(fused, foreach)
    }

    fn lr(&mut self) -> &mut f64 {
        self.lr_mut()
    }

    fn foreach(&self) -> Option<bool> {
        self.common().foreach
    }

    fn fused(&self) -> Option<bool> {
        self.common().fused
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        let options = self.common();
        let betas = [options.betas.0, options.betas.1].map(StateValue::Float);
        vec![
            ("lr", StateValue::Float(options.lr)),
            ("betas", StateValue::Tuple(betas.into())),
            ("eps", StateValue::Float(options.eps)),
            ("weight_decay", StateValue::number(options.weight_decay)),
            ("amsgrad", StateValue::Bool(options.amsgrad)),
            ("maximize", StateValue::Bool(options.maximize)),
            ("foreach", options.foreach.map_or(StateValue::None, StateValue::Bool)),
            ("capturable", StateValue::Bool(false)),
            ("differentiable", StateValue::Bool(false)),
            ("fused", options.fused.map_or(StateValue::None, StateValue::Bool)),
            ("decoupled_weight_decay", StateValue::Bool(O::DECOUPLED)),
        ]
    }

    fn from_entries(entries: &Entries) -> Result<Self> {
        entries.refuse(&["capturable", "differentiable"])?;
        // Python's Adam would become an AdamW; AdamW takes any state over as its own.
        if !O::DECOUPLED && entries.switch("decoupled_weight_decay")? {
            return Err(Error::StateDict("it is AdamW's: load it into one".to_owned()));
        }
        let betas = entries.numbers("betas")?;
        let &[beta1, beta2] = betas.as_slice() else {
            return Err(Error::StateDict(format!("betas: expected two, found {}", betas.len())));
        };
        Ok(O::from_common(AdamOptions {
            lr: entries.number("lr")?,
            betas: (beta1, beta2),
            eps: entries.number("eps")?,
            weight_decay: entries.number_or_int_zero("weight_decay")?,
            amsgrad: entries.switch("amsgrad")?,
            maximize: entries.switch("maximize")?,
            foreach: entries.choice("foreach")?,
            fused: entries.choice("fused")?,
        }))
    }

    fn init(&self, parameter: &Tensor, _: &Real) -> Result<ParamState> {
        let names =
            if self.common().amsgrad { &[AVG, SQUARES, LARGEST][..] } else { &[AVG, SQUARES] };
        zero_state(fused::first_step(self.common().fused, parameter)?, parameter, names)
    }

    fn fused_step(&self, updates: &mut [Update<Self>]) -> Result<()> {
        fused::adam(&self.common(), O::DECOUPLED, updates, [AVG, SQUARES, LARGEST])
    }

    /// `_single_tensor_adam`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let (options, factors) = (self.common(), factors(self));
        let grad = update.turned(options.maximize)?;
        update.state.count_step()?;
        let grad = update.with_weight_decay(grad, factors.weight_decay)?;
        if self.decays_weights() {
            update.scale_(self, Self::kept)?;
        }
        let state = |name| real(update.state.get(name)?);
        let (grad, parameter) = (real(&grad)?, real(&update.parameter)?);
        let (mut exp_avg, exp_avg_sq) = (state(AVG)?, state(SQUARES)?);

        let _ = exp_avg.f_lerp_(&grad, factors.shares.0)?;
        shim::mul_number_(&exp_avg_sq, factors.beta2)?;
        shim::addcmul_(&exp_avg_sq, &grad, &grad, factors.shares.1)?;

        let [divisor, step_size] = update.numbers_of_step(self, Self::corrections)?;
        let square = if options.amsgrad {
            let largest = state(LARGEST)?;
            largest.f_maximum_out(&largest, &exp_avg_sq)?
        } else {
            exp_avg_sq
        };
        let root = square.f_sqrt()?;
        let divided = |divisor| Ok::<_, Error>(root.f_div(&shim::number_f64(divisor)?)?);
        let denom = divisor.with(divided)?;
        shim::add_number_(&denom, factors.eps)?;
        Ok(step_size.with(|value| shim::addcdiv_(&parameter, &exp_avg, &denom, value))?)
    }

    /// `_multi_tensor_adam`, without `capturable`.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        if let Some(update) = updates.first() {
            no_tensor(Some(true), &update.lr)?;
        }
        let (options, factors) = (self.common(), factors(self));
        let parameters = reals(updates, |update| Ok(&update.parameter))?;
        let state = |name| reals(updates, |update| update.state.get(name));
        let (exp_avgs, exp_avg_sqs) = (state(AVG)?, state(SQUARES)?);
        let grads = turned(reals(updates, |update| Ok(&update.grad))?, options.maximize)?;
        count_steps(updates)?;
        let grads = with_weight_decay(grads, &parameters, options.maximize, factors.weight_decay)?;
        if let (true, Some(update)) = (self.decays_weights(), updates.first()) {
            let [kept] = update.numbers(self, Self::kept)?;
            kept.with(|kept| foreach::mul_scalar_(&parameters, kept))?;
        }

        foreach::lerp_(&exp_avgs, &grads, factors.shares.0)?;
        foreach::mul_scalar_(&exp_avg_sqs, factors.beta2)?;
        foreach::addcmul_(&exp_avg_sqs, &grads, &grads, factors.shares.1)?;

        let (mut divisors, mut step_sizes) = (vec![], vec![]);
        for update in updates.iter() {
            let [divisor, step_size] = update.numbers_of_step(self, Self::corrections)?;
            divisors.push(divisor);
            step_sizes.push(step_size);
        }
        let denoms = if options.amsgrad {
            let largest = state(LARGEST)?;
            foreach::maximum_(&largest, &exp_avg_sqs)?;
            foreach::sqrt(&largest)?
        } else {
            foreach::sqrt(&exp_avg_sqs)?
        };
        StepScalar::with_all(&divisors, |divisors| foreach::div_scalar_list_(&denoms, divisors))?;
        foreach::add_scalar_(&denoms, factors.eps)?;
        let add =
            |values: &[f64]| foreach::addcdiv_scalar_list_(&parameters, &exp_avgs, &denoms, values);
        Ok(StepScalar::with_all(&step_sizes, add)?)
    }
}
