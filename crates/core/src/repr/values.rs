//! From a tensor to the plain numbers that are going to be shown.

use tch::{Kind, Tensor};

use crate::Result;

/// The elements that will be shown, row by row.
pub(super) enum Values {
    Bools(Vec<bool>),
    Integers(Vec<i64>),
    Floats(Vec<f64>),
    Complexes { real: Vec<f64>, imag: Vec<f64> },
}

/// What is left of one dimension after summarising.
#[derive(Clone, Copy)]
pub(super) struct Dim {
    /// Elements kept.
    pub(super) len: usize,
    /// Where the `...` stands, if the middle was left out.
    pub(super) cut: Option<usize>,
}

/// Reads `tensor`, leaving out the middle of dimensions longer than twice `edgeitems` if given
/// (`get_summarized_data`). Only what is kept is copied, and only that leaves the device.
pub(super) fn read(tensor: &Tensor, edgeitems: Option<usize>) -> Result<(Values, Vec<Dim>)> {
    // Reading a tensor to show it is no part of what a program computes.
    let _pause = shim::recorder::pause();
    let kind = tensor.f_kind()?;
    let mut data = materialize(&tensor.f_detach()?)?;
    if is_complex(kind) {
        // Two real planes in a last dimension, which is never cut: `dims` below excludes it.
        data = data.f_view_as_real()?;
    } else if is_float8(kind) {
        // Float8 has no kernels to concatenate with.
        data = data.f_to_kind(Kind::Half)?;
    }
    let mut dims = Vec::new();
    for (dim, &len) in (0..).zip(&tensor.size()) {
        let edge =
            edgeitems.and_then(|e| i64::try_from(e).ok()).filter(|e| len > e.saturating_mul(2));
        if let Some(edge) = edge {
            let (head, tail) =
                (data.f_narrow(dim, 0, edge)?, data.f_narrow(dim, len - edge, edge)?);
            data = Tensor::f_cat(&[head, tail], dim)?;
        }
        let kept = edge.map_or(len, |e| 2 * e);
        dims.push(Dim {
            len: kept.unsigned_abs() as usize,
            cut: edge.map(|e| e.unsigned_abs() as usize),
        });
    }
    Ok((copy(&data, kind)?, dims))
}

/// Carries out what a view only notes (negation, conjugation, all zeros), so that the bytes in
/// memory are the values.
fn materialize(tensor: &Tensor) -> Result<Tensor> {
    if tensor.f_internal_is_zerotensor()? {
        return Ok(Tensor::f_zeros(tensor.size(), (tensor.f_kind()?, tensor.device()))?);
    }
    Ok(tensor.f_resolve_neg()?.f_resolve_conj()?)
}

fn copy(data: &Tensor, kind: Kind) -> Result<Values> {
    let n = data.numel();
    Ok(match kind {
        Kind::Bool => {
            let mut bytes = vec![0_u8; n];
            data.f_to_kind(Kind::Uint8)?.f_copy_data(&mut bytes, n)?;
            Values::Bools(bytes.into_iter().map(|b| b != 0).collect())
        }
        Kind::Uint8 | Kind::Int8 | Kind::Int16 | Kind::Int | Kind::Int64 => {
            let mut integers = vec![0_i64; n];
            data.f_to_kind(Kind::Int64)?.f_copy_data(&mut integers, n)?;
            Values::Integers(integers)
        }
        kind => {
            // Every floating dtype widens to f64 without change, which is what a Python float holds.
            let mut floats = vec![0_f64; n];
            data.f_to_kind(Kind::Double)?.f_copy_data(&mut floats, n)?;
            if is_complex(kind) {
                let real = floats.iter().step_by(2).copied().collect();
                let imag = floats.iter().skip(1).step_by(2).copied().collect();
                Values::Complexes { real, imag }
            } else {
                Values::Floats(floats)
            }
        }
    })
}

fn is_complex(kind: Kind) -> bool {
    matches!(kind, Kind::ComplexHalf | Kind::ComplexFloat | Kind::ComplexDouble)
}

fn is_float8(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Float8e5m2 | Kind::Float8e4m3fn | Kind::Float8e5m2fnuz | Kind::Float8e4m3fnuz
    )
}
