//! How a crate with C++ of its own calls it: by the protocol of this crate's, with `guarded.h`.

use std::ffi::c_char;

use tch::Tensor;

use crate::{Error, sys};

pub use sys::{ErrorOut, RawTensor, call, raw};

/// Takes over a string; `None` for a null pointer.
///
/// # Safety
/// `text` is null, or comes from `strdup` and is nobody else's.
pub unsafe fn take_string(text: *mut c_char) -> Option<String> {
    sys::take_string(text)
}

/// Takes over a tensor.
///
/// # Errors
/// A null pointer.
///
/// # Safety
/// `tensor` is null, or an `at::Tensor*` of `new` that is nobody else's.
pub unsafe fn take_tensor(
    operation: &'static str,
    tensor: *mut RawTensor,
) -> Result<Tensor, Error> {
    sys::take_tensor(operation, tensor)
}
