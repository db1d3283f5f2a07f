//! What all optimizers share: groups of parameters, their states, and the way a step goes.

mod optimizer;
mod shared;
mod state;
mod update;

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt::Debug;
use std::mem;
use std::sync::{Arc, Mutex};

use shim::foreach;
use tch::Tensor;

use super::Warning;
use super::state_dict::{Entries, StateValue};
use crate::{Error, Result};

use shared::Shared;
pub use state::ParamState;
pub(super) use state::zero_state;
pub use update::Update;
pub(super) use update::{count_steps, real, reals, turned, with_weight_decay};

/// The options of an optimizer, which say what its arithmetic is, as a module of `torch/optim` does.
///
/// A step's numbers, such as Adam's corrections, are made of the options and the number of the step
/// alone, in one function of each algorithm, apart from the operations that take them.
pub trait Algorithm: Copy + Debug + Default + 'static {
    /// PyTorch's name of the optimizer.
    const NAME: &'static str;

    /// Whether Python lets a CUDA graph record a step, without `capturable`.
    const CAPTURABLE: bool;

    /// Refuses what Python refuses.
    fn check(&self) -> Result<()>;

    fn lr(&mut self) -> &mut f64;

    /// Whether to work on lists of tensors; Python's default for none.
    fn foreach(&self) -> Option<bool>;

    /// The options as in `param_groups`.
    fn entries(&self) -> Vec<(&'static str, StateValue)>;

    /// The options from `param_groups`, unchecked, with Python's defaults for what older versions
    /// did not have.
    fn from_entries(entries: &Entries) -> Result<Self>;

    /// A parameter's state at its first gradient: `_init_group`.
    fn init(&self, parameter: &Tensor) -> Result<ParamState>;

    /// `_single_tensor_*`, for one parameter.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()>;

    /// `_multi_tensor_*`, for parameters of one device and dtype.
    fn multi_tensor(&self, updates: &mut [&mut Update<Self>]) -> Result<()>;
}

/// Refuses what is not 0 or above, NaN included.
pub(super) fn zero_or_above(name: &'static str, value: f64) -> Result<()> {
    if value >= 0. {
        return Ok(());
    }
    Err(Error::argument(name, value, "it must be 0 or above"))
}

/// Parameters with the options they share: an entry of Python's `param_groups`.
#[derive(Debug)]
struct Group<O> {
    params: Vec<Tensor>,
    /// The index of each parameter's state, which is the parameter's in a state dictionary.
    slots: Vec<usize>,
    options: O,
    /// What is no option of the optimizer: `initial_lr`, and what a state dictionary brought.
    others: Entries,
}

impl<O: Algorithm> Group<O> {
    /// All entries but `params`, in Python's order.
    fn entries(&self) -> Entries {
        let options = self.options.entries().into_iter();
        let options = options.map(|(name, value)| (name.to_owned(), value));
        options.chain(self.others.iter().cloned()).collect()
    }
}

/// An optimizer: groups of parameters and their states. What it does is said by its options:
/// [`SGD`](super::SGD), [`Adam`](super::Adam), [`AdamW`](super::AdamW),
/// [`RMSprop`](super::RMSprop).
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
        match this.groups.is_empty() {
            true => Err(Error::argument("params", "empty", "an optimizer needs a group")),
            false => Ok(this),
        }
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
        options.check()?;
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
        self.groups.push(Group { params, slots, options, others: vec![] });
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
        let Group { params, slots, options, .. } = &self.groups[group];
        let mut updates = Vec::with_capacity(params.len());
        for ((parameter, &slot), own) in params.iter().zip(slots).zip(start..) {
            let grad = parameter.f_grad()?;
            if grad.defined() {
                let state = &mut self.states[slot];
                if state.0.is_empty() {
                    *state = options.init(parameter)?;
                }
                // A parameter that is there again later takes a step with the same state first.
                let state = if slot == own { mem::take(state) } else { state.clone() };
                let (parameter, shared) = (parameter.shallow_clone(), Arc::clone(shared));
                updates.push(Update { parameter, grad, state, slot, group, shared });
            }
        }
        Ok(updates)
    }

    /// A step of one group.
    fn step_group(&mut self, group: usize) -> Result<()> {
        let options = self.groups[group].options;
        let mut updates = self.updates(group)?;
        let result = update(&options, &mut updates);
        for Update { state, slot, .. } in updates {
            self.states[slot] = state;
        }
        result
    }
}

/// A step of the parameters of a group that have a gradient.
fn update<O: Algorithm>(options: &O, updates: &mut [Update<O>]) -> Result<()> {
    let on_gpu = || updates.iter().all(|update| update.parameter.device().is_cuda());
    if !options.foreach().unwrap_or_else(on_gpu) {
        return updates.iter_mut().try_for_each(|update| options.single_tensor(update));
    }
    let parameters: Vec<_> = updates.iter().map(|u| u.parameter.shallow_clone()).collect();
    for indices in foreach::group_by_device_and_dtype(&parameters)? {
        let mut all: Vec<_> = updates.iter_mut().map(Some).collect();
        let mut these: Vec<_> = indices.iter().filter_map(|&index| all[index].take()).collect();
        options.multi_tensor(&mut these)?;
    }
    Ok(())
}

fn no_group(group: usize) -> Error {
    Error::argument("group", group, "it must be below the number of parameter groups")
}
