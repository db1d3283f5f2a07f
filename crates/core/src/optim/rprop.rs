use shim::foreach;
use tch::Tensor;

use super::grouped::{
    Algorithm, GroupedOptimizer, ParamState, Update, count_steps, filled, real, reals,
};
use super::real::Real;
use crate::{Error, Result};

/// `torch.optim.Rprop` (`torch/optim/rprop.py`).
pub type Rprop = GroupedOptimizer<RpropOptions>;

optimizer_options! {
    /// What [`Rprop`] takes, with `torch.optim.Rprop`'s names and defaults.
    RpropOptions: "lr etas step_sizes foreach maximize differentiable=False capturable=False";
    /// The first step of each element.
    lr: f64 = 1e-2,
    /// What a step is multiplied by where the gradient's sign has changed, below 1, and where it has
    /// not, above 1.
    etas: (f64, f64) = (0.5, 1.2),
    /// The smallest and the largest step.
    step_sizes: (f64, f64) = (1e-6, 50.),
    /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
    foreach: Option<bool> = None,
    /// Climbs instead of descending.
    maximize: bool = false,
}

const PREVIOUS: &str = "prev";
const STEP_SIZE: &str = "step_size";

impl RpropOptions {
    /// What steps are multiplied by, in the place of the signs of the product of two gradients.
    fn factors(&self, mut signs: Tensor) -> Result<Tensor> {
        signs = signs.f_masked_fill_(&signs.f_gt(0)?, self.etas.1)?;
        signs = signs.f_masked_fill_(&signs.f_lt(0)?, self.etas.0)?;
        Ok(signs.f_masked_fill_(&signs.f_eq(0)?, 1)?)
    }
}

impl Algorithm for RpropOptions {
    const NAME: &'static str = "Rprop";
    const CAPTURABLE: bool = false;

    of_options!();

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        let (minus, plus) = self.etas;
        if !(0. < minus && minus < 1. && 1. < plus) {
            let accepted = "the first must be above 0 and below 1, the second above 1";
            return Err(Error::argument("etas", format!("({minus:?}, {plus:?})"), accepted));
        }
        Ok(())
    }

    fn init(&self, parameter: &Tensor, lr: &Real) -> Result<ParamState> {
        let lr = if parameter.is_complex() { lr.item() } else { lr.value() }?;
        Ok(ParamState::new(vec![
            ("step", Tensor::from(0f32)),
            (PREVIOUS, parameter.f_zeros_like()?),
            (STEP_SIZE, filled(parameter, lr)?),
        ]))
    }

    /// `_single_tensor_rprop`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let grad = real(&update.turned(self.maximize)?)?;
        let state = |name| real(update.state.get(name)?);
        let (mut previous, step_size) = (state(PREVIOUS)?, state(STEP_SIZE)?);
        update.state.count_step()?;
        let factors = self.factors(grad.f_mul(&previous)?.f_sign()?)?;
        let (least, most) = self.step_sizes;
        shim::clamp_(&step_size.shallow_clone().f_mul_(&factors)?, least, most)?;
        let grad = shim::clone(&grad)?.f_masked_fill_(&factors.f_eq(self.etas.0)?, 0)?;
        shim::addcmul_(&real(&update.parameter)?, &grad.f_sign()?, &step_size, -1.)?;
        Ok(previous.f_copy_(&grad)?)
    }

    /// `_multi_tensor_rprop`, without `capturable`.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        count_steps(updates)?;
        let parameters = reals(updates, |update| Ok(&update.parameter))?;
        let state = |name| reals(updates, |update| update.state.get(name));
        let (mut previous, step_sizes) = (state(PREVIOUS)?, state(STEP_SIZE)?);
        let grads = reals(updates, |update| Ok(&update.grad))?;

        let signs = foreach::mul(&grads, &previous)?;
        if self.maximize {
            foreach::neg_(&signs)?;
        }
        foreach::copy_(&previous, &grads)?;
        if self.maximize {
            foreach::neg_(&previous)?;
        }
        foreach::sign_(&signs)?;
        let factors: Result<Vec<_>> = signs.into_iter().map(|signs| self.factors(signs)).collect();
        let factors = factors?;
        foreach::mul_(&step_sizes, &factors)?;
        let (least, most) = self.step_sizes;
        step_sizes.iter().try_for_each(|step_size| shim::clamp_(step_size, least, most))?;
        for (grad, factors) in previous.iter_mut().zip(&factors) {
            let turned = factors.f_eq(self.etas.0)?;
            let kept = Tensor::f_where_scalarself(&turned, 0, grad)?;
            grad.f_copy_(&kept)?;
        }
        let signs = previous.iter().map(|grad| Ok(grad.f_sign()?)).collect::<Result<Vec<_>>>()?;
        Ok(foreach::addcmul_(&parameters, &signs, &step_sizes, -1.)?)
    }
}
