//! What a recorded step depends on besides tensors.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Result;

/// Numbers of a program's own that change from step to step.
pub(crate) trait Supplier: Debug {
    /// Whether the step is still the one that was recorded.
    fn is_current(&self) -> bool;

    /// Does what the step does to the program's own state, and appends the step's numbers.
    fn advance(&mut self, numbers: &mut Vec<f64>) -> Result<()>;
}

/// What the step that is being recorded depends on besides tensors.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    suppliers: Vec<Box<dyn Supplier>>,
    pub(super) numbers: Vec<f64>,
    flags: Vec<(Arc<AtomicBool>, bool)>,
}

impl Dependencies {
    /// Whether the step's modes are those that were recorded.
    pub(super) fn hold(&self) -> bool {
        self.flags.iter().all(|(flag, value)| flag.load(Ordering::Relaxed) == *value)
    }

    /// Whether the optimizer is still the one that was recorded.
    pub(super) fn are_current(&self) -> bool {
        self.suppliers.iter().all(|supplier| supplier.is_current())
    }

    /// Does what the step does to the program's own state, and gives the step's numbers.
    pub(super) fn advance(&mut self, numbers: &mut Vec<f64>) -> Result<()> {
        numbers.clear();
        self.suppliers.iter_mut().try_for_each(|supplier| supplier.advance(numbers))
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Dependencies>> = const { RefCell::new(None) };
}

/// A number that is supplied anew to each replay of the step that is being recorded, if one is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    pub value: f64,
    slot: Option<usize>,
}

impl Number {
    /// Runs an operation that takes the number.
    pub fn with<T>(self, body: impl FnOnce(f64) -> T) -> T {
        let slots = self.slot.as_slice();
        shim::replay::supplied(&[self.value], slots, || body(self.value))
    }

    /// Runs an operation that takes a list of numbers.
    pub fn with_all<T>(numbers: &[Self], body: impl FnOnce(&[f64]) -> T) -> T {
        let values: Vec<_> = numbers.iter().map(|number| number.value).collect();
        let slots: Vec<_> = numbers.iter().filter_map(|number| number.slot).collect();
        shim::replay::supplied(&values, &slots, || body(&values))
    }
}

/// Has `supplier` give these numbers, from now on, to the step that is being recorded, if one is.
pub(crate) fn supply<const N: usize>(
    values: [f64; N],
    supplier: impl FnOnce() -> Box<dyn Supplier>,
) -> [Number; N] {
    CURRENT.with_borrow_mut(|current| {
        let Some(current) = current else {
            return values.map(|value| Number { value, slot: None });
        };
        current.suppliers.push(supplier());
        values.map(|value| {
            current.numbers.push(value);
            Number { value, slot: Some(current.numbers.len() - 1) }
        })
    })
}

/// Notes that the step that is being recorded depends on a flag.
pub(crate) fn depend_on(flag: &Arc<AtomicBool>, value: bool) {
    CURRENT.with_borrow_mut(|current| {
        if let Some(current) = current {
            current.flags.push((Arc::clone(flag), value));
        }
    });
}

/// The dependencies of the step that is being recorded, gathered until this is dropped.
pub(super) struct Gathering;

impl Gathering {
    pub(super) fn begin() -> Self {
        CURRENT.set(Some(Dependencies::default()));
        Self
    }

    pub(super) fn take(self) -> Dependencies {
        CURRENT.take().unwrap_or_default()
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}
