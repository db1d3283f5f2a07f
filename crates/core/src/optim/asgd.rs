use shim::foreach;
use tch::{Kind, Tensor};

use super::grouped::{
    Algorithm, GroupedOptimizer, ParamState, Update, count_steps, decayed, real, reals, turned,
    with_weight_decay, zero_or_above,
};
use super::real::Real;
use crate::Result;

/// Averaged stochastic gradient descent: `torch.optim.ASGD` (`torch/optim/asgd.py`).
pub type ASGD = GroupedOptimizer<ASGDOptions>;

optimizer_options! {
    /// What [`ASGD`] takes, with `torch.optim.ASGD`'s names and defaults.
    ASGDOptions: "lr lambd alpha t0 weight_decay foreach maximize differentiable=False capturable=False";
    /// Learning rate of the first step.
    lr: f64 = 1e-2,
    /// What shrinks the parameter in each step, and the rate from step to step.
    lambd: f64 = 1e-4,
    /// The power at which the rate falls.
    alpha: f64 = 0.75,
    /// The step at which averaging begins.
    t0: f64 = 1e6,
    /// L2 penalty: this times the parameter is added to its gradient.
    weight_decay: f64 = super::INT_ZERO,
    /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
    foreach: Option<bool> = None,
    /// Climbs instead of descending.
    maximize: bool = false,
}

const ETA: &str = "eta";
const MU: &str = "mu";
const AVG: &str = "ax";

impl ASGDOptions {
    /// The next rate, after this number of steps, which is a tensor in steps on lists.
    fn eta(&self, lr: &Real, step: impl Into<Real>) -> Result<Tensor> {
        let base = Real::from(1).add(Real::from(self.lambd).mul(lr)?.mul(step)?)?;
        Ok(match lr.div(base.power(self.alpha)?)? {
            Real::Number(eta) => Tensor::from(f64::from(eta) as f32),
            Real::Tensor(eta) => eta,
        })
    }

    /// The share that the next average takes of the parameter, after this number of steps.
    fn mu(&self, step: f64) -> Tensor {
        let past = step - self.t0;
        Tensor::from((1. / if past > 1. { past } else { 1. }) as f32)
    }
}

impl Algorithm for ASGDOptions {
    const NAME: &'static str = "ASGD";
    const CAPTURABLE: bool = false;
    const REPLAYABLE: bool = false;
    const SCALARS: &'static [&'static str] = &["step", ETA, MU];

    of_options!();

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        zero_or_above("weight_decay", self.weight_decay)
    }

    fn init(&self, parameter: &Tensor, lr: &Real) -> Result<ParamState> {
        let on = (Kind::Float, parameter.device());
        let eta = match lr {
            &Real::Number(lr) => Tensor::from(f64::from(lr) as f32),
            Real::Tensor(lr) => lr.f_to_kind(Kind::Float)?,
        };
        let eta = eta.f_to_device(parameter.device())?;
        Ok(ParamState::new(vec![
            ("step", Tensor::f_zeros([], on)?),
            (ETA, shim::clone(&eta)?),
            (MU, Tensor::f_ones([], on)?),
            (AVG, parameter.f_zeros_like()?),
        ]))
    }

    /// `_single_tensor_asgd`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let (parameter, grad) = (real(&update.parameter)?, real(&update.turned(self.maximize)?)?);
        let state = |name| real(update.state.get(name)?);
        let (mut ax, mut eta, mut mu) = (state(AVG)?, state(ETA)?, state(MU)?);
        update.state.count_step()?;
        let grad = decayed(grad, &parameter, self.weight_decay)?;
        let rate = eta.f_double_value(&[])?;
        shim::mul_number_(&parameter, 1. - self.lambd * rate)?;
        shim::add_(&parameter, &grad, -rate)?;
        match mu.f_double_value(&[])? {
            1. => ax.f_copy_(&parameter)?,
            _ => drop(ax.f_add_(&parameter.f_sub(&ax)?.f_mul_(&mu)?)?),
        }
        let step = update.state.step()?;
        eta.f_copy_(&self.eta(&update.lr, step)?)?;
        Ok(mu.f_copy_(&self.mu(step))?)
    }

    /// `_multi_tensor_asgd`, without `capturable`.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        let parameters = reals(updates, |update| Ok(&update.parameter))?;
        let state = |name| reals(updates, |update| update.state.get(name));
        let (axs, etas, mus) = (state(AVG)?, state(ETA)?, state(MU)?);
        let grads = turned(reals(updates, |update| Ok(&update.grad))?, self.maximize)?;
        count_steps(updates)?;
        let direction = match self.weight_decay {
            0. => foreach::add(&grads, &parameters, self.lambd)?,
            weight_decay => {
                let grads = with_weight_decay(grads, &parameters, self.maximize, weight_decay)?;
                foreach::add_(&grads, &parameters, self.lambd)?;
                grads
            }
        };
        foreach::addcmul_(&parameters, &direction, &etas, -1.)?;
        let distance = foreach::sub(&parameters, &axs)?;
        foreach::addcmul_(&axs, &distance, &mus, 1.)?;
        let eta = |it: &&mut Update<Self>| self.eta(&it.lr, it.state.get("step")?.shallow_clone());
        let new_etas = updates.iter().map(eta);
        let new_etas = new_etas.collect::<Result<Vec<_>>>()?;
        let mu = |it: &&mut Update<Self>| {
            Ok(self.mu(it.state.step()?).f_to_device(it.parameter.device())?)
        };
        let new_mus = updates.iter().map(mu).collect::<Result<Vec<_>>>()?;
        foreach::copy_(&etas, &new_etas)?;
        Ok(foreach::copy_(&mus, &new_mus)?)
    }
}
