//! What a recorded step depends on besides tensors.

use std::cell::RefCell;
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use torch_exact::Result;
use torch_exact::hook::{NextScalars, Recorder};

use crate::bindings;

/// What a recorded step depends on besides tensors.
#[derive(Default)]
pub(crate) struct Dependencies {
    flags: Vec<(Arc<AtomicBool>, bool)>,
    conditions: Vec<Box<dyn Fn() -> bool>>,
    next: Vec<NextScalars>,
    /// The numbers that the step was recorded with.
    pub(crate) scalars: Vec<f64>,
}

impl Dependencies {
    /// Whether the step's modes are those that were recorded.
    pub(crate) fn hold(&self) -> bool {
        self.flags.iter().all(|(flag, value)| flag.load(Ordering::Relaxed) == *value)
    }

    /// Whether the recording is still of use.
    pub(crate) fn are_current(&self) -> bool {
        self.conditions.iter().all(|condition| condition())
    }

    /// Does what the step does to the program's own state, and gives the step's numbers.
    pub(crate) fn advance(&mut self, scalars: &mut Vec<f64>) -> Result<()> {
        scalars.clear();
        self.next.iter_mut().try_for_each(|next| next(scalars))
    }
}

impl Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dependencies").field("scalars", &self.scalars).finish_non_exhaustive()
    }
}

/// Gathers the dependencies of the step that is being recorded.
#[derive(Default)]
pub(crate) struct Gathering(RefCell<Dependencies>);

impl Gathering {
    pub(crate) fn take(&self) -> Dependencies {
        self.0.take()
    }
}

impl Recorder for Gathering {
    fn refuse(&self, reason: &str) {
        bindings::refuse(reason);
    }

    fn depend_on(&self, flag: &Arc<AtomicBool>, value: bool) {
        self.0.borrow_mut().flags.push((Arc::clone(flag), value));
    }

    fn valid_while(&self, condition: Box<dyn Fn() -> bool>) {
        self.0.borrow_mut().conditions.push(condition);
    }

    fn scalars(&self, values: &[f64], next: NextScalars) -> usize {
        let mut dependencies = self.0.borrow_mut();
        let first = dependencies.scalars.len();
        dependencies.scalars.extend(values);
        dependencies.next.push(next);
        first
    }

    fn begin_scalars(&self, values: &[f64], ids: &[usize]) {
        bindings::begin_supplied(values, ids);
    }

    fn end_scalars(&self) {
        bindings::end_supplied();
    }

    fn overlook(&self, on: bool) {
        bindings::overlook(on);
    }
}
