use shim::foreach;
use tch::Tensor;

use super::grouped::{
    Algorithm, Decay, GroupedOptimizer, ParamState, Update, betas_below_one, count_steps, decayed,
    real, reals, turned, with_weight_decay, zero_or_above, zero_state,
};
use super::real::{Real, Reals, pow};
use crate::{Result, ops};

/// `torch.optim.RAdam` (`torch/optim/radam.py`).
pub type RAdam = GroupedOptimizer<RAdamOptions>;

optimizer_options! {
    /// What [`RAdam`] takes, with `torch.optim.RAdam`'s names and defaults.
    RAdamOptions: "lr betas eps weight_decay maximize foreach capturable=False decoupled_weight_decay differentiable=False";
    /// Learning rate, per step.
    lr: f64 = 1e-3,
    /// Shares of the running averages of the gradient and of its square that are kept, each in 0..1.
    betas: (f64, f64) = (0.9, 0.999),
    /// Added to the denominator, in the gradient's unit.
    eps: f64 = 1e-8,
    /// L2 penalty: this times the parameter is added to its gradient; see `decoupled_weight_decay`.
    weight_decay: f64 = super::INT_ZERO,
    /// Each step shrinks the parameter by `lr` times `weight_decay` instead, as in `AdamW`.
    decoupled_weight_decay: bool = false,
    /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
    foreach: Option<bool> = None,
    /// Climbs instead of descending.
    maximize: bool = false,
}

const AVG: &str = "exp_avg";
const SQUARES: &str = "exp_avg_sq";

/// The numbers of a step.
struct Corrections {
    /// Of the average of gradients, and of that of squares.
    bias: (f64, f64),
    /// What rectifies the variance; none in the first steps, in which it is not bounded.
    rect: Option<f64>,
}

impl RAdamOptions {
    /// At a step of this number.
    fn corrections(&self, step: f64) -> Corrections {
        let (beta1, beta2) = self.betas;
        let bias = (1. - pow(beta1, step), 1. - pow(beta2, step));
        let rho_inf = 2. / (1. - beta2) - 1.;
        let rho = rho_inf - 2. * step * pow(beta2, step) / bias.1;
        let rect = || {
            let square =
                (rho - 4.) * (rho - 2.) * rho_inf / ((rho_inf - 4.) * (rho_inf - 2.) * rho);
            pow(square, 0.5)
        };
        Corrections { bias, rect: (rho > 5.).then(rect) }
    }

    /// What is added to the average's factor, in steps on lists.
    fn unrectified(&self, lr: &Real, step: f64) -> Result<Real> {
        let Corrections { bias, rect } = self.corrections(step);
        let unrectified = if rect.is_some_and(|rect| rect > 0.) { 0. } else { 1. };
        lr.mul(unrectified)?.div(bias.0)?.mul(-1)
    }

    /// What that factor is divided by.
    fn rectified(&self, lr: &Real, step: f64) -> Result<Real> {
        let Corrections { bias, rect } = self.corrections(step);
        let rect = rect.unwrap_or(0.);
        Real::from(pow(bias.1, 0.5)).mul(lr.mul(rect)?.div(bias.0)?)?.mul(-1)
    }

    fn decay(&self, lr: &Real) -> Result<Decay> {
        Decay::new(self.decoupled_weight_decay, lr, self.weight_decay)
    }
}

impl Algorithm for RAdamOptions {
    const NAME: &'static str = "RAdam";
    const CAPTURABLE: bool = false;
    const REPLAYABLE: bool = false;

    of_options!();

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        zero_or_above("eps", self.eps)?;
        betas_below_one(self.betas)?;
        zero_or_above("weight_decay", self.weight_decay)
    }

    fn init(&self, parameter: &Tensor, _: &Real) -> Result<ParamState> {
        zero_state(Tensor::from(0f32), parameter, &[AVG, SQUARES])
    }

    /// `_single_tensor_radam`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let (beta1, beta2) = self.betas;
        let (parameter, grad) = (real(&update.parameter)?, real(&update.turned(self.maximize)?)?);
        let state = |name| real(update.state.get(name)?);
        let (mut exp_avg, exp_avg_sq) = (state(AVG)?, state(SQUARES)?);
        update.state.count_step()?;
        let decay = self.decay(&update.lr)?;
        if let Some(kept) = decay.kept {
            kept.scale_(&parameter)?;
        }
        let grad = decayed(grad, &parameter, decay.penalty)?;

        let _ = exp_avg.f_lerp_(&grad, 1. - beta1)?;
        shim::mul_number_(&exp_avg_sq, beta2)?;
        shim::addcmul_(&exp_avg_sq, &grad, &grad, 1. - beta2)?;
        let Corrections { bias, rect } = self.corrections(update.state.step()?);
        let mut direction = update.lr.scaled(&ops::div(&exp_avg, bias.0)?)?;
        if let Some(rect) = rect {
            let root = exp_avg_sq.f_sqrt()?;
            shim::add_number_(&root, self.eps)?;
            let adaptive = ops::rdiv(&root, pow(bias.1, 0.5))?;
            direction = ops::mul(&direction.f_mul(&adaptive)?, rect)?;
        }
        Ok(shim::add_(&parameter, &direction, -1.)?)
    }

    /// `_multi_tensor_radam`, without `capturable`.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        let (beta1, beta2) = self.betas;
        let parameters = reals(updates, |update| Ok(&update.parameter))?;
        let state = |name| reals(updates, |update| update.state.get(name));
        let (exp_avgs, exp_avg_sqs) = (state(AVG)?, state(SQUARES)?);
        count_steps(updates)?;
        let grads = turned(reals(updates, |update| Ok(&update.grad))?, self.maximize)?;
        let Some(first) = updates.first() else {
            return Ok(());
        };
        let decay = self.decay(&first.lr)?;
        if let Some(kept) = decay.kept {
            kept.scale_all_(&parameters)?;
        }
        let grads = with_weight_decay(grads, &parameters, self.maximize, decay.penalty)?;

        foreach::lerp_(&exp_avgs, &grads, 1. - beta1)?;
        foreach::mul_scalar_(&exp_avg_sqs, beta2)?;
        foreach::addcmul_(&exp_avg_sqs, &grads, &grads, 1. - beta2)?;
        let sizes = |size: fn(&Self, &Real, f64) -> Result<Real>| {
            let sizes = updates.iter().map(|it| size(self, &it.lr, it.state.step()?));
            Reals::new(sizes.collect::<Result<_>>()?)
        };
        let (unrectified, rectified) = (sizes(Self::unrectified)?, sizes(Self::rectified)?);
        let factors = foreach::sqrt(&exp_avg_sqs)?;
        foreach::add_scalar_(&factors, self.eps)?;
        match rectified {
            Reals::Numbers(rectified) => foreach::div_scalar_list_(&factors, &rectified)?,
            Reals::Tensors(rectified) => foreach::div_(&factors, &rectified)?,
        }
        foreach::reciprocal_(&factors)?;
        match unrectified {
            Reals::Numbers(unrectified) => foreach::add_scalar_list_(&factors, &unrectified)?,
            Reals::Tensors(unrectified) => foreach::add_(&factors, &unrectified, 1.)?,
        }
        Ok(foreach::addcmul_(&parameters, &exp_avgs, &factors, 1.)?)
    }
}
