//! What [`tch`] leaves out of libtorch, behind a safe interface.
//!
//! A small C++ shim (`cpp/shim.cpp`) reaches the parts that the C interface of tch does not:
//! the name of the autograd node that made a tensor, inference mode, generators with a state,
//! in-place operators with a factor, operators on lists of tensors, Python numbers as operands,
//! and loading CUDA on demand.
//!
//! All `unsafe` code of the project is in this crate and in the bindings of `replay`, which has C++ of
//! its own. Every call follows one protocol: a shim
//! function catches whatever C++ throws and returns its text, which becomes an [`Error`] here; what
//! it returns otherwise is owned by the caller and freed exactly once, by `Drop`.

pub mod arithmetic;
mod autograd;
mod cuda;
mod error;
pub mod ffi;
pub mod foreach;
mod generator;
mod operator;
mod ops;
mod process;
pub mod recorder;
mod storage;
mod sys;

pub use autograd::{InferenceMode, clear_grad, grad_enabled, grad_fn_name, identity, is_inference};
pub use cuda::{
    CudaDriver, CudaLibrary, cuda_library, cuda_runtime_version, has_cuda_kernel, open_cuda_library,
};
pub use error::Error;
pub use generator::{Generator, Moment};
pub use operator::{Argument, operator};
pub use ops::{
    add, add_, add_number_, addcdiv_, addcmul, addcmul_, clamp_, clamp_max, clone, erf, fill_,
    gather_rows, left_aligned, mul_number_, number_f64, number_i64, rsub_f64, rsub_i64, scalar_f64,
    scalar_i64, vector_norm,
};
pub use process::{cpu_capability, exit_now, library_path};
pub use storage::Storage;
