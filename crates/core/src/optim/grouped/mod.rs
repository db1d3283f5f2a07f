//! What all optimizers share: groups of parameters, their states, and the way a step goes.

mod algorithm;
mod optimizer;
#[macro_use]
mod options;
mod shared;
mod state;
mod update;

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt::Debug;
use std::mem;
use std::sync::{Arc, Mutex};

use tch::Tensor;

use super::real::Real;
use super::state_dict::{Entries, StateValue};
use super::{Optimizer, Warning};
use crate::{Error, Result};

pub use algorithm::Algorithm;
pub(super) use algorithm::{betas_below_one, each_device_and_dtype, zero_or_above};
pub(super) use options::{Named, OptionValue, entries, refuse_others};
use shared::Shared;
pub use state::ParamState;
pub(super) use state::{filled, zero_state};
pub use update::Update;
pub(super) use update::{
    Decay, count_steps, decayed, kept, pow, real, reals, turned, with_weight_decay,
};

/// Computes the loss and its gradients anew: what Python's `step(closure)` calls.
pub type Closure<'a> = dyn FnMut(&mut dyn Optimizer) -> Result<Tensor> + 'a;

/// The entry of the learning rate.
const LR: &str = "lr";

/// Refuses a tensor that is no learning rate.
fn check_tensor(lr: &Tensor) -> Result<()> {
    match lr.numel() {
        1 if lr.is_complex() => Err(Error::argument(LR, "a complex tensor", "it must be real")),
        1 => Ok(()),
        _ => {
            let given = format!("a tensor of shape {:?}", lr.size());
            Err(Error::argument(LR, given, "it must have one element"))
        }
    }
}

/// Parameters with the options they share: an entry of Python's `param_groups`.
#[derive(Debug)]
struct Group<O> {
    params: Vec<Tensor>,
    /// The index of each parameter's state, which is the parameter's in a state dictionary.
    slots: Vec<usize>,
    options: O,
    /// The learning rate where it is a tensor, in place of the options' number.
    lr: Option<Tensor>,
    /// What is no option of the optimizer: `initial_lr`, and what a state dictionary brought.
    others: Entries,
}

impl<O: Algorithm> Group<O> {
    /// All entries but `params`, in Python's order.
    fn entries(&self) -> Entries {
        let options = self.options.entries().into_iter();
        let options = options.map(|(name, value)| match &self.lr {
            Some(lr) if name == LR => (LR.to_owned(), StateValue::Tensor(lr.shallow_clone())),
            _ => (name.to_owned(), value),
        });
        options.chain(self.others.iter().cloned()).collect()
    }

    /// The learning rate.
    fn lr(&self) -> Real {
        let mut options = self.options;
        self.lr.as_ref().map_or_else(|| (*options.lr()).into(), |lr| lr.shallow_clone().into())
    }
}

/// An optimizer: groups of parameters and their states. What it does is said by its options:
/// [`SGD`](super::SGD), [`Adam`](super::Adam) and the others of [`optim`](super).
///
/// It takes [`Parameter`](crate::nn::Parameter)s and plain tensors alike, a `VarStore`'s
/// `trainable_variables()` for example, and trains the tensors themselves, not copies. A parameter
/// may be in a group twice, with a [`Warning`]; it then takes two steps at each step, as in Python.
///
/// ```
/// use tch::{Device, Tensor, nn};
/// use torch_exact::optim::{self, Optimizer, SGD};
///
/// # fn main() -> torch_exact::Result<()> {
/// let vs = nn::VarStore::new(Device::Cpu);
/// let weight = vs.root().ones("weight", &[1]);
/// let mut optimizer = SGD::new(vs.trainable_variables(), optim::lr(0.5))?;
/// (&weight * &weight).sum(tch::Kind::Float).backward();
/// optimizer.step()?;
/// assert_eq!(weight, Tensor::from_slice(&[0f32]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct GroupedOptimizer<O> {
    groups: Vec<Group<O>>,
    /// By slot; empty before a first gradient.
    states: Vec<ParamState>,
    warnings: Vec<Warning>,
    shared: Arc<Mutex<Shared<O>>>,
}

impl<O: Algorithm> GroupedOptimizer<O> {
    /// `torch.optim.NAME(params, lr=…, …)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for no parameters, a tensor that is no leaf, or an option that Python
    /// refuses.
    pub fn new<P: Borrow<Tensor>>(params: impl IntoIterator<Item = P>, options: O) -> Result<Self> {
        let params: Vec<_> = params.into_iter().collect();
        if params.is_empty() {
            return Err(Error::argument("params", "empty", "an optimizer needs a parameter"));
        }
        Self::with_groups([(params, options)])
    }

    /// An optimizer whose groups of parameters have options of their own. As in Python, a group may
    /// be empty.
    ///
    /// # Errors
    /// As [`new`](Self::new), and for a parameter in more than one group.
    pub fn with_groups<P: Borrow<Tensor>>(
        groups: impl IntoIterator<Item = (Vec<P>, O)>,
    ) -> Result<Self> {
        let shared = Arc::default();
        let mut this = Self { groups: vec![], states: vec![], warnings: vec![], shared };
        for (params, options) in groups {
            this.add_param_group(params, options)?;
        }
        if this.groups.is_empty() {
            return Err(Error::argument("params", "empty", "an optimizer needs a group"));
        }
        if !O::GROUPS && this.groups.len() > 1 {
            let accepted = "this optimizer takes one group";
            return Err(Error::argument("groups", this.groups.len(), accepted));
        }
        for Group { params, slots, options, .. } in &this.groups {
            for (parameter, &slot) in params.iter().zip(slots) {
                this.states[slot] = options.begin(parameter)?;
            }
        }
        Ok(this)
    }

    /// `optimizer.add_param_group({"params": params, …})`.
    ///
    /// # Errors
    /// As [`with_groups`](Self::with_groups).
    pub fn add_param_group<P: Borrow<Tensor>>(
        &mut self,
        params: impl IntoIterator<Item = P>,
        options: O,
    ) -> Result<()> {
        let mut settled = options.settled();
        options.check(&(*settled.lr()).into())?;
        let params: Vec<_> = params.into_iter().map(|p| p.borrow().shallow_clone()).collect();
        for parameter in &params {
            if !(parameter.is_leaf() || parameter.f_retains_grad()?) {
                let given = "a tensor that an operation made";
                return Err(Error::argument("params", given, "only leaves can be optimized"));
            }
        }
        let others = self.groups.iter().flat_map(|group| &group.params);
        let others: HashSet<_> = others.map(shim::identity).collect();
        let identities: Vec<_> = params.iter().map(shim::identity).collect();
        if identities.iter().any(|identity| others.contains(identity)) {
            let accepted = "a parameter can be in one group only";
            return Err(Error::argument("params", "the same in two groups", accepted));
        }
        let last_index = |identity| identities.iter().rposition(|other| other == identity);
        let slots: Vec<_> =
            identities.iter().flat_map(last_index).map(|index| self.states.len() + index).collect();
        if slots.iter().zip(self.states.len()..).any(|(&slot, own)| slot != own) {
            self.warnings.push(Warning::DuplicateParameter);
        }
        self.states.resize_with(self.states.len() + params.len(), ParamState::default);
        self.groups.push(Group { params, slots, options: settled, lr: None, others: vec![] });
        self.invalidate_recordings();
        Ok(())
    }

    /// The options of a group: `optimizer.param_groups[group]`.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is no such group.
    pub fn options(&self, group: usize) -> Result<&O> {
        Ok(&self.group(group)?.options)
    }

    /// The options of a group, to change for the steps to come. As in Python, they are not checked.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is no such group.
    pub fn options_mut(&mut self, group: usize) -> Result<&mut O> {
        self.invalidate_recordings();
        Ok(&mut self.group_mut(group)?.options)
    }

    /// Makes a tensor the learning rate of every group: Python's `lr=torch.tensor(0.1)`. The optimizer
    /// has the tensor itself, which schedulers change and whose changes its steps follow, and computes
    /// with it as Python does, in its dtype.
    ///
    /// ```
    /// use torch_exact::optim::{self, Optimizer, SGD, SGDOptions};
    /// use torch_exact::tensor;
    ///
    /// # fn main() -> torch_exact::Result<()> {
    /// # let parameters = || vec![tch::Tensor::from_slice(&[1f32]).set_requires_grad(true)];
    /// let mut lr = tensor(0.5)?;
    /// let options = SGDOptions { momentum: 0.9, ..Default::default() };
    /// let optimizer = SGD::new(parameters(), options)?.with_lr(&lr)?;
    /// let _ = lr.fill_(0.25);
    /// assert_eq!(optimizer.lr(0)?, 0.25);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] for a tensor of other than one real element, a rate that Python refuses, and for
    /// `foreach` with [`Adam`](super::Adam) and [`AdamW`](super::AdamW).
    pub fn with_lr(mut self, lr: &Tensor) -> Result<Self> {
        for group in &mut self.groups {
            check_tensor(lr)?;
            group.options.check(&lr.shallow_clone().into())?;
            group.lr = Some(lr.shallow_clone());
        }
        self.invalidate_recordings();
        Ok(self)
    }

    /// Has recorded steps recorded anew.
    fn invalidate_recordings(&self) {
        shared::lock(&self.shared).version += 1;
    }

    fn group(&self, group: usize) -> Result<&Group<O>> {
        self.groups.get(group).ok_or_else(|| no_group(group))
    }

    fn group_mut(&mut self, group: usize) -> Result<&mut Group<O>> {
        self.groups.get_mut(group).ok_or_else(|| no_group(group))
    }

    /// The parameters of a group that have a gradient: `_init_group`.
    fn updates(&mut self, group: usize) -> Result<Vec<Update<O>>> {
        let shared = &self.shared;
        let start: usize = self.groups[..group].iter().map(|group| group.params.len()).sum();
        let lr = self.groups[group].lr().scalar()?;
        let Group { params, slots, options, .. } = &self.groups[group];
        let mut updates = Vec::with_capacity(params.len());
        for ((parameter, &slot), own) in params.iter().zip(slots).zip(start..) {
            let grad = parameter.f_grad()?;
            if grad.defined() {
                if grad.is_sparse() && !O::SPARSE {
                    let accepted = "the optimizer takes dense ones: SparseAdam takes sparse ones";
                    return Err(Error::argument("a gradient", "sparse", accepted));
                }
                let state = &mut self.states[slot];
                if state.0.is_empty() {
                    *state = options.init(parameter, &lr)?;
                }
                // A parameter that is there again later takes a step with the same state first.
                let state = if slot == own { mem::take(state) } else { state.clone() };
                let (parameter, shared) = (parameter.shallow_clone(), Arc::clone(shared));
                let lr = lr.clone();
                updates.push(Update { parameter, grad, state, lr, slot, group, shared });
            }
        }
        Ok(updates)
    }

    /// The options, the rate and the parameters of the one group, and the place of the first one's state.
    pub(super) fn only_group(&self) -> Result<(O, Real, Vec<Tensor>, usize)> {
        let Ok([group @ Group { params, slots, options, .. }]) = <&[_; 1]>::try_from(&*self.groups)
        else {
            let accepted = "this optimizer takes one group";
            return Err(Error::argument("groups", self.groups.len(), accepted));
        };
        let params: Vec<_> = params.iter().map(Tensor::shallow_clone).collect();
        let slot = slots.first().copied();
        let slot = slot.ok_or_else(|| Error::argument("params", "empty", "a step needs one"))?;
        Ok((*options, group.lr().scalar()?, params, slot))
    }

    pub(super) fn state(&self, slot: usize) -> &ParamState {
        &self.states[slot]
    }

    pub(super) fn state_mut(&mut self, slot: usize) -> &mut ParamState {
        &mut self.states[slot]
    }

    /// A step of one group.
    fn step_group(&mut self, group: usize) -> Result<()> {
        let options = self.groups[group].options;
        let mut updates = self.updates(group)?;
        let result = options.step_group(&mut updates);
        for Update { state, slot, .. } in updates {
            self.states[slot] = state;
        }
        result
    }
}

fn no_group(group: usize) -> Error {
    Error::argument("group", group, "it must be below the number of parameter groups")
}
