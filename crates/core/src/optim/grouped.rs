//! What all optimizers share: groups of parameters, their states, and the way a step goes.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shim::foreach;
use tch::{Device, Kind, Tensor, no_grad};

use super::state_dict::{Entries, OptimizerStateDict, ParamGroup, Read, StateValue};
use super::{Optimizer, Warning};
use crate::replay::{Number, Supplier, supply};
use crate::repr::{self, Repr};
use crate::{Error, Result, cuda, replay};

/// The options of an optimizer, which say what its arithmetic is, as a module of `torch/optim` does.
///
/// A step's numbers, such as Adam's corrections, are made of the options and the number of the step
/// alone, in one function of each algorithm, apart from the operations that take them.
pub trait Algorithm: Copy + Debug + 'static {
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

/// What is kept of a parameter from step to step: named values, tensors but for what an old state
/// dictionary brings. A copy has the same tensors.
#[derive(Debug, Clone, Default)]
pub struct ParamState(Entries);

impl ParamState {
    pub(super) fn new(tensors: Vec<(&'static str, Tensor)>) -> Self {
        let entry = |(name, tensor): (&str, _)| (name.to_owned(), StateValue::Tensor(tensor));
        Self(tensors.into_iter().map(entry).collect())
    }

    /// The tensor of that name, if there is one.
    pub(super) fn find(&self, name: &str) -> Option<&Tensor> {
        match self.0.find(name) {
            Some(StateValue::Tensor(tensor)) => Some(tensor),
            _ => None,
        }
    }

    pub(super) fn get(&self, name: &str) -> Result<&Tensor> {
        self.find(name).ok_or_else(|| {
            let sentence = "a parameter has no state of that name: options changed under way";
            Error::StateDict(format!("{name}: {sentence}"))
        })
    }

    /// A state that was saved, with the tensors on the parameter's device and in its dtype.
    fn fitting(parameter: &Tensor, saved: &Entries) -> Result<Self> {
        let fitting = |(name, value): &(String, StateValue)| {
            let value = match (name.as_str(), value) {
                ("step", StateValue::Tensor(step)) => StateValue::Tensor(step.shallow_clone()),
                // In old files it is a number.
                ("step", &StateValue::Int(step)) => StateValue::Tensor(Tensor::from(step as f32)),
                ("step", &StateValue::Float(step)) => StateValue::Tensor(Tensor::from(step as f32)),
                (_, StateValue::Tensor(tensor)) => {
                    let tensor = tensor.f_to_device(parameter.device())?;
                    StateValue::Tensor(match parameter.is_floating_point() {
                        true => tensor.f_to_kind(parameter.kind())?,
                        false => tensor,
                    })
                }
                (_, other) => other.clone(),
            };
            Ok((name.clone(), value))
        };
        let fitting: Result<Entries> = saved.iter().map(fitting).collect();
        Ok(Self(fitting?))
    }

    /// Counts a step: `step_t += 1`.
    pub(super) fn count_step(&self) -> Result<()> {
        Ok(shim::add_number_(self.get("step")?, 1.)?)
    }

    /// The number of steps that were counted.
    pub(super) fn step(&self) -> Result<f64> {
        shim::replay::overlooked(|| Ok(self.get("step")?.f_double_value(&[])?))
    }
}

/// A parameter that has a gradient, for one step.
#[derive(Debug)]
pub struct Update<O> {
    pub(super) parameter: Tensor,
    pub(super) grad: Tensor,
    pub(super) state: ParamState,
    /// Where the state is kept.
    slot: usize,
    group: usize,
    shared: Arc<Mutex<Shared<O>>>,
}

/// What a replay of a step asks of the optimizer, which is not called for it.
#[derive(Debug)]
struct Shared<O> {
    /// Of each group.
    options: Vec<O>,
    /// Grows where a step is to be recorded anew: groups and options may have changed.
    version: u64,
    /// Whether a step was taken since a scheduler asked first.
    stepped: Option<bool>,
}

fn lock<O>(shared: &Mutex<Shared<O>>) -> MutexGuard<'_, Shared<O>> {
    // Whoever panicked under it left whole values.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the numbers of one parameter's steps to replays.
#[derive(Debug)]
struct Numbers<O, const N: usize> {
    shared: Arc<Mutex<Shared<O>>>,
    version: u64,
    group: usize,
    /// The count of steps, which the replay adds to; what takes no count has none.
    step: Option<Tensor>,
    of: fn(&O, f64) -> [f64; N],
}

impl<O: Algorithm, const N: usize> Supplier for Numbers<O, N> {
    fn is_current(&self) -> bool {
        lock(&self.shared).version == self.version
    }

    fn advance(&mut self, numbers: &mut Vec<f64>) -> Result<()> {
        let step = match &self.step {
            // As the replay will count it, in the count's own dtype.
            Some(step) => match (step.kind(), step.f_double_value(&[])?) {
                (Kind::Float, steps) => f64::from(steps as f32 + 1.),
                (_, steps) => steps + 1.,
            },
            None => 0.,
        };
        let mut shared = lock(&self.shared);
        shared.stepped = shared.stepped.map(|_| true);
        numbers.extend((self.of)(&shared.options[self.group], step));
        Ok(())
    }
}

impl<O: Algorithm> Update<O> {
    /// Numbers of the step that follow from the options alone.
    pub(super) fn numbers<const N: usize>(
        &self,
        options: &O,
        of: fn(&O, f64) -> [f64; N],
    ) -> [Number; N] {
        supply(of(options, 0.), || Box::new(self.supplier(None, of)))
    }

    /// Numbers of the step that follow from the options and from the count of steps, which has
    /// been raised for this one.
    pub(super) fn numbers_of_step<const N: usize>(
        &self,
        options: &O,
        of: fn(&O, f64) -> [f64; N],
    ) -> Result<[Number; N]> {
        let step = self.state.get("step")?;
        Ok(supply(of(options, self.state.step()?), || {
            Box::new(self.supplier(Some(step.shallow_clone()), of))
        }))
    }

    fn supplier<const N: usize>(
        &self,
        step: Option<Tensor>,
        of: fn(&O, f64) -> [f64; N],
    ) -> Numbers<O, N> {
        let (shared, version) = (Arc::clone(&self.shared), lock(&self.shared).version);
        Numbers { shared, version, group: self.group, step, of }
    }

    /// The gradient, turned round to climb.
    pub(super) fn turned(&self, maximize: bool) -> Result<Tensor> {
        Ok(if maximize { self.grad.f_neg()? } else { self.grad.shallow_clone() })
    }

    /// A gradient with the L2 penalty.
    pub(super) fn with_weight_decay(&self, grad: Tensor, weight_decay: f64) -> Result<Tensor> {
        match weight_decay {
            0. => Ok(grad),
            _ => Ok(shim::add(&grad, &self.parameter, weight_decay)?),
        }
    }
}

/// A complex tensor as a real one with two values for each of its own; others as they are.
pub(super) fn real(tensor: &Tensor) -> Result<Tensor> {
    match tensor.kind() {
        Kind::ComplexHalf | Kind::ComplexFloat | Kind::ComplexDouble => {
            Ok(tensor.f_view_as_real()?)
        }
        _ => Ok(tensor.shallow_clone()),
    }
}

/// One tensor of each update, as [`real`] gives it.
pub(super) fn reals<O>(
    updates: &[&mut Update<O>],
    of: impl Fn(&Update<O>) -> Result<&Tensor>,
) -> Result<Vec<Tensor>> {
    updates.iter().map(|update| real(of(update)?)).collect()
}

/// [`Update::turned`] on lists: the same tensors where there is nothing to do, as in Python.
pub(super) fn turned(grads: Vec<Tensor>, maximize: bool) -> Result<Vec<Tensor>> {
    Ok(if maximize { foreach::neg(&grads)? } else { grads })
}

/// [`Update::with_weight_decay`] on lists: in place where [`turned`] has made new ones, as in Python.
pub(super) fn with_weight_decay(
    grads: Vec<Tensor>,
    parameters: &[Tensor],
    maximize: bool,
    weight_decay: f64,
) -> Result<Vec<Tensor>> {
    if weight_decay == 0. {
        return Ok(grads);
    }
    if !maximize {
        return Ok(foreach::add(&grads, parameters, weight_decay)?);
    }
    foreach::add_(&grads, parameters, weight_decay)?;
    Ok(grads)
}

/// [`ParamState::count_step`] on lists.
pub(super) fn count_steps<O>(updates: &[&mut Update<O>]) -> Result<()> {
    let steps: Result<Vec<_>> =
        updates.iter().map(|update| Ok(update.state.get("step")?.shallow_clone())).collect();
    let steps = steps?;
    // A state that was made with `capturable` has it on a GPU.
    match steps.first().is_some_and(|step| step.device() == Device::Cpu) {
        true => Ok(foreach::add_tensor_(&steps, &Tensor::from(1f32), 1.)?),
        false => Ok(foreach::add_scalar_(&steps, 1.)?),
    }
}

/// The state that Adam and RMSprop begin with: no steps, which each makes as Python does, and zeros
/// like the parameter.
pub(super) fn zero_state(
    step: Tensor,
    parameter: &Tensor,
    names: &[&'static str],
) -> Result<ParamState> {
    let mut tensors = vec![("step", step)];
    for name in names {
        tensors.push((name, parameter.f_zeros_like()?));
    }
    Ok(ParamState::new(tensors))
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
    /// The place of each parameter's state: the parameter's index in a state dictionary.
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
/// use torch_exact::optim::{Optimizer, SGD};
///
/// # fn main() -> torch_exact::Result<()> {
/// let vs = nn::VarStore::new(Device::Cpu);
/// let weight = vs.root().ones("weight", &[1]);
/// let mut optimizer = SGD::new(vs.trainable_variables(), 0.5)?;
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
    /// `torch.optim.NAME(params, lr=…, …)`; a number alone is the learning rate.
    ///
    /// # Errors
    /// [`Error::Argument`] for no parameters, a tensor that is no leaf, or an option that Python
    /// refuses.
    pub fn new<P: Borrow<Tensor>>(
        params: impl IntoIterator<Item = P>,
        options: impl Into<O>,
    ) -> Result<Self> {
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
        groups: impl IntoIterator<Item = (Vec<P>, impl Into<O>)>,
    ) -> Result<Self> {
        let shared = Shared { options: vec![], version: 0, stepped: None };
        let shared = Arc::new(Mutex::new(shared));
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
        options: impl Into<O>,
    ) -> Result<()> {
        let options = options.into();
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
        let last_place = |identity| identities.iter().rposition(|other| other == identity);
        let slots: Vec<_> =
            identities.iter().flat_map(last_place).map(|place| self.states.len() + place).collect();
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
        lock(&self.shared).version += 1;
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
    for places in foreach::group_by_device_and_dtype(&parameters)? {
        let mut all: Vec<_> = updates.iter_mut().map(Some).collect();
        let mut these: Vec<_> = places.iter().filter_map(|&place| all[place].take()).collect();
        options.multi_tensor(&mut these)?;
    }
    Ok(())
}

impl<O: Algorithm> Optimizer for GroupedOptimizer<O> {
    fn zero_grad_with(&mut self, set_to_none: bool) -> Result<()> {
        let mut grads = vec![];
        for parameter in self.groups.iter().flat_map(|group| &group.params) {
            if set_to_none {
                shim::clear_grad(parameter)?;
                continue;
            }
            let mut grad = parameter.f_grad()?;
            if grad.defined() {
                // One that has a graph of its own is cut off from it.
                match grad.is_leaf() {
                    true => grad = grad.f_set_requires_grad(false)?,
                    false => drop(grad.f_detach_()?),
                }
                grads.push(grad);
            }
        }
        match self.groups.first().and_then(|group| group.options.foreach()) {
            Some(true) => foreach::group_by_device_and_dtype(&grads)?
                .iter()
                .map(|places| places.iter().map(|&place| grads[place].shallow_clone()).collect())
                .try_for_each(|grads: Vec<_>| Ok(foreach::zero_(&grads)?)),
            _ => grads.iter_mut().try_for_each(|grad| Ok(grad.f_zero_().map(drop)?)),
        }
    }

    fn step(&mut self) -> Result<()> {
        if !O::CAPTURABLE && cuda::is_current_stream_capturing() {
            let accepted = "a CUDA graph can record steps of SGD only";
            return Err(Error::argument("optimizer", O::NAME, accepted));
        }
        let mut params = self.groups.iter().flat_map(|group| &group.params);
        if !O::CAPTURABLE && params.any(|parameter| parameter.device().is_cuda()) {
            replay::refuse(&format!("{} cannot step in a CUDA graph, as in Python", O::NAME));
        }
        if self.warnings.contains(&Warning::DuplicateParameter) {
            replay::refuse("a parameter is in a group of its optimizer twice");
        }
        let mut shared = lock(&self.shared);
        shared.options = self.groups.iter().map(|group| group.options).collect();
        shared.stepped = shared.stepped.map(|_| true);
        drop(shared);
        no_grad(|| (0..self.groups.len()).try_for_each(|group| self.step_group(group)))
    }

    fn groups(&self) -> usize {
        self.groups.len()
    }

    fn lr(&self, group: usize) -> Result<f64> {
        let mut options = self.group(group)?.options;
        Ok(*options.lr())
    }

    fn set_lr(&mut self, group: usize, lr: f64) -> Result<()> {
        replay::refuse("it sets a learning rate: set it outside of the step");
        let options = &mut self.group_mut(group)?.options;
        *options.lr() = lr;
        let options = *options;
        if let Some(shared) = lock(&self.shared).options.get_mut(group) {
            *shared = options;
        }
        Ok(())
    }

    fn initial_lr(&self, group: usize) -> Result<Option<f64>> {
        let others = &self.group(group)?.others;
        others.find("initial_lr").map(|_| others.number("initial_lr")).transpose()
    }

    fn set_initial_lr(&mut self, group: usize, lr: f64) -> Result<()> {
        let others = &mut self.group_mut(group)?.others;
        others.retain(|(name, _)| name != "initial_lr");
        others.push(("initial_lr".to_owned(), StateValue::Float(lr)));
        Ok(())
    }

    fn stepped(&mut self) -> bool {
        *lock(&self.shared).stepped.get_or_insert(false)
    }

    fn state_dict(&self) -> OptimizerStateDict {
        let known = self.states.iter().enumerate().filter(|(_, state)| !state.0.is_empty());
        let state = known.map(|(slot, state)| (slot as i64, state.0.clone())).collect();
        let param_groups = self.groups.iter().map(|group| ParamGroup {
            options: group.entries(),
            params: group.slots.iter().map(|&slot| slot as i64).collect(),
        });
        OptimizerStateDict { state, param_groups: param_groups.collect() }
    }

    fn load_state_dict(&mut self, state_dict: &OptimizerStateDict) -> Result<()> {
        let lengths = |groups: &mut dyn Iterator<Item = usize>| groups.collect::<Vec<_>>();
        let ours = lengths(&mut self.groups.iter().map(|group| group.params.len()));
        let theirs = lengths(&mut state_dict.param_groups.iter().map(|group| group.params.len()));
        if ours != theirs {
            let sentence = "expected groups with these numbers of parameters";
            return Err(Error::StateDict(format!("{sentence}: {ours:?}, found {theirs:?}")));
        }
        // Python's dictionary of indices and parameters, in which a later entry wins.
        let ids = state_dict.param_groups.iter().flat_map(|group| &group.params);
        let places = self.groups.iter().flat_map(|group| group.params.iter().zip(&group.slots));
        let known: HashMap<_, _> = ids.zip(places).collect();
        let mut states = vec![ParamState::default(); self.states.len()];
        for (id, entries) in &state_dict.state {
            if let Some(&(parameter, &slot)) = known.get(id) {
                states[slot] = ParamState::fitting(parameter, entries)?;
            }
        }
        let loaded: Result<Vec<_>> =
            state_dict.param_groups.iter().map(|group| O::from_entries(&group.options)).collect();
        for ((group, options), loaded) in
            self.groups.iter_mut().zip(loaded?).zip(&state_dict.param_groups)
        {
            let names: Vec<_> = options.entries().into_iter().map(|(name, _)| name).collect();
            let others = loaded.options.iter().filter(|(name, _)| !names.contains(&name.as_str()));
            (group.options, group.others) = (options, others.cloned().collect());
        }
        self.states = states;
        self.invalidate_recordings();
        Ok(())
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl<O: Algorithm> Repr for GroupedOptimizer<O> {
    /// The lines of `print(optimizer)`. A zero that is an `int` by default in PyTorch is printed as
    /// one, `0`; every other number is a `float`.
    fn repr(&self) -> std::result::Result<String, repr::Error> {
        let mut text = format!("{} (", O::NAME);
        for (number, group) in self.groups.iter().enumerate() {
            text += &format!("\nParameter Group {number}\n");
            let mut entries = group.entries();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            for (name, value) in entries {
                // A `str` stands there without quotes.
                let value = match value {
                    StateValue::Str(text) => text,
                    other => other.repr()?,
                };
                text += &format!("    {name}: {value}\n");
            }
        }
        Ok(text + ")")
    }
}

fn no_group(group: usize) -> Error {
    Error::argument("group", group, "it must be below the number of parameter groups")
}
