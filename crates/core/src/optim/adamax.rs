use shim::foreach;
use tch::Tensor;

use super::grouped::{
    Algorithm, GroupedOptimizer, ParamState, Update, betas_below_one, count_steps, real, reals,
    turned, with_weight_decay, zero_or_above, zero_state,
};
use super::real::{Real, pow};
use crate::Result;
use crate::hook::StepScalar;

/// `torch.optim.Adamax` (`torch/optim/adamax.py`).
pub type Adamax = GroupedOptimizer<AdamaxOptions>;

optimizer_options! {
    /// What [`Adamax`] takes, with `torch.optim.Adamax`'s names and defaults.
    AdamaxOptions: "lr betas eps weight_decay foreach maximize differentiable=False capturable=False";
    /// Learning rate, per step.
    lr: f64 = 2e-3,
    /// Shares of the gradient's running average and of its largest magnitude that are kept, each in
    /// 0..1.
    betas: (f64, f64) = (0.9, 0.999),
    /// Added to the gradient's magnitude, in its unit.
    eps: f64 = 1e-8,
    /// L2 penalty: this times the parameter is added to its gradient.
    weight_decay: f64 = super::INT_ZERO,
    /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
    foreach: Option<bool> = None,
    /// Climbs instead of descending.
    maximize: bool = false,
}

const AVG: &str = "exp_avg";
const LARGEST: &str = "exp_inf";

impl AdamaxOptions {
    /// What the direction is added with, at a step of this number.
    fn step_size(&self, lr: &Real, step: f64) -> Result<[Real; 1]> {
        Ok([lr.div(1. - pow(self.betas.0, step))?.neg()?])
    }

    /// In steps on lists, which take the rate as a number.
    fn step_size_of_value(&self, lr: &Real, step: f64) -> Result<[Real; 1]> {
        self.step_size(&lr.item()?.into(), step)
    }
}

impl Algorithm for AdamaxOptions {
    const NAME: &'static str = "Adamax";
    const CAPTURABLE: bool = false;

    of_options!();

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        zero_or_above("eps", self.eps)?;
        betas_below_one(self.betas)?;
        zero_or_above("weight_decay", self.weight_decay)
    }

    fn init(&self, parameter: &Tensor, _: &Real) -> Result<ParamState> {
        zero_state(Tensor::from(0f32), parameter, &[AVG, LARGEST])
    }

    /// `_single_tensor_adamax`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let grad = update.turned(self.maximize)?;
        update.state.count_step()?;
        let grad = real(&update.with_weight_decay(grad, self.weight_decay)?)?;
        let state = |name| real(update.state.get(name)?);
        let (mut exp_avg, exp_inf) = (state(AVG)?, state(LARGEST)?);

        let _ = exp_avg.f_lerp_(&grad, 1. - self.betas.0)?;
        shim::mul_number_(&exp_inf, self.betas.1)?;
        let magnitude = grad.f_abs()?;
        shim::add_number_(&magnitude, self.eps)?;
        let _ = exp_inf.f_maximum_out(&exp_inf, &magnitude)?;
        let parameter = real(&update.parameter)?;
        let [step_size] = update.numbers_of_step(self, Self::step_size)?;
        Ok(step_size.with(|value| shim::addcdiv_(&parameter, &exp_avg, &exp_inf, value))?)
    }

    /// `_multi_tensor_adamax`, without `capturable`.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        let &Self { betas, weight_decay, maximize, .. } = self;
        let parameters = reals(updates, |update| Ok(&update.parameter))?;
        let state = |name| reals(updates, |update| update.state.get(name));
        let (exp_avgs, exp_infs) = (state(AVG)?, state(LARGEST)?);
        let grads = turned(reals(updates, |update| Ok(&update.grad))?, maximize)?;
        count_steps(updates)?;
        let mut grads = with_weight_decay(grads, &parameters, maximize, weight_decay)?;

        foreach::lerp_(&exp_avgs, &grads, 1. - betas.0)?;
        foreach::mul_scalar_(&exp_infs, betas.1)?;
        match !maximize && weight_decay == 0. {
            true => grads = foreach::abs(&grads)?,
            false => foreach::abs_(&grads)?,
        }
        foreach::add_scalar_(&grads, self.eps)?;
        foreach::maximum_(&exp_infs, &grads)?;
        let step_sizes: Result<Vec<_>> =
            updates.iter().map(|it| it.numbers_of_step(self, Self::step_size_of_value)).collect();
        let step =
            |sizes: &[f64]| foreach::addcdiv_scalar_list_(&parameters, &exp_avgs, &exp_infs, sizes);
        Ok(StepScalar::with_all(&step_sizes?.concat(), step)?)
    }
}
