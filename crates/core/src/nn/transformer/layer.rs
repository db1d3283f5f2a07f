use shim::Argument;
use tch::Tensor;

use super::super::aten::aten;
use super::{
    Attend, Dropout, LayerNorm, Linear, Module, MultiheadAttention, Training,
    TransformerActivation, TransformerOptions, canonical, merged,
};
use crate::{Result, parts};

/// What the `forward` of [`TransformerEncoder`](super::TransformerEncoder) and its layer takes beyond the
/// sequence, with Python's names and defaults.
#[derive(Debug, Clone, Copy, Default)]
pub struct Encode<'a> {
    /// Pairs that do not count, as `attn_mask` of [`Attend`](super::Attend): `mask`, or `src_mask` of a
    /// layer.
    pub mask: Option<&'a Tensor>,
    /// Keys that do not count, as `key_padding_mask` of [`Attend`](super::Attend).
    pub src_key_padding_mask: Option<&'a Tensor>,
    /// That `mask` is the one of a sequence that does not see what comes; where none is given, an encoder
    /// looks, and a layer takes it that it is not.
    pub is_causal: Option<bool>,
}

/// `torch.nn.TransformerEncoderLayer`: attention of a sequence to itself, then two linear layers, each
/// added to its input and normalized.
///
/// In evaluation without gradients the whole of it is one operator, on the conditions of Python's fast
/// path. Its `forward` as a [`Module`] is that without masks.
///
/// # Shapes
/// `[l, n, d_model]`, or `[n, l, d_model]` if `batch_first`, or without `n`; kept with the dtype.
#[derive(Debug, Clone)]
pub struct TransformerEncoderLayer {
    /// The attention.
    pub self_attn: MultiheadAttention,
    /// The first linear layer.
    pub linear1: Linear,
    dropout: Dropout,
    /// The second linear layer.
    pub linear2: Linear,
    /// The normalization of the attention's block.
    pub norm1: LayerNorm,
    /// The normalization of the linear layers' block.
    pub norm2: LayerNorm,
    dropout1: Dropout,
    dropout2: Dropout,
    training: Training,
    pub(super) options: TransformerOptions,
}

impl TransformerEncoderLayer {
    /// `nn.TransformerEncoderLayer(d_model, nhead)`.
    ///
    /// # Errors
    /// As [`with_options`](Self::with_options).
    pub fn new(d_model: i64, nhead: i64) -> Result<Self> {
        Self::with_options(d_model, nhead, TransformerOptions::default())
    }

    /// `nn.TransformerEncoderLayer(d_model, nhead, dim_feedforward=…, …)`.
    ///
    /// # Errors
    /// As [`MultiheadAttention::with_options`] and [`Dropout::new`].
    pub fn with_options(d_model: i64, nhead: i64, options: TransformerOptions) -> Result<Self> {
        Ok(Self {
            self_attn: options.attention(d_model, nhead)?,
            linear1: options.linear(d_model, options.dim_feedforward)?,
            dropout: Dropout::new(options.dropout)?,
            linear2: options.linear(options.dim_feedforward, d_model)?,
            norm1: options.norm(d_model)?,
            norm2: options.norm(d_model)?,
            dropout1: Dropout::new(options.dropout)?,
            dropout2: Dropout::new(options.dropout)?,
            training: Training::default(),
            options,
        })
    }

    /// `layer(src, src_mask, src_key_padding_mask, is_causal)`.
    ///
    /// # Errors
    /// As [`MultiheadAttention::forward`].
    pub fn forward(&self, src: &Tensor, encode: Encode) -> Result<Tensor> {
        let keys = canonical("src_key_padding_mask", encode.src_key_padding_mask, src.kind())?;
        let mask = canonical("src_mask", encode.mask, src.kind())?;
        if src.dim() == 3
            && self.is_fast()
            && !(shim::grad_enabled() && (src.requires_grad() || self.learns()))
        {
            let heads = self.self_attn.num_heads();
            let (mask, mask_type) = merged(mask.as_ref(), keys.as_ref(), src, heads)?;
            return self.fused(src, mask.as_ref(), mask_type);
        }
        let is_causal = encode.is_causal == Some(true);
        let attend = Attend {
            attn_mask: mask.as_ref(),
            key_padding_mask: keys.as_ref(),
            need_weights: false,
            is_causal,
            ..Attend::default()
        };
        let attention =
            |x: &Tensor| self.dropout1.forward(&self.self_attn.forward(x, x, x, attend)?.0);
        let feed = |x: &Tensor| {
            let x = self.options.activation.apply(&self.linear1.forward(x)?)?;
            self.dropout2.forward(&self.linear2.forward(&self.dropout.forward(&x)?)?)
        };
        if self.options.norm_first {
            let x = src.f_add(&attention(&self.norm1.forward(src)?)?)?;
            return Ok(x.f_add(&feed(&self.norm2.forward(&x)?)?)?);
        }
        let x = self.norm1.forward(&src.f_add(&attention(src)?)?)?;
        self.norm2.forward(&x.f_add(&feed(&x)?)?)
    }

    /// Whether Python takes its fast path for a batch, as far as the layer decides.
    pub(super) fn is_fast(&self) -> bool {
        !self.training.get()
            && self.self_attn.batch_first()
            && self.self_attn.fused().is_some()
            && !matches!(self.options.activation, TransformerActivation::Function(_))
            && self.self_attn.num_heads() % 2 == 0
    }

    /// Whether a parameter requires grad.
    pub(super) fn learns(&self) -> bool {
        self.parameters().iter().any(|parameter| parameter.requires_grad())
    }

    pub(super) fn is_training(&self) -> bool {
        self.training.get()
    }

    /// The whole layer as one operator.
    pub(super) fn fused(
        &self,
        src: &Tensor,
        mask: Option<&Tensor>,
        mask_type: Option<i64>,
    ) -> Result<Tensor> {
        let attention = &self.self_attn;
        let sizes = [src.into(), attention.embed_dim().into(), attention.num_heads().into()];
        let weights = attention.fused().into_iter().flatten();
        let gelu = matches!(self.options.activation, TransformerActivation::GELU);
        let norm_first = self.options.norm_first.into();
        let options = [gelu.into(), norm_first, self.options.layer_norm_eps.into()];
        let rest = [
            self.norm1.weight.as_deref().into(),
            self.norm1.bias.as_deref().into(),
            self.norm2.weight.as_deref().into(),
            self.norm2.bias.as_deref().into(),
            (&*self.linear1.weight).into(),
            (&**self.linear1.bias()?).into(),
            (&*self.linear2.weight).into(),
            (&**self.linear2.bias()?).into(),
            mask.into(),
            mask_type.into(),
        ];
        let weights = weights.map(|weight| Argument::Tensor(weight));
        let arguments: Vec<_> =
            sizes.into_iter().chain(weights).chain(options).chain(rest).collect();
        aten("aten::_transformer_encoder_layer_fwd", &arguments)
    }
}

impl Module for TransformerEncoderLayer {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.forward(input, Encode::default())
    }

    parts!(self_attn, linear1, dropout, linear2, norm1, norm2, dropout1, dropout2, training);
}
