//! What a replay of a step asks of the optimizer, whose own step is not called for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tch::{Kind, Tensor};

use super::{Algorithm, GroupedOptimizer};
use crate::Result;
use crate::hook;
use crate::optim::real::Real;

/// What the optimizer and replays of its step have in common.
#[derive(Debug)]
pub(super) struct Shared<O> {
    /// Of each group.
    pub(super) options: Vec<O>,
    /// Grows where a step is to be recorded anew: groups and options may have changed.
    pub(super) version: u64,
    /// Whether a step was taken since a scheduler asked first.
    pub(super) stepped: Option<bool>,
}

impl<O> Default for Shared<O> {
    fn default() -> Self {
        Self { options: vec![], version: 0, stepped: None }
    }
}

pub(super) fn lock<O>(shared: &Mutex<Shared<O>>) -> MutexGuard<'_, Shared<O>> {
    // Whoever panicked under it left whole values.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<O: Algorithm> GroupedOptimizer<O> {
    /// Shares what a step is taken with.
    pub(super) fn share_step(&self) {
        let mut shared = lock(&self.shared);
        shared.options = self.groups.iter().map(|group| group.options).collect();
        shared.stepped = shared.stepped.map(|_| true);
        let version = shared.version;
        drop(shared);
        hook::valid_while(|| {
            let shared = Arc::clone(&self.shared);
            move || lock(&shared).version == version
        });
    }
}

/// The numbers of a step as a function of the options, the rate and the count of steps.
pub(super) type Numbers<O, const N: usize> = fn(&O, &Real, f64) -> Result<[Real; N]>;

/// What operations take as numbers.
pub(super) fn values<const N: usize>(numbers: [Real; N]) -> Result<[f64; N]> {
    let mut values = [0.; N];
    for (value, number) in values.iter_mut().zip(&numbers) {
        *value = number.value()?;
    }
    Ok(values)
}

/// Gives the numbers of a parameter's steps to replays. `step` is the count of steps, which the replay
/// adds to; what takes no count has none.
pub(super) fn next_numbers<O: Algorithm, const N: usize>(
    shared: &Arc<Mutex<Shared<O>>>,
    group: usize,
    step: Option<Tensor>,
    numbers: Numbers<O, N>,
) -> impl FnMut(&mut Vec<f64>) -> Result<()> + use<O, N> {
    let shared = Arc::clone(shared);
    move |next| {
        let step = match &step {
            // As the replay will count it, in the count's own dtype.
            Some(step) => match (step.kind(), step.f_double_value(&[])?) {
                (Kind::Float, steps) => f64::from(steps as f32 + 1.),
                (_, steps) => steps + 1.,
            },
            None => 0.,
        };
        let mut shared = lock(&shared);
        shared.stepped = shared.stepped.map(|_| true);
        let options = &mut shared.options[group];
        let lr = (*options.lr()).into();
        next.extend(values(numbers(options, &lr, step)?)?);
        Ok(())
    }
}
