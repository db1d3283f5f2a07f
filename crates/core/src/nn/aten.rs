//! Operators by name: what Python's modules call, where tch takes less than Python does.

use shim::Argument;
use tch::Tensor;

use crate::{Error, Result};

/// An operator of one result, `aten("aten::elu", &[input.into(), 1.0.into()])`.
pub(crate) fn aten(name: &'static str, arguments: &[Argument]) -> Result<Tensor> {
    let mut made = shim::operator(name, arguments)?.into_iter();
    made.next().ok_or_else(|| Error::Torch(format!("{name} returned nothing")))
}

/// An operator of two results.
pub(super) fn aten2(name: &'static str, arguments: &[Argument]) -> Result<(Tensor, Tensor)> {
    let mut made = shim::operator(name, arguments)?.into_iter();
    let two = made.next().zip(made.next());
    two.ok_or_else(|| Error::Torch(format!("{name} returned fewer than two tensors")))
}

/// A refusal as Python's `ValueError` for an input of other dimensions.
pub(super) fn dimensions(
    operation: &'static str,
    accepted: &[usize],
    input: &Tensor,
) -> Result<()> {
    if accepted.contains(&input.dim()) {
        return Ok(());
    }
    let accepted: Vec<_> = accepted.iter().map(|dims| format!("{dims}D")).collect();
    Err(Error::Shape {
        operation,
        expected: format!("{} input", accepted.join(" or ")),
        found: format!("{}D input", input.dim()),
    })
}
