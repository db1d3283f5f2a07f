//! Layers and losses, as [`torch.nn`](https://docs.pytorch.org/docs/2.11/nn.html).
//!
//! # Where losses depart from Python
//! Where `input` and `target` differ in shape, Python warns and broadcasts them against each other,
//! which turns `[n, 1]` against `[n]` into `[n, n]` and trains on nonsense. Here that is
//! [`Error::Shape`](crate::Error::Shape); whoever means it calls `expand` first.

mod activation;
pub(crate) mod aten;
mod attention;
mod batchnorm;
mod bilinear;
mod cell;
mod container;
mod conv;
mod deepcopy;
mod distance;
mod dropout;
mod embedding;
mod flatten;
mod func;
pub mod init;
mod linear;
mod loss;
mod module;
mod normalization;
mod padding;
mod parameter;
mod part;
mod pooling;
mod recurrent;
mod response_norm;
mod shuffle;
mod size;
mod state_dict;
mod transformer;
mod upsampling;
pub mod utils;

pub use activation::{
    CELU, ELU, GELU, GLU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, Identity, LeakyReLU,
    LogSigmoid, LogSoftmax, Mish, PReLU, RReLU, ReLU, ReLU6, SELU, SiLU, Sigmoid, Softmax,
    Softmax2d, Softmin, Softplus, Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
};
pub use attention::{
    Attend, MultiheadAttention, MultiheadAttentionOptions, NonDynamicallyQuantizableLinear,
};
pub(crate) use batchnorm::batch_norms;
pub use batchnorm::{
    BatchNorm, BatchNorm1d, BatchNorm2d, BatchNorm3d, BatchNormOptions, InstanceNorm,
    InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, InstanceNormOptions,
};
pub use bilinear::Bilinear;
pub use cell::{CellOptions, GRUCell, LSTMCell, RNNCell};
pub use container::{ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential};
pub use conv::{
    Conv, Conv1d, Conv2d, Conv3d, ConvOptions, ConvTranspose, ConvTranspose1d, ConvTranspose2d,
    ConvTranspose3d, ConvTransposeOptions, Padding, PaddingMode,
};
pub use deepcopy::deepcopy;
pub use distance::{CosineSimilarity, PairwiseDistance};
pub use dropout::{AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout};
pub use embedding::{BagMode, Embedding, EmbeddingBag, EmbeddingBagOptions, EmbeddingOptions};
pub use flatten::Flatten;
pub use func::Func;
pub use linear::{Linear, LinearOptions};
pub use loss::{
    AdaptiveLogSoftmaxWithLoss, AdaptiveLogSoftmaxWithLossOptions, BCELoss, BCEWithLogitsLoss,
    CTCLoss, CosineEmbeddingLoss, CrossEntropyLoss, GaussianNLLLoss, HingeEmbeddingLoss, HuberLoss,
    KLDivLoss, KLDivReduction, L1Loss, MSELoss, MarginRankingLoss, MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss, MultiMarginLoss, NLLLoss, PoissonNLLLoss, Reduction, SmoothL1Loss,
    SoftMarginLoss, TripletMarginLoss, TripletMarginWithDistanceLoss, Variance,
};
pub use module::{DeviceOrDtype, Module, apply};
pub use normalization::{
    GroupNorm, GroupNormOptions, LayerNorm, LayerNormOptions, RMSNorm, RMSNormOptions,
};
pub use padding::{
    CircularPad1d, CircularPad2d, CircularPad3d, ConstantPad1d, ConstantPad2d, ConstantPad3d,
    ReflectionPad1d, ReflectionPad2d, ReflectionPad3d, ReplicationPad1d, ReplicationPad2d,
    ReplicationPad3d, ZeroPad1d, ZeroPad2d, ZeroPad3d,
};
pub use parameter::{Buffer, Parameter};
pub use part::{Part, Parts, Training};
pub use pooling::{
    AdaptiveAvgPool, AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool,
    AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d, AvgPool, AvgPool1d, AvgPool2d,
    AvgPool3d, FractionalMaxPool, FractionalMaxPool2d, FractionalMaxPool3d, LPPool, LPPool1d,
    LPPool2d, LPPool3d, MaxPool, MaxPool1d, MaxPool2d, MaxPool3d, MaxUnpool, MaxUnpool1d,
    MaxUnpool2d, MaxUnpool3d,
};
pub use recurrent::{GRU, LSTM, RNN, RecurrentOptions};
pub use response_norm::LocalResponseNorm;
pub use shuffle::{ChannelShuffle, Fold, PixelShuffle, PixelUnshuffle, Unflatten, Unfold};
pub use size::{PerDimension, Size};
pub use state_dict::{IncompatibleKeys, StateDict};
pub use transformer::{
    Decode, Encode, Transformer, TransformerActivation, TransformerArguments, TransformerDecoder,
    TransformerDecoderLayer, TransformerEncoder, TransformerEncoderLayer,
    TransformerEncoderOptions, TransformerOptions,
};
pub use upsampling::{Upsample, UpsampleMode, UpsamplingBilinear2d, UpsamplingNearest2d};

pub use crate::parts;

/// Losses as functions, with their default settings: `torch.nn.functional`.
pub mod functional {
    pub use super::loss::{
        binary_cross_entropy, binary_cross_entropy_with_logits, cosine_embedding_loss,
        cross_entropy, ctc_loss, gaussian_nll_loss, hinge_embedding_loss, huber_loss, kl_div,
        l1_loss, margin_ranking_loss, mse_loss, multi_margin_loss, multilabel_margin_loss,
        multilabel_soft_margin_loss, nll_loss, poisson_nll_loss, smooth_l1_loss, soft_margin_loss,
        triplet_margin_loss, triplet_margin_with_distance_loss,
    };
}
