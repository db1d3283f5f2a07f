use tch::Tensor;

use super::super::aten::aten;
use super::{
    Encode, LayerNorm, Module, ModuleList, TransformerActivation, TransformerEncoderLayer,
    canonical, clones, first, is_causal, length,
};
use crate::{Error, Result, parts};

/// What [`TransformerEncoder::with_options`] takes beyond the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransformerEncoderOptions {
    /// Whether padding is left out of what is computed, in evaluation without gradients; true by default.
    /// libtorch warns once that nested tensors are a prototype.
    pub enable_nested_tensor: bool,
    /// Whether that is so only for padding that stands behind the sequences; true by default.
    pub mask_check: bool,
}

impl Default for TransformerEncoderOptions {
    fn default() -> Self {
        Self { enable_nested_tensor: true, mask_check: true }
    }
}

/// `torch.nn.TransformerEncoder`: copies of a layer one after the other, and a normalization.
///
/// Its `forward` as a [`Module`] is that without masks.
///
/// # Shapes
/// As [`TransformerEncoderLayer`].
#[derive(Debug, Clone)]
pub struct TransformerEncoder {
    /// The layers, each a [`TransformerEncoderLayer`].
    pub layers: ModuleList,
    /// The normalization at the end, if there is one.
    pub norm: Option<LayerNorm>,
    options: TransformerEncoderOptions,
}

impl TransformerEncoder {
    /// `nn.TransformerEncoder(encoder_layer, num_layers, norm)`.
    ///
    /// # Errors
    /// What libtorch says when memory does not hold the copies.
    pub fn new(
        encoder_layer: &TransformerEncoderLayer,
        num_layers: usize,
        norm: Option<LayerNorm>,
    ) -> Result<Self> {
        Self::with_options(encoder_layer, num_layers, norm, TransformerEncoderOptions::default())
    }

    /// `nn.TransformerEncoder(encoder_layer, num_layers, norm, enable_nested_tensor, mask_check)`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_options(
        encoder_layer: &TransformerEncoderLayer,
        num_layers: usize,
        norm: Option<LayerNorm>,
        options: TransformerEncoderOptions,
    ) -> Result<Self> {
        Ok(Self { layers: clones(encoder_layer, num_layers)?, norm, options })
    }

    /// `encoder(src, mask, src_key_padding_mask, is_causal)`.
    ///
    /// # Errors
    /// As [`TransformerEncoderLayer::forward`], and [`Error::Argument`] without layers.
    pub fn forward(&self, src: &Tensor, encode: Encode) -> Result<Tensor> {
        let keys = canonical("src_key_padding_mask", encode.src_key_padding_mask, src.kind())?;
        let mask = canonical("mask", encode.mask, src.kind())?;
        let first_layer: &TransformerEncoderLayer = first(&self.layers)?;
        let nested = match (&keys, &mask) {
            (Some(keys), None) => self.nested(first_layer, src, keys)?,
            // Python asks whether the padding stands behind before it looks for a mask.
            (Some(keys), Some(_)) => {
                self.may_nest(first_layer, src, keys)?;
                None
            }
            _ => None,
        };
        let length = length(src, first_layer.self_attn.batch_first())?;
        let is_causal = is_causal(mask.as_ref(), encode.is_causal, length)?;
        let mut output = src.shallow_clone();
        if let Some(nested) = nested {
            output = nested;
            for index in 0..self.layers.len() {
                let layer: &TransformerEncoderLayer = self.layers.get(index)?;
                if !layer.is_fast() {
                    let accepted = "all layers of an encoder are in evaluation, or none";
                    return Err(Error::argument("training", "True", accepted));
                }
                output = layer.fused(&output, None, None)?;
            }
            output = output.f_to_padded_tensor(0., src.size())?;
        } else {
            let (mask, src_key_padding_mask) = (mask.as_ref(), keys.as_ref());
            let encode = Encode { mask, src_key_padding_mask, is_causal: Some(is_causal) };
            for index in 0..self.layers.len() {
                let layer: &TransformerEncoderLayer = self.layers.get(index)?;
                output = layer.forward(&output, encode)?;
            }
        }
        match &self.norm {
            Some(norm) => norm.forward(&output),
            None => Ok(output),
        }
    }

    /// Whether Python considers a nested tensor, without a look at gradients.
    fn may_nest(
        &self,
        layer: &TransformerEncoderLayer,
        src: &Tensor,
        keys: &Tensor,
    ) -> Result<bool> {
        let fits = self.options.enable_nested_tensor
            && !layer.options.norm_first
            && layer.self_attn.batch_first()
            && layer.self_attn.fused().is_some()
            && !matches!(layer.options.activation, TransformerActivation::Function(_))
            && layer.self_attn.num_heads() % 2 == 0
            && !layer.is_training()
            && src.dim() == 3;
        Ok(fits && (!self.options.mask_check || shim::left_aligned(src, &keys.f_logical_not()?)?))
    }

    /// The sequences without their padding, where Python makes them so.
    fn nested(
        &self,
        layer: &TransformerEncoderLayer,
        src: &Tensor,
        keys: &Tensor,
    ) -> Result<Option<Tensor>> {
        let learns = || shim::grad_enabled() && (src.requires_grad() || layer.learns());
        if !self.may_nest(layer, src, keys)? || learns() {
            return Ok(None);
        }
        let counts = keys.f_logical_not()?;
        let arguments = [src.into(), (&counts).into(), false.into()];
        aten("aten::_nested_tensor_from_mask", &arguments).map(Some)
    }
}

impl Module for TransformerEncoder {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.forward(input, Encode::default())
    }

    parts!(layers, norm);
}
