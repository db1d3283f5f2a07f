//! The code by which MKL computes, and the variables that ATen and oneDNN choose theirs by.

use std::ffi::CString;

use arithmetic::Mkl;

use crate::{Error, process, sys};

/// Why MKL's code cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No MKL is in this libtorch.
    NoMkl,
    /// This MKL keeps its answers elsewhere.
    UnknownMkl,
    /// MKL has begun to compute.
    TooLate,
    /// MKL does not take the branch on this processor.
    Refused,
}

/// Whether the processor has AVX2 and AVX-512, as libtorch sees it.
#[must_use]
pub fn instructions() -> [bool; 2] {
    let (mut avx2, mut avx512) = (false, false);
    // What C++ cannot tell is not there.
    // SAFETY: both outlive the call.
    let _ = sys::call("get_cpu_capabilities", |error| unsafe {
        sys::te_has_instructions(&mut avx2, &mut avx512, error);
    });
    [avx2, avx512]
}

/// Chooses; a second time only what was chosen before.
///
/// # Errors
/// [`Refusal`]; then nothing has changed.
pub fn set_mkl(mkl: Mkl) -> Result<(), Refusal> {
    // As `Outcome` in arithmetic.h numbers them.
    match sys::te_mkl_set(mkl.as_intel, mkl.branch, mkl.no_approximate) {
        0 => Ok(()),
        3 => Err(Refusal::UnknownMkl),
        4 => Err(Refusal::TooLate),
        5 => Err(Refusal::Refused),
        _ => Err(Refusal::NoMkl),
    }
}

/// What MKL computes with, in words; empty without MKL. Asking settles it, as computing does.
///
/// # Errors
/// Whatever C++ throws.
pub fn mkl() -> Result<String, Error> {
    process::asked("mkl", sys::te_mkl_describe)
}

/// Sets a variable of this process's environment for what libtorch reads there later.
///
/// As in C, no other thread may use the environment meanwhile: call it before any is started.
pub fn set_variable(name: &str, value: &str) {
    let (Ok(name), Ok(value)) = (CString::new(name), CString::new(value)) else { return };
    // SAFETY: both are strings that end in a NUL byte; setenv copies them.
    unsafe { sys::te_setenv(name.as_ptr(), value.as_ptr()) }
}
