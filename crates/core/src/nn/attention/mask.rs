use shim::Argument;
use tch::{Kind, Tensor};

use crate::nn::aten::aten;
use crate::{Error, Result};

/// `_canonical_mask`: a mask of floats, -∞ where one of bools is true.
pub(in crate::nn) fn canonical(
    name: &'static str,
    mask: Option<&Tensor>,
    dtype: Kind,
) -> Result<Option<Tensor>> {
    let Some(mask) = mask else { return Ok(None) };
    match mask.kind() {
        Kind::Half | Kind::BFloat16 | Kind::Float | Kind::Double => Ok(Some(mask.shallow_clone())),
        Kind::Bool => {
            let mut floats = aten("aten::zeros_like", &[mask.into(), scalar_type(dtype)])?;
            Ok(Some(floats.f_masked_fill_(mask, f64::NEG_INFINITY)?))
        }
        other => {
            let accepted = "only bool and floating types are supported";
            Err(Error::argument(name, format!("of {other:?}"), accepted))
        }
    }
}

/// libtorch's number of a floating dtype; the default one for others, which no query has.
fn scalar_type(dtype: Kind) -> Argument<'static> {
    match dtype {
        Kind::Half => Argument::Int(5),
        Kind::Float => Argument::Int(6),
        Kind::Double => Argument::Int(7),
        Kind::BFloat16 => Argument::Int(15),
        _ => Argument::None,
    }
}

/// `merge_masks`: one mask of both for a fused operator, and its type, 1 of keys and 2 of pairs.
pub(in crate::nn) fn merged(
    attn_mask: Option<&Tensor>,
    key_padding_mask: Option<&Tensor>,
    query: &Tensor,
    heads: i64,
) -> Result<(Option<Tensor>, Option<i64>)> {
    let Some(pairs) = attn_mask else {
        let keys = key_padding_mask.map(Tensor::shallow_clone);
        let mask_type = keys.as_ref().map(|_| 1);
        return Ok((keys, mask_type));
    };
    let (batch, length) = (query.size()[0], query.size()[1]);
    let pairs = match pairs.dim() {
        3 => pairs.f_view([batch, -1, length, length])?,
        _ => pairs.f_view([1, 1, length, length])?.f_expand([batch, heads, -1, -1], false)?,
    };
    let both = match key_padding_mask {
        None => pairs,
        Some(keys) => {
            let keys = keys.f_view([batch, 1, 1, length])?;
            pairs.f_add(&keys.f_expand([-1, heads, -1, -1], false)?)?
        }
    };
    Ok((Some(both), Some(2)))
}
