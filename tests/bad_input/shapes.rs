//! Sizes and inputs that layers and losses refuse: convolutions, pools, norms, embeddings, paddings, shuffles.

use tch::Kind;
use torch_exact::nn::*;
use torch_exact::prelude::*;

use super::super::{Case, Outcome};

/// A layer of an input of this size.
fn of<const N: usize>(layer: impl Module, size: [i64; N]) -> Outcome {
    layer.forward(&random::rand(size)?).map(drop)
}

fn r<const N: usize>(size: [i64; N]) -> torch_exact::Result<Tensor> {
    random::rand(size)
}

fn conv<const N: usize>() -> ConvOptions<N> {
    ConvOptions::default()
}

pub const CONVOLUTIONS: &[Case] = &[
    ("conv groups", "groups is 0, but groups is positive and divides in_channels", || {
        Conv1d::with_options(2, 2, 1, ConvOptions { groups: 0, ..conv() }).map(drop)
    }),
    (
        "conv channels by groups",
        "groups is 2, but groups is positive and divides in_channels",
        || Conv2d::with_options(3, 4, 1, ConvOptions { groups: 2, ..conv() }).map(drop),
    ),
    (
        "conv filters by groups",
        "groups is 2, but groups is positive and divides in_channels",
        || Conv2d::with_options(4, 3, 1, ConvOptions { groups: 2, ..conv() }).map(drop),
    ),
    ("conv same", "stride is 2, but padding='same' takes a stride of 1", || {
        let options = ConvOptions { stride: 2.into(), padding: Padding::Same, ..conv() };
        Conv2d::with_options(1, 1, 3, options).map(drop)
    }),
    ("conv kernel", "Calculated padded input size per channel: (4). Kernel size:", || {
        of(Conv1d::new(1, 1, 5)?, [1, 1, 4])
    }),
    ("conv channels", "Given groups=1, weight of size [1, 3, 1, 1], expected", || {
        of(Conv2d::new(3, 1, 1)?, [1, 2, 4, 4])
    }),
    ("conv dimensions", "Expected 3D (unbatched) or 4D (batched) input to conv2d, but", || {
        of(Conv2d::new(3, 1, 1)?, [3, 4])
    }),
    ("conv stride", "non-positive stride is not supported", || {
        let options = ConvOptions { stride: 0.into(), ..conv() };
        of(Conv1d::with_options(1, 1, 1, options)?, [1, 1, 4])
    }),
    ("conv dilation", "dilation should be greater than zero, but got [0, 0, 0]", || {
        let options = ConvOptions { dilation: 0.into(), ..conv() };
        of(Conv3d::with_options(1, 1, 1, options)?, [1, 1, 4, 4, 4])
    }),
    ("conv padding", "negative padding is not supported", || {
        let options = ConvOptions { padding: (-1).into(), ..conv() };
        of(Conv1d::with_options(1, 1, 1, options)?, [1, 1, 4])
    }),
    ("conv reflected", "Argument #4: Padding size should be less than the", || {
        let padding_mode = PaddingMode::Reflect;
        let options = ConvOptions { padding: 4.into(), padding_mode, ..conv() };
        of(Conv1d::with_options(1, 1, 1, options)?, [1, 1, 4])
    }),
    ("conv integers", "Input type (long int) and bias type (float) should be the same", || {
        Conv1d::new(1, 1, 1)?.forward(&tensor([[[1, 2]]])?).map(drop)
    }),
    (
        "conv negative channels",
        "Trying to create tensor with negative dimension -1: [1, -1, 1]",
        || Conv1d::new(-1, 1, 1).map(drop),
    ),
    ("transposed groups", "groups is 2, but groups is positive and divides in_channels", || {
        let options = ConvTransposeOptions { groups: 2, ..Default::default() };
        ConvTranspose1d::with_options(3, 2, 1, options).map(drop)
    }),
    ("transposed output padding", "output padding must be smaller than either stride or", || {
        let options = ConvTransposeOptions { output_padding: 1.into(), ..Default::default() };
        of(ConvTranspose1d::with_options(1, 1, 2, options)?, [1, 1, 4])
    }),
    ("transposed channels", "Given transposed=1, weight of size [3, 1, 1, 1], expected", || {
        of(ConvTranspose2d::new(3, 1, 1)?, [1, 2, 4, 4])
    }),
];

pub const POOLS: &[Case] = &[
    ("pool kernel", "max_pool1d() kernel_size must be greater than zero, but got 0", || {
        of(MaxPool1d::new(0), [1, 1, 4])
    }),
    ("pool too large", "Given input size: (1x4x4). Calculated output size: (1x0x0).", || {
        of(MaxPool2d::new(5), [1, 1, 4, 4])
    }),
    ("pool padding", "pad should be at most half of effective kernel size, but got", || {
        of(MaxPool2d { padding: 2.into(), ..MaxPool2d::new(2) }, [1, 1, 4, 4])
    }),
    ("pool stride", "stride should not be zero", || {
        of(MaxPool2d { stride: Some(0.into()), ..MaxPool2d::new(2) }, [1, 1, 4, 4])
    }),
    ("pool dilation", "max_pool1d() dilation must be greater than zero, but got 0", || {
        of(MaxPool1d { dilation: 0.into(), ..MaxPool1d::new(2) }, [1, 1, 4])
    }),
    ("pool dimensions", "non-empty 4D or 5D (batch mode) tensor expected for input", || {
        of(MaxPool3d::new(2), [4, 4])
    }),
    ("average kernel", "integer out of range", || of(AvgPool2d::new(0), [1, 1, 4, 4])),
    ("average padding", "pad should be at most half of effective kernel size, but got", || {
        of(AvgPool1d { padding: 2.into(), ..AvgPool1d::new(2) }, [1, 1, 4])
    }),
    ("average divisor", "divisor must be not zero", || {
        of(AvgPool2d { divisor_override: Some(0), ..AvgPool2d::new(2) }, [1, 1, 4, 4])
    }),
    ("average dimensions", "Dimension out of range (expected to be in range of [-2, 1],", || {
        of(AvgPool2d::new(2), [4, 4])
    }),
    ("adaptive size", "adaptive_avg_pool2d: elements of output_size must be greater", || {
        of(AdaptiveAvgPool2d::new(-1), [1, 1, 4, 4])
    }),
    (
        "adaptive dimensions",
        "adaptive_max_pool2d(): Expected 3D or 4D tensor, but got: [4,",
        || of(AdaptiveMaxPool2d::new(2), [4, 4]),
    ),
];

pub const NORMS: &[Case] = &[
    ("batch norm dimensions", "batch_norm: expected 2D or 3D input, found 4D input", || {
        of(BatchNorm1d::new(2)?, [1, 2, 3, 4])
    }),
    ("batch norm 2d dimensions", "batch_norm: expected 4D input, found 2D input", || {
        of(BatchNorm2d::new(2)?, [2, 2])
    }),
    ("batch norm features", "running_mean should contain 3 elements not 2", || {
        of(BatchNorm1d::new(2)?, [4, 3])
    }),
    ("batch norm of one", "batch_norm: expected more than 1 value per channel when", || {
        of(BatchNorm1d::new(2)?, [1, 2])
    }),
    ("batch norm size", "zeros: Dimension size must be non-negative.", || {
        BatchNorm2d::new(-1).map(drop)
    }),
    ("instance norm dimensions", "instance_norm: expected 3D or 4D input, found 2D input", || {
        of(InstanceNorm2d::new(2)?, [2, 2])
    }),
    ("instance norm of one", "instance_norm: expected more than 1 spatial element when", || {
        of(InstanceNorm1d::new(2)?, [1, 2, 1])
    }),
    ("group norm groups", "num_groups is 2, but num_channels must be divisible by", || {
        GroupNorm::new(2, 3).map(drop)
    }),
    ("group norm no groups", "num_groups is 0, but num_channels must be divisible by", || {
        GroupNorm::new(0, 3).map(drop)
    }),
    ("group norm channels", "Expected number of channels in input to be divisible by", || {
        of(GroupNorm::new(2, 4)?, [1, 3, 2])
    }),
    ("layer norm shape", "Given normalized_shape=[3], expected input with shape [*, 3],", || {
        of(LayerNorm::new([3])?, [2, 4])
    }),
    (
        "layer norm dimensions",
        "Given normalized_shape=[2, 3], expected input with shape [*,",
        || of(LayerNorm::new([2, 3])?, [3]),
    ),
    ("rms norm shape", "Given normalized_shape=[3], expected input with shape [*3],", || {
        of(RMSNorm::new([3])?, [2, 4])
    }),
];

fn embedding(padding_idx: i64) -> Outcome {
    let options = EmbeddingOptions { padding_idx: Some(padding_idx), ..Default::default() };
    Embedding::with_options(3, 2, options).map(drop)
}

pub const PLACES: &[Case] = &[
    ("embedding row", "index out of range in self", || {
        Embedding::new(3, 2)?.forward(&tensor([0, 3])?).map(drop)
    }),
    ("embedding row before", "index out of range in self", || {
        Embedding::new(3, 2)?.forward(&tensor([-1])?).map(drop)
    }),
    ("embedding of floats", "Expected tensor for argument #1 'indices' to have one of the", || {
        Embedding::new(3, 2)?.forward(&tensor([0.5])?).map(drop)
    }),
    ("embedding padding", "padding_idx is 3, but padding_idx must be within", || embedding(3)),
    ("embedding padding before", "padding_idx is -4, but padding_idx must be within", || {
        embedding(-4)
    }),
    ("embedding size", "Trying to create tensor with negative dimension -1: [-1, 2]", || {
        Embedding::new(-1, 2).map(drop)
    }),
    ("reflection", "Argument #4: Padding size should be less than the", || {
        of(ReflectionPad1d::new(4), [1, 1, 4])
    }),
    (
        "reflection dimensions",
        "Padding length should be less than or equal to two times the",
        || of(ReflectionPad2d::new(1), [4]),
    ),
    ("replication", "input (W: 4) is too small. Calculated output W: -2", || {
        of(ReplicationPad1d::new(-3), [1, 1, 4])
    }),
    ("circular", "Padding value causes wrapping around more than once.", || {
        of(CircularPad1d::new(5), [1, 1, 4])
    }),
    ("constant pad", "narrow(): length must be non-negative.", || {
        of(ConstantPad1d::new(-3, 0.), [1, 1, 4])
    }),
    ("pixel shuffle", "pixel_shuffle expects its input's 'channel' dimension to be", || {
        of(PixelShuffle::new(2), [1, 3, 2, 2])
    }),
    ("pixel shuffle factor", "pixel_shuffle expects a positive upscale_factor, but got 0", || {
        of(PixelShuffle::new(0), [1, 4, 2, 2])
    }),
    ("pixel unshuffle", "pixel_unshuffle expects height to be divisible by", || {
        of(PixelUnshuffle::new(2), [1, 1, 3, 3])
    }),
    ("channel shuffle", "Number of channels must be divisible by groups. Got 3", || {
        of(ChannelShuffle::new(2), [1, 3, 2, 2])
    }),
    ("unflatten", "unflatten: Provided sizes [2, 2] don't multiply up to the", || {
        of(Unflatten::new(1, [2, 2]), [1, 3])
    }),
    ("unfold", "Given input with spatial size (4, 4), kernel_size=(5, 5),", || {
        of(Unfold::new(5), [1, 1, 4, 4])
    }),
    ("fold", "Expected size of input's dimension 1 to be divisible by the", || {
        of(Fold::new(4, 2), [1, 3, 9])
    }),
    ("fold blocks", "Given output_size=(4, 4), kernel_size=(2, 2), dilation=(1,", || {
        of(Fold::new(4, 2), [1, 4, 8])
    }),
    ("dropout of channels", "p is 2, but a dropout probability has to be between 0 and 1", || {
        Dropout2d::new(2.).map(drop)
    }),
    ("alpha dropout", "p is -0.1, but a dropout probability has to be between 0 and 1", || {
        AlphaDropout::new(-0.1).map(drop)
    }),
    ("glu", "Halving dimension must be even, but dimension 0 is size 3", || of(GLU::new(), [3])),
    ("prelu", "Mismatch of parameter numbers and input channel size. Found", || {
        of(PReLU::new(3, 0.25, Kind::Float)?, [2, 4])
    }),
    ("softmax 2d", "Softmax2d: expected 3D or 4D input, found 2D input", || {
        of(Softmax2d::new(), [2, 2])
    }),
    ("rrelu", "Lower bound should be less than or equal to the upper bound", || {
        of(RReLU::new(0.5, 0.1), [2])
    }),
];

pub const LOSSES: &[Case] = &[
    ("l1 shapes", "l1_loss: expected a target of the input's shape [2], found [3]", || {
        F::l1_loss(&r([2])?, &r([3])?).map(drop)
    }),
    ("nll dimensions", "Expected input batch_size (2) to match target batch_size (1).", || {
        F::nll_loss(&r([2, 3])?, &tensor([[0, 1]])?).map(drop)
    }),
    ("nll of floats", "expected scalar type Long but found Float", || {
        F::nll_loss(&r([2, 3])?, &r([2])?).map(drop)
    }),
    ("soft margin shapes", "The size of tensor a (2) must match the size of tensor b (3)", || {
        F::soft_margin_loss(&r([2])?, &r([3])?).map(drop)
    }),
    ("poisson shapes", "The size of tensor a (3) must match the size of tensor b (2)", || {
        F::poisson_nll_loss(&r([2])?, &r([3])?).map(drop)
    }),
    ("hinge shapes", "The size of tensor a (3) must match the size of tensor b (2)", || {
        F::hinge_embedding_loss(&r([2])?, &r([3])?).map(drop)
    }),
    (
        "soft multilabel shapes",
        "The size of tensor a (4) must match the size of tensor b (3)",
        || F::multilabel_soft_margin_loss(&r([2, 3])?, &r([2, 4])?).map(drop),
    ),
    ("triplet shapes", "The size of tensor a (3) must match the size of tensor b (4)", || {
        F::triplet_margin_loss(&r([2, 3])?, &r([2, 4])?, &r([2, 3])?).map(drop)
    }),
];
