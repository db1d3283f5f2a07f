//! What all optimizers share: groups of parameters, their states, and the way a step goes.

mod checks;
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

pub(super) use checks::{betas_below_one, zero_or_above};
pub(super) use options::{Named, OptionValue, entries, refuse_others};
use shared::Shared;
pub use state::ParamState;
pub(super) use state::{filled, zero_state};
pub use update::Update;
pub(super) use update::{
    Decay, count_steps, decayed, each_device_and_dtype, kept, real, reals, turned,
    with_weight_decay,
};

/// The options of an optimizer, which say what its arithmetic is, as a module of `torch/optim` does.
///
/// A step's numbers, such as Adam's corrections, are made of the options and the number of the step
/// alone, in one function of each algorithm, apart from the operations that take them.
pub trait Algorithm: Copy + Debug + Default + 'static {
    /// PyTorch's name of the optimizer.
    const NAME: &'static str;

    /// Whether Python lets a CUDA graph record a step, without `capturable`.
    const CAPTURABLE: bool;

    /// Whether a step's numbers follow from options and count alone, as a replay needs them.
    const REPLAYABLE: bool = true;

    /// Whether a gradient may be sparse.
    const SPARSE: bool = false;

    /// Whether there may be more groups than one.
    const GROUPS: bool = true;

    /// Whether steps on lists take a tensor as the learning rate.
    const TENSORS_ON_LISTS: bool = true;

    /// What of a state old versions of PyTorch keep as numbers, and this one as tensors.
    const SCALARS: &'static [&'static str] = &["step"];

    /// Refuses what Python refuses; the rate is the group's, and not that of the options.
    fn check(&self, lr: &Real) -> Result<()>;

    /// The options as they are kept: what is left open follows from others.
    fn settled(self) -> Self {
        self
    }

    fn lr(&mut self) -> &mut f64;

    /// Whether to work on lists of tensors; Python's default for none.
    fn foreach(&self) -> Option<bool>;

    /// Whether a step is one operator, where the optimizer has that.
    fn fused(&self) -> Option<bool> {
        None
    }

    /// The options as in `param_groups`.
    fn entries(&self) -> Vec<(&'static str, StateValue)>;

    /// The options from `param_groups`, unchecked, with Python's defaults for what older versions
    /// did not have.
    fn from_entries(entries: &Entries) -> Result<Self>;

    /// What is kept of a parameter that the optimizer is made with, before its first step; refuses one
    /// that Python refuses.
    fn begin(&self, _: &Tensor) -> Result<ParamState> {
        Ok(ParamState::default())
    }

    /// A parameter's state at its first gradient: `_init_group`.
    fn init(&self, parameter: &Tensor, lr: &Real) -> Result<ParamState>;

    /// `_single_tensor_*`, for one parameter.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()>;

    /// `_multi_tensor_*`, for parameters of one device and dtype.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()> {
        updates.iter_mut().try_for_each(|update| self.single_tensor(update))
    }

    /// `_fused_*`, for all parameters of a group that have a gradient, where [`fused`](Self::fused) may
    /// be true.
    fn fused_step(&self, updates: &mut [Update<Self>]) -> Result<()> {
        each_device_and_dtype(updates, |these| self.multi_tensor(these))
    }

    /// A step of the parameters of a group that have a gradient.
    fn step_group(&self, updates: &mut [Update<Self>]) -> Result<()> {
        if self.fused() == Some(true) {
            return self.fused_step(updates);
        }
        let on_lists = |update: &Update<Self>| {
            let takes_rate = Self::TENSORS_ON_LISTS || update.lr.tensor().is_none();
            takes_rate && update.parameter.device().is_cuda()
        };
        let on_gpu = || self.fused().is_none() && updates.iter().all(on_lists);
        if !self.foreach().unwrap_or_else(on_gpu) {
            return updates.iter_mut().try_for_each(|update| self.single_tensor(update));
        }
        each_device_and_dtype(updates, |these| self.multi_tensor(these))
    }

    /// `step(closure)`; what the closure returned, if there is one.
    fn step(
        optimizer: &mut GroupedOptimizer<Self>,
        closure: Option<&mut Closure<'_>>,
    ) -> Result<Option<Tensor>> {
        let loss = closure.map(|closure| tch::with_grad(|| closure(optimizer))).transpose()?;
        tch::no_grad(|| {
            (0..optimizer.groups.len()).try_for_each(|group| optimizer.step_group(group))
        })?;
        Ok(loss)
    }
}

/// Computes the loss and its gradients anew: what Python's `step(closure)` calls.
pub type Closure<'a> = dyn FnMut(&mut dyn Optimizer) -> Result<Tensor> + 'a;

/// The entry of the learning rate.
const LR: &str = "lr";

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
