use shim::foreach;
use tch::Tensor;

use super::grouped::{
    Algorithm, Decay, GroupedOptimizer, ParamState, Update, betas_below_one, count_steps, decayed,
    real, reals, turned, with_weight_decay, zero_or_above,
};
use super::real::{Real, pow};
use crate::{Result, ops};

/// `torch.optim.NAdam` (`torch/optim/nadam.py`).
pub type NAdam = GroupedOptimizer<NAdamOptions>;

optimizer_options! {
    /// What [`NAdam`] takes, with `torch.optim.NAdam`'s names and defaults.
    NAdamOptions: "lr betas eps weight_decay momentum_decay decoupled_weight_decay maximize foreach capturable=False differentiable=False";
    /// Learning rate, per step.
    lr: f64 = 2e-3,
    /// Shares of the running averages of the gradient and of its square that are kept, each in 0..1.
    betas: (f64, f64) = (0.9, 0.999),
    /// Added to the denominator, in the gradient's unit.
    eps: f64 = 1e-8,
    /// L2 penalty: this times the parameter is added to its gradient; see `decoupled_weight_decay`.
    weight_decay: f64 = super::INT_ZERO,
    /// How fast the momentum grows to `betas.0`.
    momentum_decay: f64 = 4e-3,
    /// Each step shrinks the parameter by `lr` times `weight_decay` instead, as in `AdamW`.
    decoupled_weight_decay: bool = false,
    /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
    foreach: Option<bool> = None,
    /// Climbs instead of descending.
    maximize: bool = false,
}

const AVG: &str = "exp_avg";
const SQUARES: &str = "exp_avg_sq";
const PRODUCT: &str = "mu_product";

impl NAdamOptions {
    /// The momentum of a step of this number.
    fn mu(&self, step: f64) -> f64 {
        self.betas.0 * (1. - 0.5 * pow(0.96, step * self.momentum_decay))
    }

    /// What the gradient is added with, after a step's momentum was multiplied into the product.
    fn size_of_grad<O>(&self, update: &Update<O>, lr: &Real) -> Result<f64> {
        let (step, product) = counted(update)?;
        lr.neg()?.mul(1. - self.mu(step))?.div(1. - product)?.value()
    }

    /// What the gradient's average is added with then.
    fn size_of_avg<O>(&self, update: &Update<O>, lr: &Real) -> Result<f64> {
        let (step, product) = counted(update)?;
        let mu = self.mu(step + 1.);
        lr.neg()?.mul(mu)?.div(1. - product * mu)?.value()
    }

    fn decay(&self, lr: &Real) -> Result<Decay> {
        Decay::new(self.decoupled_weight_decay, lr, self.weight_decay)
    }
}

/// The count of steps, and the product of their momenta.
fn counted<O>(update: &Update<O>) -> Result<(f64, f64)> {
    Ok((update.state.step()?, update.state.get(PRODUCT)?.f_double_value(&[])?))
}

impl Algorithm for NAdamOptions {
    const NAME: &'static str = "NAdam";
    const CAPTURABLE: bool = false;
    const REPLAYABLE: bool = false;
    const SCALARS: &'static [&'static str] = &["step", PRODUCT];

    of_options!();

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        zero_or_above("eps", self.eps)?;
        betas_below_one(self.betas)?;
        zero_or_above("weight_decay", self.weight_decay)?;
        zero_or_above("momentum_decay", self.momentum_decay)
    }

    fn init(&self, parameter: &Tensor, _: &Real) -> Result<ParamState> {
        Ok(ParamState::new(vec![
            ("step", Tensor::from(0f32)),
            (PRODUCT, Tensor::from(1f32)),
            (AVG, parameter.f_zeros_like()?),
            (SQUARES, parameter.f_zeros_like()?),
        ]))
    }

    /// `_single_tensor_nadam`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let (beta1, beta2) = self.betas;
        let (parameter, grad) = (real(&update.parameter)?, real(&update.turned(self.maximize)?)?);
        let state = |name| real(update.state.get(name)?);
        let (mut exp_avg, exp_avg_sq) = (state(AVG)?, state(SQUARES)?);
        update.state.count_step()?;
        let step = update.state.step()?;
        let decay = self.decay(&update.lr)?;
        if let Some(kept) = decay.kept {
            kept.scale_(&parameter)?;
        }
        let grad = decayed(grad, &parameter, decay.penalty)?;
        shim::mul_number_(update.state.get(PRODUCT)?, self.mu(step))?;

        let _ = exp_avg.f_lerp_(&grad, 1. - beta1)?;
        shim::mul_number_(&exp_avg_sq, beta2)?;
        shim::addcmul_(&exp_avg_sq, &grad, &grad, 1. - beta2)?;
        let denom = ops::div(&exp_avg_sq, 1. - pow(beta2, step))?.f_sqrt()?;
        shim::add_number_(&denom, self.eps)?;
        shim::addcdiv_(&parameter, &grad, &denom, self.size_of_grad(update, &update.lr)?)?;
        let of_avg = self.size_of_avg(update, &update.lr)?;
        Ok(shim::addcdiv_(&parameter, &exp_avg, &denom, of_avg)?)
    }

    /// `_multi_tensor_nadam`, without `capturable`.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        let (beta1, beta2) = self.betas;
        let parameters = reals(updates, |update| Ok(&update.parameter))?;
        let state = |name| reals(updates, |update| update.state.get(name));
        let (exp_avgs, exp_avg_sqs) = (state(AVG)?, state(SQUARES)?);
        let products = state(PRODUCT)?;
        let grads = turned(reals(updates, |update| Ok(&update.grad))?, self.maximize)?;
        count_steps(updates)?;
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
        let denoms = foreach::sqrt(&exp_avg_sqs)?;
        let steps: Result<Vec<_>> = updates.iter().map(|update| update.state.step()).collect();
        let steps = steps?;
        let of_steps =
            |number: &dyn Fn(f64) -> f64| steps.iter().map(|&s| number(s)).collect::<Vec<_>>();
        foreach::mul_scalar_list_(&products, &of_steps(&|step| self.mu(step)))?;
        let corrections = of_steps(&|step| pow(1. - pow(beta2, step), 0.5));
        foreach::div_scalar_list_(&denoms, &corrections)?;
        foreach::add_scalar_(&denoms, self.eps)?;
        // The rate is taken as a number.
        let lr = first.lr.item()?.into();
        let of_grads = updates.iter().map(|update| self.size_of_grad(update, &lr));
        let of_avgs = updates.iter().map(|update| self.size_of_avg(update, &lr));
        let (of_grads, of_avgs) =
            (of_grads.collect::<Result<Vec<_>>>()?, of_avgs.collect::<Result<Vec<_>>>()?);
        foreach::addcdiv_scalar_list_(&parameters, &grads, &denoms, &of_grads)?;
        Ok(foreach::addcdiv_scalar_list_(&parameters, &exp_avgs, &denoms, &of_avgs)?)
    }
}
