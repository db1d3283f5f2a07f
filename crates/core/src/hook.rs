//! What this crate tells whoever records a training step to replay it, as the crate `replay` does.
//!
//! A replay calls the recorded kernels and none of the step's Rust, so a [`Recorder`] must learn what
//! the step depends on besides tensors: modes of layers, options of an optimizer, and numbers, such as
//! a learning rate, that are others in the next step. Where nobody records, nothing happens here.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::Result;

/// Appends the numbers of a step that is about to be replayed.
pub type NextScalars = Box<dyn FnMut(&mut Vec<f64>) -> Result<()>>;

/// Records the step that is being taken on this thread.
pub trait Recorder {
    /// The step cannot be replayed, for a reason that is read behind "the step cannot be replayed: ".
    fn refuse(&self, reason: &str);

    /// The step is this one only while `flag` has this value.
    fn depend_on(&self, flag: &Arc<AtomicBool>, value: bool);

    /// The recording is of no use once this has returned false.
    fn valid_while(&self, condition: Box<dyn Fn() -> bool>);

    /// The step passes these numbers to operations, and a replay those that `next` appends. Returns
    /// what number the first of them goes by; the others follow it.
    fn scalars(&self, values: &[f64], next: NextScalars) -> usize;

    /// The next operation takes a number, or a list of numbers, that go by these.
    fn begin_scalars(&self, values: &[f64], ids: &[usize]);

    /// It has been called.
    fn end_scalars(&self);

    /// Whether what is called from now on only reads what [numbers](Self::scalars) are made of, and is
    /// no part of the step.
    fn overlook(&self, on: bool);
}

thread_local! {
    static RECORDER: RefCell<Option<Rc<dyn Recorder>>> = const { RefCell::new(None) };
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a step that `recorder` records.
pub fn recording<T>(recorder: Rc<dyn Recorder>, step: impl FnOnce() -> T) -> T {
    /// Puts the recorder before back also where the step panics.
    struct Before(Option<Rc<dyn Recorder>>);
    impl Drop for Before {
        fn drop(&mut self) {
            RECORDER.set(self.0.take());
        }
    }
    let _before = Before(RECORDER.replace(Some(recorder)));
    step()
}

/// Runs a step that a CUDA graph captures.
pub fn capturing<T>(step: impl FnOnce() -> T) -> T {
    /// Puts the flag back also where the step panics.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            CAPTURING.set(self.0);
        }
    }
    let _before = Before(CAPTURING.replace(true));
    step()
}

/// Whether a CUDA graph captures on this thread: `torch.cuda.is_current_stream_capturing()`.
pub fn is_capturing() -> bool {
    CAPTURING.get()
}

/// Tells the recorder something, if there is one.
fn tell<T>(message: impl FnOnce(&dyn Recorder) -> T) -> Option<T> {
    RECORDER.with_borrow(|recorder| recorder.as_deref().map(message))
}

pub(crate) fn refuse(reason: &str) {
    tell(|recorder| recorder.refuse(reason));
}

pub(crate) fn depend_on(flag: &Arc<AtomicBool>, value: bool) {
    tell(|recorder| recorder.depend_on(flag, value));
}

pub(crate) fn valid_while<F: Fn() -> bool + 'static>(condition: impl FnOnce() -> F) {
    tell(|recorder| recorder.valid_while(Box::new(condition())));
}

/// Runs `body` unseen by the recorder.
pub(crate) fn overlook<T>(body: impl FnOnce() -> T) -> T {
    tell(|recorder| recorder.overlook(true));
    let value = body();
    tell(|recorder| recorder.overlook(false));
    value
}

/// A number that a step passes to an operation, and that is another in the next step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepScalar {
    value: f64,
    /// What it goes by with the recorder, if there is one.
    id: Option<usize>,
}

/// Numbers of a step; `next` makes those of a replay.
pub(crate) fn scalars<const N: usize, F>(
    values: [f64; N],
    next: impl FnOnce() -> F,
) -> [StepScalar; N]
where
    F: FnMut(&mut Vec<f64>) -> Result<()> + 'static,
{
    let first = tell(|recorder| recorder.scalars(&values, Box::new(next())));
    std::array::from_fn(|i| StepScalar { value: values[i], id: first.map(|first| first + i) })
}

impl StepScalar {
    /// Runs an operation that takes the number.
    pub(crate) fn with<T>(self, operation: impl FnOnce(f64) -> T) -> T {
        passing(&[self.value], self.id.as_slice(), || operation(self.value))
    }

    /// Runs an operation that takes a list of numbers.
    pub(crate) fn with_all<T>(scalars: &[Self], operation: impl FnOnce(&[f64]) -> T) -> T {
        let values: Vec<_> = scalars.iter().map(|scalar| scalar.value).collect();
        let ids: Vec<_> = scalars.iter().filter_map(|scalar| scalar.id).collect();
        passing(&values, &ids, || operation(&values))
    }
}

fn passing<T>(values: &[f64], ids: &[usize], operation: impl FnOnce() -> T) -> T {
    if ids.is_empty() {
        return operation();
    }
    tell(|recorder| recorder.begin_scalars(values, ids));
    let value = operation();
    tell(|recorder| recorder.end_scalars());
    value
}
