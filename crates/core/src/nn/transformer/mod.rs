//! `torch/nn/modules/transformer.py`.

mod decoder;
mod encoder;
mod layer;
mod model;

use tch::{Device, Kind, Tensor};

pub use decoder::{Decode, TransformerDecoder, TransformerDecoderLayer};
pub use encoder::{TransformerEncoder, TransformerEncoderOptions};
pub use layer::{Encode, TransformerEncoderLayer};
pub use model::{Transformer, TransformerArguments};

use super::attention::{canonical, merged};
use super::{
    Attend, Dropout, LayerNorm, LayerNormOptions, Linear, LinearOptions, Module, ModuleList,
    MultiheadAttention, MultiheadAttentionOptions, Training, deepcopy, init,
};
use crate::{Error, Result};

/// What stands between the two linear layers of a transformer's layer.
#[derive(Debug, Clone, Copy, Default)]
pub enum TransformerActivation {
    /// `F.relu`, or `'relu'`.
    #[default]
    ReLU,
    /// `F.gelu`, or `'gelu'`.
    GELU,
    /// A function of one's own, which the fast path does not take.
    Function(fn(&Tensor) -> Result<Tensor>),
}

impl TransformerActivation {
    fn apply(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::ReLU => Ok(x.f_relu()?),
            Self::GELU => Ok(x.f_gelu("none")?),
            Self::Function(function) => function(x),
        }
    }
}

/// What a transformer and its layers take beyond the sizes.
#[derive(Debug, Clone, Copy)]
pub struct TransformerOptions {
    /// The features between the two linear layers; 2,048 by default.
    pub dim_feedforward: i64,
    /// The probability of an element to be zeroed in training; 0.1 by default.
    pub dropout: f64,
    /// What stands between the two linear layers.
    pub activation: TransformerActivation,
    /// What the normalizations add to a variance; 1e-5 by default.
    pub layer_norm_eps: f64,
    /// Whether the batch is the first dimension, before the sequence.
    pub batch_first: bool,
    /// Whether normalizations stand before attention and linear layers, not behind them.
    pub norm_first: bool,
    /// Whether there are biases; true by default.
    pub bias: bool,
    /// The parameters' dtype, in which they are drawn.
    pub dtype: Kind,
}

impl Default for TransformerOptions {
    fn default() -> Self {
        Self {
            dim_feedforward: 2048,
            dropout: 0.1,
            activation: TransformerActivation::ReLU,
            layer_norm_eps: 1e-5,
            batch_first: false,
            norm_first: false,
            bias: true,
            dtype: Kind::Float,
        }
    }
}

impl TransformerOptions {
    fn attention(&self, d_model: i64, nhead: i64) -> Result<MultiheadAttention> {
        let Self { dropout, bias, batch_first, dtype, .. } = *self;
        let options =
            MultiheadAttentionOptions { dropout, bias, batch_first, dtype, ..Default::default() };
        MultiheadAttention::with_options(d_model, nhead, options)
    }

    fn linear(&self, inputs: i64, outputs: i64) -> Result<Linear> {
        let options = LinearOptions { bias: self.bias, dtype: self.dtype };
        Linear::with_options(inputs, outputs, options)
    }

    fn norm(&self, d_model: i64) -> Result<LayerNorm> {
        let Self { layer_norm_eps: eps, bias, dtype, .. } = *self;
        let options = LayerNormOptions { eps, elementwise_affine: true, bias, dtype };
        LayerNorm::with_options([d_model], options)
    }
}

/// The mask of a sequence that does not see what comes, `[size, size]`.
fn generate_square_subsequent_mask(size: i64, dtype: Kind, device: Device) -> Result<Tensor> {
    let full = Tensor::f_full([size, size], f64::NEG_INFINITY, (dtype, device))?;
    Ok(full.f_triu(1)?)
}

/// `_detect_is_causal_mask`.
fn is_causal(mask: Option<&Tensor>, given: Option<bool>, length: i64) -> Result<bool> {
    match (mask, given) {
        (Some(mask), None) => {
            let causal = generate_square_subsequent_mask(length, mask.kind(), mask.device())?;
            if mask.size() != causal.size() {
                return Ok(false);
            }
            Ok(mask.f_eq_tensor(&causal)?.f_all()?.f_is_nonzero()?)
        }
        (_, given) => Ok(given == Some(true)),
    }
}

/// `_get_seq_len`.
fn length(sequence: &Tensor, batch_first: bool) -> Result<i64> {
    match sequence.size().as_slice() {
        [length, _] => Ok(*length),
        [n, length, ..] => Ok(if batch_first { *length } else { *n }),
        found => Err(Error::Shape {
            operation: "transformer",
            expected: "a sequence of two or three dimensions".to_owned(),
            found: format!("{found:?}"),
        }),
    }
}

/// Layers of the same values: `_get_clones`.
fn clones<M: Module + Clone>(layer: &M, count: usize) -> Result<ModuleList> {
    (0..count).try_fold(ModuleList::new(), |list, _| Ok(list.add(deepcopy(layer)?)))
}

/// The first layer, for which an empty list has nothing.
fn first<M: Module>(layers: &ModuleList) -> Result<&M> {
    layers.get(0)
}
