//! The engine's functions as C sees them.

use std::ffi::{c_char, c_int, c_void};

use shim::ffi::{self, ErrorOut, RawTensor};
use torch_exact::Result;

/// `replay::Recording`, owned by a [`Recording`](super::Recording).
#[repr(C)]
pub(super) struct RawRecording {
    _opaque: [u8; 0],
}

/// `replay::Program`, owned by a [`Program`](super::Program).
#[repr(C)]
pub(super) struct RawProgram {
    _opaque: [u8; 0],
}

/// `replay::Captured`, owned by a [`Captured`](super::Captured).
#[repr(C)]
pub(super) struct RawCaptured {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub(super) safe fn te_is_observed() -> bool;
    pub(super) fn te_recording_new(
        arguments: *const *const RawTensor,
        n: usize,
        previous: *const RawRecording,
        with_frames: bool,
        out: *mut *mut RawRecording,
        error: ErrorOut,
    );
    pub(super) fn te_recording_free(recording: *mut RawRecording);
    pub(super) fn te_recording_refuse(recording: *mut RawRecording, reason: *const c_char);
    pub(super) fn te_recording_tag(
        recording: *mut RawRecording,
        numbers: *const f64,
        slots: *const usize,
        n: usize,
    );
    pub(super) fn te_recording_overlook(recording: *mut RawRecording, on: bool);
    pub(super) fn te_recording_untag(recording: *mut RawRecording);
    pub(super) fn te_recording_finish(
        recording: *mut RawRecording,
        results: *const *const RawTensor,
        n: usize,
        refusal: *mut *mut c_char,
        frames: *mut *mut c_void,
        n_frames: *mut usize,
        error: ErrorOut,
    );
    pub(super) fn te_recording_difference(
        a: *const RawRecording,
        b: *const RawRecording,
        out: *mut *mut c_char,
        frames: *mut *mut c_void,
        n_frames: *mut usize,
        error: ErrorOut,
    );
    pub(super) fn te_program_new(
        recording: *const RawRecording,
        numbers: *const f64,
        n: usize,
        out: *mut *mut RawProgram,
        refusal: *mut *mut c_char,
        error: ErrorOut,
    );
    pub(super) fn te_program_free(program: *mut RawProgram);
    pub(super) fn te_program_fit(
        program: *const RawProgram,
        arguments: *const *const RawTensor,
        n: usize,
        out: *mut c_int,
        error: ErrorOut,
    );
    pub(super) fn te_program_take(
        program: *mut RawProgram,
        arguments: *const *const RawTensor,
        n: usize,
        numbers: *const f64,
        results: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(super) fn te_recording_gpu(recording: *const RawRecording) -> c_int;
    pub(super) fn te_captured_new(
        recording: *const RawRecording,
        out: *mut *mut RawCaptured,
        inputs: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(super) fn te_captured_free(captured: *mut RawCaptured);
    pub(super) fn te_captured_set(
        captured: *mut RawCaptured,
        results: *const *const RawTensor,
        n: usize,
        error: ErrorOut,
    );
    pub(super) fn te_captured_verify(
        captured: *mut RawCaptured,
        refusal: *mut *mut c_char,
        error: ErrorOut,
    );
    pub(super) fn te_captured_forget(captured: *mut RawCaptured, error: ErrorOut);
    pub(super) fn te_captured_fit(
        captured: *const RawCaptured,
        arguments: *const *const RawTensor,
        n: usize,
        out: *mut c_int,
        error: ErrorOut,
    );
    pub(super) fn te_captured_bind(
        captured: *mut RawCaptured,
        arguments: *const *const RawTensor,
        n: usize,
        error: ErrorOut,
    );
    pub(super) fn te_captured_take(
        captured: *mut RawCaptured,
        results: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(super) fn te_open_image(
        bytes: *const u8,
        size: usize,
        symbol: *const c_char,
        out: *mut *mut c_void,
        error: ErrorOut,
    );
}

/// Runs one function and turns the text it may leave in `error` into an error.
pub(super) fn call(operation: &'static str, body: impl FnOnce(ErrorOut)) -> Result<()> {
    Ok(ffi::call(operation, body)?)
}
