//! `torch._foreach_*`: one operation on every tensor of a list, which a GPU does in few kernels.
//!
//! Python's optimizers are made of them where the parameters are on a GPU. tch's bindings leave
//! them out. Their kernels are not those of the operations on single tensors, and need not have
//! their bits; on the CPU, libtorch loops over the single ones.

use std::{ptr, slice};

use tch::Tensor;

use crate::Error;
use crate::sys::{self, Foreach, RawTensor};

/// Calls a function of the shim that changes `this` in place.
fn in_place(
    operation: &'static str,
    function: Foreach,
    this: &[Tensor],
    others: [Option<&[Tensor]>; 2],
    scalars: &[f64],
) -> Result<(), Error> {
    for others in others.into_iter().flatten() {
        same_length(operation, this.len(), others.len())?;
    }
    call(operation, function, this, others, scalars, &mut [])
}

/// Calls a function of the shim that changes `this` in place with one more tensor.
fn in_place_with(
    operation: &'static str,
    function: Foreach,
    this: &[Tensor],
    other: &Tensor,
    scalars: &[f64],
) -> Result<(), Error> {
    let other = [other.shallow_clone()];
    call(operation, function, this, [Some(&other), None], scalars, &mut [])
}

/// Calls a function of the shim that makes as many tensors as there are in `this`.
fn new(
    operation: &'static str,
    function: Foreach,
    this: &[Tensor],
    others: [Option<&[Tensor]>; 2],
    scalars: &[f64],
) -> Result<Vec<Tensor>, Error> {
    for others in others.into_iter().flatten() {
        same_length(operation, this.len(), others.len())?;
    }
    let mut out: Vec<*mut RawTensor> = vec![ptr::null_mut(); this.len()];
    call(operation, function, this, others, scalars, &mut out)?;
    out.into_iter().map(|tensor| sys::take_tensor(operation, tensor)).collect()
}

fn call(
    operation: &'static str,
    function: Foreach,
    this: &[Tensor],
    others: [Option<&[Tensor]>; 2],
    scalars: &[f64],
    out: &mut [*mut RawTensor],
) -> Result<(), Error> {
    let raw = |tensors: &[Tensor]| tensors.iter().map(sys::raw).collect::<Vec<_>>();
    let (this, others) = (raw(this), others.map(|others| others.map(raw)));
    // SAFETY: the three lists are borrowed for the call; each has as many live tensors as `this`, or
    // the one that the function reads, or is one that it does not read, which its caller sees to as
    // it does for `scalars`. A function that makes tensors writes one pointer for each of `this` into `out`, or
    // none when it throws. In-place functions change the elements behind a tensor, as every in-place
    // method of tch does through a handle that shares them.
    sys::call(operation, |error| unsafe {
        let [a, b] =
            others.each_ref().map(|others| others.as_ref().map_or(ptr::null(), Vec::as_ptr));
        let (n, scalars) = (this.len(), scalars.as_ptr());
        function(this.as_ptr(), a, b, n, scalars, out.as_mut_ptr(), error);
    })
}

/// Refuses lists of other lengths than the first.
fn same_length(operation: &'static str, first: usize, other: usize) -> Result<(), Error> {
    if first == other {
        return Ok(());
    }
    Err(Error { operation, message: format!("the lists have lengths {first} and {other}") })
}

/// The numbers that an operation takes: one, or one for each tensor.
trait Scalars {
    fn slice(&self) -> &[f64];

    /// Refuses other than one for each of `n` tensors.
    fn check(&self, operation: &'static str, n: usize) -> Result<(), Error>;
}

impl Scalars for f64 {
    fn slice(&self) -> &[f64] {
        slice::from_ref(self)
    }

    fn check(&self, _: &'static str, _: usize) -> Result<(), Error> {
        Ok(())
    }
}

impl Scalars for &[f64] {
    fn slice(&self) -> &[f64] {
        self
    }

    fn check(&self, operation: &'static str, n: usize) -> Result<(), Error> {
        same_length(operation, n, self.len())
    }
}

/// Operations on a list: with up to two other lists, and then with one number for all or, as `&[f64]`, one
/// for each.
macro_rules! operations {
    ($(
        $(#[$doc:meta])*
        $name:ident($($other:ident),*; $($scalars:ident: $type:ty)?) = $call:ident $python:literal $function:ident;
    )*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// No tensors, lists of other lengths, and what the operation refuses on any of the tensors.
        pub fn $name(input: &[Tensor], $($other: &[Tensor],)* $($scalars: $type)?) -> operations!(@$call) {
            let others: &[&[Tensor]] = &[$($other),*];
            let others = [others.first().copied(), others.get(1).copied()];
            $($scalars.check($python, input.len())?;)?
            let scalars: &[f64] = operations!(@slice $($scalars)?);
            $call($python, sys::$function, input, others, scalars)
        }
    )*};
    (@slice) => { &[] };
    (@slice $scalars:ident) => { $scalars.slice() };
    (@in_place) => { Result<(), Error> };
    (@new) => { Result<Vec<Tensor>, Error> };
}

operations! {
    /// `torch._foreach_add_(input, other, alpha=alpha)`, in place.
    add_(other; alpha: f64) = in_place "_foreach_add_" te_foreach_add_;
    /// `torch._foreach_add(input, other, alpha=alpha)`, new tensors.
    add(other; alpha: f64) = new "_foreach_add" te_foreach_add;
    /// `torch._foreach_sub(input, other)`, new tensors.
    sub(other;) = new "_foreach_sub" te_foreach_sub;
    /// `torch._foreach_mul_(input, other)`, in place.
    mul_(other;) = in_place "_foreach_mul_" te_foreach_mul_;
    /// `torch._foreach_mul(input, other)`, new tensors.
    mul(other;) = new "_foreach_mul" te_foreach_mul;
    /// `torch._foreach_div_(input, other)`, in place.
    div_(other;) = in_place "_foreach_div_" te_foreach_div_;
    /// `torch._foreach_copy_(input, source)`, in place.
    copy_(source;) = in_place "_foreach_copy_" te_foreach_copy_;
    /// `torch._foreach_maximum_(input, other)`, in place.
    maximum_(other;) = in_place "_foreach_maximum_" te_foreach_maximum_;
    /// `torch._foreach_lerp_(input, end, weight)`, in place.
    lerp_(end; weight: f64) = in_place "_foreach_lerp_" te_foreach_lerp_;
    /// `torch._foreach_lerp_(input, end, weights)`, in place, each with a weight of its own.
    lerp_scalar_list_(end; weights: &[f64]) = in_place "_foreach_lerp_" te_foreach_lerp_scalar_list_;
    /// `torch._foreach_addcmul_(input, tensor1, tensor2, value)`, in place.
    addcmul_(tensor1, tensor2; value: f64) = in_place "_foreach_addcmul_" te_foreach_addcmul_;
    /// `torch._foreach_addcmul(input, tensor1, tensor2, value)`, new tensors.
    addcmul(tensor1, tensor2; value: f64) = new "_foreach_addcmul" te_foreach_addcmul;
    /// `torch._foreach_addcdiv_(input, tensor1, tensor2, value)`, in place.
    addcdiv_(tensor1, tensor2; value: f64) = in_place "_foreach_addcdiv_" te_foreach_addcdiv_;
    /// `torch._foreach_addcdiv_(input, tensor1, tensor2, scalars)`, in place, each with a factor of its own.
    addcdiv_scalar_list_(tensor1, tensor2; scalars: &[f64]) = in_place "_foreach_addcdiv_" te_foreach_addcdiv_scalar_list_;
    /// `torch._foreach_add_(input, scalar)`, in place.
    add_scalar_(; scalar: f64) = in_place "_foreach_add_" te_foreach_add_scalar_;
    /// `torch._foreach_add(input, scalar)`, new tensors.
    add_scalar(; scalar: f64) = new "_foreach_add" te_foreach_add_scalar;
    /// `torch._foreach_add_(input, scalars)`, in place, to each a number of its own.
    add_scalar_list_(; scalars: &[f64]) = in_place "_foreach_add_" te_foreach_add_scalar_list_;
    /// `torch._foreach_mul_(input, scalar)`, in place.
    mul_scalar_(; scalar: f64) = in_place "_foreach_mul_" te_foreach_mul_scalar_;
    /// `torch._foreach_mul_(input, scalars)`, in place, each by a number of its own.
    mul_scalar_list_(; scalars: &[f64]) = in_place "_foreach_mul_" te_foreach_mul_scalar_list_;
    /// `torch._foreach_mul(input, scalars)`, new tensors, each by a number of its own.
    mul_scalar_list(; scalars: &[f64]) = new "_foreach_mul" te_foreach_mul_scalar_list;
    /// `torch._foreach_div_(input, scalars)`, in place, each by a number of its own.
    div_scalar_list_(; scalars: &[f64]) = in_place "_foreach_div_" te_foreach_div_scalar_list_;
    /// `torch._foreach_clamp_min_(input, scalar)`, in place.
    clamp_min_scalar_(; scalar: f64) = in_place "_foreach_clamp_min_" te_foreach_clamp_min_scalar_;
    /// `torch._foreach_clamp_max_(input, scalar)`, in place.
    clamp_max_scalar_(; scalar: f64) = in_place "_foreach_clamp_max_" te_foreach_clamp_max_scalar_;
    /// `torch._foreach_norm(input, ord)`, new tensors of shape `[]`.
    norm(; ord: f64) = new "_foreach_norm" te_foreach_norm;
    /// `torch._foreach_zero_(input)`, in place.
    zero_(;) = in_place "_foreach_zero_" te_foreach_zero_;
    /// `torch._foreach_sqrt_(input)`, in place.
    sqrt_(;) = in_place "_foreach_sqrt_" te_foreach_sqrt_;
    /// `torch._foreach_sqrt(input)`, new tensors.
    sqrt(;) = new "_foreach_sqrt" te_foreach_sqrt;
    /// `torch._foreach_neg_(input)`, in place.
    neg_(;) = in_place "_foreach_neg_" te_foreach_neg_;
    /// `torch._foreach_neg(input)`, new tensors.
    neg(;) = new "_foreach_neg" te_foreach_neg;
    /// `torch._foreach_abs_(input)`, in place.
    abs_(;) = in_place "_foreach_abs_" te_foreach_abs_;
    /// `torch._foreach_abs(input)`, new tensors.
    abs(;) = new "_foreach_abs" te_foreach_abs;
    /// `torch._foreach_sign_(input)`, in place.
    sign_(;) = in_place "_foreach_sign_" te_foreach_sign_;
    /// `torch._foreach_reciprocal_(input)`, in place.
    reciprocal_(;) = in_place "_foreach_reciprocal_" te_foreach_reciprocal_;
    /// `torch._foreach_rsqrt_(input)`, in place.
    rsqrt_(;) = in_place "_foreach_rsqrt_" te_foreach_rsqrt_;
}

/// `torch._foreach_add_(input, tensor, alpha=alpha)`, in place, one tensor to all.
///
/// # Errors
/// As [`add_`].
pub fn add_tensor_(input: &[Tensor], tensor: &Tensor, alpha: f64) -> Result<(), Error> {
    in_place_with("_foreach_add_", sys::te_foreach_add_tensor_, input, tensor, &[alpha])
}

/// `torch._foreach_mul_(input, tensor)`, in place, all by one tensor of shape `[]`.
///
/// # Errors
/// As [`add_`].
pub fn mul_tensor_(input: &[Tensor], tensor: &Tensor) -> Result<(), Error> {
    in_place_with("_foreach_mul_", sys::te_foreach_mul_tensor_, input, tensor, &[])
}

/// The tensors' places in `tensors`, in groups of one device and dtype, in the order in which
/// Python's optimizers visit them: `torch.utils._foreach_utils._group_tensors_by_device_and_dtype`.
///
/// # Errors
/// An undefined tensor.
pub fn group_by_device_and_dtype(tensors: &[Tensor]) -> Result<Vec<Vec<usize>>, Error> {
    // C++ refuses an empty list.
    if tensors.is_empty() {
        return Ok(vec![]);
    }
    let raw: Vec<_> = tensors.iter().map(sys::raw).collect();
    let mut numbers = vec![0; raw.len()];
    // SAFETY: both lists have `raw.len()` elements and outlive the call, which reads the tensors and
    // writes one number for each.
    sys::call("_group_tensors_by_device_and_dtype", |error| unsafe {
        let out = numbers.as_mut_ptr();
        sys::te_group_by_device_and_dtype(raw.as_ptr(), raw.len(), out, error);
    })?;
    let mut groups = vec![vec![]; numbers.iter().max().map_or(0, |last| last + 1)];
    numbers.iter().enumerate().for_each(|(place, &number)| groups[number].push(place));
    Ok(groups)
}
