//! Operators with a factor, and Python numbers as operands.
//!
//! tch's own bindings leave out `alpha` and `value`. They matter to the last bit: with a factor,
//! ATen's vector kernels multiply and add in one rounding.

use std::ptr;

use tch::Tensor;

use crate::{Error, sys};

/// The rows that `len` indices of `order`, from `start` on, name: `[len, *]` of each `[n, *]`.
/// `None` unless every tensor is on `order`'s device, contiguous and without a gradient to record.
///
/// # Errors
/// An index beyond a tensor's rows, or a part that `order` does not have.
pub fn gather_rows<const N: usize>(
    tensors: [&Tensor; N],
    order: &Tensor,
    start: i64,
    len: i64,
) -> Result<Option<[Tensor; N]>, Error> {
    let tensors = tensors.map(sys::raw);
    let mut out = [ptr::null_mut(); N];
    // SAFETY: the tensors are borrowed for the call and only read; `out` has a place for each, and
    // whatever the call puts there is taken over below, before its error is looked at.
    let called = sys::call("index_select", |error| unsafe {
        let (order, out) = (sys::raw(order), out.as_mut_ptr());
        sys::te_gather_rows(tensors.as_ptr(), N, order, start, len, out, error);
    });
    let gathered = out.map(|tensor| sys::take_tensor("index_select", tensor).ok());
    called?;
    let whole = gathered.iter().all(Option::is_some);
    Ok(whole.then(|| gathered.map(Option::unwrap_or_default)))
}

/// The C library's error function, which is Python's `math.erf`.
pub fn erf(x: f64) -> f64 {
    // SAFETY: it takes and returns a number.
    unsafe { sys::te_erf(x) }
}

/// `torch._nested_tensor_from_mask_left_aligned(t, mask)`, which tch leaves out.
///
/// # Errors
/// A mask that is not bool or does not fit.
pub fn left_aligned(t: &Tensor, mask: &Tensor) -> Result<bool, Error> {
    let mut answer = false;
    // SAFETY: both tensors are borrowed for the call and only read; `answer` outlives it.
    sys::call("_nested_tensor_from_mask_left_aligned", |error| unsafe {
        sys::te_left_aligned(sys::raw(t), sys::raw(mask), &mut answer, error);
    })?;
    Ok(answer)
}

/// `input.add_(other, alpha=alpha)`, in place.
///
/// # Errors
/// Shapes that do not broadcast to `input`'s, dtypes that do not promote to it, a leaf that
/// requires grad outside `no_grad`.
pub fn add_(input: &Tensor, other: &Tensor, alpha: f64) -> Result<(), Error> {
    // SAFETY: both tensors are borrowed for the call. C++ changes the elements behind `input`, as
    // every in-place method of tch does through a handle that shares them.
    sys::call("add_", |error| unsafe {
        sys::te_add_(sys::raw(input), sys::raw(other), alpha, error);
    })
}

/// `input.add(other, alpha=alpha)`, a new tensor.
///
/// # Errors
/// Shapes that do not broadcast, devices that differ.
pub fn add(input: &Tensor, other: &Tensor, alpha: f64) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: both tensors are borrowed for the call and only read; `out` is taken over below.
    sys::call("add", |error| unsafe {
        sys::te_add(sys::raw(input), sys::raw(other), alpha, &mut out, error);
    })?;
    sys::take_tensor("add", out)
}

/// `input.addcmul_(tensor1, tensor2, value=value)`, in place: `input + value * tensor1 * tensor2`.
///
/// # Errors
/// As [`add_`].
pub fn addcmul_(
    input: &Tensor,
    tensor1: &Tensor,
    tensor2: &Tensor,
    value: f64,
) -> Result<(), Error> {
    // SAFETY: as in `add_`.
    sys::call("addcmul_", |error| unsafe {
        sys::te_addcmul_(sys::raw(input), sys::raw(tensor1), sys::raw(tensor2), value, error);
    })
}

/// `input.addcmul(tensor1, tensor2, value=value)`, a new tensor.
///
/// # Errors
/// As [`add`].
pub fn addcmul(
    input: &Tensor,
    tensor1: &Tensor,
    tensor2: &Tensor,
    value: f64,
) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: as in `add`.
    sys::call("addcmul", |error| unsafe {
        let [input, tensor1, tensor2] = [input, tensor1, tensor2].map(sys::raw);
        sys::te_addcmul(input, tensor1, tensor2, value, &mut out, error);
    })?;
    sys::take_tensor("addcmul", out)
}

/// `input.addcdiv_(tensor1, tensor2, value=value)`, in place: `input + value * tensor1 / tensor2`.
///
/// # Errors
/// As [`add_`], and integer operands, which PyTorch refuses.
pub fn addcdiv_(
    input: &Tensor,
    tensor1: &Tensor,
    tensor2: &Tensor,
    value: f64,
) -> Result<(), Error> {
    // SAFETY: as in `add_`.
    sys::call("addcdiv_", |error| unsafe {
        sys::te_addcdiv_(sys::raw(input), sys::raw(tensor1), sys::raw(tensor2), value, error);
    })
}

/// `input.add_(number)`, in place, with a Python `float`.
///
/// The number keeps its precision until the sum is rounded; tch's `add_scalar_` rounds it to
/// `input`'s dtype first, which in float16 and bfloat16 gives other bits.
///
/// # Errors
/// As [`add_`], and an integer `input`, to which no float can be added in place.
pub fn add_number_(input: &Tensor, number: f64) -> Result<(), Error> {
    // SAFETY: as in `add_`.
    sys::call("add_", |error| unsafe { sys::te_add_number_(sys::raw(input), number, error) })
}

/// `input.mul_(number)`, in place, with a Python `float`; see [`add_number_`].
///
/// # Errors
/// As [`add_number_`].
pub fn mul_number_(input: &Tensor, number: f64) -> Result<(), Error> {
    // SAFETY: as in `add_`.
    sys::call("mul_", |error| unsafe { sys::te_mul_number_(sys::raw(input), number, error) })
}

/// `input.fill_(value)`, in place. tch's form panics where libtorch refuses.
///
/// # Errors
/// A value that the dtype does not hold.
pub fn fill_(input: &Tensor, value: f64) -> Result<(), Error> {
    // SAFETY: as in `add_`.
    sys::call("fill_", |error| unsafe { sys::te_fill_(sys::raw(input), value, error) })
}

/// `input.clamp_(min, max)`, in place. tch's form panics where libtorch refuses.
///
/// # Errors
/// A complex `input`.
pub fn clamp_(input: &Tensor, min: f64, max: f64) -> Result<(), Error> {
    // SAFETY: as in `add_`.
    sys::call("clamp_", |error| unsafe { sys::te_clamp_(sys::raw(input), min, max, error) })
}

/// `number - input` of a Python `float`, a new tensor. tch's form panics where libtorch refuses.
///
/// # Errors
/// An `input` of bools.
pub fn rsub_f64(input: &Tensor, number: f64) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: as in `add`.
    sys::call("rsub", |error| unsafe {
        sys::te_rsub_f64(sys::raw(input), number, &mut out, error);
    })?;
    sys::take_tensor("rsub", out)
}

/// `number - input` of a Python `int`; see [`rsub_f64`].
///
/// # Errors
/// As [`rsub_f64`].
pub fn rsub_i64(input: &Tensor, number: i64) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: as in `add`.
    sys::call("rsub", |error| unsafe {
        sys::te_rsub_i64(sys::raw(input), number, &mut out, error);
    })?;
    sys::take_tensor("rsub", out)
}

/// `input.clone()`, a new tensor, whose strides are `input`'s where that is dense.
///
/// # Errors
/// Whatever libtorch throws, for want of memory for example.
pub fn clone(input: &Tensor) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: as in `add`.
    sys::call("clone", |error| unsafe { sys::te_clone(sys::raw(input), &mut out, error) })?;
    sys::take_tensor("clone", out)
}

/// `torch.clamp(input, max=max)`, a new tensor.
///
/// # Errors
/// A complex `input`.
pub fn clamp_max(input: &Tensor, max: f64) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: as in `add`.
    sys::call("clamp", |error| unsafe {
        sys::te_clamp_max(sys::raw(input), max, &mut out, error);
    })?;
    sys::take_tensor("clamp", out)
}

/// `torch.linalg.vector_norm(input, ord)` over all elements, shape `[]`.
///
/// # Errors
/// An integer `input`.
pub fn vector_norm(input: &Tensor, ord: f64) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: as in `add`.
    sys::call("vector_norm", |error| unsafe {
        sys::te_vector_norm(sys::raw(input), ord, &mut out, error);
    })?;
    sys::take_tensor("vector_norm", out)
}

/// A Python `float` as an operand, shape `[]`.
///
/// It does not take part in the choice of the result's dtype, and the operator is recorded as
/// Python records it: `loss / 10` is `DivBackward0`, where tch's `&loss / 10` is `DivBackward1`.
///
/// # Errors
/// Whatever libtorch throws, for want of memory for example.
pub fn number_f64(value: f64) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: `out` outlives the call and is taken over below.
    sys::call("number", |error| unsafe { sys::te_number_f64(value, &mut out, error) })?;
    sys::take_tensor("number", out)
}

/// A Python `float` in the dtype of `like`, on the CPU, shape `[]`, as `like[i] = number` makes it: by no
/// operator.
///
/// # Errors
/// A number that the dtype does not hold.
pub fn scalar_f64(value: f64, like: &Tensor) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: as in `add`.
    sys::call("scalar", |error| unsafe {
        sys::te_scalar_f64(value, sys::raw(like), &mut out, error);
    })?;
    sys::take_tensor("scalar", out)
}

/// A Python `int` in the dtype of `like`; see [`scalar_f64`].
///
/// # Errors
/// As [`scalar_f64`].
pub fn scalar_i64(value: i64, like: &Tensor) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: as in `add`.
    sys::call("scalar", |error| unsafe {
        sys::te_scalar_i64(value, sys::raw(like), &mut out, error);
    })?;
    sys::take_tensor("scalar", out)
}

/// A Python `int` as an operand, shape `[]`; see [`number_f64`].
///
/// # Errors
/// Whatever libtorch throws, for want of memory for example.
pub fn number_i64(value: i64) -> Result<Tensor, Error> {
    let mut out = ptr::null_mut();
    // SAFETY: `out` outlives the call and is taken over below.
    sys::call("number", |error| unsafe { sys::te_number_i64(value, &mut out, error) })?;
    sys::take_tensor("number", out)
}
