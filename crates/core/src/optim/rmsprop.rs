use shim::foreach;
use tch::{Device, Kind, Tensor};

use super::grouped::{
    Algorithm, GroupedOptimizer, ParamState, Update, count_steps, real, reals, turned,
    with_weight_decay, zero_or_above, zero_state,
};
use super::real::Real;
use super::state_dict::{Entries, INT_ZERO, Read, StateValue};
use crate::Result;

/// `torch.optim.RMSprop` (`torch/optim/rmsprop.py`).
pub type RMSprop = GroupedOptimizer<RMSpropOptions>;

/// What [`RMSprop`] takes, with `torch.optim.RMSprop`'s names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
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
    /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
    pub foreach: Option<bool>,
}

impl Default for RMSpropOptions {
    fn default() -> Self {
        Self {
            lr: 1e-2,
            alpha: 0.99,
            eps: 1e-8,
            weight_decay: INT_ZERO,
            momentum: INT_ZERO,
            centered: false,
            maximize: false,
            foreach: None,
        }
    }
}

const SQUARES: &str = "square_avg";
const MOMENTUM: &str = "momentum_buffer";
const GRADS: &str = "grad_avg";

/// What a step passes to its operations.
struct Factors {
    weight_decay: f64,
    alpha: f64,
    /// Of the gradient, in the running averages.
    share: f64,
    eps: f64,
    momentum: f64,
}

impl RMSpropOptions {
    /// What the direction is added with.
    fn step_size(&self, lr: &Real, _: f64) -> Result<[Real; 1]> {
        Ok([lr.neg()?])
    }

    /// They are the same at every step.
    fn factors(&self) -> Factors {
        let &Self { alpha, eps, weight_decay, momentum, .. } = self;
        Factors { weight_decay, alpha, share: 1. - alpha, eps, momentum }
    }
}

impl Algorithm for RMSpropOptions {
    const NAME: &'static str = "RMSprop";
    const CAPTURABLE: bool = false;

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        zero_or_above("eps", self.eps)?;
        zero_or_above("momentum", self.momentum)?;
        zero_or_above("weight_decay", self.weight_decay)?;
        zero_or_above("alpha", self.alpha)
    }

    fn lr(&mut self) -> &mut f64 {
        &mut self.lr
    }

    fn foreach(&self) -> Option<bool> {
        self.foreach
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        vec![
            ("lr", StateValue::Float(self.lr)),
            ("momentum", StateValue::number(self.momentum)),
            ("alpha", StateValue::Float(self.alpha)),
            ("eps", StateValue::Float(self.eps)),
            ("centered", StateValue::Bool(self.centered)),
            ("weight_decay", StateValue::number(self.weight_decay)),
            ("capturable", StateValue::Bool(false)),
            ("foreach", self.foreach.map_or(StateValue::None, StateValue::Bool)),
            ("maximize", StateValue::Bool(self.maximize)),
            ("differentiable", StateValue::Bool(false)),
        ]
    }

    fn from_entries(entries: &Entries) -> Result<Self> {
        entries.refuse(&["capturable", "differentiable"])?;
        Ok(Self {
            lr: entries.number("lr")?,
            alpha: entries.number("alpha")?,
            eps: entries.number("eps")?,
            weight_decay: entries.number_or_int_zero("weight_decay")?,
            momentum: entries
                .find("momentum")
                .map_or(Ok(INT_ZERO), |_| entries.number_or_int_zero("momentum"))?,
            centered: entries.switch("centered")?,
            maximize: entries.switch("maximize")?,
            foreach: entries.choice("foreach")?,
        })
    }

    fn init(&self, parameter: &Tensor, _: &Real) -> Result<ParamState> {
        let optional = [(MOMENTUM, self.momentum > 0.), (GRADS, self.centered)];
        let optional = optional.into_iter().filter_map(|(name, kept)| kept.then_some(name));
        let step = Tensor::f_zeros([0; 0], (Kind::Float, Device::Cpu))?;
        zero_state(step, parameter, &[SQUARES].into_iter().chain(optional).collect::<Vec<_>>())
    }

    /// `_single_tensor_rmsprop`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let factors = self.factors();
        let grad = update.turned(self.maximize)?;
        update.state.count_step()?;
        let grad = real(&update.with_weight_decay(grad, factors.weight_decay)?)?;
        let state = |name| real(update.state.get(name)?);
        let (parameter, square_avg) = (real(&update.parameter)?, state(SQUARES)?);

        shim::mul_number_(&square_avg, factors.alpha)?;
        shim::addcmul_(&square_avg, &grad, &grad, factors.share)?;
        let avg = if self.centered {
            let mut grad_avg = state(GRADS)?;
            let _ = grad_avg.f_lerp_(&grad, factors.share)?;
            shim::addcmul(&square_avg, &grad_avg, &grad_avg, -1.)?.f_sqrt_()?
        } else {
            square_avg.f_sqrt()?
        };
        shim::add_number_(&avg, factors.eps)?;
        let [step_size] = update.numbers(self, Self::step_size)?;

        if factors.momentum > 0. {
            let buffer = state(MOMENTUM)?;
            shim::mul_number_(&buffer, factors.momentum)?;
            shim::addcdiv_(&buffer, &grad, &avg, 1.)?;
            Ok(step_size.with(|alpha| shim::add_(&parameter, &buffer, alpha))?)
        } else {
            Ok(step_size.with(|value| shim::addcdiv_(&parameter, &grad, &avg, value))?)
        }
    }

    /// `_multi_tensor_rmsprop`.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        let factors = self.factors();
        let parameters = reals(updates, |update| Ok(&update.parameter))?;
        let state = |name| reals(updates, |update| update.state.get(name));
        let grads = turned(reals(updates, |update| Ok(&update.grad))?, self.maximize)?;
        count_steps(updates)?;
        let grads = with_weight_decay(grads, &parameters, self.maximize, factors.weight_decay)?;
        let square_avgs = state(SQUARES)?;

        foreach::mul_scalar_(&square_avgs, factors.alpha)?;
        foreach::addcmul_(&square_avgs, &grads, &grads, factors.share)?;
        let avg = if self.centered {
            let grad_avgs = state(GRADS)?;
            foreach::lerp_(&grad_avgs, &grads, factors.share)?;
            let avg = foreach::addcmul(&square_avgs, &grad_avgs, &grad_avgs, -1.)?;
            foreach::sqrt_(&avg)?;
            avg
        } else {
            foreach::sqrt(&square_avgs)?
        };
        foreach::add_scalar_(&avg, factors.eps)?;
        let Some(update) = updates.first() else {
            return Ok(());
        };
        let [step_size] = update.numbers(self, Self::step_size)?;

        if factors.momentum > 0. {
            let buffers = state(MOMENTUM)?;
            foreach::mul_scalar_(&buffers, factors.momentum)?;
            foreach::addcdiv_(&buffers, &grads, &avg, 1.)?;
            Ok(step_size.with(|alpha| foreach::add_(&parameters, &buffers, alpha))?)
        } else {
            Ok(step_size.with(|value| foreach::addcdiv_(&parameters, &grads, &avg, value))?)
        }
    }
}
