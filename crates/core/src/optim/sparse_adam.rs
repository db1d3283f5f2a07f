use tch::Tensor;

use super::grouped::{Algorithm, GroupedOptimizer, ParamState, Update, betas_below_one};
use super::real::{Real, pow};
use super::sparse::Sparse;
use super::state_dict::{Read as _, StateValue};
use crate::{Error, Result, ops};

/// Adam for sparse gradients, as `nn::Embedding` makes them: `torch.optim.SparseAdam`
/// (`torch/optim/sparse_adam.py`). It changes a parameter and its averages where the gradient has
/// values.
pub type SparseAdam = GroupedOptimizer<SparseAdamOptions>;

optimizer_options! {
    /// What [`SparseAdam`] takes, with `torch.optim.SparseAdam`'s names and defaults.
    SparseAdamOptions: "lr betas eps maximize";
    /// Learning rate, per step; above 0.
    lr: f64 = 1e-3,
    /// Shares of the running averages of the gradient and of its square that are kept, each in 0..1.
    betas: (f64, f64) = (0.9, 0.999),
    /// Added to the denominator, in the gradient's unit; above 0.
    eps: f64 = 1e-8,
    /// Climbs instead of descending.
    maximize: bool = false,
}

const AVG: &str = "exp_avg";
const SQUARES: &str = "exp_avg_sq";

impl SparseAdamOptions {
    /// What the direction is multiplied by, at a step of this number.
    fn step_size(&self, lr: &Real, step: i64) -> Result<Real> {
        let [first, second] = [self.betas.0, self.betas.1].map(|beta| 1. - pow(beta, step as f64));
        lr.mul(second.sqrt())?.div(first)?.neg()
    }
}

impl Algorithm for SparseAdamOptions {
    const NAME: &'static str = "SparseAdam";
    const CAPTURABLE: bool = false;
    const REPLAYABLE: bool = false;
    const SPARSE: bool = true;
    const SCALARS: &'static [&'static str] = &[];

    of_options!(single);

    fn check(&self, lr: &Real) -> Result<()> {
        for (name, value) in [("lr", lr), ("eps", &self.eps.into())] {
            if !Real::from(0.).below(value)? {
                return Err(Error::argument(name, value.item()?, "it must be above 0"));
            }
        }
        betas_below_one(self.betas)
    }

    fn begin(&self, parameter: &Tensor) -> Result<ParamState> {
        let given = match (parameter.is_sparse(), parameter.is_complex()) {
            (true, _) => "sparse",
            (_, true) => "complex",
            _ => return Ok(ParamState::default()),
        };
        Err(Error::argument("a parameter", given, "SparseAdam takes dense real ones"))
    }

    fn init(&self, parameter: &Tensor, _: &Real) -> Result<ParamState> {
        let mut state = ParamState::default();
        state.set("step", StateValue::Int(0));
        for name in [AVG, SQUARES] {
            state.set(name, StateValue::Tensor(parameter.f_zeros_like()?));
        }
        Ok(state)
    }

    /// `sparse_adam` of `torch/optim/_functional.py`, for one parameter.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let step = update.state.entries().integer("step")?.wrapping_add(1);
        update.state.set("step", StateValue::Int(step));
        let grad = Sparse::new(&update.turned(self.maximize)?)?;
        if grad.values.numel() == 0 {
            return Ok(());
        }
        let (exp_avg, exp_avg_sq) = (update.state.get(AVG)?, update.state.get(SQUARES)?);
        let (beta1, beta2) = self.betas;
        let old_avg = grad.of(exp_avg)?;
        let mut avg = grad.values.f_sub(&old_avg)?;
        ops::mul_(&avg, 1. - beta1)?;
        shim::add_(exp_avg, &grad.with(&avg)?, 1.)?;
        let old_square = grad.of(exp_avg_sq)?;
        let mut square = grad.values.f_pow_tensor_scalar(2)?.f_sub_(&old_square)?;
        ops::mul_(&square, 1. - beta2)?;
        shim::add_(exp_avg_sq, &grad.with(&square)?, 1.)?;

        let mut numerator = avg.f_add_(&old_avg)?;
        let denominator = square.f_add_(&old_square)?.f_sqrt_()?;
        shim::add_number_(&denominator, self.eps)?;
        let direction =
            self.step_size(&update.lr, step)?.times(&numerator.f_div_(&denominator)?)?;
        Ok(shim::add_(&update.parameter, &grad.with(&direction)?, 1.)?)
    }

    fn step_group(&self, updates: &mut [Update<Self>]) -> Result<()> {
        if updates.iter().any(|update| !update.grad.is_sparse()) {
            let accepted = "SparseAdam takes sparse ones: Adam takes dense ones";
            return Err(Error::argument("a gradient", "dense", accepted));
        }
        updates.iter_mut().try_for_each(|update| self.single_tensor(update))
    }
}
