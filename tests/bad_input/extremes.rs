//! Sizes that are negative, none or beyond all memory, and numbers that are none, which Python refuses.

use torch_exact::data::*;
use torch_exact::nn::utils::parametrizations::weight_norm;
use torch_exact::nn::*;
use torch_exact::optim::lr_scheduler::*;
use torch_exact::optim::{SGD, lr};
use torch_exact::prelude::*;

use super::super::{Case, Outcome, parameter};
use super::data::rows;

const BIG: i64 = 1 << 62;

fn of<const N: usize>(layer: impl Module, size: [i64; N]) -> Outcome {
    layer.forward(&random::rand(size)?).map(drop)
}

fn r<const N: usize>(size: [i64; N]) -> Result<Tensor> {
    random::rand(size)
}

fn sgd() -> Result<SGD> {
    SGD::new([parameter()?], lr(0.1))
}

fn transposed(padding: i64) -> Outcome {
    let options = ConvTransposeOptions { padding: padding.into(), ..Default::default() };
    of(ConvTranspose1d::with_options(1, 1, 1, options)?, [1, 1, 4])
}

fn ctc(target: [i64; 2], input_lengths: &[i64], length: i64) -> Outcome {
    let (target, length) = (tensor([target])?, tensor([length])?);
    let input_lengths = Tensor::f_from_slice(input_lengths)?;
    CTCLoss::new().forward(&r([2, 1, 3])?, &target, &input_lengths, &length).map(drop)
}

fn weighted<const N: usize>(weights: [f64; N]) -> Outcome {
    let sampler = WeightedRandomSampler::new(weights, 2, Default::default())?;
    sampler.iter().try_for_each(|index| index.map(drop))
}

pub const EXTREMES: &[Case] = &[
    ("linear too large", "Storage size calculation overflowed with sizes=[4,", || {
        Linear::new(BIG, 4).map(drop)
    }),
    ("linear of 64 bits", "Storage size calculation overflowed with sizes=[4294967296,", || {
        Linear::new(1 << 32, 1 << 32).map(drop)
    }),
    ("conv negative kernel", "Trying to create tensor with negative dimension -1: [1, 1,", || {
        Conv2d::new(1, 1, -1).map(drop)
    }),
    ("conv too large", "Storage size calculation overflowed with sizes=[2147483648,", || {
        Conv2d::new(1 << 31, 1 << 31, 3).map(drop)
    }),
    ("transposed negative padding", "negative padding is not supported", || transposed(-1)),
    (
        "transposed too much padding",
        "Given input size per channel: (1 x 4). Calculated output size",
        || transposed(9),
    ),
    ("prelu size", "Trying to create tensor with negative dimension -1: [-1]", || {
        PReLU::new(-1, 0.25, tch::Kind::Float).map(drop)
    }),
    ("embedding too large", "Storage size calculation overflowed with", || {
        Embedding::new(BIG, 4).map(drop)
    }),
    ("bag size", "Trying to create tensor with negative dimension -1: [-1, 2]", || {
        EmbeddingBag::new(-1, 2).map(drop)
    }),
    ("recurrent too large", "Storage size calculation overflowed with sizes=[16,", || {
        LSTM::new(BIG, 4).map(drop)
    }),
    ("recurrent input size", "input_size is -1, but it must be greater than zero", || {
        RNN::new(-1, 4).map(drop)
    }),
    ("cell size", "Trying to create tensor with negative dimension -3: [-3, 2]", || {
        GRUCell::new(2, -1).map(drop)
    }),
    ("cell input size", "Trying to create tensor with negative dimension -1: [6, -1]", || {
        GRUCell::new(-1, 2).map(drop)
    }),
    ("layer norm size", "Trying to create tensor with negative dimension -1: [-1]", || {
        LayerNorm::new([-1]).map(drop)
    }),
    ("rms norm size", "Trying to create tensor with negative dimension -1: [-1]", || {
        RMSNorm::new([-1]).map(drop)
    }),
    ("layer norm of none", "Expected normalized_shape to be at least 1-dimensional, i.e.,", || {
        of(LayerNorm::new([])?, [2])
    }),
    ("batch norm too large", "Storage size calculation overflowed with", || {
        BatchNorm1d::new(BIG).map(drop)
    }),
    ("attention size", "embed_dim is -4, but embed_dim and num_heads must be greater", || {
        MultiheadAttention::new(-4, 2).map(drop)
    }),
    ("transformer heads", "num_heads is 3, but embed_dim must be divisible by num_heads", || {
        TransformerEncoderLayer::new(4, 3).map(drop)
    }),
    ("transformer size", "Trying to create tensor with negative dimension -1: [-1, 4]", || {
        let options = TransformerOptions { dim_feedforward: -1, ..Default::default() };
        TransformerEncoderLayer::with_options(4, 2, options).map(drop)
    }),
    (
        "pixel unshuffle factor",
        "pixel_unshuffle expects a positive downscale_factor, but got 0",
        || of(PixelUnshuffle::new(0), [1, 1, 4, 4]),
    ),
    ("channel shuffle groups", "Number of groups to divide channels in must be positive.", || {
        of(ChannelShuffle::new(0), [1, 4, 2, 2])
    }),
    ("unflatten dimension", "Dimension out of range (expected to be in range of [-2, 1],", || {
        of(Unflatten::new(3, [2, 2]), [1, 4])
    }),
    ("unflatten twice", "unflatten got an unexpected error:", || {
        of(Unflatten::new(1, [-1, -1]), [1, 4])
    }),
    ("unfold kernel", "kernel size should be greater than zero, but got", || {
        of(Unfold::new(0), [1, 1, 4, 4])
    }),
    ("fold stride", "stride should be greater than zero, but got stride_height: 0", || {
        of(Fold { stride: 0.into(), ..Fold::new(4, 2) }, [1, 4, 9])
    }),
    ("zero pad", "narrow(): length must be non-negative.", || of(ZeroPad2d::new(-3), [1, 1, 4, 4])),
    (
        "fractional too large",
        "fractional_max_pool2d(): pool height 2 too large relative to",
        || of(FractionalMaxPool2d::with_output_size(2, 9)?, [1, 1, 4, 4]),
    ),
    ("lp kernel of none", "integer out of range", || of(LPPool2d::new(2, 0), [1, 1, 4, 4])),
    ("upsample to none", "Input and output sizes should be greater than 0, but got", || {
        of(Upsample::size(0), [1, 1, 4])
    }),
    ("upsample by negative", "Input and output sizes should be greater than 0, but got", || {
        of(Upsample::scale_factor(-1.), [1, 1, 4])
    }),
    ("response norm size", "integer out of range", || of(LocalResponseNorm::new(0), [1, 1, 4])),
    ("flatten dimension", "Dimension out of range (expected to be in range of [-2, 1],", || {
        of(Flatten { start_dim: 5, end_dim: -1 }, [2, 2])
    }),
    ("bilinear shapes", "bilinear(): input batch dimensions do not match at dim 0: got", || {
        Bilinear::new(2, 3, 1)?.forward(&r([4, 2])?, &r([5, 3])?).map(drop)
    }),
    ("softmin dimension", "Dimension out of range (expected to be in range of [-1, 0],", || {
        of(Softmin::new(4), [2])
    }),
    ("weight norm before", "Dimension out of range (expected to be in range of [-2, 1],", || {
        weight_norm(Linear::new(2, 2)?, -5).map(drop)
    }),
    ("truncated std", "uniform_ expects to return a [from, to) range, but found", || {
        init::trunc_normal_(&r([3])?, 0., -1., -2., 2.)
    }),
    ("xavier of integers", "\"check_uniform_bounds\" not implemented for 'Long'", || {
        init::xavier_uniform_(&tensor([[1, 2]])?, 1.)
    }),
    ("orthogonal of integers", "\"normal_kernel_cpu\" not implemented for 'Long'", || {
        init::orthogonal_(&tensor([[1, 2]])?, 1.)
    }),
    ("constant of integers", "libtorch, fill_: value cannot be converted to type int64_t", || {
        init::constant_(&tensor([1])?, f64::NAN)
    }),
    ("WarmRestarts negative", "T_0 is -1, but it must be above 0", || {
        CosineAnnealingWarmRestarts::new(&mut sgd()?, -1).map(drop)
    }),
    ("WarmRestarts negative times", "T_mult is -1, but it must be 1 or above", || {
        let options = CosineAnnealingWarmRestartsOptions { t_mult: -1, ..1.into() };
        CosineAnnealingWarmRestarts::new(&mut sgd()?, options).map(drop)
    }),
    ("sampled beyond", "libtorch, index_select: index out of range in self", || {
        let sampler = SubsetRandomSampler::new([9], None);
        let options = DataLoaderOptions { sampler: Some(Box::new(sampler)), ..Default::default() };
        let loader = DataLoader::new(rows(3)?, options)?;
        loader.iter().try_for_each(|batch| batch.map(drop))
    }),
    ("sampler negative", "num_samples is -2, but it should be a positive integer value", || {
        let options = RandomSamplerOptions { num_samples: Some(-2), ..Default::default() };
        RandomSampler::new(3, options).map(drop)
    }),
    ("weights of no number", "invalid multinomial distribution (encountering probability", || {
        weighted([f64::NAN, 1.])
    }),
    ("weights infinite", "invalid multinomial distribution (encountering probability", || {
        weighted([f64::INFINITY, 1.])
    }),
    ("no weights", "invalid multinomial distribution (sum of probabilities <= 0)", || weighted([])),
    ("fractions of no number", "sum(lengths) is NaN, but fractions must add up to 1", || {
        random_split(rows(3)?, [f64::NAN, 0.5], None).map(drop)
    }),
    ("no counts", "lengths is [], but their sum must be the length of the dataset", || {
        random_split(rows(3)?, [0_i64; 0], None).map(drop)
    }),
    ("ctc inputs", "Expected input_lengths to have value at most 2, but got value", || {
        ctc([1, 2], &[3], 2)
    }),
    ("ctc targets", "Expected tensor to have size at least 5 at dimension 1, but", || {
        ctc([1, 2], &[2], 5)
    }),
    ("ctc batch", "input_lengths must be of size batch_size", || ctc([1, 2], &[2, 2], 2)),
    ("multilabel dimensions", "inconsistent target size: [2] for input of size: [2, 3]", || {
        F::multilabel_margin_loss(&r([2, 3])?, &tensor([0, 1])?).map(drop)
    }),
    ("multi margin shapes", "inconsistent target size, expected 2 but got [1]", || {
        F::multi_margin_loss(&r([2, 3])?, &tensor([0])?).map(drop)
    }),
    ("cosine dimensions", "1D target tensor expects 2D input tensors, but found inputs", || {
        F::cosine_embedding_loss(&r([3])?, &r([3])?, &r([2])?).map(drop)
    }),
    ("triplet negative margin", "margin is -1, but it must be greater than 0", || {
        let loss = TripletMarginLoss { margin: -1., ..TripletMarginLoss::new() };
        loss.forward(&r([2, 3])?, &r([2, 3])?, &r([2, 3])?).map(drop)
    }),
    ("probability of no number", "all elements of input should be between 0 and 1", || {
        F::binary_cross_entropy(&tensor([f64::NAN])?, &tensor([1.])?).map(drop)
    }),
    ("classes of one row", "For 1D input, 1D target must have size 1, but got target", || {
        F::cross_entropy(&r([3])?, &tensor([0, 1])?).map(drop)
    }),
    (
        "soft margin of integers",
        "result type Float can't be cast to the desired output type",
        || F::soft_margin_loss(&tensor([1, 2])?, &tensor([1, 1])?).map(drop),
    ),
];
