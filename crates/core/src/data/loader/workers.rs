//! What worker processes draw, without processes: `torch/utils/data/_utils/worker.py`.

use tch::Tensor;

use crate::{Generator, Result};

/// Batches that Python asks for ahead of each worker: the default `prefetch_factor`.
const PREFETCH_FACTOR: usize = 2;

/// The workers of an iteration, which take turns. Each has a default generator of its own, seeded with the
/// base seed and the worker's number.
#[derive(Debug)]
pub(super) struct Workers {
    base_seed: i64,
    count: usize,
    /// The generators' states, of those that have had a turn.
    states: Vec<Tensor>,
    turn: usize,
}

impl Workers {
    pub(super) fn new(base_seed: i64, count: usize) -> Self {
        Self { base_seed, count, states: vec![], turn: 0 }
    }

    pub(super) fn batches_ahead(&self) -> usize {
        self.count.saturating_mul(PREFETCH_FACTOR)
    }

    /// Makes a batch in the worker whose turn it is.
    pub(super) fn run<T>(&mut self, make: impl FnOnce() -> Result<T>) -> Result<T> {
        let generator = Generator::default_cpu()?;
        let before = generator.get_state()?;
        let worker = self.turn;
        self.turn = (worker + 1) % self.count;
        match self.states.get(worker) {
            Some(state) => generator.set_state(state)?,
            None => generator.manual_seed(self.base_seed.wrapping_add(worker as i64) as u64)?,
        }
        let made = make();
        let after = generator.get_state()?;
        match self.states.get_mut(worker) {
            Some(state) => *state = after,
            None => self.states.push(after),
        }
        generator.set_state(&before)?;
        made
    }
}
