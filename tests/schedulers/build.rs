//! Schedulers from the script's descriptions.

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use torch_exact::optim::Optimizer;
use torch_exact::optim::lr_scheduler::{
    AnnealStrategy, ChainedScheduler, ConstantLROptions, CosineAnnealingLROptions,
    CosineAnnealingWarmRestartsOptions, CyclicLROptions, CyclicMode, ExponentialLROptions,
    LRScheduler, LambdaLROptions, LinearLROptions, LrLambda, MultiStepLROptions,
    MultiplicativeLROptions, OneCycleLROptions, PerGroup, PolynomialLROptions, ScaleFn, ScaleMode,
    Schedule, Scheduler, SequentialLR, StepLROptions,
};
use torch_exact::optim::lr_scheduler::{
    CosineAnnealingWarmRestarts, CyclicLR, MultiStepLR, OneCycleLR,
};
use torch_exact::optim::swa_utils::SWALROptions;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    pub name: String,
    arguments: Map<String, Value>,
}

/// A scheduler that may be told the epoch.
pub trait Tested: Scheduler {
    fn step_to(&mut self, optimizer: &mut dyn Optimizer, epoch: &Value) -> Result<()>;
}

impl<S: Schedule> Tested for LRScheduler<S> {
    fn step_to(&mut self, optimizer: &mut dyn Optimizer, epoch: &Value) -> Result<()> {
        match epoch.as_i64() {
            Some(epoch) => self.step_to(optimizer, epoch)?,
            None => self.step_to(optimizer, epoch.as_f64().context("an epoch")?)?,
        }
        Ok(())
    }
}

macro_rules! untold {
    ($($scheduler:ty),*) => {$(
        impl Tested for $scheduler {
            fn step_to(&mut self, _: &mut dyn Optimizer, _: &Value) -> Result<()> {
                bail!("it takes no epoch")
            }
        }
    )*};
}
untold!(SequentialLR, ChainedScheduler);

struct Arguments(Map<String, Value>);

impl Arguments {
    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>> {
        self.0.remove(name).map(|value| Ok(serde_json::from_value(value)?)).transpose()
    }

    fn need<T: DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        self.take(name)?.with_context(|| format!("{name} is missing"))
    }

    /// One value, or a list of one for each group.
    fn take_each<T>(
        &mut self,
        name: &str,
        read: impl Fn(&Value) -> Result<T>,
    ) -> Result<Option<PerGroup<T>>> {
        let value = self.0.remove(name);
        let each = value.map(|value| match &value {
            Value::Array(values) => {
                Ok(PerGroup::Each(values.iter().map(&read).collect::<Result<_>>()?))
            }
            value => Ok(PerGroup::All(read(value)?)),
        });
        each.transpose()
    }

    fn take_rates(&mut self, name: &str) -> Result<Option<PerGroup>> {
        self.take_each(name, |value| value.as_f64().context("a number"))
    }

    fn named<T: Copy>(&mut self, name: &str, all: &[(&str, T)]) -> Result<Option<T>> {
        let Some(text) = self.take::<String>(name)? else {
            return Ok(None);
        };
        let found = all.iter().find(|(known, _)| *known == text);
        Ok(Some(found.with_context(|| text.clone())?.1))
    }
}

const STRATEGIES: [(&str, AnnealStrategy); 2] =
    [("cos", AnnealStrategy::Cos), ("linear", AnnealStrategy::Linear)];

/// The script's `LAMBDAS`.
fn lambda(value: &Value) -> Result<LrLambda> {
    Ok(match value["function"].as_i64() {
        Some(0) => (|epoch: i64| 0.95f64.powf(epoch as f64)).into(),
        Some(1) => (|epoch: i64| 1. / (10. + epoch as f64)).into(),
        Some(2) => (|epoch: i64| if epoch % 3 == 0 { 0.5 } else { 1.1 }).into(),
        _ => bail!("{value} is no function"),
    })
}

/// The script's `SCALES`.
fn scale(value: &Value) -> Result<ScaleFn> {
    Ok(match value["scale"].as_i64() {
        Some(0) => (|x: f64| 1. / 5f64.powf(x * 0.0001)).into(),
        Some(1) => (|x: f64| 0.9f64.powf(x)).into(),
        _ => bail!("{value} is no function"),
    })
}

/// The scheduler, with another `last_epoch` where one is given.
pub fn build(
    spec: &Spec,
    optimizer: &mut dyn Optimizer,
    last_epoch: Option<i64>,
) -> Result<Box<dyn Tested>> {
    let mut arguments = Arguments(spec.arguments.clone());
    let a = &mut arguments;
    let last_epoch = last_epoch.or(a.take("last_epoch")?).unwrap_or(-1);
    a.0.remove("last_epoch");
    /// Sets what is given of these options, and makes the scheduler.
    macro_rules! make {
        ($Scheduler:ty, $options:expr, $($option:ident = $value:expr),*) => {{
            let mut options = $options;
            $(if let Some(value) = $value { options.$option = value; })*
            options.last_epoch = last_epoch;
            ensure!(a.0.is_empty(), "{:?} are not known", a.0);
            Ok(Box::new(<$Scheduler>::new(optimizer, options)?))
        }};
    }
    match spec.name.as_str() {
        "StepLR" => make!(
            LRScheduler<StepLROptions>,
            StepLROptions::from(a.need::<i64>("step_size")?),
            gamma = a.take("gamma")?
        ),
        "MultiStepLR" => make!(
            MultiStepLR,
            MultiStepLROptions::from(a.need::<Vec<i64>>("milestones")?),
            gamma = a.take("gamma")?
        ),
        "ExponentialLR" => make!(
            LRScheduler<ExponentialLROptions>,
            ExponentialLROptions::from(a.need::<f64>("gamma")?),
        ),
        "ConstantLR" => make!(
            LRScheduler<ConstantLROptions>,
            ConstantLROptions::default(),
            factor = a.take("factor")?,
            total_iters = a.take("total_iters")?
        ),
        "LinearLR" => make!(
            LRScheduler<LinearLROptions>,
            LinearLROptions::default(),
            start_factor = a.take("start_factor")?,
            end_factor = a.take("end_factor")?,
            total_iters = a.take("total_iters")?
        ),
        "PolynomialLR" => make!(
            LRScheduler<PolynomialLROptions>,
            PolynomialLROptions::default(),
            total_iters = a.take("total_iters")?,
            power = a.take("power")?
        ),
        "CosineAnnealingLR" => make!(
            LRScheduler<CosineAnnealingLROptions>,
            CosineAnnealingLROptions::from(a.need::<i64>("T_max")?),
            eta_min = a.take("eta_min")?
        ),
        "CosineAnnealingWarmRestarts" => make!(
            CosineAnnealingWarmRestarts,
            CosineAnnealingWarmRestartsOptions::from(a.need::<i64>("T_0")?),
            t_mult = a.take("T_mult")?,
            eta_min = a.take("eta_min")?
        ),
        "LambdaLR" => make!(
            LRScheduler<LambdaLROptions>,
            LambdaLROptions::from(|_: i64| 1.),
            lr_lambda = a.take_each("lr_lambda", lambda)?
        ),
        "MultiplicativeLR" => make!(
            LRScheduler<MultiplicativeLROptions>,
            MultiplicativeLROptions::from(|_: i64| 1.),
            lr_lambda = a.take_each("lr_lambda", lambda)?
        ),
        "CyclicLR" => {
            const MODES: [(&str, CyclicMode); 3] = [
                ("triangular", CyclicMode::Triangular),
                ("triangular2", CyclicMode::Triangular2),
                ("exp_range", CyclicMode::ExpRange),
            ];
            const SCALES: [(&str, ScaleMode); 2] =
                [("cycle", ScaleMode::Cycle), ("iterations", ScaleMode::Iterations)];
            let rates = (a.take_rates("base_lr")?, a.take_rates("max_lr")?);
            make!(
                CyclicLR,
                CyclicLROptions::from((0., 0.)),
                base_lr = rates.0,
                max_lr = rates.1,
                step_size_up = a.take("step_size_up")?,
                step_size_down = a.take("step_size_down")?,
                mode = a.named("mode", &MODES)?,
                gamma = a.take("gamma")?,
                scale_fn = a
                    .take::<Value>("scale_fn")?
                    .filter(|scale| !scale.is_null())
                    .map(|value| scale(&value).map(Some))
                    .transpose()?,
                scale_mode = a.named("scale_mode", &SCALES)?,
                cycle_momentum = a.take("cycle_momentum")?,
                base_momentum = a.take_rates("base_momentum")?,
                max_momentum = a.take_rates("max_momentum")?
            )
        }
        "OneCycleLR" => make!(
            OneCycleLR,
            OneCycleLROptions::from(0.),
            max_lr = a.take_rates("max_lr")?,
            total_steps = a.take("total_steps")?,
            epochs = a.take("epochs")?,
            steps_per_epoch = a.take("steps_per_epoch")?,
            pct_start = a.take("pct_start")?,
            anneal_strategy = a.named("anneal_strategy", &STRATEGIES)?,
            cycle_momentum = a.take("cycle_momentum")?,
            base_momentum = a.take_rates("base_momentum")?,
            max_momentum = a.take_rates("max_momentum")?,
            div_factor = a.take("div_factor")?,
            final_div_factor = a.take("final_div_factor")?,
            three_phase = a.take("three_phase")?
        ),
        "SWALR" => make!(
            LRScheduler<SWALROptions>,
            SWALROptions::from(0.),
            swa_lr = a.take_rates("swa_lr")?,
            anneal_epochs = a.take("anneal_epochs")?,
            anneal_strategy = a.named("anneal_strategy", &STRATEGIES)?
        ),
        "SequentialLR" | "ChainedScheduler" => {
            let specs: Vec<Spec> = a.need("schedulers")?;
            let schedulers = specs.iter().map(|spec| Ok(build(spec, optimizer, None)? as _));
            let schedulers = schedulers.collect::<Result<Vec<Box<dyn Scheduler>>>>()?;
            if spec.name == "ChainedScheduler" {
                ensure!(a.0.is_empty(), "{:?} are not known", a.0);
                return Ok(Box::new(ChainedScheduler::new(schedulers, optimizer)?));
            }
            let milestones: Vec<i64> = a.need("milestones")?;
            ensure!(a.0.is_empty(), "{:?} are not known", a.0);
            Ok(Box::new(SequentialLR::with_last_epoch(
                optimizer,
                schedulers,
                &milestones,
                last_epoch,
            )?))
        }
        other => bail!("no scheduler is called {other}"),
    }
}
