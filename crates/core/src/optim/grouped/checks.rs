//! What options are refused for.

use tch::Tensor;

use crate::{Error, Result};

/// Refuses what is not 0 or above, NaN included.
pub(in crate::optim) fn zero_or_above(name: &'static str, value: f64) -> Result<()> {
    if value >= 0. {
        return Ok(());
    }
    Err(Error::argument(name, value, "it must be 0 or above"))
}

/// Refuses betas that are not in 0..1.
pub(in crate::optim) fn betas_below_one(betas: (f64, f64)) -> Result<()> {
    for (name, beta) in [("betas[0]", betas.0), ("betas[1]", betas.1)] {
        if !(0.0..1.0).contains(&beta) {
            return Err(Error::argument(name, beta, "it must be 0 or above and below 1"));
        }
    }
    Ok(())
}

/// Refuses a tensor that is no learning rate.
pub(super) fn check_tensor(lr: &Tensor) -> Result<()> {
    match lr.numel() {
        1 if lr.is_complex() => Err(Error::argument("lr", "a complex tensor", "it must be real")),
        1 => Ok(()),
        _ => {
            let given = format!("a tensor of shape {:?}", lr.size());
            Err(Error::argument("lr", given, "it must have one element"))
        }
    }
}
