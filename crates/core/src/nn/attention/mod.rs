//! `torch/nn/modules/activation.py`: [`MultiheadAttention`], with `multi_head_attention_forward` of
//! `torch/nn/functional.py`.

mod inputs;
mod mask;
mod projection;
mod scores;

use tch::{Device, Kind, Tensor};

pub use inputs::Attend;
pub(super) use mask::{canonical, merged};

use super::aten::aten2;
use super::{Linear, LinearOptions, Module, Parameter, Training, init};
use crate::{Error, Result};
use inputs::{Inputs, same};
use projection::Projection;

/// What [`MultiheadAttention::with_options`] takes beyond the sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MultiheadAttentionOptions {
    /// The probability of a weight of the attention to be zeroed in training.
    pub dropout: f64,
    /// Whether the projections have biases; true by default.
    pub bias: bool,
    /// Whether keys and values get one more, which is learned.
    pub add_bias_kv: bool,
    /// Whether keys and values get one more of zeros.
    pub add_zero_attn: bool,
    /// The keys' features; `embed_dim` by default.
    pub kdim: Option<i64>,
    /// The values' features; `embed_dim` by default.
    pub vdim: Option<i64>,
    /// Whether the batch is the first dimension, before the sequence.
    pub batch_first: bool,
    /// The parameters' dtype, in which they are drawn.
    pub dtype: Kind,
}

impl Default for MultiheadAttentionOptions {
    fn default() -> Self {
        Self {
            dropout: 0.,
            bias: true,
            add_bias_kv: false,
            add_zero_attn: false,
            kdim: None,
            vdim: None,
            batch_first: false,
            dtype: Kind::Float,
        }
    }
}

/// `torch.nn.MultiheadAttention`: sums of values, weighted by how well keys fit queries, in several heads.
///
/// In evaluation without gradients the whole of it is one operator, on the conditions of Python's fast
/// path. Nested tensors are refused. Its `forward` as a [`Module`] is that of an input to itself, without
/// the weights.
///
/// ```
/// use torch_exact::nn::{Attend, MultiheadAttention};
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let attention = MultiheadAttention::new(8, 2)?;
/// let x = random::rand([5, 3, 8])?;
/// let (output, weights) = attention.forward(&x, &x, &x, Attend::default())?;
/// assert_eq!(output.size(), [5, 3, 8]);
/// assert_eq!(weights.unwrap_or_default().size(), [3, 5, 5]);
/// # Ok(())
/// # }
/// ```
///
/// # Shapes
/// Query `[l, n, embed_dim]`, key `[s, n, kdim]`, value `[s, n, vdim]`, all with `n` first if
/// `batch_first`, or without it; the output is as the query, the weights `[n, l, s]`, or `[n, heads, l, s]`
/// where they are not averaged.
#[derive(Debug, Clone)]
pub struct MultiheadAttention {
    projection: Projection,
    /// The biases of the three projections, if there are any, `[3 · embed_dim]`.
    pub in_proj_bias: Option<Parameter>,
    /// The projection of the output.
    pub out_proj: NonDynamicallyQuantizableLinear,
    /// The key that is added, with `add_bias_kv`.
    pub bias_k: Option<Parameter>,
    /// The value that is added, with `add_bias_kv`.
    pub bias_v: Option<Parameter>,
    training: Training,
    embed_dim: i64,
    num_heads: i64,
    options: MultiheadAttentionOptions,
}

impl MultiheadAttention {
    /// `nn.MultiheadAttention(embed_dim, num_heads)`.
    ///
    /// # Errors
    /// As [`with_options`](Self::with_options).
    pub fn new(embed_dim: i64, num_heads: i64) -> Result<Self> {
        Self::with_options(embed_dim, num_heads, MultiheadAttentionOptions::default())
    }

    /// `nn.MultiheadAttention(embed_dim, num_heads, dropout=…, …)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for numbers that are not positive, and for heads that do not divide
    /// `embed_dim`; a dtype that is not floating point.
    pub fn with_options(
        embed_dim: i64,
        num_heads: i64,
        options: MultiheadAttentionOptions,
    ) -> Result<Self> {
        let accepted = "embed_dim and num_heads must be greater than 0";
        for (name, size) in [("embed_dim", embed_dim), ("num_heads", num_heads)] {
            if size <= 0 {
                return Err(Error::argument(name, size, accepted));
            }
        }
        if embed_dim % num_heads != 0 {
            let accepted = "embed_dim must be divisible by num_heads";
            return Err(Error::argument("num_heads", num_heads, accepted));
        }
        let MultiheadAttentionOptions { bias, add_bias_kv, dtype, .. } = options;
        let linear = LinearOptions { bias, dtype };
        let out_proj =
            NonDynamicallyQuantizableLinear(Linear::with_options(embed_dim, embed_dim, linear)?);
        let (kdim, vdim) = (options.kdim.unwrap_or(embed_dim), options.vdim.unwrap_or(embed_dim));
        let projection = Projection::drawn(embed_dim, kdim, vdim, dtype)?;
        let empty = |size: &[i64]| Tensor::f_empty(size, (dtype, Device::Cpu));
        let in_proj_bias = bias.then(|| {
            let bias = empty(&[3 * embed_dim])?;
            init::constant_(&bias, 0.)?;
            init::constant_(out_proj.0.bias()?, 0.)?;
            Parameter::new(bias)
        });
        let added = || {
            add_bias_kv.then(|| {
                let bias = empty(&[1, 1, embed_dim])?;
                init::xavier_normal_(&bias, 1.)?;
                Parameter::new(bias)
            })
        };
        Ok(Self {
            projection,
            in_proj_bias: in_proj_bias.transpose()?,
            out_proj,
            bias_k: added().transpose()?,
            bias_v: added().transpose()?,
            training: Training::default(),
            embed_dim,
            num_heads,
            options,
        })
    }

    /// `attention(query, key, value, key_padding_mask=…, …)`: the output, and the weights where
    /// `need_weights`.
    ///
    /// # Errors
    /// [`Error::Shape`] and [`Error::Argument`] for inputs and masks that do not fit, which Python
    /// refuses too, and what libtorch refuses.
    pub fn forward(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        attend: Attend,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let key_padding_mask =
            canonical("key_padding_mask", attend.key_padding_mask, query.kind())?;
        let attn_mask = canonical("attn_mask", attend.attn_mask, query.kind())?;
        let masks = [attend.key_padding_mask, attend.attn_mask];
        // Python's fast path takes masks of bools alone.
        let own = same(query, key)
            && same(key, value)
            && masks.iter().flatten().all(|mask| mask.kind() == Kind::Bool);
        let weights = self.projection.packed().zip(self.in_proj_bias.as_ref());
        if let Some((weight, bias)) =
            weights.filter(|_| own && query.dim() == 3 && self.is_fast(query))
        {
            let (mask, mask_type) =
                merged(attn_mask.as_ref(), key_padding_mask.as_ref(), query, self.num_heads)?;
            let (out, weights) = aten2(
                "aten::_native_multi_head_attention",
                &[
                    query.into(),
                    key.into(),
                    value.into(),
                    self.embed_dim.into(),
                    self.num_heads.into(),
                    (&**weight).into(),
                    (&**bias).into(),
                    (&*self.out_proj.0.weight).into(),
                    (&**self.out_proj.0.bias()?).into(),
                    mask.as_ref().into(),
                    attend.need_weights.into(),
                    attend.average_attn_weights.into(),
                    mask_type.into(),
                ],
            )?;
            return Ok((out, Some(weights).filter(Tensor::defined)));
        }
        let mut inputs = Inputs::new(query, key, value);
        let to_transpose = self.options.batch_first && query.dim() == 3;
        if to_transpose {
            inputs = inputs.each(|x| Ok(x.f_transpose(1, 0)?))?;
        }
        let masks = (key_padding_mask, attn_mask);
        let (out, weights) = self.attend(inputs, masks, attend)?;
        Ok((if to_transpose { out.f_transpose(1, 0)? } else { out }, weights))
    }

    /// The weights of the three projections one after the other, `[3 · embed_dim, embed_dim]`; none where
    /// `kdim` or `vdim` differ from `embed_dim`.
    pub fn in_proj_weight(&self) -> Option<&Parameter> {
        self.projection.packed()
    }

    /// Whether Python takes its fast path, as far as the layer and gradients decide.
    fn is_fast(&self, query: &Tensor) -> bool {
        !self.training.get()
            && self.num_heads % 2 == 0
            && self.options.batch_first
            && self.bias_k.is_none()
            && !self.options.add_zero_attn
            && self.projection.packed().is_some_and(|weight| weight.kind() == query.kind())
            && self.in_proj_bias.as_ref().is_none_or(|bias| bias.kind() == query.kind())
            && !(shim::grad_enabled() && self.learns(query))
    }

    fn learns(&self, query: &Tensor) -> bool {
        query.requires_grad() || self.parameters().iter().any(|weight| weight.requires_grad())
    }

    /// What the fast path of a layer around this one takes of it: the weights and biases of the input's
    /// projection and the output's.
    pub(super) fn fused(&self) -> Option<[&Parameter; 4]> {
        let (weight, bias) = (self.projection.packed()?, self.in_proj_bias.as_ref()?);
        Some([weight, bias, &self.out_proj.0.weight, self.out_proj.0.bias().ok()?])
    }

    pub(super) fn batch_first(&self) -> bool {
        self.options.batch_first
    }

    pub(super) fn num_heads(&self) -> i64 {
        self.num_heads
    }

    pub(super) fn embed_dim(&self) -> i64 {
        self.embed_dim
    }
}

impl Module for MultiheadAttention {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let attend = Attend { need_weights: false, ..Attend::default() };
        Ok(self.forward(input, input, input, attend)?.0)
    }

    fn parts(&self) -> super::Parts<'_> {
        let parts = self.projection.parts();
        let parts = parts.with("in_proj_bias", &self.in_proj_bias).with("bias_k", &self.bias_k);
        let parts = parts.with("bias_v", &self.bias_v).with("out_proj", &self.out_proj);
        parts.with("training", &self.training)
    }
}

/// The [`Linear`] that a [`MultiheadAttention`] ends with, which prints by this name.
#[derive(Debug, Clone)]
pub struct NonDynamicallyQuantizableLinear(pub Linear);

impl Module for NonDynamicallyQuantizableLinear {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.0.forward(input)
    }

    fn extra_repr(&self) -> String {
        self.0.extra_repr()
    }

    fn parts(&self) -> super::Parts<'_> {
        self.0.parts()
    }
}
