//! Any operator of libtorch by its name, for those that tch leaves out or calls with less than they
//! take: tch's `elu` has no `alpha`.

use std::ffi::CString;
use std::ptr;

use tch::Tensor;

use crate::Error;
use crate::sys::{self, RawArgument, RawTensor};

/// The most tensors that an operator here returns.
const MOST: usize = 8;

/// What an operator takes: made by `into` of a value, or of an `Option` of one.
#[derive(Debug, Clone, Copy)]
pub enum Argument<'a> {
    /// `None`.
    None,
    /// A tensor.
    Tensor(&'a Tensor),
    /// A Python `float`, for a number or for a `float`.
    Float(f64),
    /// A Python `int`.
    Int(i64),
    /// A `bool`.
    Bool(bool),
    /// A list of ints: a size.
    Ints(&'a [i64]),
    /// A list of floats.
    Floats(&'a [f64]),
    /// A `str`.
    Text(&'a str),
    /// A list of tensors.
    Tensors(&'a [Tensor]),
}

macro_rules! arguments {
    ($($from:ty => $variant:ident),+) => {$(
        impl<'a> From<$from> for Argument<'a> {
            fn from(value: $from) -> Self {
                Self::$variant(value)
            }
        }
    )+};
}
arguments!(
    &'a Tensor => Tensor, f64 => Float, i64 => Int, bool => Bool, &'a [i64] => Ints,
    &'a [f64] => Floats, &'a str => Text, &'a [Tensor] => Tensors
);

impl<'a, const N: usize> From<&'a [i64; N]> for Argument<'a> {
    fn from(value: &'a [i64; N]) -> Self {
        Self::Ints(value)
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Argument<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

/// Calls an operator, `"aten::elu"` or with an overload `"aten::add.Tensor"`, with its arguments in
/// the order of its schema; those left out at the end have the schema's defaults. An operator with
/// `_` changes its first argument in place.
///
/// # Errors
/// An operator that libtorch does not have, arguments that it does not take, and whatever it throws.
pub fn operator(name: &'static str, arguments: &[Argument]) -> Result<Vec<Tensor>, Error> {
    let (base, overload) = name.split_once('.').unwrap_or((name, ""));
    let text = |text: &str| {
        CString::new(text).map_err(|e| Error { operation: name, message: e.to_string() })
    };
    let (base, overload) = (text(base)?, text(overload)?);
    let lists: Vec<Vec<*const RawTensor>> = arguments.iter().map(Argument::tensors).collect();
    let raw: Vec<_> = arguments.iter().zip(&lists).map(|(it, list)| it.raw(list)).collect();
    let (mut out, mut count) = ([ptr::null_mut(); MOST], 0);
    // SAFETY: the strings end in NUL; names, arguments and what they point to outlive the call, and
    // tensors are only read, or changed in place as by every in-place method of tch. `out` has
    // `MOST` places, of which the first `count` are taken over below.
    sys::call(name, |error| unsafe {
        let (base, overload) = (base.as_ptr(), overload.as_ptr());
        let out = out.as_mut_ptr();
        sys::te_operator(base, overload, raw.as_ptr(), raw.len(), out, MOST, &mut count, error);
    })?;
    out.into_iter().take(count).map(|tensor| sys::take_tensor(name, tensor)).collect()
}

impl Argument<'_> {
    /// The pointers of a list of tensors.
    fn tensors(&self) -> Vec<*const RawTensor> {
        match self {
            Self::Tensors(tensors) => tensors.iter().map(sys::raw).collect(),
            _ => vec![],
        }
    }

    fn raw(&self, tensors: &[*const RawTensor]) -> RawArgument {
        let none = RawArgument { kind: 0, integer: 0, number: 0., list: ptr::null(), length: 0 };
        match *self {
            Self::None => none,
            Self::Tensor(tensor) => RawArgument { kind: 1, list: sys::raw(tensor), ..none },
            Self::Float(number) => RawArgument { kind: 2, number, ..none },
            Self::Int(integer) => RawArgument { kind: 3, integer, ..none },
            Self::Bool(value) => RawArgument { kind: 4, integer: value.into(), ..none },
            Self::Ints(list) => none.with_list(5, list),
            Self::Floats(list) => none.with_list(6, list),
            Self::Text(text) => none.with_list(7, text.as_bytes()),
            Self::Tensors(_) => none.with_list(8, tensors),
        }
    }
}

impl RawArgument {
    fn with_list<T>(self, kind: i32, list: &[T]) -> Self {
        Self { kind, list: list.as_ptr().cast(), length: list.len(), ..self }
    }
}
