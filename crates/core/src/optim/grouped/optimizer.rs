//! [`Optimizer`] for every algorithm, and how it prints.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use shim::foreach;
use tch::Tensor;

use super::checks::check_tensor;
use super::shared::lock;
use super::{Algorithm, Closure, Group, GroupedOptimizer, LR, ParamState};
use crate::optim::lr_scheduler::Scheduled;
use crate::optim::real::Real;
use crate::optim::state_dict::{Entries, OptimizerStateDict, ParamGroup, Read, StateValue};
use crate::optim::{Optimizer, Warning};
use crate::repr::Repr;
use crate::{Error, Result, hook, ops};

impl<O: Algorithm> GroupedOptimizer<O> {
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
    /// `foreach` with [`Adam`](crate::optim::Adam) and [`AdamW`](crate::optim::AdamW).
    pub fn with_lr(mut self, lr: &Tensor) -> Result<Self> {
        for group in &mut self.groups {
            check_tensor(lr)?;
            group.options.check(&lr.shallow_clone().into())?;
            group.lr = Some(lr.shallow_clone());
        }
        self.invalidate_recordings();
        Ok(self)
    }

    /// Tells whoever records a step what it depends on, and refuses one that cannot be recorded.
    fn prepare_step(&self) -> Result<()> {
        if !O::CAPTURABLE && hook::is_capturing() {
            let accepted = "a CUDA graph can record steps of SGD only";
            return Err(Error::argument("optimizer", O::NAME, accepted));
        }
        let mut params = self.groups.iter().flat_map(|group| &group.params);
        if !O::CAPTURABLE && params.any(|parameter| parameter.device().is_cuda()) {
            hook::refuse(&format!("{} cannot step in a CUDA graph, as in Python", O::NAME));
        }
        if self.groups.iter().any(|group| group.options.fused() == Some(true)) {
            hook::refuse(&format!("{} is fused, with its learning rate", O::NAME));
        }
        if self.groups.iter().any(|group| group.lr.is_some()) {
            hook::refuse(&format!("the learning rate of {} is a tensor", O::NAME));
        }
        if !O::REPLAYABLE {
            hook::refuse(&format!("{} has numbers that follow from its state", O::NAME));
        }
        if self.warnings.contains(&Warning::DuplicateParameter) {
            hook::refuse("a parameter is in a group of its optimizer twice");
        }
        self.share_step();
        Ok(())
    }
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
        let options = self.groups.first().map(|group| group.options);
        match options.and_then(|it| it.foreach().filter(|&on| on).or_else(|| it.fused())) {
            Some(true) => foreach::group_by_device_and_dtype(&grads)?
                .iter()
                .map(|indices| indices.iter().map(|&index| grads[index].shallow_clone()).collect())
                .try_for_each(|grads: Vec<_>| Ok(foreach::zero_(&grads)?)),
            _ => grads.iter_mut().try_for_each(|grad| Ok(grad.f_zero_().map(drop)?)),
        }
    }

    fn step(&mut self) -> Result<()> {
        self.prepare_step()?;
        O::step(self, None).map(drop)
    }

    fn step_with(&mut self, closure: &mut Closure<'_>) -> Result<Tensor> {
        self.prepare_step()?;
        let loss = O::step(self, Some(closure))?;
        loss.ok_or_else(|| Error::Torch("the closure was not called".to_owned()))
    }

    fn groups(&self) -> usize {
        self.groups.len()
    }

    fn lr(&self, group: usize) -> Result<f64> {
        self.rate(group)?.item()
    }

    fn set_lr(&mut self, group: usize, lr: f64) -> Result<()> {
        hook::refuse("it sets a learning rate: set it outside of the step");
        let Group { options, lr: tensor, .. } = self.group_mut(group)?;
        *tensor = None;
        *options.lr() = lr;
        let options = *options;
        if let Some(shared) = lock(&self.shared).options.get_mut(group) {
            *shared = options;
        }
        Ok(())
    }

    fn lr_tensor(&self, group: usize) -> Result<Option<Tensor>> {
        Ok(self.group(group)?.lr.as_ref().map(Tensor::shallow_clone))
    }

    fn set_lr_tensor(&mut self, group: usize, lr: &Tensor) -> Result<()> {
        hook::refuse("it sets a learning rate: set it outside of the step");
        check_tensor(lr)?;
        self.group_mut(group)?.lr = Some(lr.shallow_clone());
        self.invalidate_recordings();
        Ok(())
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
        let parameters = self.groups.iter().flat_map(|group| group.params.iter().zip(&group.slots));
        let known: HashMap<_, _> = ids.zip(parameters).collect();
        let mut states = vec![ParamState::default(); self.states.len()];
        let fused = state_dict.param_groups.iter();
        let fused = fused.filter(|group| matches!(group.options.choice("fused"), Ok(Some(true))));
        let fused: HashSet<_> = fused.flat_map(|group| &group.params).collect();
        for (id, entries) in &state_dict.state {
            if let Some(&(parameter, &slot)) = known.get(id) {
                let fused = fused.contains(id);
                states[slot] = ParamState::fitting(parameter, entries, O::SCALARS, fused)?;
            }
        }
        let (groups, mut copies) = (state_dict.param_groups.iter(), HashMap::new());
        let loaded = groups.map(|group| loaded(&group.options, &mut copies));
        let loaded = loaded.collect::<Result<Vec<_>>>()?;
        for (group, (options, lr, others)) in self.groups.iter_mut().zip(loaded) {
            (group.options, group.lr, group.others) = (options, lr, others);
        }
        self.states = states;
        self.invalidate_recordings();
        Ok(())
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// The options of a saved group, its rate where it is a tensor, and what is no option. Tensors are
/// copies, and one that is there twice remains one.
fn loaded<O: Algorithm>(
    saved: &Entries,
    copies: &mut HashMap<usize, Tensor>,
) -> Result<(O, Option<Tensor>, Entries)> {
    let mut saved = saved.clone();
    let mut lr = None;
    for (name, value) in &mut saved {
        if let StateValue::Tensor(tensor) = value {
            let copy = match copies.entry(shim::identity(tensor)) {
                Entry::Occupied(known) => known.get().shallow_clone(),
                Entry::Vacant(place) => {
                    let copy = tch::no_grad(|| shim::clone(tensor))?;
                    let copy = copy.f_set_requires_grad(tensor.requires_grad())?;
                    place.insert(copy).shallow_clone()
                }
            };
            *value = match name == LR {
                true => {
                    check_tensor(tensor)?;
                    lr = Some(copy);
                    StateValue::Float(0.)
                }
                false => StateValue::Tensor(copy),
            };
        }
    }
    let options = O::from_entries(&saved)?;
    let names: Vec<_> = options.entries().into_iter().map(|(name, _)| name).collect();
    saved.retain(|(name, _)| !names.contains(&name.as_str()));
    Ok((options, lr, saved))
}

impl<O: Algorithm> Scheduled for GroupedOptimizer<O> {
    fn rate(&self, group: usize) -> Result<Real> {
        Ok(self.group(group)?.lr())
    }

    fn update_lr(&mut self, group: usize, lr: &Real) -> Result<()> {
        match (&mut self.group_mut(group)?.lr, lr) {
            (Some(tensor), _) => lr.scalar()?.fill_(tensor),
            (None, Real::Number(_)) => self.set_lr(group, lr.item()?),
            (None, Real::Tensor(lr)) => self.set_lr_tensor(group, lr),
        }
    }

    fn entry(&self, group: usize, name: &str) -> Result<Option<Real>> {
        self.group(group)?.others.find(name).map(Real::try_from).transpose()
    }

    fn set_entry(&mut self, group: usize, name: &'static str, value: Real) -> Result<()> {
        let others = &mut self.group_mut(group)?.others;
        let value = value.into();
        match others.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => others.push((name.to_owned(), value)),
        }
        Ok(())
    }

    fn cycles_betas(&self) -> Option<bool> {
        let options = O::default().entries();
        let has = |option| options.iter().any(|&(name, _)| name == option);
        (has("betas") || has("momentum")).then(|| has("betas"))
    }

    fn set_momentum(&mut self, group: usize, momentum: f64) -> Result<()> {
        hook::refuse("it sets a momentum: set it outside of the step");
        let options = &mut self.group_mut(group)?.options;
        let mut entries: Entries =
            options.entries().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for (name, value) in &mut entries {
            match (name.as_str(), value) {
                ("betas", StateValue::Tuple(betas)) => betas[0] = StateValue::Float(momentum),
                ("momentum", value) => *value = StateValue::Float(momentum),
                _ => {}
            }
        }
        *options = O::from_entries(&entries)?;
        self.invalidate_recordings();
        Ok(())
    }

    fn stepped(&mut self) -> bool {
        *lock(&self.shared).stepped.get_or_insert(false)
    }
}

impl<O: Algorithm> Repr for GroupedOptimizer<O> {
    /// The lines of `print(optimizer)`. A zero that is an `int` by default in PyTorch is printed as
    /// one, `0`; every other number is a `float`.
    fn repr(&self) -> Result<String> {
        let mut text = format!("{} (", O::NAME);
        for (number, group) in self.groups.iter().enumerate() {
            text += &format!("\nParameter Group {number}\n");
            let mut entries = group.entries();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            for (name, value) in entries {
                // A `str` stands there without quotes.
                let value = match value {
                    StateValue::Str(text) => text,
                    // As Python formats a tensor without dimensions.
                    StateValue::Tensor(tensor) if tensor.dim() == 0 => {
                        ops::item(&tensor)?.to_string()
                    }
                    other => other.repr()?,
                };
                text += &format!("    {name}: {value}\n");
            }
        }
        Ok(text + ")")
    }
}
