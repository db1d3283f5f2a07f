use shim::{Argument, foreach};
use tch::Tensor;

use super::grouped::{
    Algorithm, GroupedOptimizer, ParamState, Update, count_steps, each_device_and_dtype, kept,
    turned, zero_or_above,
};
use super::real::{Real, Reals, divided, pow};
use crate::nn::aten::aten;
use crate::{Error, Result, dtype, ops};

/// `torch.optim.Adafactor` (`torch/optim/_adafactor.py`): it keeps a row and a column of squares for
/// each matrix.
pub type Adafactor = GroupedOptimizer<AdafactorOptions>;

optimizer_options! {
    /// What [`Adafactor`] takes, with `torch.optim.Adafactor`'s names and defaults.
    AdafactorOptions: "lr beta2_decay eps d weight_decay foreach maximize";
    /// The largest step, relative to the parameter, and the rate of `weight_decay`.
    lr: f64 = 1e-2,
    /// The power of the step's number that the share of the newest square is; 0 or below.
    beta2_decay: f64 = -0.8,
    /// The least root of an average of squares, none for the dtype's epsilon, and the least size that
    /// a parameter counts for.
    eps: (Option<f64>, f64) = (None, 1e-3),
    /// The largest size of a direction; 1 or above.
    d: f64 = 1.,
    /// Each step shrinks the parameter by `lr` times this.
    weight_decay: f64 = 0.,
    /// Whether to work on lists of tensors; none, the default, is not to, on a GPU neither.
    foreach: Option<bool> = None,
    /// Climbs instead of descending.
    maximize: bool = false,
}

const ROW: &str = "row_var";
const COLUMN: &str = "col_var";
const VARIANCE: &str = "variance";

/// `torch.norm(tensor, dim=dim, keepdim=True)`.
fn norm_along(tensor: &Tensor, dim: i64) -> Result<Tensor> {
    let dims = [dim];
    let arguments: [Argument; 4] = [tensor.into(), 2.0.into(), (&dims).into(), true.into()];
    aten("aten::linalg_vector_norm", &arguments)
}

/// `tensor.size(dim)`, of a dimension from the end.
fn length(tensor: &Tensor, dim: i64) -> i64 {
    tensor.size().into_iter().rev().nth((-1 - dim) as usize).unwrap_or(1)
}

/// The root of the mean of a tensor's squares: `tensor.norm(2).item() / tensor.numel() ** 0.5`.
fn size(tensor: &Tensor, by: f64) -> Result<f64> {
    let norm = ops::norm(tensor)?.f_double_value(&[])?;
    divided(norm, pow(tensor.numel() as f64, 0.5) * by)
}

/// `max(1.0, value)`.
fn at_least_one(value: f64) -> f64 {
    if value > 1. { value } else { 1. }
}

/// The numbers of a step.
struct Numbers {
    /// The share of the newest squares.
    share: f64,
    /// What a direction is added with, before it is cut to size.
    alpha: Real,
}

impl AdafactorOptions {
    /// Of the step that was counted; `parameter` has its value before.
    fn numbers(&self, update: &Update<Self>) -> Result<Numbers> {
        let step = update.state.step()?;
        let rho = update.lr.min(&divided(1., pow(step, 0.5))?.into())?;
        let (size, least) = (size(&update.parameter, 1.)?, self.eps.1);
        let size = if size > least { size } else { least };
        Ok(Numbers { share: pow(step, self.beta2_decay), alpha: Real::from(size).mul(rho)? })
    }

    /// `eps[0]`, for the first of some parameters and all after it.
    fn least(&self, first: Option<&Tensor>) -> Result<f64> {
        let epsilon = || first.map_or(Ok(0.), |first| dtype::epsilon(first.kind()));
        self.eps.0.map_or_else(epsilon, Ok)
    }

    /// `_single_tensor_adafactor`, for one parameter.
    fn single(&self, update: &mut Update<Self>, least: f64) -> Result<()> {
        let grad = update.turned(self.maximize)?;
        update.state.count_step()?;
        let Numbers { share, alpha } = self.numbers(update)?;
        let parameter = &update.parameter;
        if self.weight_decay != 0. {
            kept(&update.lr, self.weight_decay)?.scale_(parameter)?;
        }
        let state = |name| Ok::<_, Error>(update.state.get(name)?.shallow_clone());
        let mut estimate = if grad.dim() > 1 {
            let (mut row, mut column) = (state(ROW)?, state(COLUMN)?);
            for (variance, dim) in [(&mut row, -1), (&mut column, -2)] {
                let mean = norm_along(&grad, dim)?.f_square_()?;
                ops::div_(&mean, length(&grad, dim))?;
                let _ = variance.f_lerp_(&mean, share)?;
            }
            let mut product = row.f_matmul(&column)?;
            let mut mean = row.f_mean_dim(Some([-2i64].as_slice()), true, None)?;
            product.f_div_(&mean.f_clamp_min_(least)?)?
        } else {
            let mut variance = state(VARIANCE)?;
            let _ = variance.f_lerp_(&grad.f_mul(&grad)?, share)?;
            shim::clone(&variance)?
        };
        let direction = estimate.f_clamp_min_(least * least)?.f_rsqrt_()?.f_mul_(&grad)?;
        let denominator = at_least_one(size(&direction, self.d)?);
        Ok(shim::add_(parameter, &direction, alpha.neg()?.div(denominator)?.value()?)?)
    }

    /// `_multi_tensor_adafactor`, for parameters of one device and dtype which are all matrices, or
    /// none of which is.
    fn multi(&self, updates: &mut [&mut Update<Self>], least: f64) -> Result<()> {
        let parameters: Vec<_> = updates.iter().map(|u| u.parameter.shallow_clone()).collect();
        let grads = updates.iter().map(|update| update.grad.shallow_clone()).collect();
        let grads = turned(grads, self.maximize)?;
        count_steps(updates)?;
        let numbers: Vec<_> =
            updates.iter().map(|update| self.numbers(update)).collect::<Result<_>>()?;
        let shares: Vec<_> = numbers.iter().map(|numbers| numbers.share).collect();
        if let (true, Some(first)) = (self.weight_decay != 0., updates.first()) {
            kept(&first.lr, self.weight_decay)?.scale_all_(&parameters)?;
        }
        let states = |name| -> Result<Vec<_>> {
            updates.iter().map(|update| Ok(update.state.get(name)?.shallow_clone())).collect()
        };
        let estimates = if grads.iter().any(|grad| grad.dim() > 1) {
            let (rows, columns) = (states(ROW)?, states(COLUMN)?);
            for (variances, dim) in [(&rows, -1), (&columns, -2)] {
                let means: Vec<_> =
                    grads.iter().map(|grad| norm_along(grad, dim)).collect::<Result<_>>()?;
                foreach::mul_(&means, &means)?;
                let lengths: Vec<_> = grads.iter().map(|grad| length(grad, dim) as f64).collect();
                foreach::div_scalar_list_(&means, &lengths)?;
                foreach::lerp_scalar_list_(variances, &means, &shares)?;
            }
            let products = rows.iter().zip(&columns).map(|(row, column)| Ok(row.f_matmul(column)?));
            let estimates = products.collect::<Result<Vec<_>>>()?;
            let mean = |row: &Tensor| Ok(row.f_mean_dim(Some([-2i64].as_slice()), true, None)?);
            let means = rows.iter().map(mean).collect::<Result<Vec<_>>>()?;
            foreach::clamp_min_scalar_(&means, least)?;
            foreach::div_(&estimates, &means)?;
            estimates
        } else {
            let variances = states(VARIANCE)?;
            foreach::lerp_scalar_list_(&variances, &foreach::mul(&grads, &grads)?, &shares)?;
            let copy = |variance| Ok(shim::clone(variance)?);
            variances.iter().map(copy).collect::<Result<_>>()?
        };
        foreach::clamp_min_scalar_(&estimates, least * least)?;
        foreach::rsqrt_(&estimates)?;
        foreach::mul_(&estimates, &grads)?;
        let factor = |(numbers, direction): (&Numbers, &Tensor)| {
            numbers.alpha.neg()?.div(at_least_one(size(direction, self.d)?))
        };
        let factors = numbers.iter().zip(&estimates).map(factor).collect::<Result<_>>()?;
        match Reals::new(factors)? {
            Reals::Numbers(factors) => foreach::mul_scalar_list_(&estimates, &factors)?,
            Reals::Tensors(factors) => foreach::mul_(&estimates, &factors)?,
        }
        Ok(foreach::add_(&parameters, &estimates, 1.)?)
    }
}

impl Algorithm for AdafactorOptions {
    const NAME: &'static str = "Adafactor";
    const CAPTURABLE: bool = false;
    const REPLAYABLE: bool = false;

    of_options!();

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        if self.beta2_decay.is_nan() || self.beta2_decay > 0. {
            return Err(Error::argument("beta2_decay", self.beta2_decay, "it must be 0 or below"));
        }
        zero_or_above("eps[0]", self.eps.0.unwrap_or(0.))?;
        zero_or_above("eps[1]", self.eps.1)?;
        if self.d.is_nan() || self.d < 1. {
            return Err(Error::argument("d", self.d, "it must be 1 or above"));
        }
        zero_or_above("weight_decay", self.weight_decay)
    }

    fn init(&self, parameter: &Tensor, _: &Real) -> Result<ParamState> {
        if parameter.is_complex() {
            return Err(Error::argument("a parameter", "complex", "Adafactor takes real ones"));
        }
        let step = ("step", Tensor::from(0f32));
        if parameter.dim() <= 1 {
            return Ok(ParamState::new(vec![step, (VARIANCE, parameter.f_zeros_like()?)]));
        }
        let without = |from_end: usize| {
            let mut shape = parameter.size();
            let place = shape.len() - from_end;
            shape[place] = 1;
            parameter.f_new_zeros(shape, (parameter.kind(), parameter.device()))
        };
        Ok(ParamState::new(vec![step, (ROW, without(1)?), (COLUMN, without(2)?)]))
    }

    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let least = self.least(Some(&update.parameter))?;
        self.single(update, least)
    }

    fn step_group(&self, updates: &mut [Update<Self>]) -> Result<()> {
        if self.foreach != Some(true) {
            let least = self.least(updates.first().map(|update| &update.parameter))?;
            return updates.iter_mut().try_for_each(|update| self.single(update, least));
        }
        let mut least = None;
        each_device_and_dtype(updates, |these| {
            let parameter = these.first().map(|update| &update.parameter);
            let least = *least.get_or_insert(self.least(parameter)?);
            let matrices_first = these.first().is_some_and(|update| update.grad.dim() > 1);
            for matrices in [matrices_first, !matrices_first] {
                let such = these.iter_mut().filter(|update| (update.grad.dim() > 1) == matrices);
                let mut such: Vec<_> = such.map(|update| &mut **update).collect();
                if !such.is_empty() {
                    self.multi(&mut such, least)?;
                }
            }
            Ok(())
        })
    }
}
