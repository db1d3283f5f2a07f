//! What LBFGS keeps from step to step, with the first parameter.

use std::mem;

use tch::Tensor;

use crate::ops;
use crate::optim::grouped::ParamState;
use crate::optim::real::{Real, truth};
use crate::optim::state_dict::{Read, StateValue, wrong};
use crate::{Error, Result};

/// The state, by PyTorch's names.
#[derive(Debug)]
pub(super) struct History {
    pub(super) func_evals: i64,
    pub(super) n_iter: i64,
    /// A place for each change that may be kept, once there was a second iteration.
    al: Option<Vec<StateValue>>,
    d: Option<Tensor>,
    pub(super) t: Option<Real>,
    old_dirs: Vec<Tensor>,
    old_stps: Vec<Tensor>,
    ro: Vec<Tensor>,
    h_diag: Real,
    prev_flat_grad: Option<Tensor>,
    pub(super) prev_loss: Option<f64>,
}

impl History {
    /// What was kept; at first nothing.
    pub(super) fn read(state: &ParamState) -> Result<Self> {
        let entries = state.entries();
        let value = |name| entries.find(name).filter(|value| !matches!(value, StateValue::None));
        let tensor = |name| match value(name) {
            None => Ok(None),
            Some(StateValue::Tensor(tensor)) => Ok(Some(tensor.shallow_clone())),
            Some(other) => wrong(name, "a tensor", other),
        };
        let tensors = |name| {
            let items = value(name).map_or(Ok(&[][..]), |_| entries.list(name))?;
            let tensor = |item: &StateValue| match item {
                StateValue::Tensor(tensor) => Ok(tensor.shallow_clone()),
                other => wrong(name, "a list of tensors", other),
            };
            items.iter().map(tensor).collect::<Result<Vec<_>>>()
        };
        let count = |name| value(name).map_or(Ok(0), |_| entries.integer(name));
        let one = Real::from(1);
        Ok(Self {
            func_evals: count("func_evals")?,
            n_iter: count("n_iter")?,
            al: value("al").map(|_| Ok::<_, Error>(entries.list("al")?.to_vec())).transpose()?,
            d: tensor("d")?,
            t: value("t").map(Real::try_from).transpose()?,
            old_dirs: tensors("old_dirs")?,
            old_stps: tensors("old_stps")?,
            ro: tensors("ro")?,
            h_diag: value("H_diag").map_or(Ok(one), Real::try_from)?,
            prev_flat_grad: tensor("prev_flat_grad")?,
            prev_loss: value("prev_loss").map(|_| entries.number("prev_loss")).transpose()?,
        })
    }

    /// Keeps it, all of it where a step came to its end.
    pub(super) fn write(self, state: &mut ParamState, moved: bool) {
        state.set("func_evals", StateValue::Int(self.func_evals));
        state.set("n_iter", StateValue::Int(self.n_iter));
        if let Some(al) = self.al {
            state.set("al", StateValue::List(al));
        }
        if !moved {
            return;
        }
        let started = self.d.is_some();
        let or_none = |value: StateValue| if started { value } else { StateValue::None };
        let tensor = |tensor: Option<Tensor>| tensor.map_or(StateValue::None, StateValue::Tensor);
        let list = |all: Vec<Tensor>| {
            or_none(StateValue::List(all.into_iter().map(StateValue::Tensor).collect()))
        };
        state.set("d", tensor(self.d));
        state.set("t", self.t.map_or(StateValue::None, StateValue::from));
        state.set("old_dirs", list(self.old_dirs));
        state.set("old_stps", list(self.old_stps));
        state.set("ro", list(self.ro));
        state.set("H_diag", or_none(self.h_diag.into()));
        state.set("prev_flat_grad", tensor(self.prev_flat_grad));
        state.set("prev_loss", self.prev_loss.map_or(StateValue::None, StateValue::Float));
    }

    /// Keeps where an iteration begins.
    pub(super) fn remember(&mut self, grad: &Tensor, loss: f64) -> Result<()> {
        match &mut self.prev_flat_grad {
            Some(previous) => previous.f_copy_(grad)?,
            none => *none = Some(shim::clone(grad)?),
        }
        self.prev_loss = Some(loss);
        Ok(())
    }

    /// The direction of an iteration, which is kept.
    pub(super) fn direction(&mut self, grad: &Tensor, history_size: i64) -> Result<Tensor> {
        let direction = if self.n_iter == 1 {
            self.old_dirs.clear();
            self.old_stps.clear();
            self.ro.clear();
            self.h_diag = Real::from(1);
            grad.f_neg()?
        } else {
            self.learn(grad, history_size)?;
            self.approximate(grad, history_size)?
        };
        self.d = Some(direction.shallow_clone());
        Ok(direction)
    }

    /// Takes the last change into the memory.
    fn learn(&mut self, grad: &Tensor, history_size: i64) -> Result<()> {
        let (Some(previous), Some(d), Some(t)) = (&self.prev_flat_grad, &self.d, &self.t) else {
            return Err(Error::StateDict(
                "LBFGS: n_iter counts steps that left nothing".to_owned(),
            ));
        };
        let y = grad.f_sub(previous)?;
        let s = t.scaled(d)?;
        let ys = y.f_dot(&s)?;
        if !truth(&ys.f_gt(1e-10)?)? {
            return Ok(());
        }
        if self.old_dirs.len() as i64 == history_size {
            for memory in [&mut self.old_dirs, &mut self.old_stps, &mut self.ro] {
                if memory.is_empty() {
                    return Err(Error::argument(
                        "history_size",
                        history_size,
                        "it must be above 0",
                    ));
                }
                drop(memory.remove(0));
            }
        }
        self.ro.push(ops::rdiv(&ys, 1.)?);
        self.h_diag = ys.f_div(&y.f_dot(&y)?)?.into();
        self.old_dirs.push(y);
        self.old_stps.push(s);
        Ok(())
    }

    /// The inverse Hessian that the memory approximates, times the gradient.
    fn approximate(&mut self, grad: &Tensor, history_size: i64) -> Result<Tensor> {
        let places = usize::try_from(history_size).unwrap_or(0);
        let mut al = mem::take(&mut self.al).unwrap_or_else(|| vec![StateValue::None; places]);
        let count = self.old_dirs.len();
        if count > al.len() || count != self.old_stps.len() || count != self.ro.len() {
            let sentence = "LBFGS: al, old_dirs, old_stps and ro have lengths that do not fit";
            return Err(Error::StateDict(sentence.to_owned()));
        }
        let q = grad.f_neg()?;
        let mut factors = vec![];
        for i in (0..count).rev() {
            let factor = self.old_stps[i].f_dot(&q)?.f_mul(&self.ro[i])?;
            shim::add_(&q, &self.old_dirs[i], factor.f_neg()?.f_double_value(&[])?)?;
            al[i] = StateValue::Tensor(factor.shallow_clone());
            factors.push(factor);
        }
        let r = self.h_diag.scaled(&q)?;
        for (i, factor) in factors.iter().rev().enumerate() {
            let be = self.old_dirs[i].f_dot(&r)?.f_mul(&self.ro[i])?;
            shim::add_(&r, &self.old_stps[i], factor.f_sub(&be)?.f_double_value(&[])?)?;
        }
        self.al = Some(al);
        Ok(r)
    }
}
