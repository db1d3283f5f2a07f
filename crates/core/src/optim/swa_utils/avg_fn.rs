//! What averages a parameter with a model's: `get_swa_avg_fn` and its like.

use std::fmt;
use std::sync::Arc;

use shim::foreach;
use tch::{Tensor, no_grad};

use crate::ops::{add, mul, rdiv};
use crate::{Error, Result};

macro_rules! averaging {
    ($(#[$doc:meta])* $name:ident($function:ident): $inputs:ty => $output:ty) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Arc<dyn Fn($inputs, $inputs, &Tensor) -> Result<$output> + Send + Sync>);

        impl $name {
            /// A function of one's own.
            pub fn new(
                function: impl Fn($inputs, $inputs, &Tensor) -> Result<$output> + Send + Sync + 'static,
            ) -> Self {
                Self(Arc::new(function))
            }

            /// Calls it with the averages, what is new, and how many are averaged already.
            pub(super) fn call(&self, averaged: $inputs, current: $inputs, count: &Tensor) -> Result<$output> {
                (self.0)(averaged, current, count)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

averaging! {
    /// Makes a new average of an average, of what is new, and of the number of models averaged so far, an
    /// int64 of shape `[]`: what Python calls `avg_fn`.
    AvgFn(avg_fn): &Tensor => Tensor
}
averaging! {
    /// Changes averages in place, all of one device and dtype: what Python calls `multi_avg_fn`.
    MultiAvgFn(multi_avg_fn): &[Tensor] => ()
}

/// An exponential average, one tensor at a time: `get_ema_avg_fn(decay)`.
///
/// # Errors
/// [`Error::Argument`] for a decay that is not in 0..=1.
pub fn get_ema_avg_fn(decay: f64) -> Result<AvgFn> {
    check(decay)?;
    Ok(AvgFn::new(move |averaged, current, _| {
        no_grad(|| Ok(mul(averaged, decay)?.f_add(&mul(current, 1. - decay)?)?))
    }))
}

/// An exponential average, on lists of tensors: `get_ema_multi_avg_fn(decay)`.
///
/// # Errors
/// As [`get_ema_avg_fn`].
pub fn get_ema_multi_avg_fn(decay: f64) -> Result<MultiAvgFn> {
    check(decay)?;
    Ok(MultiAvgFn::new(move |averaged, current, _| {
        no_grad(|| {
            if lerps(averaged) {
                return Ok(foreach::lerp_(averaged, current, 1. - decay)?);
            }
            for (averaged, current) in averaged.iter().zip(current) {
                let new = mul(averaged, decay)?.f_add(&mul(current, 1. - decay)?)?;
                averaged.shallow_clone().f_copy_(&new)?;
            }
            Ok(())
        })
    }))
}

/// The mean of all, one tensor at a time: `get_swa_avg_fn()`.
pub fn get_swa_avg_fn() -> AvgFn {
    AvgFn::new(|averaged, current, count| {
        no_grad(|| {
            let away = current.f_sub(averaged)?;
            Ok(averaged.f_add(&away.f_div(&add(count, 1)?)?)?)
        })
    })
}

/// The mean of all, on lists of tensors: `get_swa_multi_avg_fn()`. Its weights are rounded to float32,
/// and of integers it refuses to make one, both as in Python.
pub fn get_swa_multi_avg_fn() -> MultiAvgFn {
    MultiAvgFn::new(|averaged, current, count| {
        no_grad(|| {
            let next = add(count, 1)?;
            if lerps(averaged) {
                let weight = rdiv(&next, 1)?.f_double_value(&[])?;
                return Ok(foreach::lerp_(averaged, current, weight)?);
            }
            let away = foreach::sub(current, averaged)?;
            let counts: Vec<_> = averaged.iter().map(|_| next.shallow_clone()).collect();
            Ok(foreach::addcdiv_(averaged, &away, &counts, 1.)?)
        })
    })
}

/// Whether tensors of this dtype can be interpolated.
fn lerps(tensors: &[Tensor]) -> bool {
    tensors.first().is_some_and(|first| first.is_floating_point() || first.is_complex())
}

fn check(decay: f64) -> Result<()> {
    // Python lets NaN pass.
    match decay.is_nan() || (0. ..=1.).contains(&decay) {
        true => Ok(()),
        false => Err(Error::argument("decay", decay, "it must be in the range of 0 to 1")),
    }
}
