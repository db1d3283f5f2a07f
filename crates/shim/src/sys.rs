//! The shim's functions as C sees them, and the one way to call them.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use tch::Tensor;

use crate::Error;

/// `at::Tensor`, as the shim receives it: the pointer that [`Tensor::as_ptr`] gives.
pub type RawTensor = c_void;

/// `at::Generator`, owned by a [`crate::Generator`].
#[repr(C)]
pub(crate) struct RawGenerator {
    _opaque: [u8; 0],
}

/// `c10::InferenceMode`, owned by a [`crate::InferenceMode`].
#[repr(C)]
pub(crate) struct RawInferenceMode {
    _opaque: [u8; 0],
}

/// `te_argument`: a value of one of the kinds that `operator.rs` numbers.
#[repr(C)]
pub(crate) struct RawArgument {
    pub(crate) kind: i32,
    pub(crate) integer: i64,
    pub(crate) number: f64,
    pub(crate) list: *const c_void,
    pub(crate) length: usize,
}

/// Where a function writes what C++ threw, as text of malloc's; null for success.
pub type ErrorOut = *mut *mut c_char;

unsafe extern "C" {
    pub(crate) safe fn te_exit(code: c_int) -> !;
    pub(crate) safe fn te_recorder_pause() -> Option<extern "C" fn(c_int)>;
    fn te_string_free(text: *mut c_char);
    pub(crate) fn te_library_path(out: *mut *mut c_char, error: ErrorOut);
    pub(crate) fn te_open_library(path: *const c_char, error: ErrorOut);
    pub(crate) fn te_has_kernel(
        name: *const c_char,
        overload: *const c_char,
        key: *const c_char,
        out: *mut bool,
        error: ErrorOut,
    );
    pub(crate) fn te_has_instructions(avx2: *mut bool, avx512: *mut bool, error: ErrorOut);
    pub(crate) safe fn te_mkl_set(as_intel: bool, branch: c_int, no_approximate: bool) -> c_int;
    pub(crate) fn te_mkl_describe(out: *mut *mut c_char, error: ErrorOut);
    pub(crate) fn te_setenv(name: *const c_char, value: *const c_char);
    pub(crate) fn te_cpu_capability(out: *mut *mut c_char, error: ErrorOut);

    pub(crate) fn te_cuda_runtime(version: *mut c_int);
    pub(crate) fn te_cuda_driver(
        found: *mut bool,
        version: *mut c_int,
        names: *mut *mut c_char,
        failure: *mut *mut c_char,
        error: ErrorOut,
    );

    pub(crate) fn te_grad_fn_name(t: *const RawTensor, out: *mut *mut c_char, error: ErrorOut);
    pub(crate) fn te_is_inference(t: *const RawTensor, out: *mut bool, error: ErrorOut);
    pub(crate) fn te_erf(x: f64) -> f64;
    pub(crate) fn te_grad_enabled() -> bool;
    pub(crate) fn te_left_aligned(
        t: *const RawTensor,
        mask: *const RawTensor,
        out: *mut bool,
        error: ErrorOut,
    );
    pub(crate) fn te_identity(t: *const RawTensor) -> usize;
    pub(crate) fn te_storage(
        t: *const RawTensor,
        identity: *mut usize,
        bytes: *mut i64,
        offset: *mut i64,
        error: ErrorOut,
    );
    pub(crate) fn te_clear_grad(t: *const RawTensor, error: ErrorOut);
    pub(crate) fn te_inference_mode_new(out: *mut *mut RawInferenceMode, error: ErrorOut);
    pub(crate) fn te_inference_mode_free(mode: *mut RawInferenceMode);

    pub(crate) fn te_number_f64(value: f64, out: *mut *mut RawTensor, error: ErrorOut);
    pub(crate) fn te_number_i64(value: i64, out: *mut *mut RawTensor, error: ErrorOut);
    pub(crate) fn te_scalar_f64(
        value: f64,
        like: *const RawTensor,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_scalar_i64(
        value: i64,
        like: *const RawTensor,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );

    pub(crate) fn te_generator_new(out: *mut *mut RawGenerator, error: ErrorOut);
    pub(crate) fn te_generator_seeded(seed: u64, out: *mut *mut RawGenerator, error: ErrorOut);
    pub(crate) fn te_generator_default(out: *mut *mut RawGenerator, error: ErrorOut);
    pub(crate) fn te_generator_clone(g: *const RawGenerator) -> *mut RawGenerator;
    pub(crate) fn te_generator_free(g: *mut RawGenerator);
    pub(crate) fn te_generator_manual_seed(g: *mut RawGenerator, seed: u64, error: ErrorOut);
    pub(crate) fn te_generator_seed(g: *mut RawGenerator, out: *mut u64, error: ErrorOut);
    pub(crate) fn te_generator_initial_seed(g: *mut RawGenerator, out: *mut u64, error: ErrorOut);
    pub(crate) fn te_generator_get_state(
        g: *mut RawGenerator,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_generator_set_state(
        g: *mut RawGenerator,
        state: *const RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_generator_random_int64(g: *mut RawGenerator, out: *mut i64, error: ErrorOut);
    pub(crate) fn te_generator_randperm(
        g: *mut RawGenerator,
        n: i64,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_generator_uniform_(
        g: *mut RawGenerator,
        t: *const RawTensor,
        from: f64,
        to: f64,
        error: ErrorOut,
    );
    pub(crate) fn te_generator_normal_(
        g: *mut RawGenerator,
        t: *const RawTensor,
        mean: f64,
        std: f64,
        error: ErrorOut,
    );
    pub(crate) fn te_generator_random_(
        g: *mut RawGenerator,
        t: *const RawTensor,
        from: i64,
        to: i64,
        error: ErrorOut,
    );
    pub(crate) fn te_generator_normal_size(
        g: *mut RawGenerator,
        mean: f64,
        std: f64,
        size: *const i64,
        dims: usize,
        like: *const RawTensor,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_generator_normal(
        g: *mut RawGenerator,
        means: *const RawTensor,
        mean: f64,
        stds: *const RawTensor,
        std: f64,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );

    pub(crate) fn te_add_(
        this: *const RawTensor,
        other: *const RawTensor,
        alpha: f64,
        error: ErrorOut,
    );
    pub(crate) fn te_add(
        this: *const RawTensor,
        other: *const RawTensor,
        alpha: f64,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_addcmul_(
        this: *const RawTensor,
        a: *const RawTensor,
        b: *const RawTensor,
        value: f64,
        error: ErrorOut,
    );
    pub(crate) fn te_addcmul(
        this: *const RawTensor,
        a: *const RawTensor,
        b: *const RawTensor,
        value: f64,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_addcdiv_(
        this: *const RawTensor,
        a: *const RawTensor,
        b: *const RawTensor,
        value: f64,
        error: ErrorOut,
    );
    pub(crate) fn te_operator(
        name: *const c_char,
        overload: *const c_char,
        arguments: *const RawArgument,
        n: usize,
        out: *mut *mut RawTensor,
        capacity: usize,
        count: *mut usize,
        error: ErrorOut,
    );
    pub(crate) fn te_gather_rows(
        tensors: *const *const RawTensor,
        n: usize,
        order: *const RawTensor,
        start: i64,
        len: i64,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_add_number_(this: *const RawTensor, number: f64, error: ErrorOut);
    pub(crate) fn te_mul_number_(this: *const RawTensor, number: f64, error: ErrorOut);
    pub(crate) fn te_fill_(this: *const RawTensor, value: f64, error: ErrorOut);
    pub(crate) fn te_clamp_(this: *const RawTensor, min: f64, max: f64, error: ErrorOut);
    pub(crate) fn te_rsub_f64(
        this: *const RawTensor,
        number: f64,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_rsub_i64(
        this: *const RawTensor,
        number: i64,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_clone(this: *const RawTensor, out: *mut *mut RawTensor, error: ErrorOut);
    pub(crate) fn te_clamp_max(
        this: *const RawTensor,
        max: f64,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_vector_norm(
        this: *const RawTensor,
        ord: f64,
        out: *mut *mut RawTensor,
        error: ErrorOut,
    );
    pub(crate) fn te_group_by_device_and_dtype(
        tensors: *const *const RawTensor,
        n: usize,
        out: *mut usize,
        error: ErrorOut,
    );
}

/// A function on lists of tensors: the list it is called on, two more lists of as many tensors,
/// their number, numbers, and room for as many new tensors.
pub(crate) type Foreach = unsafe extern "C" fn(
    *const *const RawTensor,
    *const *const RawTensor,
    *const *const RawTensor,
    usize,
    *const f64,
    *mut *mut RawTensor,
    ErrorOut,
);

macro_rules! foreach {
    ($($name:ident)*) => {
        unsafe extern "C" {$(
            pub(crate) fn $name(
                this: *const *const RawTensor,
                a: *const *const RawTensor,
                b: *const *const RawTensor,
                n: usize,
                scalars: *const f64,
                out: *mut *mut RawTensor,
                error: ErrorOut,
            );
        )*}
    };
}

foreach! {
    te_foreach_add_ te_foreach_add te_foreach_add_tensor_ te_foreach_add_scalar_
    te_foreach_mul_scalar_ te_foreach_mul_tensor_ te_foreach_div_scalar_list_ te_foreach_lerp_
    te_foreach_addcmul_ te_foreach_addcmul te_foreach_addcdiv_ te_foreach_addcdiv_scalar_list_
    te_foreach_maximum_ te_foreach_clamp_min_scalar_ te_foreach_clamp_max_scalar_ te_foreach_zero_
    te_foreach_norm te_foreach_sqrt_ te_foreach_sqrt te_foreach_neg
    te_foreach_add_scalar te_foreach_add_scalar_list_ te_foreach_sub te_foreach_mul_ te_foreach_mul
    te_foreach_mul_scalar_list_ te_foreach_mul_scalar_list te_foreach_div_ te_foreach_copy_
    te_foreach_abs_ te_foreach_abs te_foreach_neg_ te_foreach_sign_ te_foreach_reciprocal_
    te_foreach_lerp_scalar_list_ te_foreach_rsqrt_
}

/// The pointer to the C++ tensor, valid for as long as `t` is borrowed.
pub fn raw(t: &Tensor) -> *const RawTensor {
    t.as_ptr().cast()
}

/// Runs one shim function and turns the text it may leave in `error` into an [`Error`].
pub fn call(operation: &'static str, body: impl FnOnce(ErrorOut)) -> Result<(), Error> {
    let mut error: *mut c_char = ptr::null_mut();
    body(&mut error);
    match take_string(error) {
        None => Ok(()),
        Some(message) => Err(Error { operation, message }),
    }
}

/// Takes over a string that the shim made with malloc; `None` for a null pointer.
pub(crate) fn take_string(text: *mut c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the shim hands out either null or a string made by strdup, ended by a NUL byte, that
    // nobody else holds; it is read once here and freed once, by the shim's own `free`.
    unsafe {
        let owned = CStr::from_ptr(text).to_string_lossy().into_owned();
        te_string_free(text);
        Some(owned)
    }
}

/// Takes over a tensor that the shim made with `new`.
pub(crate) fn take_tensor(operation: &'static str, t: *mut RawTensor) -> Result<Tensor, Error> {
    if t.is_null() {
        return Err(Error { operation, message: "no tensor was returned".to_owned() });
    }
    // SAFETY: `t` is an `at::Tensor*` fresh from `new` that nobody else holds; tch's `Drop` deletes
    // it, which is how tch frees every tensor of its own.
    Ok(unsafe { Tensor::from_ptr(t.cast()) })
}
