use super::super::state_dict::{INT_ZERO, Read};
use super::super::{Entries, Optimizer, StateValue};
use super::last_lr::LastLr;
use crate::{Error, Result};

/// Whether a metric is to fall or to rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `"min"`.
    Min,
    /// `"max"`.
    Max,
}

/// How a metric must differ from the best one to be better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThresholdMode {
    /// `"rel"`: by a share of the best one.
    Rel,
    /// `"abs"`: by a difference.
    Abs,
}

/// What [`ReduceLROnPlateau`] takes, with PyTorch's names and defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct ReduceLROnPlateauOptions {
    /// Whether the metric is to fall or to rise.
    pub mode: Mode,
    /// What a rate is multiplied by, below 1.
    pub factor: f64,
    /// Epochs without a better metric that are let pass.
    pub patience: i64,
    /// How much better a metric must be.
    pub threshold: f64,
    /// Of what `threshold` is a share, if of anything.
    pub threshold_mode: ThresholdMode,
    /// Epochs after a reduction in which none is counted as without a better metric.
    pub cooldown: i64,
    /// The lowest rate of all groups.
    pub min_lr: f64,
    /// The lowest rates group by group, in place of `min_lr`: Python's `min_lr` as a list.
    pub min_lrs: Option<Vec<f64>>,
    /// The smallest reduction that is made.
    pub eps: f64,
}

impl Default for ReduceLROnPlateauOptions {
    fn default() -> Self {
        Self {
            mode: Mode::Min,
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            threshold_mode: ThresholdMode::Rel,
            cooldown: 0,
            min_lr: INT_ZERO,
            min_lrs: None,
            eps: 1e-8,
        }
    }
}

/// Lowers the rates when a metric has stopped getting better:
/// `torch.optim.lr_scheduler.ReduceLROnPlateau`.
#[derive(Debug, Clone)]
pub struct ReduceLROnPlateau {
    options: ReduceLROnPlateauOptions,
    min_lrs: Vec<f64>,
    last_epoch: i64,
    last_lr: LastLr,
    best: f64,
    cooldown_counter: i64,
    num_bad_epochs: i64,
}

impl ReduceLROnPlateau {
    /// `torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, …)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a `factor` of 1 or above, and for `min_lrs` of another number than
    /// the optimizer has groups.
    pub fn new(optimizer: &dyn Optimizer, options: ReduceLROnPlateauOptions) -> Result<Self> {
        if options.factor >= 1. {
            return Err(Error::argument("factor", options.factor, "it must be below 1"));
        }
        let min_lrs = options.min_lrs.clone();
        let min_lrs = min_lrs.unwrap_or_else(|| vec![options.min_lr; optimizer.groups()]);
        if min_lrs.len() != optimizer.groups() {
            let accepted = "it must have one for each parameter group";
            return Err(Error::argument("min_lrs", format!("{min_lrs:?}"), accepted));
        }
        let best = worst(options.mode);
        let (last_lr, counters) = (LastLr::of(optimizer)?, 0);
        let (cooldown_counter, num_bad_epochs, last_epoch) = (counters, counters, counters);
        Ok(Self { options, min_lrs, last_epoch, last_lr, best, cooldown_counter, num_bad_epochs })
    }

    /// Looks at an epoch's metric, and lowers the rates where none has been better for too long:
    /// `scheduler.step(metrics)`.
    ///
    /// # Errors
    /// [`Error::Argument`] where groups were added and `min_lrs` has no rate for them.
    pub fn step(&mut self, optimizer: &mut dyn Optimizer, metrics: impl Into<f64>) -> Result<()> {
        let metrics = metrics.into();
        self.last_epoch += 1;
        if self.is_better(metrics) {
            self.best = metrics;
            self.num_bad_epochs = 0;
        } else {
            self.num_bad_epochs += 1;
        }
        if self.cooldown_counter > 0 {
            self.cooldown_counter -= 1;
            self.num_bad_epochs = 0;
        }
        if self.num_bad_epochs > self.options.patience {
            self.reduce(optimizer)?;
            self.cooldown_counter = self.options.cooldown;
            self.num_bad_epochs = 0;
        }
        self.last_lr = LastLr::of(optimizer)?;
        Ok(())
    }

    fn is_better(&self, metrics: f64) -> bool {
        let &ReduceLROnPlateauOptions { mode, threshold, threshold_mode, .. } = &self.options;
        match (mode, threshold_mode) {
            (Mode::Min, ThresholdMode::Rel) => metrics < self.best * (1. - threshold),
            (Mode::Min, ThresholdMode::Abs) => metrics < self.best - threshold,
            (Mode::Max, ThresholdMode::Rel) => metrics > self.best * (threshold + 1.),
            (Mode::Max, ThresholdMode::Abs) => metrics > self.best + threshold,
        }
    }

    fn reduce(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        if self.min_lrs.len() != optimizer.groups() {
            if self.options.min_lrs.is_some() {
                let accepted = "it has no rate for the groups that were added";
                return Err(Error::argument("min_lrs", format!("{:?}", self.min_lrs), accepted));
            }
            self.min_lrs = vec![self.options.min_lr; optimizer.groups()];
        }
        for (group, &min_lr) in self.min_lrs.iter().enumerate() {
            let old = optimizer.lr(group)?;
            let new = old * self.options.factor;
            // Python's `max`, which keeps a NaN that comes first.
            let new = if min_lr > new { min_lr + 0. } else { new };
            if old - new > self.options.eps {
                optimizer.update_lr(group, &new.into())?;
            }
        }
        Ok(())
    }

    /// The groups' rates after the last step: `scheduler.get_last_lr()`, or their values where they are
    /// tensors.
    pub fn get_last_lr(&self) -> &[f64] {
        self.last_lr.values()
    }

    /// `scheduler.state_dict()`.
    pub fn state_dict(&self) -> Entries {
        let options = &self.options;
        let text = |text: &str| StateValue::Str(text.to_owned());
        let min_lrs = self.min_lrs.iter().map(|&lr| StateValue::number(lr)).collect();
        let default_min_lr = match options.min_lrs {
            None => StateValue::number(options.min_lr),
            Some(_) => StateValue::None,
        };
        let entries = [
            ("factor", StateValue::Float(options.factor)),
            ("default_min_lr", default_min_lr),
            ("min_lrs", StateValue::List(min_lrs)),
            ("patience", StateValue::Int(options.patience)),
            ("cooldown", StateValue::Int(options.cooldown)),
            ("eps", StateValue::Float(options.eps)),
            ("last_epoch", StateValue::Int(self.last_epoch)),
            ("_last_lr", self.last_lr.entry()),
            ("mode_worse", StateValue::Float(worst(options.mode))),
            ("mode", text(if options.mode == Mode::Min { "min" } else { "max" })),
            ("threshold", StateValue::Float(options.threshold)),
            (
                "threshold_mode",
                text(if options.threshold_mode == ThresholdMode::Rel { "rel" } else { "abs" }),
            ),
            ("best", StateValue::Float(self.best)),
            ("cooldown_counter", StateValue::Int(self.cooldown_counter)),
            ("num_bad_epochs", StateValue::Int(self.num_bad_epochs)),
        ];
        entries.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// `scheduler.load_state_dict(state_dict)`. What is left out of it stays as it is.
    ///
    /// # Errors
    /// [`Error::StateDict`] for an entry of another type than it should be, or a mode that there is
    /// not. Nothing has changed then.
    pub fn load_state_dict(&mut self, state_dict: &Entries) -> Result<()> {
        let mut new = self.clone();
        let options = &mut new.options;
        state_dict.load("factor", &mut options.factor, Entries::number)?;
        state_dict.load("min_lrs", &mut new.min_lrs, Entries::numbers_or_int_zeros)?;
        match state_dict.find("default_min_lr") {
            None => {}
            Some(StateValue::None) => options.min_lrs = Some(new.min_lrs.clone()),
            Some(_) => {
                (options.min_lr, options.min_lrs) =
                    (state_dict.number_or_int_zero("default_min_lr")?, None);
            }
        }
        state_dict.load("patience", &mut options.patience, Entries::integer)?;
        state_dict.load("cooldown", &mut options.cooldown, Entries::integer)?;
        state_dict.load("eps", &mut options.eps, Entries::number)?;
        state_dict.load("last_epoch", &mut new.last_epoch, Entries::integer)?;
        state_dict.load("_last_lr", &mut new.last_lr, LastLr::read)?;
        state_dict.load("mode", &mut options.mode, |entries, key| match entries.text(key)? {
            "min" => Ok(Mode::Min),
            "max" => Ok(Mode::Max),
            other => Err(Error::StateDict(format!("mode: expected min or max, found {other}"))),
        })?;
        state_dict.load("threshold", &mut options.threshold, Entries::number)?;
        let threshold_mode = |entries: &Entries, key: &str| match entries.text(key)? {
            "rel" => Ok(ThresholdMode::Rel),
            "abs" => Ok(ThresholdMode::Abs),
            other => {
                Err(Error::StateDict(format!("threshold_mode: expected rel or abs, found {other}")))
            }
        };
        state_dict.load("threshold_mode", &mut options.threshold_mode, threshold_mode)?;
        state_dict.load("best", &mut new.best, Entries::number)?;
        state_dict.load("cooldown_counter", &mut new.cooldown_counter, Entries::integer)?;
        state_dict.load("num_bad_epochs", &mut new.num_bad_epochs, Entries::integer)?;
        *self = new;
        Ok(())
    }
}

/// What every metric is better than.
fn worst(mode: Mode) -> f64 {
    match mode {
        Mode::Min => f64::INFINITY,
        Mode::Max => f64::NEG_INFINITY,
    }
}
