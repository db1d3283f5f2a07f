//! CUDA graphs: work of a GPU recorded and then launched as a whole, as
//! [`torch.cuda.CUDAGraph`](https://docs.pytorch.org/docs/2.11/notes/cuda.html#cuda-graphs).
//! A [`Step`](crate::Step) records a training's steps in them.
//!
//! A small step spends its time in launching kernels one by one. A graph launches them all at once;
//! they are the same kernels in the same order on the same memory, so the bits are meant to be those
//! of the loop without it.
//!
//! PyTorch's rules hold. What is recorded reads and writes the same memory in every replay, so a
//! step's inputs are tensors that stay where they are, and new data are copied into them. Nothing
//! in it may read a value back, depend on a value, or draw from a CPU's generator. Numbers of the
//! program's, a learning rate for one, stay in every replay what they were when it was recorded
//! (`Step` records anew); `Adam`, whose factors change from step to step, `AdamW` and
//! `RMSprop` refuse to step in a graph, as Python's do without `capturable`.
//!
//! A recording's allocations come from a pool of the graph's own. Gradients that `zero_grad` makes
//! undefined *within* the step are made anew in that pool when it is recorded, and every replay
//! writes to them; between replays they are left alone.
//!
//! A loss kept from a step before keeps that step's part of autograd alive, whose streams the
//! recording must not wait for: CUDA refuses with "operation would make the legacy stream depend on
//! a capturing blocking stream". Drop it, or keep what `detach` returns.

use std::fmt::Display;

use tch::Device;
use torch_exact::device::{DeviceRequest, select};
use torch_exact::{Error, Result, hook};

use crate::bindings::CudaGraph;

pub use hook::is_capturing as is_current_stream_capturing;

/// How many steps PyTorch takes on a side stream before it captures one, so that libraries and
/// autograd have set themselves up.
pub const WARM_UP_STEPS: usize = 3;

/// A recorded piece of work: `torch.cuda.CUDAGraph`.
#[derive(Debug)]
pub struct Graph {
    inner: CudaGraph,
}

impl Graph {
    /// A graph for a GPU, with nothing recorded in it.
    ///
    /// # Errors
    /// [`Error::Argument`] for another device than a GPU, [`Error::Device`] where the GPU cannot
    /// be had, [`Error::Torch`] in a build without CUDA graphs.
    pub fn new(device: Device) -> Result<Self> {
        let Device::Cuda(index) = device else {
            let accepted = "a CUDA graph is recorded on a GPU";
            let given = format!("{device:?}");
            return Err(Error::Argument { name: "device", given, accepted });
        };
        select(DeviceRequest::Cuda(Some(index)))?;
        let inner = CudaGraph::new(index)?;
        Ok(Self { inner })
    }

    /// Takes a step on the stream that will be captured on, without recording it:
    /// `with torch.cuda.stream(side):`, and waiting before and after.
    ///
    /// # Errors
    /// Whatever libtorch throws, and whatever `step` returns.
    pub fn warm_up<T, E: From<Error>>(
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
    pub fn capture<T, E: From<Error> + Display>(
        &mut self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.inner.capture(|| hook::capturing(step))
    }

    /// Takes the recorded step: `g.replay()`.
    ///
    /// # Errors
    /// [`Error::Torch`] where nothing was recorded.
    pub fn replay(&mut self) -> Result<()> {
        self.inner.replay()
    }
}
