use tch::{Device, Kind, Tensor};

use super::Inputs;
use crate::nn::{Parameter, Parts, init};
use crate::{Error, Result};

/// The weights of the projections of query, key and value: one after the other in one, or three.
#[derive(Debug, Clone)]
pub(super) enum Projection {
    Packed(Parameter),
    Apart([Parameter; 3]),
}

impl Projection {
    pub(super) fn drawn(embed_dim: i64, kdim: i64, vdim: i64, dtype: Kind) -> Result<Self> {
        let drawn = |size: [i64; 2]| {
            let weight = Tensor::f_empty(size, (dtype, Device::Cpu))?;
            init::xavier_uniform_(&weight, 1.)?;
            Parameter::new(weight)
        };
        if kdim == embed_dim && vdim == embed_dim {
            return Ok(Self::Packed(drawn([3 * embed_dim, embed_dim])?));
        }
        let [q, k, v] = [embed_dim, kdim, vdim].map(|features| drawn([embed_dim, features]));
        Ok(Self::Apart([q?, k?, v?]))
    }

    pub(super) fn packed(&self) -> Option<&Parameter> {
        match self {
            Self::Packed(weight) => Some(weight),
            Self::Apart(_) => None,
        }
    }

    pub(super) fn parts(&self) -> Parts<'_> {
        let parts = Parts::new();
        match self {
            Self::Packed(weight) => parts.with("in_proj_weight", weight),
            Self::Apart([q, k, v]) => {
                let parts = parts.with("q_proj_weight", q).with("k_proj_weight", k);
                parts.with("v_proj_weight", v)
            }
        }
    }

    /// `_in_projection_packed` and `_in_projection`.
    pub(super) fn apply(&self, inputs: &Inputs, bias: Option<&Tensor>) -> Result<[Tensor; 3]> {
        let Inputs { query, key, value, .. } = inputs;
        let features = query.size()[2];
        let weight = match self {
            Self::Apart(weights) => {
                let biases = bias.map(|bias| bias.f_chunk(3, 0)).transpose()?;
                let weights = weights.each_ref().map(|weight| weight.shallow_clone());
                return each([query, key, value], &weights, biases.as_deref());
            }
            Self::Packed(weight) => weight,
        };
        if inputs.key_is_value && inputs.query_is_key {
            let all = apart(&query.f_linear(weight, bias)?, features, 3)?;
            return Ok([all.f_select(0, 0)?, all.f_select(0, 1)?, all.f_select(0, 2)?]);
        }
        if inputs.key_is_value {
            let sizes = [features, 2 * features];
            let weights = weight.f_split_with_sizes(sizes, 0)?;
            let biases = bias.map(|bias| bias.f_split_with_sizes(sizes, 0)).transpose()?;
            let bias = |n: usize| biases.as_ref().map(|biases| &biases[n]);
            let query = query.f_linear(&weights[0], bias(0))?;
            let both = apart(&key.f_linear(&weights[1], bias(1))?, features, 2)?;
            return Ok([query, both.f_select(0, 0)?, both.f_select(0, 1)?]);
        }
        let biases = bias.map(|bias| bias.f_chunk(3, 0)).transpose()?;
        each([query, key, value], &weight.f_chunk(3, 0)?, biases.as_deref())
    }
}

/// The projections that a linear operator made side by side, one behind the other.
fn apart(all: &Tensor, features: i64, count: i64) -> Result<Tensor> {
    let all = all.f_unflatten(-1, [count, features])?.f_unsqueeze(0)?;
    Ok(all.f_transpose(0, -2)?.f_squeeze_dim(-2)?.f_contiguous()?)
}

fn each(
    inputs: [&Tensor; 3],
    weights: &[Tensor],
    biases: Option<&[Tensor]>,
) -> Result<[Tensor; 3]> {
    let ([q, k, v], true) = (weights, biases.is_none_or(|biases| biases.len() == 3)) else {
        let found = format!("{} weights", weights.len());
        let expected = "three projections".to_owned();
        return Err(Error::Shape { operation: "multi_head_attention_forward", expected, found });
    };
    let linear = |n: usize, weight| inputs[n].f_linear(weight, biases.map(|biases| &biases[n]));
    Ok([linear(0, q)?, linear(1, k)?, linear(2, v)?])
}
