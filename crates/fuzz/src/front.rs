//! What stands before the linear layers of a random training: a convolution, a recurrent layer, an
//! embedding or a transformer's layer, each ended by a linear layer. `make_front` of `fuzz.py` is the same
//! in Python.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};
use torch_exact::nn::{
    BatchNorm1d, BatchNormOptions, Conv1d, ConvOptions, Embedding, EmbeddingOptions, Flatten, Func,
    GRU, LSTM, Linear, LinearOptions, MaxPool1d, Module, Padding, RNN, ReLU, RecurrentOptions,
    Sequential, TransformerEncoderLayer, TransformerOptions, Unflatten,
};
use torch_exact::{Result, parts};

use crate::draw::Draw;

/// How many rows an embedding has.
const ROWS: i64 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::upper_case_acronyms, reason = "PyTorch's names")]
pub enum Cell {
    RNN,
    LSTM,
    GRU,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", deny_unknown_fields)]
pub enum Front {
    Convolution { channels: i64, kernel_size: i64, norm: bool, pool: bool },
    Recurrent { cell: Cell, hidden_size: i64, num_layers: i64, bidirectional: bool },
    Embedding { embedding_dim: i64, padding_idx: Option<i64> },
    Transformer { num_heads: i64, head_dim: i64, dropout: f64, norm_first: bool },
}

impl Front {
    pub fn draw(draw: &mut Draw, features: i64) -> Self {
        match draw.between(0, 3) {
            0 => Self::Convolution {
                channels: draw.between(1, 4),
                kernel_size: draw.one_of(&[1, 3, 5]),
                // One value alone has no variance, and nothing to pool.
                norm: draw.percent(50) && features > 1,
                pool: draw.percent(50) && features > 1,
            },
            1 => Self::Recurrent {
                cell: draw.one_of(&[Cell::RNN, Cell::LSTM, Cell::GRU]),
                hidden_size: draw.between(1, 6),
                num_layers: draw.between(1, 2),
                bidirectional: draw.percent(40),
            },
            2 => Self::Embedding {
                embedding_dim: draw.between(1, 5),
                padding_idx: draw.percent(40).then(|| draw.between(0, ROWS - 1)),
            },
            _ => Self::Transformer {
                num_heads: draw.between(1, 3),
                head_dim: draw.between(1, 3),
                dropout: draw.one_of(&[0.0, 0.3]),
                norm_first: draw.percent(30),
            },
        }
    }

    /// Whether a stand-in for a GPU has what computes it, which of cuDNN's layers it has not.
    pub fn is_known_on_gpus(self) -> bool {
        matches!(self, Self::Embedding { .. } | Self::Transformer { .. })
    }

    /// The model with this before its linear layers.
    pub fn add_to(self, model: Sequential, features: i64, dtype: Kind) -> Result<Sequential> {
        let linear = |inputs, outputs| {
            Linear::with_options(inputs, outputs, LinearOptions { dtype, ..Default::default() })
        };
        Ok(match self {
            Self::Convolution { channels, kernel_size, norm, pool } => {
                let padding = Padding::Size((kernel_size / 2).into());
                let options = ConvOptions { padding, dtype, ..Default::default() };
                let conv = Conv1d::with_options(1, channels, kernel_size, options)?;
                let mut model = model.add(Unflatten::new(1, [1, features])).add(conv);
                if norm {
                    let options = BatchNormOptions { dtype, ..Default::default() };
                    model = model.add(BatchNorm1d::with_options(channels, options)?);
                }
                model = model.add(ReLU::new());
                if pool {
                    model = model.add(MaxPool1d::new(2));
                }
                let places = if pool { features / 2 } else { features };
                model.add(Flatten::new()).add(linear(channels * places, features)?)
            }
            Self::Recurrent { cell, hidden_size, num_layers, bidirectional } => {
                let options = RecurrentOptions {
                    num_layers,
                    bidirectional,
                    batch_first: true,
                    dtype,
                    ..Default::default()
                };
                let model = model.add(Unflatten::new(1, [features, 1]));
                let model = match cell {
                    Cell::RNN => {
                        model.add(Last { layer: RNN::with_options(1, hidden_size, options)? })
                    }
                    Cell::LSTM => {
                        model.add(Last { layer: LSTM::with_options(1, hidden_size, options)? })
                    }
                    Cell::GRU => {
                        model.add(Last { layer: GRU::with_options(1, hidden_size, options)? })
                    }
                };
                let directions = if bidirectional { 2 } else { 1 };
                model.add(linear(hidden_size * directions, features)?)
            }
            Self::Embedding { embedding_dim, padding_idx } => {
                let options = EmbeddingOptions { padding_idx, dtype, ..Default::default() };
                let model = model.add(Func::new(|x| {
                    Ok(x.f_abs()?.f_to_kind(Kind::Int64)?.f_clamp_max(ROWS - 1)?)
                }));
                let model = model.add(Embedding::with_options(ROWS, embedding_dim, options)?);
                model.add(Flatten::new()).add(linear(features * embedding_dim, features)?)
            }
            Self::Transformer { num_heads, head_dim, dropout, norm_first } => {
                let size = num_heads * head_dim;
                let options = TransformerOptions {
                    dim_feedforward: 4,
                    dropout,
                    batch_first: true,
                    norm_first,
                    dtype,
                    ..Default::default()
                };
                let model = model.add(Unflatten::new(1, [features, 1])).add(linear(1, size)?);
                let layer = TransformerEncoderLayer::with_options(size, num_heads, options)?;
                model.add(layer).add(Flatten::new()).add(linear(features * size, features)?)
            }
        })
    }
}

/// The last step of a recurrent layer's output.
#[derive(Debug, Clone)]
struct Last<L> {
    layer: L,
}

macro_rules! last {
    ($($layer:ident)+) => {$(
        impl Module for Last<$layer> {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                Ok(self.layer.forward(input, None)?.0.f_select(1, -1)?)
            }

            parts!(layer);
        }
    )+};
}
last!(RNN LSTM GRU);
