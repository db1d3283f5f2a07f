mod history;
mod line_search;

use tch::{Kind, Tensor, no_grad, with_grad};

use self::history::History;
use self::line_search::{Point, strong_wolfe};
use super::grouped::{
    Algorithm, Closure, GroupedOptimizer, Named, ParamState, Update, real as as_real,
};
use super::real::{Real, truth};
use crate::{Error, Result};

/// The limited-memory BFGS method: `torch.optim.LBFGS` (`torch/optim/lbfgs.py`).
///
/// It computes the loss and its gradients several times in a step, so that
/// [`step_with`](super::Optimizer::step_with) it is, and `step` is refused. It takes one group.
pub type LBFGS = GroupedOptimizer<LBFGSOptions>;

/// How [`LBFGS`] finds the length of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum LineSearchFn {
    /// Such that Wolfe's strong conditions hold: `"strong_wolfe"`.
    StrongWolfe,
}

impl Named for LineSearchFn {
    const NAMES: &'static [(&'static str, Self)] = &[("strong_wolfe", Self::StrongWolfe)];
}

optimizer_options! {
    /// What [`LBFGS`] takes, with `torch.optim.LBFGS`'s names and defaults.
    LBFGSOptions: "lr=1 max_iter max_eval tolerance_grad tolerance_change history_size line_search_fn";
    /// The length of a step, or the first one that a line search tries.
    lr: f64 = 1.,
    /// The most iterations of a step.
    max_iter: i64 = 20,
    /// The most evaluations of a step; none, the default: five for every four iterations.
    max_eval: Option<i64> = None,
    /// A step ends where no part of the gradient is larger.
    tolerance_grad: f64 = 1e-7,
    /// A step ends where the parameters or the loss change by less.
    tolerance_change: f64 = 1e-9,
    /// How many changes are kept.
    history_size: i64 = 100,
    /// None, the default: steps of the length `lr`.
    line_search_fn: Option<LineSearchFn> = None,
}

/// The length of a step, of which the default is an int in PyTorch.
fn length(lr: &Real) -> Result<Real> {
    match lr {
        &Real::Number(lr) if f64::from(lr) == 1. => Ok(1.into()),
        Real::Tensor(lr) if lr.kind() == Kind::Bool => {
            Err(Error::argument("lr", "a bool tensor", "LBFGS takes a number"))
        }
        other => Ok(other.clone()),
    }
}

fn no_closure() -> Error {
    let accepted = "LBFGS computes the loss several times in a step: call step_with";
    Error::argument("closure", "missing", accepted)
}

impl Algorithm for LBFGSOptions {
    const NAME: &'static str = "LBFGS";
    const CAPTURABLE: bool = false;
    const REPLAYABLE: bool = false;
    const SPARSE: bool = true;
    const GROUPS: bool = false;
    const SCALARS: &'static [&'static str] = &[];

    of_options!(single);

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()
    }

    fn settled(self) -> Self {
        let max_eval = self.max_eval.or(Some(self.max_iter.saturating_mul(5).div_euclid(4)));
        Self { max_eval, ..self }
    }

    fn init(&self, _: &Tensor, _: &Real) -> Result<ParamState> {
        Ok(ParamState::default())
    }

    fn single_tensor(&self, _: &mut Update<Self>) -> Result<()> {
        Err(no_closure())
    }

    fn step(
        optimizer: &mut GroupedOptimizer<Self>,
        closure: Option<&mut Closure<'_>>,
    ) -> Result<Option<Tensor>> {
        let closure = closure.ok_or_else(no_closure)?;
        let (options, lr, params, slot) = optimizer.only_group()?;
        let mut history = History::read(optimizer.state(slot))?;
        let evaluate = || with_grad(|| closure(&mut *optimizer));
        let mut search = Search { options, lr, params, evaluate };
        let loss = no_grad(|| search.step(&mut history));
        let state = optimizer.state_mut(slot);
        history.write(state, loss.as_ref().is_ok_and(|(_, moved)| *moved));
        Ok(Some(loss?.0))
    }
}

/// What a step is taken with.
struct Search<F> {
    options: LBFGSOptions,
    lr: Real,
    params: Vec<Tensor>,
    evaluate: F,
}

impl<F: FnMut() -> Result<Tensor>> Search<F> {
    /// `step`: the first loss, and whether the parameters were moved, or could have been.
    fn step(&mut self, state: &mut History) -> Result<(Tensor, bool)> {
        let LBFGSOptions { max_iter, tolerance_grad, tolerance_change, .. } = self.options;
        let max_eval = self.options.settled().max_eval.unwrap_or_default();
        let first_loss = (self.evaluate)()?;
        let mut loss = first_loss.f_double_value(&[])?;
        let mut evaluations = 1;
        state.func_evals += 1;
        let mut grad = self.flat_grad()?;
        if is_small(&grad, tolerance_grad)? {
            return Ok((first_loss, false));
        }
        let mut iterations = 0;
        while iterations < max_iter {
            iterations += 1;
            state.n_iter += 1;
            let direction = state.direction(&grad, self.options.history_size)?;
            state.remember(&grad, loss)?;
            let mut t = length(&self.lr)?;
            if state.n_iter == 1 {
                let sum = Real::from(grad.f_abs()?.f_sum(None)?);
                let longest = Real::from(1.).min(&Real::from(1.).div(&sum)?)?;
                t = longest.mul(&t)?;
            }
            state.t = Some(t.clone());
            let slope = grad.f_dot(&direction)?;
            if truth(&slope.f_gt(-tolerance_change)?)? {
                break;
            }
            let mut small = false;
            let before = evaluations;
            if self.options.line_search_fn.is_some() {
                let start = Point { t: Real::from(0), loss, grad: shim::clone(&grad)?, slope };
                let found = self.line_search(&start, t, &direction, max_eval - evaluations)?;
                evaluations += found.1;
                (loss, grad, t) = (found.0.loss, found.0.grad, found.0.t);
                self.add(&t, &direction)?;
                small = is_small(&grad, tolerance_grad)?;
            } else {
                self.add(&t, &direction)?;
                if iterations != max_iter {
                    loss = (self.evaluate)()?.f_double_value(&[])?;
                    grad = self.flat_grad()?;
                    small = is_small(&grad, tolerance_grad)?;
                    evaluations += 1;
                }
            }
            state.t = Some(t.clone());
            state.func_evals += evaluations - before;
            if iterations == max_iter
                || evaluations >= max_eval
                || small
                || is_short(&direction, &t, tolerance_change)?
                || (loss - state.prev_loss.unwrap_or(loss)).abs() < tolerance_change
            {
                break;
            }
        }
        Ok((first_loss, true))
    }

    /// `_strong_wolfe`, from where the parameters are, to which they return.
    fn line_search(
        &mut self,
        start: &Point,
        t: Real,
        direction: &Tensor,
        most: i64,
    ) -> Result<(Point, i64)> {
        let place = |parameter| Ok(shim::clone(parameter)?);
        let places: Vec<_> = self.params.iter().map(place).collect::<Result<_>>()?;
        let mut evaluate = |t: Real| {
            self.add(&t, direction)?;
            let loss = (self.evaluate)()?.f_double_value(&[])?;
            let grad = self.flat_grad()?;
            for (parameter, place) in self.params.iter_mut().zip(&places) {
                parameter.f_copy_(place)?;
            }
            let slope = grad.f_dot(direction)?;
            Ok(Point { t, loss, grad, slope })
        };
        strong_wolfe(&mut evaluate, (start, t), direction, most)
    }

    /// `_gather_flat_grad`: all gradients as one row.
    fn flat_grad(&self) -> Result<Tensor> {
        let rows: Result<Vec<_>> = self.params.iter().map(flat_grad).collect();
        Ok(Tensor::f_cat(&rows?, 0)?)
    }

    /// `_add_grad`: moves the parameters so far along a direction.
    fn add(&self, t: &Real, direction: &Tensor) -> Result<()> {
        let (t, mut start) = (t.value()?, 0);
        for parameter in &self.params {
            let parameter = as_real(parameter)?;
            let count = parameter.numel() as i64;
            let part = direction.f_narrow(0, start, count)?.f_view_as(&parameter)?;
            shim::add_(&parameter, &part, t)?;
            start += count;
        }
        Ok(())
    }
}

/// A parameter's gradient as a row, zeros where it has none.
fn flat_grad(parameter: &Tensor) -> Result<Tensor> {
    let grad = parameter.f_grad()?;
    let row = if !grad.defined() {
        let options = (parameter.kind(), parameter.device());
        Tensor::f_zeros([parameter.numel() as i64], options)?
    } else if grad.is_sparse() {
        grad.f_to_dense(None, false)?.f_view([-1])?
    } else {
        grad.f_view([-1])?
    };
    if row.is_complex() { Ok(row.f_view_as_real()?.f_view([-1])?) } else { Ok(row) }
}

/// Whether no part of a row is larger.
fn is_small(row: &Tensor, tolerance: f64) -> Result<bool> {
    truth(&row.f_abs()?.f_max()?.f_le(tolerance)?)
}

/// Whether no part of a step is longer.
fn is_short(direction: &Tensor, t: &Real, tolerance: f64) -> Result<bool> {
    is_small(&t.scaled(direction)?, tolerance)
}
