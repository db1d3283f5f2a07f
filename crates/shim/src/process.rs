//! What the process knows of itself: its libtorch, its processor.

use std::ffi::c_char;
use std::path::PathBuf;
use std::ptr;

use crate::{Error, sys};

/// Ends the process at once, skipping libtorch's static destructors, which take about 60 ms.
///
/// Nothing is flushed and no destructor runs: the caller has finished its output before.
pub fn exit_now(code: i32) -> ! {
    sys::te_exit(code)
}

/// The vector instructions that ATen's kernels use: `"DEFAULT"`, `"AVX2"` or `"AVX512"`, as
/// `torch.backends.cpu.get_cpu_capability()`.
///
/// # Errors
/// Whatever libtorch throws.
pub fn cpu_capability() -> Result<String, Error> {
    asked("get_cpu_capability", sys::te_cpu_capability)
}

/// The file that libtorch_cpu was loaded from.
///
/// # Errors
/// A loader that does not say.
pub fn library_path() -> Result<PathBuf, Error> {
    asked("library_path", sys::te_library_path).map(PathBuf::from)
}

pub(crate) fn asked(
    operation: &'static str,
    ask: unsafe extern "C" fn(*mut *mut c_char, sys::ErrorOut),
) -> Result<String, Error> {
    let mut text = ptr::null_mut();
    // SAFETY: `text` outlives the call, and what it receives is taken over below.
    sys::call(operation, |error| unsafe { ask(&mut text, error) })?;
    Ok(sys::take_string(text).unwrap_or_default())
}
