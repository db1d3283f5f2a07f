//! Python's numbers in LBFGS: ints, floats and tensors of one element, which mix as they do there.

use tch::Tensor;

use crate::ops::{self, Number};
use crate::optim::lr_scheduler::divided;
use crate::optim::state_dict::StateValue;
use crate::{Error, Result};

/// A number, or a tensor of one element.
#[derive(Debug)]
pub(super) enum Real {
    Number(Number),
    Tensor(Tensor),
}

use Real::{Number as N, Tensor as T};

/// What Python does with two of them: with ints, with floats, with two tensors, and with a number
/// after and before a tensor.
macro_rules! arithmetic {
    ($($name:ident $ints:ident $floats:expr, $tensors:ident, $after:path, $before:path;)+) => {$(
        pub(super) fn $name(&self, other: &Self) -> Result<Self> {
            Ok(match (self, other) {
                (&N(Number::Int(a)), &N(Number::Int(b))) => N(Number::Int(a.$ints(b))),
                (&N(a), &N(b)) => N(Number::Float($floats(f64::from(a), f64::from(b)))),
                (T(a), T(b)) => T(a.$tensors(b)?),
                (T(a), &N(b)) => T($after(a, b)?),
                (&N(a), T(b)) => T($before(b, a)?),
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

    pub(super) fn float(value: f64) -> Self {
        N(Number::Float(value))
    }

    pub(super) fn div(&self, other: &Self) -> Result<Self> {
        Ok(match (self, other) {
            (&N(a), &N(b)) => Self::float(divided(a.into(), b.into())?),
            (T(a), T(b)) => T(a.f_div(b)?),
            (T(a), &N(b)) => T(ops::div(a, b)?),
            (&N(a), T(b)) => T(ops::rdiv(b, a)?),
        })
    }

    pub(super) fn abs(&self) -> Result<Self> {
        Ok(match self {
            &N(Number::Int(a)) => N(Number::Int(a.wrapping_abs())),
            &N(a) => Self::float(f64::from(a).abs()),
            T(a) => T(a.f_abs()?),
        })
    }

    /// `self < other`: a number beside a tensor has the tensor's dtype.
    pub(super) fn below(&self, other: &Self) -> Result<bool> {
        Ok(match (self, other) {
            (&N(a), &N(b)) => f64::from(a) < f64::from(b),
            (T(a), T(b)) => truth(&a.f_lt_tensor(b)?)?,
            (T(a), &N(b)) => truth(&a.f_lt(f64::from(b))?)?,
            (&N(a), T(b)) => truth(&b.f_gt(f64::from(a))?)?,
        })
    }

    /// `self <= other`.
    pub(super) fn at_most(&self, other: &Self) -> Result<bool> {
        Ok(match (self, other) {
            (&N(a), &N(b)) => f64::from(a) <= f64::from(b),
            (T(a), T(b)) => truth(&a.f_le_tensor(b)?)?,
            (T(a), &N(b)) => truth(&a.f_le(f64::from(b))?)?,
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

    /// The value, where an operation takes a number.
    pub(super) fn value(&self) -> Result<f64> {
        match self {
            &N(number) => Ok(number.into()),
            T(tensor) => Ok(tensor.f_double_value(&[])?),
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

impl From<Tensor> for Real {
    fn from(tensor: Tensor) -> Self {
        T(tensor)
    }
}

impl From<Real> for StateValue {
    fn from(real: Real) -> Self {
        match real {
            N(Number::Int(value)) => Self::Int(value),
            N(number) => Self::Float(number.into()),
            T(tensor) => Self::Tensor(tensor),
        }
    }
}

impl TryFrom<&StateValue> for Real {
    type Error = Error;

    fn try_from(value: &StateValue) -> Result<Self> {
        match value {
            &StateValue::Int(value) => Ok(N(value.into())),
            &StateValue::Float(value) => Ok(Self::float(value)),
            StateValue::Tensor(tensor) => Ok(T(tensor.shallow_clone())),
            _ => Err(Error::StateDict("LBFGS: expected a number or a tensor".to_owned())),
        }
    }
}
