use shim::foreach;
use tch::Tensor;

use super::fused;
use super::grouped::{Algorithm, GroupedOptimizer, ParamState, Update, turned, with_weight_decay};
use super::real::Real;
use super::state_dict::{Entries, INT_ZERO, Read, StateValue};
use crate::{Error, Result};

/// Stochastic gradient descent: `torch.optim.SGD` (`torch/optim/sgd.py`).
pub type SGD = GroupedOptimizer<SGDOptions>;

/// What [`SGD`] takes, with `torch.optim.SGD`'s names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
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
    /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
    pub foreach: Option<bool>,
    /// Whether a step is one operator of libtorch, with bits of its own; it cannot be beside `foreach`. None, the
    /// default: it is not.
    pub fused: Option<bool>,
}

impl Default for SGDOptions {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            momentum: INT_ZERO,
            dampening: INT_ZERO,
            weight_decay: INT_ZERO,
            nesterov: false,
            maximize: false,
            foreach: None,
            fused: None,
        }
    }
}

/// What a step passes to its operations.
struct Factors {
    momentum: f64,
    /// Of the gradient, in the momentum.
    share: f64,
    weight_decay: f64,
}

const MOMENTUM: &str = "momentum_buffer";

impl SGDOptions {
    /// What the gradient is added with.
    fn step_size(&self, lr: &Real, _: f64) -> Result<[Real; 1]> {
        Ok([lr.neg()?])
    }

    /// They are the same at every step.
    fn factors(&self) -> Factors {
        let &Self { momentum, dampening, weight_decay, .. } = self;
        Factors { momentum, share: 1. - dampening, weight_decay }
    }
}

impl Algorithm for SGDOptions {
    const NAME: &'static str = "SGD";
    const CAPTURABLE: bool = true;
    const SPARSE: bool = true;

    fn check(&self, lr: &Real) -> Result<()> {
        // Python's SGD, unlike its other optimizers, lets NaN pass.
        if lr.below(0.)? {
            return Err(Error::argument("lr", lr.item()?, "it must not be below 0"));
        }
        let options = [("momentum", self.momentum), ("weight_decay", self.weight_decay)];
        if let Some((name, value)) = options.into_iter().find(|&(_, value)| value < 0.) {
            return Err(Error::argument(name, value, "it must not be below 0"));
        }
        if self.nesterov && (self.momentum <= 0. || self.dampening != 0.) {
            let accepted = "it needs a momentum above 0 and a dampening of 0";
            return Err(Error::argument("nesterov", true, accepted));
        }
        fused::alone(self.fused, self.foreach)
    }

    fn lr(&mut self) -> &mut f64 {
        &mut self.lr
    }

    fn foreach(&self) -> Option<bool> {
        self.foreach
    }

    /// A state dictionary may have both: then `foreach` comes first.
    fn fused(&self) -> Option<bool> {
        if self.foreach == Some(true) { Some(false) } else { self.fused }
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        vec![
            ("lr", StateValue::Float(self.lr)),
            ("momentum", StateValue::number(self.momentum)),
            ("dampening", StateValue::number(self.dampening)),
            ("weight_decay", StateValue::number(self.weight_decay)),
            ("nesterov", StateValue::Bool(self.nesterov)),
            ("maximize", StateValue::Bool(self.maximize)),
            ("foreach", self.foreach.map_or(StateValue::None, StateValue::Bool)),
            ("differentiable", StateValue::Bool(false)),
            ("fused", self.fused.map_or(StateValue::None, StateValue::Bool)),
        ]
    }

    fn from_entries(entries: &Entries) -> Result<Self> {
        entries.refuse(&["differentiable"])?;
        Ok(Self {
            lr: entries.number("lr")?,
            momentum: entries.number_or_int_zero("momentum")?,
            dampening: entries.number_or_int_zero("dampening")?,
            weight_decay: entries.number_or_int_zero("weight_decay")?,
            nesterov: entries.switch("nesterov")?,
            maximize: entries.switch("maximize")?,
            foreach: entries.choice("foreach")?,
            // What has no such entry is of a time before it.
            fused: entries.find("fused").map_or(Ok(Some(false)), |_| entries.choice("fused"))?,
        })
    }

    fn init(&self, _: &Tensor, _: &Real) -> Result<ParamState> {
        Ok(ParamState::default())
    }

    fn fused_step(&self, updates: &mut [Update<Self>]) -> Result<()> {
        fused::sgd(self, updates, MOMENTUM)
    }

    /// `_single_tensor_sgd`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let factors = self.factors();
        let grad = update.turned(self.maximize)?;
        let mut grad = update.with_weight_decay(grad, factors.weight_decay)?;
        if factors.momentum != 0. {
            let momentum = update_momentum(&mut update.state, &grad, &factors)?;
            grad = match self.nesterov {
                true => shim::add(&grad, &momentum, factors.momentum)?,
                false => momentum,
            };
        }
        if let Some(lr) = update.lr.tensor().filter(|lr| lr.requires_grad()) {
            return Ok(shim::addcmul_(&update.parameter, &grad, lr, -1.)?);
        }
        let [step_size] = update.numbers(self, Self::step_size)?;
        Ok(step_size.with(|alpha| shim::add_(&update.parameter, &grad, alpha))?)
    }

    /// `_multi_tensor_sgd`. As there, `nesterov` may leave its sum in the parameters' own gradients.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        let factors = self.factors();
        let parameters: Vec<_> = updates.iter().map(|u| u.parameter.shallow_clone()).collect();
        let grads = updates.iter().map(|u| u.grad.shallow_clone()).collect();
        let grads = turned(grads, self.maximize)?;
        let mut grads = with_weight_decay(grads, &parameters, self.maximize, factors.weight_decay)?;
        if factors.momentum != 0. {
            let known = updates.iter().flat_map(|update| update.state.find(MOMENTUM));
            let mut momenta: Vec<_> = known.map(Tensor::shallow_clone).collect();
            if momenta.len() == grads.len() {
                foreach::mul_scalar_(&momenta, factors.momentum)?;
                foreach::add_(&momenta, &grads, factors.share)?;
            } else {
                let pairs = updates.iter_mut().zip(&grads);
                let all: Result<_> = pairs
                    .map(|(update, grad)| update_momentum(&mut update.state, grad, &factors))
                    .collect();
                momenta = all?;
            }
            match self.nesterov {
                true => foreach::add_(&grads, &momenta, factors.momentum)?,
                false => grads = momenta,
            }
        }
        let Some(update) = updates.first() else {
            return Ok(());
        };
        let [step_size] = update.numbers(self, Self::step_size)?;
        Ok(step_size.with(|alpha| foreach::add_(&parameters, &grads, alpha))?)
    }
}

/// Adds a gradient to the momentum, which it starts if need be.
fn update_momentum(state: &mut ParamState, grad: &Tensor, factors: &Factors) -> Result<Tensor> {
    if let Some(momentum) = state.find(MOMENTUM) {
        shim::mul_number_(momentum, factors.momentum)?;
        shim::add_(momentum, grad, factors.share)?;
        return Ok(momentum.shallow_clone());
    }
    let momentum = shim::clone(&grad.f_detach()?)?;
    *state = ParamState::new(vec![(MOMENTUM, momentum.shallow_clone())]);
    Ok(momentum)
}
