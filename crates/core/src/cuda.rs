//! CUDA graphs: one step of a training recorded and then launched as a whole, as
//! [`torch.cuda.CUDAGraph`](https://docs.pytorch.org/docs/2.11/notes/cuda.html#cuda-graphs).
//!
//! A small step spends its time in launching kernels one by one. A graph launches them all at once;
//! they are the same kernels in the same order on the same memory, so the bits are meant to be those
//! of the loop without it.
//!
//! PyTorch's rules hold. What is recorded reads and writes the same memory in every replay, so a
//! step's inputs are tensors that stay where they are, and new data are copied into them. Nothing
//! in it may read a value back, depend on a value, or draw from a CPU's generator. Numbers of the
//! program's, a learning rate for one, stay in every replay what they were when it was recorded;
//! `Adam`, whose factors change from step to step, `AdamW` and `RMSprop` refuse to step in a graph,
//! as Python's do without `capturable`.
//!
//! A recording's allocations come from a pool of the graph's own. Gradients that `zero_grad` makes
//! undefined *within* the step are made anew in that pool when it is recorded, and every replay
//! writes to them; between replays they are left alone.
//!
//! A loss kept from a step before keeps that step's part of autograd alive, whose streams the
//! recording must not wait for: CUDA refuses with "operation would make the legacy stream depend on
//! a capturing blocking stream". Drop it, or keep what `detach` returns.

use std::cell::Cell;
use std::fmt::Display;

use tch::{Device, Tensor};

use crate::device::{DeviceRequest, select};
use crate::{Error, Result};

/// How many steps PyTorch takes on a side stream before it captures one, so that libraries and
/// autograd have set themselves up.
pub const WARM_UP_STEPS: usize = 3;

thread_local! {
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a graph is being recorded on this thread: `torch.cuda.is_current_stream_capturing()`.
pub fn is_current_stream_capturing() -> bool {
    CAPTURING.get()
}

/// Runs `body` as what is being recorded.
pub(crate) fn capturing<T>(body: impl FnOnce() -> T) -> T {
    /// Puts the flag back also where `body` panics.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            CAPTURING.set(self.0);
        }
    }
    let _before = Before(CAPTURING.replace(true));
    body()
}

/// A recorded piece of work: `torch.cuda.CUDAGraph`.
#[derive(Debug)]
pub struct Graph {
    inner: shim::CudaGraph,
}

impl Graph {
    /// A graph for a GPU, with nothing recorded in it.
    ///
    /// # Errors
    /// [`Error::Argument`] for another device than a GPU, [`Error::Device`] where the GPU cannot
    /// be had, [`Error::Shim`] in a build without CUDA graphs.
    pub fn new(device: Device) -> Result<Self> {
        let Device::Cuda(index) = device else {
            let accepted = "a CUDA graph is recorded on a GPU";
            return Err(Error::argument("device", format!("{device:?}"), accepted));
        };
        select(DeviceRequest::Cuda(Some(index)))?;
        let inner = shim::CudaGraph::new(index)?;
        Ok(Self { inner })
    }

    /// Takes a step on the stream that will be captured on, without recording it:
    /// `with torch.cuda.stream(side):`, and waiting before and after.
    ///
    /// # Errors
    /// Whatever libtorch throws, and whatever `step` returns.
    pub fn warm_up<T, E: From<shim::Error>>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.inner.on_stream(step)
    }

    /// Records a step without taking it: `with torch.cuda.graph(g):`. A graph records once, also
    /// where that failed.
    ///
    /// # Errors
    /// As [`warm_up`](Self::warm_up); a step that cannot be recorded is among what libtorch throws.
    pub fn capture<T, E: From<shim::Error> + Display>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.inner.capture(|| capturing(step))
    }

    /// Takes the recorded step: `g.replay()`.
    ///
    /// # Errors
    /// [`Error::Shim`] where nothing was recorded.
    pub fn replay(&mut self) -> Result<()> {
        Ok(self.inner.replay()?)
    }
}

/// A training step that is taken many times, the first [`WARM_UP_STEPS`] one kernel after another,
/// then recorded, and from there on replayed.
///
/// All steps count, those of the warm-up too: a loop takes as many as without a graph.
#[derive(Debug)]
pub struct CapturedStep<const N: usize>(Taken<N, Graph>);

impl<const N: usize> CapturedStep<N> {
    /// A step on a GPU, not taken yet.
    ///
    /// # Errors
    /// As [`Graph::new`].
    pub fn new(device: Device) -> Result<Self> {
        Ok(Self(Taken { graph: Graph::new(device)?, warmed_up: 0, outputs: None }))
    }

    /// Takes the step and returns what it computes; `step` is the same work each time, and is not
    /// called any more once it is recorded.
    ///
    /// From the recorded step on the result is the same tensors each time, cut off from autograd,
    /// with the values of the last step taken.
    ///
    /// # Errors
    /// As [`Graph::warm_up`], [`Graph::capture`] and [`Graph::replay`].
    pub fn take<E: From<shim::Error> + From<Error> + Display>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<[Tensor; N], E>,
    ) -> std::result::Result<[Tensor; N], E> {
        self.0.take(step)
    }
}

/// What a captured step asks of its graph.
trait Recorder {
    fn warm_up<T, E: From<shim::Error>>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E>;

    fn capture<T, E: From<shim::Error> + Display>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E>;

    fn replay(&mut self) -> Result<()>;
}

impl Recorder for Graph {
    fn warm_up<T, E: From<shim::Error>>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        Graph::warm_up(self, step)
    }

    fn capture<T, E: From<shim::Error> + Display>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        Graph::capture(self, step)
    }

    fn replay(&mut self) -> Result<()> {
        Graph::replay(self)
    }
}

#[derive(Debug)]
struct Taken<const N: usize, G> {
    graph: G,
    warmed_up: usize,
    outputs: Option<[Tensor; N]>,
}

impl<const N: usize, G: Recorder> Taken<N, G> {
    fn take<E: From<shim::Error> + From<Error> + Display>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<[Tensor; N], E>,
    ) -> std::result::Result<[Tensor; N], E> {
        if self.warmed_up < WARM_UP_STEPS {
            let outputs = self.graph.warm_up(step)?;
            self.warmed_up += 1;
            return Ok(outputs);
        }
        let outputs = match &mut self.outputs {
            Some(outputs) => outputs,
            empty => empty.insert(self.graph.capture(|| detached(step()?).map_err(E::from))?),
        };
        self.graph.replay()?;
        Ok(outputs.each_ref().map(Tensor::shallow_clone))
    }
}

/// The tensors, cut off from autograd.
fn detached<const N: usize>(mut tensors: [Tensor; N]) -> Result<[Tensor; N]> {
    for tensor in &mut tensors {
        *tensor = tensor.f_detach()?;
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use tch::kind::FLOAT_CPU;

    use super::*;

    /// Adds one to a tensor wherever a GPU would take a step.
    #[derive(Debug)]
    struct Counter {
        taken: Tensor,
        asked: Vec<&'static str>,
    }

    impl Recorder for Counter {
        fn warm_up<T, E: From<shim::Error>>(
            &mut self,
            step: impl FnOnce() -> std::result::Result<T, E>,
        ) -> std::result::Result<T, E> {
            self.asked.push("warm_up");
            let _ = self.taken.f_add_scalar_(1);
            step()
        }

        fn capture<T, E: From<shim::Error> + Display>(
            &mut self,
            step: impl FnOnce() -> std::result::Result<T, E>,
        ) -> std::result::Result<T, E> {
            self.asked.push("capture");
            step()
        }

        fn replay(&mut self) -> Result<()> {
            self.asked.push("replay");
            let _ = self.taken.f_add_scalar_(1)?;
            Ok(())
        }
    }

    #[test]
    fn as_many_steps_are_taken_as_are_asked_for() -> Result<()> {
        let taken = Tensor::zeros([], FLOAT_CPU);
        let graph = Counter { taken: taken.shallow_clone(), asked: vec![] };
        let mut captured = Taken { graph, warmed_up: 0, outputs: None };
        let weight = Tensor::ones([], FLOAT_CPU).set_requires_grad(true);
        let mut calls = 0;
        for step in 1..=6 {
            let [count, derived] = captured.take(|| -> Result<_> {
                calls += 1;
                Ok([taken.shallow_clone(), &weight * 2])
            })?;
            assert_eq!(f64::try_from(&count)?, f64::from(step));
            assert_eq!(derived.requires_grad(), step <= 3, "step {step}");
        }
        assert_eq!(calls, 4);
        let asked = ["warm_up", "warm_up", "warm_up", "capture", "replay", "replay", "replay"];
        assert_eq!(captured.graph.asked, asked);
        Ok(())
    }

    #[test]
    fn a_step_that_fails_is_not_taken() {
        let graph = Counter { taken: Tensor::zeros([], FLOAT_CPU), asked: vec![] };
        let mut captured = Taken::<1, _> { graph, warmed_up: 0, outputs: None };
        let failure = || Err(Error::argument("step", "this one", "it must not fail"));
        assert!(captured.take::<Error>(failure).is_err());
        assert_eq!(captured.warmed_up, 0);
        captured.warmed_up = WARM_UP_STEPS;
        assert!(captured.take::<Error>(failure).is_err());
        assert_eq!(captured.graph.asked, ["warm_up", "capture"]);
    }
}
