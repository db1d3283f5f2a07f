//! Python's numbers in optimizers and schedulers: ints, floats and tensors of one element, which mix as
//! they do there.

use std::hint::black_box;

use shim::foreach;
use tch::Tensor;

use crate::ops::{self, Number};
use crate::{Error, Result};

/// A number, or a tensor of one element in its place, as a learning rate is one.
///
/// Arithmetic is Python's: of floats, or libtorch's operators on the tensor, in its dtype.
#[derive(Debug)]
pub enum Real {
    /// An int or a float.
    Number(Number),
    /// A tensor of one element.
    Tensor(Tensor),
}

use Real::{Number as N, Tensor as T};

/// What Python does with two of them: with ints, with floats, with two tensors, and with a number
/// after and before a tensor.
macro_rules! arithmetic {
    ($($name:ident $ints:ident $floats:expr, $tensors:ident, $after:path, $before:path;)+) => {$(
        pub(super) fn $name(&self, other: impl Into<Self>) -> Result<Self> {
            Ok(match (self, other.into()) {
                (&N(Number::Int(a)), N(Number::Int(b))) => N(Number::Int(a.$ints(b))),
                (&N(a), N(b)) => Self::from($floats(f64::from(a), f64::from(b))),
                (T(a), T(b)) => T(a.$tensors(&b)?),
                (T(a), N(b)) => T($after(a, b)?),
                (&N(a), T(b)) => T($before(&b, a)?),
            })
        }
    )+};
}

impl Real {
    arithmetic! {
        add wrapping_add |a: f64, b: f64| a + b, f_add, ops::add, ops::add;
        sub wrapping_sub |a: f64, b: f64| a - b, f_sub, ops::sub, ops::rsub;
        mul wrapping_mul |a: f64, b: f64| a * b, f_mul, ops::mul, ops::mul;
    }

    pub(super) fn div(&self, other: impl Into<Self>) -> Result<Self> {
        Ok(match (self, other.into()) {
            (&N(a), N(b)) => divided(a.into(), b.into())?.into(),
            (T(a), T(b)) => T(a.f_div(&b)?),
            (T(a), N(b)) => T(ops::div(a, b)?),
            (&N(a), T(b)) => T(ops::rdiv(&b, a)?),
        })
    }

    /// `-self`.
    pub(super) fn neg(&self) -> Result<Self> {
        Ok(match self {
            &N(Number::Int(a)) => N(Number::Int(a.wrapping_neg())),
            &N(a) => Self::from(-f64::from(a)),
            T(a) => T(a.f_neg()?),
        })
    }

    /// `self ** exponent`.
    pub(super) fn power(&self, exponent: f64) -> Result<Self> {
        Ok(match self {
            &N(a) => pow(a.into(), exponent).into(),
            T(a) => T(a.f_pow_tensor_scalar(exponent)?),
        })
    }

    pub(super) fn abs(&self) -> Result<Self> {
        Ok(match self {
            &N(Number::Int(a)) => N(Number::Int(a.wrapping_abs())),
            &N(a) => f64::from(a).abs().into(),
            T(a) => T(a.f_abs()?),
        })
    }

    /// `self < other`: a number beside a tensor has the tensor's dtype.
    pub(super) fn below(&self, other: impl Into<Self>) -> Result<bool> {
        Ok(match (self, other.into()) {
            (&N(a), N(b)) => f64::from(a) < f64::from(b),
            (T(a), T(b)) => truth(&a.f_lt_tensor(&b)?)?,
            (T(a), N(b)) => truth(&a.f_lt(f64::from(b))?)?,
            (&N(a), T(b)) => truth(&b.f_gt(f64::from(a))?)?,
        })
    }

    /// `self <= other`.
    pub(super) fn at_most(&self, other: impl Into<Self>) -> Result<bool> {
        Ok(match (self, other.into()) {
            (&N(a), N(b)) => f64::from(a) <= f64::from(b),
            (T(a), T(b)) => truth(&a.f_le_tensor(&b)?)?,
            (T(a), N(b)) => truth(&a.f_le(f64::from(b))?)?,
            (&N(a), T(b)) => truth(&b.f_ge(f64::from(a))?)?,
        })
    }

    /// `min(self, other)`, the first unless the other is below it.
    pub(super) fn min(&self, other: &Self) -> Result<Self> {
        Ok(if other.below(self)? { other.clone() } else { self.clone() })
    }

    /// `max(self, other)`, the first unless the other is above it.
    pub(super) fn max(&self, other: &Self) -> Result<Self> {
        Ok(if self.below(other)? { other.clone() } else { self.clone() })
    }

    /// The value, where an operation takes a number, which Python takes from no tensor that requires a
    /// gradient.
    pub(super) fn value(&self) -> Result<f64> {
        match self {
            T(tensor) if tensor.requires_grad() => {
                let accepted = "an operation takes no number that requires a gradient";
                Err(Error::argument("lr", "a tensor that requires a gradient", accepted))
            }
            _ => self.item(),
        }
    }

    /// `float(self)`.
    pub(super) fn item(&self) -> Result<f64> {
        match self {
            &N(number) => Ok(number.into()),
            T(tensor) => Ok(tensor.f_double_value(&[])?),
        }
    }

    /// The tensor, if it is one.
    pub(super) fn tensor(&self) -> Option<&Tensor> {
        match self {
            N(_) => None,
            T(tensor) => Some(tensor),
        }
    }

    /// `_to_scalar`: a tensor without dimensions.
    pub(super) fn scalar(&self) -> Result<Self> {
        match self {
            T(tensor) if tensor.dim() != 0 => Ok(T(tensor.f_squeeze()?)),
            _ => Ok(self.clone()),
        }
    }

    /// Another tensor of the same value.
    pub(super) fn copy(&self) -> Result<Self> {
        match self {
            &N(number) => Ok(N(number)),
            T(tensor) => Ok(T(shim::clone(tensor)?)),
        }
    }

    /// `tensor * self`, whose bits in half precision need not be those of [`times`](Self::times).
    pub(super) fn scaled(&self, tensor: &Tensor) -> Result<Tensor> {
        match self {
            &N(factor) => ops::mul(tensor, factor),
            T(factor) => ops::mul(tensor, factor),
        }
    }

    /// `self * tensor`.
    pub(super) fn times(&self, tensor: &Tensor) -> Result<Tensor> {
        match self {
            &N(factor) => ops::mul(tensor, factor),
            T(factor) => ops::mul(factor, tensor),
        }
    }

    /// `tensor.mul_(self)`.
    pub(super) fn scale_(&self, tensor: &Tensor) -> Result<()> {
        match self {
            &N(factor) => Ok(shim::mul_number_(tensor, factor.into())?),
            T(factor) => ops::mul_(tensor, factor),
        }
    }

    /// `tensor.fill_(self)`.
    pub(super) fn fill_(&self, tensor: &Tensor) -> Result<()> {
        match self {
            &N(value) => Ok(shim::fill_(tensor, value.into())?),
            T(value) => Ok(tensor.shallow_clone().f_fill_tensor_(value).map(drop)?),
        }
    }

    /// `torch._foreach_mul_(tensors, self)`.
    pub(super) fn scale_all_(&self, tensors: &[Tensor]) -> Result<()> {
        match self {
            &N(factor) => Ok(foreach::mul_scalar_(tensors, factor.into())?),
            T(factor) => Ok(foreach::mul_tensor_(tensors, factor)?),
        }
    }

    /// Refuses a rate below 0, and NaN.
    pub(super) fn zero_or_above(&self) -> Result<()> {
        match Self::from(0.).at_most(self)? {
            true => Ok(()),
            false => Err(Error::argument("lr", self.item()?, "it must be 0 or above")),
        }
    }
}

/// What operations on lists take as numbers, one of each tensor: Python's list of floats or, where the
/// rate they are made of is one, of tensors.
pub(super) enum Reals {
    Numbers(Vec<f64>),
    Tensors(Vec<Tensor>),
}

impl Reals {
    pub(super) fn new(all: Vec<Real>) -> Result<Self> {
        let (mut numbers, mut tensors) = (vec![], vec![]);
        for real in all {
            match real {
                N(number) => numbers.push(number.into()),
                T(tensor) => tensors.push(tensor),
            }
        }
        match (numbers.is_empty(), tensors.is_empty()) {
            (_, true) => Ok(Self::Numbers(numbers)),
            (true, false) => Ok(Self::Tensors(tensors)),
            (false, false) => {
                let accepted = "steps on lists mix no numbers with it";
                Err(Error::argument("lr", "a tensor", accepted))
            }
        }
    }
}

/// `bool(tensor)`.
pub(super) fn truth(tensor: &Tensor) -> Result<bool> {
    Ok(tensor.f_int64_value(&[])? != 0)
}

impl Clone for Real {
    /// The same tensor.
    fn clone(&self) -> Self {
        match self {
            &N(number) => N(number),
            T(tensor) => T(tensor.shallow_clone()),
        }
    }
}

impl From<&Self> for Real {
    fn from(real: &Self) -> Self {
        real.clone()
    }
}

impl From<Tensor> for Real {
    fn from(tensor: Tensor) -> Self {
        T(tensor)
    }
}

impl From<f64> for Real {
    fn from(value: f64) -> Self {
        N(Number::Float(value))
    }
}

impl From<i32> for Real {
    fn from(value: i32) -> Self {
        N(Number::Int(value.into()))
    }
}

/// `a / b`, which fails for a zero.
pub(super) fn divided(a: f64, b: f64) -> Result<f64> {
    match b {
        0. => Err(Error::argument("a divisor", b, "Python does not divide by it")),
        _ => Ok(a / b),
    }
}

/// Python's `base ** exponent` for floats: the C library's `pow`.
///
/// The compiler may turn `x.powf(0.5)` into a square root, which rounds differently; hiding the
/// exponent from it keeps the call.
pub(super) fn pow(base: f64, exponent: f64) -> f64 {
    base.powf(black_box(exponent))
}
