use super::super::real::{Real, divided};
use super::super::state_dict::Read;
use super::super::{Entries, Optimizer, StateValue};
use super::per_group::Momenta;
use super::{AnnealStrategy, At, INITIAL_LR, LRScheduler, PerGroup, Schedule};
use crate::{Error, Result};

/// Raises the rates to `max_lr` and lowers them far below where they started, once, while momentum does
/// the reverse: `torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr, …)`.
///
/// It is stepped after each batch. `OneCycleLR::new(&mut optimizer, (0.1, 1000))` has the defaults with
/// this `max_lr` and `total_steps`.
pub type OneCycleLR = LRScheduler<OneCycle>;

/// What [`OneCycleLR`] takes, with PyTorch's names and defaults:
/// `OneCycleLROptions { epochs: Some(10), steps_per_epoch: Some(100), ..0.1.into() }`.
#[derive(Debug, Clone, PartialEq)]
pub struct OneCycleLROptions {
    /// The highest rate.
    pub max_lr: PerGroup,
    /// Steps of the cycle.
    pub total_steps: Option<i64>,
    /// With `steps_per_epoch`, in place of `total_steps`.
    pub epochs: Option<i64>,
    /// With `epochs`, in place of `total_steps`.
    pub steps_per_epoch: Option<i64>,
    /// The share of the steps in which rates rise.
    pub pct_start: f64,
    /// How rates go from one to another.
    pub anneal_strategy: AnnealStrategy,
    /// Whether momentum falls as rates rise.
    pub cycle_momentum: bool,
    /// The lower bound of momentum.
    pub base_momentum: PerGroup,
    /// Its upper bound, which it starts from.
    pub max_momentum: PerGroup,
    /// How many times the first rate is below `max_lr`.
    pub div_factor: f64,
    /// How many times the last rate is below the first.
    pub final_div_factor: f64,
    /// Whether rates fall as they rose, and only then go below.
    pub three_phase: bool,
    /// The index of the last step, -1 by default: the start.
    pub last_epoch: i64,
}

impl From<f64> for OneCycleLROptions {
    /// The defaults with this highest rate; the number of steps is left to be said.
    fn from(max_lr: f64) -> Self {
        PerGroup::All(max_lr).into()
    }
}

impl From<PerGroup> for OneCycleLROptions {
    /// The defaults with these highest rates; the number of steps is left to be said.
    fn from(max_lr: PerGroup) -> Self {
        Self {
            max_lr,
            total_steps: None,
            epochs: None,
            steps_per_epoch: None,
            pct_start: 0.3,
            anneal_strategy: AnnealStrategy::Cos,
            cycle_momentum: true,
            base_momentum: 0.85.into(),
            max_momentum: 0.95.into(),
            div_factor: 25.,
            final_div_factor: 1e4,
            three_phase: false,
            last_epoch: -1,
        }
    }
}

impl<M: Into<PerGroup>> From<(M, i64)> for OneCycleLROptions {
    /// The defaults with this highest rate and number of steps.
    fn from((max_lr, total_steps): (M, i64)) -> Self {
        Self { total_steps: Some(total_steps), ..max_lr.into().into() }
    }
}

/// A part of the cycle, between what is kept with the groups under these names.
#[derive(Debug, Clone)]
struct Phase {
    /// A float but in the last phase.
    end_step: StateValue,
    names: [String; 4],
}

const NAMES: [&str; 4] = ["start_lr", "end_lr", "start_momentum", "end_momentum"];

impl Phase {
    fn new(end_step: StateValue, lrs: [&str; 2], momenta: [&str; 2]) -> Self {
        let names = [lrs[0], lrs[1], momenta[0], momenta[1]].map(str::to_owned);
        Self { end_step, names }
    }

    fn end_step(&self) -> f64 {
        match self.end_step {
            StateValue::Int(step) => step as f64,
            StateValue::Float(step) => step,
            _ => f64::NAN,
        }
    }

    fn entry(&self) -> StateValue {
        let names = NAMES.iter().zip(&self.names);
        let names = names.map(|(key, name)| ((*key).to_owned(), StateValue::Str(name.clone())));
        let end_step = ("end_step".to_owned(), self.end_step.clone());
        StateValue::dict([end_step].into_iter().chain(names).collect())
    }

    fn read(value: &StateValue, key: &str) -> Result<Self> {
        let entries = value.to_entries(key)?;
        entries.number("end_step")?;
        let mut names = [const { String::new() }; 4];
        for (name, key) in names.iter_mut().zip(NAMES) {
            *name = entries.text(key)?.to_owned();
        }
        Ok(Self { end_step: entries.value("end_step")?.clone(), names })
    }
}

/// The schedule of [`OneCycleLR`].
#[derive(Debug, Clone)]
pub struct OneCycle {
    options: OneCycleLROptions,
    total_steps: i64,
    phases: Vec<Phase>,
    momenta: Option<bool>,
}

impl<O: Into<OneCycleLROptions>> From<O> for OneCycle {
    fn from(options: O) -> Self {
        let options = options.into();
        let &OneCycleLROptions { total_steps, epochs, steps_per_epoch, pct_start, .. } = &options;
        let product = epochs.zip(steps_per_epoch).map(|(a, b)| a.saturating_mul(b));
        let total_steps = total_steps.or(product).unwrap_or(0);
        let (initial, max, min) = (INITIAL_LR, "max_lr", "min_lr");
        let (high, low) = ("max_momentum", "base_momentum");
        let rise = StateValue::Float(pct_start * total_steps as f64 - 1.);
        let last = StateValue::Int(total_steps.saturating_sub(1));
        let mut phases = vec![Phase::new(rise, [initial, max], [high, low])];
        if options.three_phase {
            let fall = StateValue::Float(2. * pct_start * total_steps as f64 - 2.);
            phases.push(Phase::new(fall, [max, initial], [low, high]));
            phases.push(Phase::new(last, [initial, min], [high, high]));
        } else {
            phases.push(Phase::new(last, [max, min], [low, high]));
        }
        Self { options, total_steps, phases, momenta: None }
    }
}

impl OneCycle {
    /// The phase of a step, and what share of it is over.
    fn phase(&self, step: i64) -> Result<(&Phase, f64)> {
        if step > self.total_steps {
            let accepted = "the schedule has fewer steps in all";
            return Err(Error::argument("step", step, accepted));
        }
        let mut start = 0.;
        let step = step as f64;
        for (number, phase) in self.phases.iter().enumerate() {
            let end = phase.end_step();
            if step <= end || number + 1 == self.phases.len() {
                return Ok((phase, divided(step - start, end - start)?));
            }
            start = end;
        }
        Err(Error::StateDict("_schedule_phases: there are none".to_owned()))
    }

    fn between(&self, at: &At<'_>, first: usize) -> Result<Real> {
        let (phase, share) = self.phase(at.last_epoch)?;
        let value = |name: usize| at.entry(&phase.names[name]);
        self.options.anneal_strategy.between(&value(first)?, &value(first + 1)?, share)
    }
}

impl Schedule for OneCycle {
    fn check(&self) -> Result<()> {
        let options = &self.options;
        let steps = [
            ("total_steps", options.total_steps),
            ("epochs", options.epochs.filter(|_| options.total_steps.is_none())),
            ("steps_per_epoch", options.steps_per_epoch.filter(|_| options.total_steps.is_none())),
        ];
        for (name, steps) in steps {
            if let Some(steps) = steps.filter(|steps| *steps <= 0) {
                return Err(Error::argument(name, steps, "it must be above 0"));
            }
        }
        if options.total_steps.is_none()
            && (options.epochs.is_none() || options.steps_per_epoch.is_none())
        {
            let accepted = "it is needed, or both epochs and steps_per_epoch";
            return Err(Error::argument("total_steps", "None", accepted));
        }
        match options.pct_start < 0. || options.pct_start > 1. {
            true => Err(Error::argument("pct_start", options.pct_start, "it must be from 0 to 1")),
            false => Ok(()),
        }
    }

    fn last_epoch(&self) -> i64 {
        self.options.last_epoch
    }

    fn begin(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        let options = &self.options;
        let max_lrs = options.max_lr.each("max_lr", optimizer.groups())?;
        if options.last_epoch == -1 {
            for (group, max_lr) in max_lrs.into_iter().enumerate() {
                let initial = divided(max_lr, options.div_factor)?;
                optimizer.set_entry(group, INITIAL_LR, initial.into())?;
                optimizer.set_entry(group, "max_lr", max_lr.into())?;
                let min = divided(initial, options.final_div_factor)?;
                optimizer.set_entry(group, "min_lr", min.into())?;
            }
        }
        if options.cycle_momentum {
            let bounds = (&options.base_momentum, &options.max_momentum);
            self.momenta = Some(Momenta::begin(optimizer, bounds, options.last_epoch)?.use_beta1);
        }
        Ok(())
    }

    fn lr(&self, at: &At<'_>) -> Result<Real> {
        self.between(at, 0)
    }

    fn momentum(&self, at: &At<'_>) -> Result<Option<f64>> {
        self.momenta.map(|_| self.between(at, 2)?.item()).transpose()
    }

    fn entries(&self) -> Vec<(&'static str, StateValue)> {
        let phases = self.phases.iter().map(Phase::entry).collect();
        let mut entries = vec![
            ("total_steps", StateValue::Int(self.total_steps)),
            ("_schedule_phases", StateValue::List(phases)),
            ("_anneal_func_type", self.options.anneal_strategy.entry()),
            ("cycle_momentum", StateValue::Bool(self.momenta.is_some())),
        ];
        entries.extend(self.momenta.map(|beta1| ("use_beta1", StateValue::Bool(beta1))));
        entries
    }

    fn load(&mut self, entries: &Entries) -> Result<()> {
        entries.load("total_steps", &mut self.total_steps, Entries::integer)?;
        entries.load("_schedule_phases", &mut self.phases, |entries, key| {
            entries.list(key)?.iter().map(|phase| Phase::read(phase, key)).collect()
        })?;
        let strategy = &mut self.options.anneal_strategy;
        entries.load("_anneal_func_type", strategy, AnnealStrategy::read)?;
        if entries.find("cycle_momentum").is_some() {
            let cycles = entries.switch("cycle_momentum")?;
            self.momenta = cycles.then(|| entries.switch("use_beta1")).transpose()?;
        }
        Ok(())
    }
}
