use shim::foreach;
use tch::Tensor;

use super::grouped::{
    Algorithm, GroupedOptimizer, ParamState, Update, count_steps, real, reals, turned,
    with_weight_decay, zero_or_above, zero_state,
};
use super::real::Real;
use crate::{Error, Result, ops};

/// `torch.optim.Adadelta` (`torch/optim/adadelta.py`).
pub type Adadelta = GroupedOptimizer<AdadeltaOptions>;

optimizer_options! {
    /// What [`Adadelta`] takes, with `torch.optim.Adadelta`'s names and defaults.
    AdadeltaOptions: "lr rho eps weight_decay maximize capturable=False foreach differentiable=False";
    /// What a step is multiplied by.
    lr: f64 = 1.,
    /// Share of the running averages of squares that is kept, in 0..=1.
    rho: f64 = 0.9,
    /// Added to the averages of squares, in the square of their unit.
    eps: f64 = 1e-6,
    /// L2 penalty: this times the parameter is added to its gradient.
    weight_decay: f64 = super::INT_ZERO,
    /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
    foreach: Option<bool> = None,
    /// Climbs instead of descending.
    maximize: bool = false,
}

const SQUARES: &str = "square_avg";
const DELTAS: &str = "acc_delta";

impl AdadeltaOptions {
    /// What a step is added with.
    fn step_size(&self, lr: &Real, _: f64) -> Result<[Real; 1]> {
        Ok([lr.neg()?])
    }
}

impl Algorithm for AdadeltaOptions {
    const NAME: &'static str = "Adadelta";
    const CAPTURABLE: bool = false;

    of_options!();

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        if !(0.0..=1.0).contains(&self.rho) {
            return Err(Error::argument("rho", self.rho, "it must be from 0 to 1"));
        }
        zero_or_above("eps", self.eps)?;
        zero_or_above("weight_decay", self.weight_decay)
    }

    fn init(&self, parameter: &Tensor, _: &Real) -> Result<ParamState> {
        zero_state(Tensor::from(0f32), parameter, &[SQUARES, DELTAS])
    }

    /// `_single_tensor_adadelta`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let &Self { rho, eps, weight_decay, .. } = self;
        update.state.count_step()?;
        let grad = update.turned(self.maximize)?;
        let grad = real(&update.with_weight_decay(grad, weight_decay)?)?;
        let state = |name| real(update.state.get(name)?);
        let (square_avg, acc_delta) = (state(SQUARES)?, state(DELTAS)?);

        shim::mul_number_(&square_avg, rho)?;
        shim::addcmul_(&square_avg, &grad, &grad, 1. - rho)?;
        let std = ops::add(&square_avg, eps)?.f_sqrt_()?;
        let mut delta = ops::add(&acc_delta, eps)?.f_sqrt_()?.f_div_(&std)?.f_mul_(&grad)?;
        shim::mul_number_(&acc_delta, rho)?;
        shim::addcmul_(&acc_delta, &delta, &delta, 1. - rho)?;
        if update.parameter.is_complex() {
            delta = delta.f_view_as_complex()?;
        }
        let [step_size] = update.numbers(self, Self::step_size)?;
        Ok(step_size.with(|alpha| shim::add_(&update.parameter, &delta, alpha))?)
    }

    /// `_multi_tensor_adadelta`, without `capturable`.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        let &Self { rho, eps, weight_decay, maximize, .. } = self;
        let parameters = reals(updates, |update| Ok(&update.parameter))?;
        let state = |name| reals(updates, |update| update.state.get(name));
        let (square_avgs, acc_deltas) = (state(SQUARES)?, state(DELTAS)?);
        let grads = reals(updates, |update| Ok(&update.grad))?;
        count_steps(updates)?;
        let grads =
            with_weight_decay(turned(grads, maximize)?, &parameters, maximize, weight_decay)?;

        foreach::mul_scalar_(&square_avgs, rho)?;
        foreach::addcmul_(&square_avgs, &grads, &grads, 1. - rho)?;
        let std = foreach::add_scalar(&square_avgs, eps)?;
        foreach::sqrt_(&std)?;
        let deltas = foreach::add_scalar(&acc_deltas, eps)?;
        foreach::sqrt_(&deltas)?;
        foreach::div_(&deltas, &std)?;
        foreach::mul_(&deltas, &grads)?;
        foreach::mul_scalar_(&acc_deltas, rho)?;
        foreach::addcmul_(&acc_deltas, &deltas, &deltas, 1. - rho)?;
        let Some(update) = updates.first() else {
            return Ok(());
        };
        let [step_size] = update.numbers(self, Self::step_size)?;
        Ok(step_size.with(|alpha| foreach::add_(&parameters, &deltas, alpha))?)
    }
}
