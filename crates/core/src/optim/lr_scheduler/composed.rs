//! Schedulers of schedulers.

use std::fmt::Debug;

use super::super::state_dict::Read;
use super::super::{Entries, Optimizer, StateValue, Warning};
use super::last_lr::LastLr;
use super::number::bisect_right;
use super::{INITIAL_LR, LRScheduler, Schedule};
use crate::{Error, Result};

/// What [`SequentialLR`] and [`ChainedScheduler`] are made of, themselves included; as in Python not
/// [`ReduceLROnPlateau`](super::ReduceLROnPlateau).
pub trait Scheduler: Debug {
    /// `scheduler.step()`.
    ///
    /// # Errors
    /// As [`LRScheduler::step`].
    fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()>;

    /// `scheduler.get_last_lr()`.
    fn get_last_lr(&self) -> &[f64];

    /// The rates themselves.
    #[doc(hidden)]
    fn last_lr(&self) -> LastLr;

    /// What Python would have warned of.
    fn warnings(&self) -> Vec<Warning>;

    /// `scheduler.state_dict()`.
    fn state_dict(&self) -> Entries;

    /// `scheduler.load_state_dict(state_dict)`. Where a scheduler of several has loaded its own state
    /// and a later one refuses, the earlier ones keep what they have loaded.
    ///
    /// # Errors
    /// As [`LRScheduler::load_state_dict`].
    fn load_state_dict(&mut self, state_dict: &Entries) -> Result<()>;

    /// The first step, once more: `_initial_step`.
    #[doc(hidden)]
    fn initial_step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()>;

    /// Begins at epoch 0: `_update_lr(0)`.
    #[doc(hidden)]
    fn restart(&mut self, optimizer: &mut dyn Optimizer) -> Result<()>;

    /// Takes an epoch back: `recursive_undo`.
    #[doc(hidden)]
    fn undo(&mut self);
}

impl<S: Schedule> Scheduler for LRScheduler<S> {
    fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.step(optimizer)
    }

    fn get_last_lr(&self) -> &[f64] {
        self.get_last_lr()
    }

    fn last_lr(&self) -> LastLr {
        self.last_lr.clone()
    }

    fn warnings(&self) -> Vec<Warning> {
        self.warnings().to_vec()
    }

    fn state_dict(&self) -> Entries {
        self.state_dict()
    }

    fn load_state_dict(&mut self, state_dict: &Entries) -> Result<()> {
        self.load_state_dict(state_dict)
    }

    fn initial_step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.step_count = 0;
        self.advance(optimizer, None, true)
    }

    fn restart(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.last_epoch = 0;
        self.set(optimizer, false, true)
    }

    fn undo(&mut self) {
        self.last_epoch = self.last_epoch.saturating_sub(1);
    }
}

/// The schedulers that a scheduler is made of, and what Python keeps beside them.
#[derive(Debug)]
struct Parts {
    schedulers: Vec<Box<dyn Scheduler>>,
    last_lr: LastLr,
    /// Whether an outer scheduler had the first step taken once more, which leaves entries.
    stepped_first: bool,
}

impl Parts {
    fn new(schedulers: Vec<Box<dyn Scheduler>>) -> Result<Self> {
        if schedulers.is_empty() {
            let accepted = "at least one scheduler is needed";
            return Err(Error::argument("schedulers", "empty", accepted));
        }
        Ok(Self { schedulers, last_lr: LastLr::default(), stepped_first: false })
    }

    fn warnings(&self) -> Vec<Warning> {
        self.schedulers.iter().flat_map(|scheduler| scheduler.warnings()).collect()
    }

    fn entries(&self, own: Vec<(&str, StateValue)>) -> Entries {
        let mut entries = own;
        entries.push(("_last_lr", self.last_lr.entry()));
        if self.stepped_first {
            entries.push(("_step_count", StateValue::Int(0)));
            entries.push(("_is_initial", StateValue::Bool(false)));
        }
        let states = self.schedulers.iter();
        let states = states.map(|scheduler| StateValue::dict(scheduler.state_dict())).collect();
        entries.push(("_schedulers", StateValue::List(states)));
        entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn load(&mut self, entries: &Entries) -> Result<()> {
        let states = entries.list("_schedulers")?;
        let (found, expected) = (states.len(), self.schedulers.len());
        if found > expected {
            let sentence = format!("_schedulers: expected {expected}, found {found}");
            return Err(Error::StateDict(sentence));
        }
        let states = states.iter().map(|state| state.to_entries("_schedulers"));
        let states = states.collect::<Result<Vec<_>>>()?;
        entries.load("_last_lr", &mut self.last_lr, LastLr::read)?;
        self.stepped_first |= entries.find("_step_count").is_some();
        let mut pairs = self.schedulers.iter_mut().zip(&states);
        pairs.try_for_each(|(scheduler, state)| scheduler.load_state_dict(state))
    }
}

/// Python raises `NotImplementedError` where such a scheduler is not the first.
fn no_restart(name: &'static str) -> Error {
    Error::argument("schedulers", name, "it can only be the first of a sequence, as in Python")
}

/// Schedulers one after the other, each from a milestone on:
/// `torch.optim.lr_scheduler.SequentialLR(optimizer, schedulers, milestones)`.
///
/// ```
/// use torch_exact::nn::{Linear, Module};
/// use torch_exact::optim::lr_scheduler::{
///     CosineAnnealingLR, LinearLR, LinearLROptions, Scheduler, SequentialLR,
/// };
/// use torch_exact::optim::{self, Optimizer, SGD};
///
/// # fn main() -> torch_exact::Result<()> {
/// let mut optimizer = SGD::new(Linear::new(1, 1)?.parameters(), optim::lr(0.3))?;
/// let warmup = LinearLR::new(&mut optimizer, LinearLROptions::default())?;
/// let anneal = CosineAnnealingLR::new(&mut optimizer, 50)?;
/// let schedulers: Vec<Box<dyn Scheduler>> = vec![Box::new(warmup), Box::new(anneal)];
/// let mut scheduler = SequentialLR::new(&mut optimizer, schedulers, &[5])?;
/// assert_eq!(optimizer.lr(0)?, 0.3 * (1. / 3.));
/// # optimizer.step()?;
/// scheduler.step(&mut optimizer)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SequentialLR {
    parts: Parts,
    milestones: Vec<i64>,
    last_epoch: i64,
}

impl SequentialLR {
    /// `SequentialLR(optimizer, schedulers, milestones)`, of schedulers that were made with this
    /// optimizer.
    ///
    /// # Errors
    /// [`Error::Argument`] for no schedulers, and unless there is one milestone fewer.
    pub fn new(
        optimizer: &mut dyn Optimizer,
        schedulers: Vec<Box<dyn Scheduler>>,
        milestones: &[i64],
    ) -> Result<Self> {
        Self::with_last_epoch(optimizer, schedulers, milestones, -1)
    }

    /// `SequentialLR(optimizer, schedulers, milestones, last_epoch)`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_last_epoch(
        optimizer: &mut dyn Optimizer,
        schedulers: Vec<Box<dyn Scheduler>>,
        milestones: &[i64],
        last_epoch: i64,
    ) -> Result<Self> {
        let mut parts = Parts::new(schedulers)?;
        if milestones.len() + 1 != parts.schedulers.len() {
            let accepted = "there must be one fewer than schedulers";
            return Err(Error::argument("milestones", format!("{milestones:?}"), accepted));
        }
        for group in 0..optimizer.groups() {
            if let Some(lr) = optimizer.entry(group, INITIAL_LR)? {
                optimizer.update_lr(group, &lr)?;
            }
        }
        parts.schedulers.iter_mut().for_each(|scheduler| scheduler.undo());
        parts.schedulers[0].initial_step(optimizer)?;
        parts.last_lr = parts.schedulers[0].last_lr();
        Ok(Self {
            parts,
            milestones: milestones.to_vec(),
            last_epoch: last_epoch.saturating_add(1),
        })
    }
}

impl Scheduler for SequentialLR {
    fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.last_epoch = self.last_epoch.saturating_add(1);
        let index = bisect_right(&self.milestones, self.last_epoch);
        let scheduler = &mut self.parts.schedulers[index];
        match index > 0 && self.milestones[index - 1] == self.last_epoch {
            true => scheduler.restart(optimizer)?,
            false => scheduler.step(optimizer)?,
        }
        self.parts.last_lr = scheduler.last_lr();
        Ok(())
    }

    fn get_last_lr(&self) -> &[f64] {
        self.parts.last_lr.values()
    }

    fn last_lr(&self) -> LastLr {
        self.parts.last_lr.clone()
    }

    fn warnings(&self) -> Vec<Warning> {
        self.parts.warnings()
    }

    fn state_dict(&self) -> Entries {
        let milestones = self.milestones.iter().map(|&epoch| StateValue::Int(epoch)).collect();
        self.parts.entries(vec![
            ("_milestones", StateValue::List(milestones)),
            ("last_epoch", StateValue::Int(self.last_epoch)),
        ])
    }

    fn load_state_dict(&mut self, state_dict: &Entries) -> Result<()> {
        let (mut milestones, mut last_epoch) = (self.milestones.clone(), self.last_epoch);
        state_dict.load("_milestones", &mut milestones, |entries, key| {
            let whole = |value: &StateValue| match value {
                &StateValue::Int(epoch) => Ok(epoch),
                _ => Err(Error::StateDict(format!("{key}: expected ints"))),
            };
            entries.list(key)?.iter().map(whole).collect()
        })?;
        state_dict.load("last_epoch", &mut last_epoch, Entries::integer)?;
        let (found, expected) = (milestones.len(), self.milestones.len());
        if found != expected {
            let sentence = format!("_milestones: expected {expected}, found {found}");
            return Err(Error::StateDict(sentence));
        }
        self.parts.load(state_dict)?;
        (self.milestones, self.last_epoch) = (milestones, last_epoch);
        Ok(())
    }

    fn initial_step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.parts.stepped_first = true;
        self.step(optimizer)
    }

    fn restart(&mut self, _: &mut dyn Optimizer) -> Result<()> {
        Err(no_restart("a SequentialLR"))
    }

    fn undo(&mut self) {
        self.parts.schedulers.iter_mut().for_each(|scheduler| scheduler.undo());
    }
}

/// Schedulers that all step at each step: `torch.optim.lr_scheduler.ChainedScheduler(schedulers)`.
#[derive(Debug)]
pub struct ChainedScheduler {
    parts: Parts,
}

impl ChainedScheduler {
    /// `ChainedScheduler(schedulers, optimizer)`, of schedulers that were made with this optimizer.
    ///
    /// # Errors
    /// [`Error::Argument`] for no schedulers.
    pub fn new(schedulers: Vec<Box<dyn Scheduler>>, optimizer: &dyn Optimizer) -> Result<Self> {
        let mut this = Self { parts: Parts::new(schedulers)? };
        this.look(optimizer)?;
        Ok(this)
    }

    fn look(&mut self, optimizer: &dyn Optimizer) -> Result<()> {
        self.parts.last_lr = LastLr::of(optimizer)?;
        Ok(())
    }
}

impl Scheduler for ChainedScheduler {
    fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        for scheduler in &mut self.parts.schedulers {
            scheduler.step(optimizer)?;
        }
        self.look(optimizer)
    }

    fn get_last_lr(&self) -> &[f64] {
        self.parts.last_lr.values()
    }

    fn last_lr(&self) -> LastLr {
        self.parts.last_lr.clone()
    }

    fn warnings(&self) -> Vec<Warning> {
        self.parts.warnings()
    }

    fn state_dict(&self) -> Entries {
        self.parts.entries(vec![])
    }

    fn load_state_dict(&mut self, state_dict: &Entries) -> Result<()> {
        self.parts.load(state_dict)
    }

    fn initial_step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.parts.stepped_first = true;
        self.step(optimizer)
    }

    fn restart(&mut self, _: &mut dyn Optimizer) -> Result<()> {
        Err(no_restart("a ChainedScheduler"))
    }

    fn undo(&mut self) {
        self.parts.schedulers.iter_mut().for_each(|scheduler| scheduler.undo());
    }
}
