use shim::foreach;
use tch::Tensor;

use super::fused;
use super::grouped::{
    Algorithm, GroupedOptimizer, ParamState, Update, count_steps, decayed, filled, real, reals,
    turned, with_weight_decay, zero_or_above,
};
use super::real::Real;
use super::sparse::Sparse;
use crate::hook::StepScalar;
use crate::{Error, Result};

/// `torch.optim.Adagrad` (`torch/optim/adagrad.py`), for dense gradients and sparse ones.
pub type Adagrad = GroupedOptimizer<AdagradOptions>;

optimizer_options! {
    /// What [`Adagrad`] takes, with `torch.optim.Adagrad`'s names and defaults.
    AdagradOptions: "lr lr_decay eps weight_decay initial_accumulator_value foreach maximize differentiable=False fused";
    /// Learning rate, per step.
    lr: f64 = 1e-2,
    /// How fast the rate falls: it is divided by 1 and this times the steps before.
    lr_decay: f64 = super::INT_ZERO,
    /// L2 penalty: this times the parameter is added to its gradient.
    weight_decay: f64 = super::INT_ZERO,
    /// What the sums of squares begin with, in every group its own; PyTorch takes its constructor's for
    /// all.
    initial_accumulator_value: f64 = super::INT_ZERO,
    /// Added to the denominator, in the gradient's unit.
    eps: f64 = 1e-10,
    /// Whether to work on lists of tensors; none, the default: on a GPU, and not on the CPU.
    foreach: Option<bool> = None,
    /// Whether a step is one operator of libtorch, with bits of its own; it cannot be beside `foreach`. None, the
    /// default: it is not.
    fused: Option<bool> = None,
    /// Climbs instead of descending.
    maximize: bool = false,
}

const SUM: &str = "sum";

impl AdagradOptions {
    /// What the direction is added with, at a step of this number.
    fn step_size(&self, lr: &Real, step: f64) -> Result<[Real; 1]> {
        Ok([lr.div(self.slowdown(step))?.neg()?])
    }

    /// What the rate is divided by at a step of this number.
    fn slowdown(&self, step: f64) -> f64 {
        1. + (step - 1.) * self.lr_decay
    }

    /// What directions are multiplied by in steps on lists where the rate is a tensor.
    fn tensor_sizes(&self, updates: &[&mut Update<Self>]) -> Result<Option<Vec<Tensor>>> {
        let mut sizes = vec![];
        for Update { lr, state, .. } in updates.iter().map(|update| &**update) {
            let size = lr.neg()?.div(self.slowdown(state.step()?))?;
            sizes.extend(size.tensor().map(Tensor::shallow_clone));
        }
        Ok((!sizes.is_empty()).then_some(sizes))
    }

    /// A step where the gradient has values in some places only.
    fn sparse(&self, update: &Update<Self>, grad: &Tensor) -> Result<()> {
        if self.weight_decay != 0. {
            let accepted = "it must be 0 with sparse gradients";
            return Err(Error::argument("weight_decay", self.weight_decay, accepted));
        }
        let grad = Sparse::new(grad)?;
        let sum = update.state.get(SUM)?;
        shim::add_(sum, &grad.with(&grad.values.f_pow_tensor_scalar(2)?)?, 1.)?;
        let std = grad.of(sum)?.f_sqrt_()?;
        shim::add_number_(&std, self.eps)?;
        let direction = grad.with(&grad.values.f_div(&std)?)?;
        let [step_size] = update.numbers_of_step(self, Self::step_size)?;
        Ok(step_size.with(|alpha| shim::add_(&update.parameter, &direction, alpha))?)
    }
}

impl Algorithm for AdagradOptions {
    const NAME: &'static str = "Adagrad";
    const CAPTURABLE: bool = false;
    const SPARSE: bool = true;

    of_options!();

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        zero_or_above("lr_decay", self.lr_decay)?;
        zero_or_above("weight_decay", self.weight_decay)?;
        zero_or_above("initial_accumulator_value", self.initial_accumulator_value)?;
        zero_or_above("eps", self.eps)?;
        fused::alone(self.fused, self.foreach)
    }

    fn begin(&self, parameter: &Tensor) -> Result<ParamState> {
        let step = fused::first_step(self.fused, parameter)?;
        let sum = filled(parameter, self.initial_accumulator_value + 0.)?;
        Ok(ParamState::new(vec![("step", step), (SUM, sum)]))
    }

    /// As in Python, a parameter of a group that was added has no state, and no step.
    fn init(&self, _: &Tensor, _: &Real) -> Result<ParamState> {
        Ok(ParamState::default())
    }

    fn fused(&self) -> Option<bool> {
        self.fused
    }

    fn fused_step(&self, updates: &mut [Update<Self>]) -> Result<()> {
        fused::adagrad(self, updates, SUM)
    }

    /// `_single_tensor_adagrad`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        update.state.count_step()?;
        let grad = update.turned(self.maximize)?;
        if grad.is_sparse() {
            return self.sparse(update, &grad);
        }
        let grad = real(&decayed(grad, &update.parameter, self.weight_decay)?)?;
        let (parameter, sum) = (real(&update.parameter)?, real(update.state.get(SUM)?)?);
        shim::addcmul_(&sum, &grad, &grad, 1.)?;
        let std = sum.f_sqrt()?;
        shim::add_number_(&std, self.eps)?;
        let [step_size] = update.numbers_of_step(self, Self::step_size)?;
        Ok(step_size.with(|value| shim::addcdiv_(&parameter, &grad, &std, value))?)
    }

    /// `_multi_tensor_adagrad`.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        if updates.iter().any(|update| update.grad.is_sparse()) {
            return updates.iter_mut().try_for_each(|update| self.single_tensor(update));
        }
        let parameters = reals(updates, |update| Ok(&update.parameter))?;
        let sums = reals(updates, |update| update.state.get(SUM))?;
        let grads = turned(reals(updates, |update| Ok(&update.grad))?, self.maximize)?;
        count_steps(updates)?;
        let grads = with_weight_decay(grads, &parameters, self.maximize, self.weight_decay)?;
        let tensors = self.tensor_sizes(updates)?;
        let numbers = match tensors {
            Some(_) => vec![],
            None => {
                let sizes = updates.iter().map(|it| it.numbers_of_step(self, Self::step_size));
                sizes.collect::<Result<Vec<_>>>()?.concat()
            }
        };
        foreach::addcmul_(&sums, &grads, &grads, 1.)?;
        let std = foreach::sqrt(&sums)?;
        foreach::add_scalar_(&std, self.eps)?;
        let in_place = self.weight_decay != 0. || self.maximize;
        let directions = match tensors {
            Some(sizes) if in_place => foreach::mul_(&grads, &sizes).map(|()| grads),
            Some(sizes) => foreach::mul(&grads, &sizes),
            None => StepScalar::with_all(&numbers, |sizes| match in_place {
                true => foreach::mul_scalar_list_(&grads, sizes).map(|()| grads),
                false => foreach::mul_scalar_list(&grads, sizes),
            }),
        }?;
        Ok(foreach::addcdiv_(&parameters, &directions, &std, 1.)?)
    }
}
