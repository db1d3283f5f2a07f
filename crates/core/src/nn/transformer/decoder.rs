use tch::Tensor;

use super::{
    Attend, Dropout, LayerNorm, Linear, Module, ModuleList, MultiheadAttention, TransformerOptions,
    clones, first, is_causal, length,
};
use crate::{Error, Result, parts};

/// What the `forward` of [`TransformerDecoder`] and its layer takes beyond the two sequences, with
/// Python's names and defaults.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decode<'a> {
    /// Pairs of the sequence itself that do not count, as `attn_mask` of [`Attend`](super::Attend).
    pub tgt_mask: Option<&'a Tensor>,
    /// Pairs of the sequence and the memory that do not count.
    pub memory_mask: Option<&'a Tensor>,
    /// Keys of the sequence that do not count, as `key_padding_mask` of [`Attend`](super::Attend).
    pub tgt_key_padding_mask: Option<&'a Tensor>,
    /// Keys of the memory that do not count.
    pub memory_key_padding_mask: Option<&'a Tensor>,
    /// That `tgt_mask` is the one of a sequence that does not see what comes; where none is given, a
    /// decoder looks, and a layer takes it that it is not.
    pub tgt_is_causal: Option<bool>,
    /// The same of `memory_mask`.
    pub memory_is_causal: bool,
}

/// A refusal of one sequence alone.
fn one_alone() -> Result<Tensor> {
    let accepted = "a decoder takes a memory too: call its own forward with it";
    Err(Error::argument("input", "one tensor", accepted))
}

/// `torch.nn.TransformerDecoderLayer`: attention of a sequence to itself, attention to a memory, then two
/// linear layers, each added to its input and normalized.
///
/// # Shapes
/// As [`TransformerEncoderLayer`](super::TransformerEncoderLayer).
#[derive(Debug, Clone)]
pub struct TransformerDecoderLayer {
    /// The attention to the sequence itself.
    pub self_attn: MultiheadAttention,
    /// The attention to the memory.
    pub multihead_attn: MultiheadAttention,
    /// The first linear layer.
    pub linear1: Linear,
    dropout: Dropout,
    /// The second linear layer.
    pub linear2: Linear,
    /// The normalization of the first attention's block.
    pub norm1: LayerNorm,
    /// The normalization of the second attention's block.
    pub norm2: LayerNorm,
    /// The normalization of the linear layers' block.
    pub norm3: LayerNorm,
    dropout1: Dropout,
    dropout2: Dropout,
    dropout3: Dropout,
    options: TransformerOptions,
}

impl TransformerDecoderLayer {
    /// `nn.TransformerDecoderLayer(d_model, nhead)`.
    ///
    /// # Errors
    /// As [`with_options`](Self::with_options).
    pub fn new(d_model: i64, nhead: i64) -> Result<Self> {
        Self::with_options(d_model, nhead, TransformerOptions::default())
    }

    /// `nn.TransformerDecoderLayer(d_model, nhead, dim_feedforward=…, …)`.
    ///
    /// # Errors
    /// As [`MultiheadAttention::with_options`] and [`Dropout::new`].
    pub fn with_options(d_model: i64, nhead: i64, options: TransformerOptions) -> Result<Self> {
        Ok(Self {
            self_attn: options.attention(d_model, nhead)?,
            multihead_attn: options.attention(d_model, nhead)?,
            linear1: options.linear(d_model, options.dim_feedforward)?,
            dropout: Dropout::new(options.dropout)?,
            linear2: options.linear(options.dim_feedforward, d_model)?,
            norm1: options.norm(d_model)?,
            norm2: options.norm(d_model)?,
            norm3: options.norm(d_model)?,
            dropout1: Dropout::new(options.dropout)?,
            dropout2: Dropout::new(options.dropout)?,
            dropout3: Dropout::new(options.dropout)?,
            options,
        })
    }

    /// `layer(tgt, memory, tgt_mask, …)`.
    ///
    /// # Errors
    /// As [`MultiheadAttention::forward`].
    pub fn forward(&self, tgt: &Tensor, memory: &Tensor, decode: Decode) -> Result<Tensor> {
        let own = Attend {
            attn_mask: decode.tgt_mask,
            key_padding_mask: decode.tgt_key_padding_mask,
            is_causal: decode.tgt_is_causal == Some(true),
            need_weights: false,
            ..Attend::default()
        };
        let other = Attend {
            attn_mask: decode.memory_mask,
            key_padding_mask: decode.memory_key_padding_mask,
            is_causal: decode.memory_is_causal,
            ..own
        };
        let attention =
            |x: &Tensor| self.dropout1.forward(&self.self_attn.forward(x, x, x, own)?.0);
        let to_memory = |x: &Tensor| {
            let (x, _) = self.multihead_attn.forward(x, memory, memory, other)?;
            self.dropout2.forward(&x)
        };
        let feed = |x: &Tensor| {
            let x = self.options.activation.apply(&self.linear1.forward(x)?)?;
            self.dropout3.forward(&self.linear2.forward(&self.dropout.forward(&x)?)?)
        };
        if self.options.norm_first {
            let x = tgt.f_add(&attention(&self.norm1.forward(tgt)?)?)?;
            let x = x.f_add(&to_memory(&self.norm2.forward(&x)?)?)?;
            return Ok(x.f_add(&feed(&self.norm3.forward(&x)?)?)?);
        }
        let x = self.norm1.forward(&tgt.f_add(&attention(tgt)?)?)?;
        let x = self.norm2.forward(&x.f_add(&to_memory(&x)?)?)?;
        self.norm3.forward(&x.f_add(&feed(&x)?)?)
    }
}

impl Module for TransformerDecoderLayer {
    fn forward(&self, _: &Tensor) -> Result<Tensor> {
        one_alone()
    }

    parts!(
        self_attn,
        multihead_attn,
        linear1,
        dropout,
        linear2,
        norm1,
        norm2,
        norm3,
        dropout1,
        dropout2,
        dropout3
    );
}

/// `torch.nn.TransformerDecoder`: copies of a layer one after the other, and a normalization.
///
/// # Shapes
/// As [`TransformerDecoderLayer`].
#[derive(Debug, Clone)]
pub struct TransformerDecoder {
    /// The layers, each a [`TransformerDecoderLayer`].
    pub layers: ModuleList,
    /// The normalization at the end, if there is one.
    pub norm: Option<LayerNorm>,
}

impl TransformerDecoder {
    /// `nn.TransformerDecoder(decoder_layer, num_layers, norm)`.
    ///
    /// # Errors
    /// What libtorch says when memory does not hold the copies.
    pub fn new(
        decoder_layer: &TransformerDecoderLayer,
        num_layers: usize,
        norm: Option<LayerNorm>,
    ) -> Result<Self> {
        Ok(Self { layers: clones(decoder_layer, num_layers)?, norm })
    }

    /// `decoder(tgt, memory, tgt_mask, …)`.
    ///
    /// # Errors
    /// As [`TransformerDecoderLayer::forward`], and [`Error::Argument`] without layers.
    pub fn forward(&self, tgt: &Tensor, memory: &Tensor, decode: Decode) -> Result<Tensor> {
        let layer: &TransformerDecoderLayer = first(&self.layers)?;
        let length = length(tgt, layer.self_attn.batch_first())?;
        let causal = is_causal(decode.tgt_mask, decode.tgt_is_causal, length)?;
        let decode = Decode { tgt_is_causal: Some(causal), ..decode };
        let mut output = tgt.shallow_clone();
        for index in 0..self.layers.len() {
            let layer: &TransformerDecoderLayer = self.layers.get(index)?;
            output = layer.forward(&output, memory, decode)?;
        }
        match &self.norm {
            Some(norm) => norm.forward(&output),
            None => Ok(output),
        }
    }
}

impl Module for TransformerDecoder {
    fn forward(&self, _: &Tensor) -> Result<Tensor> {
        one_alone()
    }

    parts!(layers, norm);
}
