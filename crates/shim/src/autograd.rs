//! The autograd graph's names, gradients that are none, and inference mode.

use std::marker::PhantomData;
use std::ptr;

use tch::Tensor;

use crate::{Error, sys};

/// The name of the node that made `t`, such as `AddmmBackward0`, or `None` for a leaf.
///
/// The name is read from the graph and equals Python's `type(t.grad_fn).__name__`.
///
/// # Errors
/// Whatever libtorch throws for a tensor that has no graph to ask, an undefined one for example.
pub fn grad_fn_name(t: &Tensor) -> Result<Option<String>, Error> {
    let mut name = ptr::null_mut();
    // SAFETY: `raw(t)` is valid while `t` is borrowed and the shim only reads it; both outputs are
    // locals that outlive the call.
    sys::call("grad_fn", |error| unsafe { sys::te_grad_fn_name(sys::raw(t), &mut name, error) })?;
    Ok(sys::take_string(name))
}

/// Whether `t` was made in inference mode: Python's `t.is_inference()`.
///
/// # Errors
/// Whatever libtorch throws for an undefined tensor.
pub fn is_inference(t: &Tensor) -> Result<bool, Error> {
    let mut answer = false;
    // SAFETY: as in `grad_fn_name`.
    sys::call("is_inference", |error| unsafe {
        sys::te_is_inference(sys::raw(t), &mut answer, error);
    })?;
    Ok(answer)
}

/// Whether operations are recorded for autograd on this thread: `torch.is_grad_enabled()`.
pub fn grad_enabled() -> bool {
    // SAFETY: it takes nothing and reads a flag of the thread.
    unsafe { sys::te_grad_enabled() }
}

/// Which tensor `t` is a handle on: equal numbers mean the same tensor, for as long as it lives.
pub fn identity(t: &Tensor) -> usize {
    // SAFETY: `raw(t)` is valid while `t` is borrowed; the shim reads a pointer inside it and hands
    // it back as a number, which is never turned into a pointer again.
    unsafe { sys::te_identity(sys::raw(t)) }
}

/// Makes the gradient of `t` undefined again: Python's `t.grad = None`.
///
/// This is what `zero_grad` has done since PyTorch 2. It differs from zeros in the next backward
/// pass, which then stores its gradient instead of adding to it, and so keeps the sign of `-0.0`.
///
/// # Errors
/// Whatever libtorch throws for an undefined tensor.
pub fn clear_grad(t: &Tensor) -> Result<(), Error> {
    // SAFETY: `raw(t)` is valid while `t` is borrowed. The shim replaces the gradient held inside
    // the C++ tensor, which tch itself changes through shared references too; a gradient that Rust
    // holds is a counted reference of its own and stays valid.
    sys::call("zero_grad", |error| unsafe { sys::te_clear_grad(sys::raw(t), error) })
}

/// `torch.inference_mode()` for as long as the value lives, on this thread.
///
/// Unlike `tch::no_grad_guard` it makes inference tensors, as Python does. Guards are to be dropped
/// in the reverse order of their making, as a scope does by itself; `torch_exact::inference_mode`
/// cannot go wrong in this.
#[derive(Debug)]
#[must_use = "inference mode ends when this value is dropped"]
pub struct InferenceMode {
    raw: *mut sys::RawInferenceMode,
    /// The C++ guard restores thread-local state and may not change threads.
    _on_this_thread: PhantomData<*const ()>,
}

impl InferenceMode {
    /// Enters inference mode.
    ///
    /// # Errors
    /// Whatever libtorch throws, for want of memory for example.
    pub fn enter() -> Result<Self, Error> {
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` outlives the call; the guard it receives is owned by the new value.
        sys::call("inference_mode", |error| unsafe {
            sys::te_inference_mode_new(&mut raw, error)
        })?;
        Ok(Self { raw, _on_this_thread: PhantomData })
    }
}

impl Drop for InferenceMode {
    fn drop(&mut self) {
        // SAFETY: `raw` came from `te_inference_mode_new` on this thread (the type is not `Send`)
        // and is freed here and nowhere else.
        unsafe { sys::te_inference_mode_free(self.raw) }
    }
}
