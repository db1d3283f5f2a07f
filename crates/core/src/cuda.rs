//! CUDA graphs: one step of a training recorded and then launched as a whole, as
//! [`torch.cuda.CUDAGraph`](https://docs.pytorch.org/docs/2.11/notes/cuda.html#cuda-graphs).
//!
//! A small step spends its time in launching kernels one by one. A graph launches them all at once;
//! they are the same kernels in the same order on the same memory, so the bits are meant to be those
//! of the loop without it.
//!
//! PyTorch's rules hold. What is recorded reads and writes the same memory in every replay, so a
//! step's inputs are tensors that stay where they are, and new data are copied into them. Nothing
//! in it may read a value back, depend on a value, or draw from a CPU's generator. Its allocations
//! come from a pool of the graph's own. Gradients that `zero_grad` makes undefined *within* the step
//! are made anew in that pool when it is recorded, and every replay writes to them; between replays
//! they are left alone.

use tch::{Device, Tensor};

use crate::device::{DeviceRequest, select};
use crate::{Error, Result};

/// How many steps PyTorch takes on a side stream before it captures one, so that libraries and
/// autograd have set themselves up.
pub const WARM_UP_STEPS: usize = 3;

/// A recorded piece of work: `torch.cuda.CUDAGraph`.
#[derive(Debug)]
pub struct Graph {
    inner: libtorch::CudaGraph,
}

impl Graph {
    /// A graph for a card, with nothing recorded in it.
    ///
    /// # Errors
    /// [`Error::Argument`] for another device than a card, [`Error::Device`] where the card cannot
    /// be had, [`Error::Libtorch`] in a build without CUDA graphs.
    pub fn new(device: Device) -> Result<Self> {
        let Device::Cuda(index) = device else {
            let accepted = "a CUDA graph is recorded on a card";
            return Err(Error::argument("device", format!("{device:?}"), accepted));
        };
        select(DeviceRequest::Cuda(Some(index)))?;
        let inner = libtorch::CudaGraph::new(index)?;
        Ok(Self { inner })
    }

    /// Takes a step on the stream that will be captured on, without recording it:
    /// `with torch.cuda.stream(side):`, and waiting before and after.
    ///
    /// # Errors
    /// Whatever libtorch throws, and whatever `step` returns.
    pub fn warm_up<T, E: From<libtorch::Error>>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.inner.on_stream(step)
    }

    /// Records a step without taking it: `with torch.cuda.graph(g):`. To be called once.
    ///
    /// # Errors
    /// As [`warm_up`](Self::warm_up); a step that cannot be recorded is among what libtorch throws.
    pub fn capture<T, E: From<libtorch::Error>>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.inner.capture(step)
    }

    /// Takes the recorded step: `g.replay()`.
    ///
    /// # Errors
    /// [`Error::Libtorch`] where nothing was recorded.
    pub fn replay(&mut self) -> Result<()> {
        Ok(self.inner.replay()?)
    }
}

/// A training step that is taken many times, the first [`WARM_UP_STEPS`] one kernel after another,
/// then recorded, and from there on replayed.
///
/// All steps count, those of the warm-up too: a loop takes as many as without a graph.
#[derive(Debug)]
pub struct CapturedStep<const N: usize> {
    graph: Graph,
    warmed_up: usize,
    outputs: Option<[Tensor; N]>,
}

impl<const N: usize> CapturedStep<N> {
    /// A step on a card, not taken yet.
    ///
    /// # Errors
    /// As [`Graph::new`].
    pub fn new(device: Device) -> Result<Self> {
        Ok(Self {
            graph: Graph::new(device)?,
            warmed_up: 0,
            outputs: None,
        })
    }

    /// Takes the step and returns what it computes; `step` is the same work each time, and is not
    /// called any more once it is recorded.
    ///
    /// From the recorded step on the result is the same tensors each time, cut off from autograd,
    /// with the values of the last step taken.
    ///
    /// # Errors
    /// As [`Graph::warm_up`], [`Graph::capture`] and [`Graph::replay`].
    pub fn take<E: From<libtorch::Error> + From<Error>>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<[Tensor; N], E>,
    ) -> std::result::Result<[Tensor; N], E> {
        if self.warmed_up < WARM_UP_STEPS {
            self.warmed_up += 1;
            return self.graph.warm_up(step);
        }
        let outputs = match self.outputs.take() {
            Some(outputs) => outputs,
            None => self
                .graph
                .capture(|| step().map(|outputs| outputs.map(|t| t.detach())))?,
        };
        self.graph.replay()?;
        Ok(self
            .outputs
            .insert(outputs)
            .each_ref()
            .map(Tensor::shallow_clone))
    }
}
