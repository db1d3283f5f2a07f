//! Layers, losses and functions of `nn.init` and `nn.utils` with arguments and inputs that Python refuses.

use tch::{Device, Kind};
use torch_exact::nn::utils::parametrizations::{SpectralNormOptions, spectral_norm, weight_norm};
use torch_exact::nn::utils::{clip_grads_with_norm_, get_total_norm, vector_to_parameters};
use torch_exact::nn::*;
use torch_exact::prelude::*;

use super::super::{Case, Outcome};

fn r<const N: usize>(size: [i64; N]) -> torch_exact::Result<Tensor> {
    random::rand(size)
}

fn attend(size: [&[i64]; 3], attend: Attend) -> Outcome {
    let [q, k, v] = size.map(random::rand);
    MultiheadAttention::new(4, 2)?.forward(&q?, &k?, &v?, attend).map(drop)
}

fn bag(options: EmbeddingBagOptions) -> Outcome {
    let weights = r([2, 2])?;
    let weights = (options.mode != BagMode::Max).then_some(&weights);
    EmbeddingBag::with_options(3, 2, options)?
        .forward(&tensor([[0, 1], [1, 2]])?, None, weights)
        .map(drop)
}

fn encoder(size: [i64; 3], encode: Encode) -> Outcome {
    let layer = TransformerEncoderLayer::new(4, 2)?;
    TransformerEncoder::new(&layer, 1, None)?.forward(&random::rand(size)?, encode).map(drop)
}

pub const LAYERS: &[Case] = &[
    ("bag padding_idx", "padding_idx is 3, but padding_idx must be within num_embeddings", || {
        let options = EmbeddingBagOptions { padding_idx: Some(3), ..Default::default() };
        EmbeddingBag::with_options(3, 2, options).map(drop)
    }),
    ("bag without offsets", "embedding_bag: expected offsets of one dimension", || {
        EmbeddingBag::new(3, 2)?.forward(&tensor([0, 1])?, None, None).map(drop)
    }),
    ("bag with both", "expected no offsets beside bags of one length", || {
        let (rows, offsets) = (tensor([[0, 1]])?, tensor([0])?);
        EmbeddingBag::new(3, 2)?.forward(&rows, Some(&offsets), None).map(drop)
    }),
    ("bag of three dimensions", "expected an input of one or two dimensions", || {
        EmbeddingBag::new(3, 2)?.forward(&tensor([[[0, 1]]])?, None, None).map(drop)
    }),
    ("bag weights", "per_sample_weights of the input's shape [1, 2]", || {
        EmbeddingBag::new(3, 2)?.forward(&tensor([[0, 1]])?, None, Some(&r([2])?)).map(drop)
    }),
    (
        "bag mean weights",
        "per_sample_weights is given, but it is only supported for mode='sum'",
        || bag(EmbeddingBagOptions::default()),
    ),
    ("bag max sparse", "sparse is given, but max mode does not support sparse weights", || {
        bag(EmbeddingBagOptions { mode: BagMode::Max, sparse: true, ..Default::default() })
    }),
    ("bag max frequency", "scale_grad_by_freq is given, but max mode does not support it", || {
        bag(EmbeddingBagOptions {
            mode: BagMode::Max,
            scale_grad_by_freq: true,
            ..Default::default()
        })
    }),
    ("bag row", "", || EmbeddingBag::new(3, 2)?.forward(&tensor([[0, 3]])?, None, None).map(drop)),
    (
        "pretrained",
        "Embedding.from_pretrained: expected values of two dimensions, found [3]",
        || Embedding::from_pretrained(r([3])?, true, EmbeddingOptions::default()).map(drop),
    ),
    ("bilinear size", "in1_features is 0, but it must be above 0", || {
        Bilinear::new(0, 2, 2).map(drop)
    }),
    ("bilinear input", "", || Bilinear::new(2, 3, 1)?.forward(&r([4, 2])?, &r([4, 2])?).map(drop)),
    ("cosine dimension", "Dimension out of range", || {
        CosineSimilarity { dim: 2, ..CosineSimilarity::new() }
            .forward(&r([2, 3])?, &r([2, 3])?)
            .map(drop)
    }),
    ("distance shapes", "", || PairwiseDistance::new().forward(&r([2, 3])?, &r([2, 4])?).map(drop)),
    (
        "unpool size",
        "output_size is [9], but it must have been the size of what was pooled",
        || {
            let (x, indices) = (r([1, 1, 2])?, tensor([[[0, 2]]])?);
            MaxUnpool1d::new(2).forward(&x, &indices, Some(&[9])).map(drop)
        },
    ),
    ("unpool index", "", || {
        MaxUnpool1d::new(2).forward(&r([1, 1, 2])?, &tensor([[[0, 9]]])?, None).map(drop)
    }),
    ("unpool shape", "", || {
        MaxUnpool2d::new(2).forward(&r([1, 1, 2, 2])?, &tensor([[[0, 9]]])?, None).map(drop)
    }),
    ("lp kernel", "", || LPPool1d::new(2, 9).forward(&r([1, 1, 4])?).map(drop)),
    ("ratio", "output_ratio is [1.5, 0.5], but output_ratio must be between 0 and 1", || {
        FractionalMaxPool2d::with_output_ratio(2, [1.5, 0.5]).map(drop)
    }),
    ("fractional kernel", "kernel_size is 0, but kernel_size must be greater than 0", || {
        FractionalMaxPool3d::with_output_size(0, 2).map(drop)
    }),
    ("fractional input", "fractional_max_pool: expected an input of 3 or more dimensions", || {
        FractionalMaxPool2d::with_output_size(2, 2)?.forward(&r([4, 4])?).map(drop)
    }),
    ("upsample without", "size is None, but either size or scale_factor is to be given", || {
        Upsample::default().forward(&r([1, 1, 2])?).map(drop)
    }),
    ("upsample both", "size is given with scale_factor", || {
        Upsample { size: Some(2.into()), ..Upsample::scale_factor(2.) }
            .forward(&r([1, 1, 2])?)
            .map(drop)
    }),
    ("upsample dimensions", "size is 2 numbers, but there must be one for each dimension", || {
        Upsample::size([2, 2]).forward(&r([1, 1, 2])?).map(drop)
    }),
    ("upsample mode", "expected an input of the dimensions that mode 'bilinear' takes", || {
        Upsample { mode: UpsampleMode::Bilinear, ..Upsample::size(2) }
            .forward(&r([1, 1, 2])?)
            .map(drop)
    }),
    ("upsample corners", "align_corners is given, but it is an option of linear", || {
        Upsample { align_corners: Some(true), ..Upsample::size(2) }
            .forward(&r([1, 1, 2])?)
            .map(drop)
    }),
    ("upsample recompute", "recompute_scale_factor is True, but it is not meaningful", || {
        Upsample { recompute_scale_factor: Some(true), ..Upsample::size(2) }
            .forward(&r([1, 1, 2])?)
            .map(drop)
    }),
    ("upsample input", "2D input", || Upsample::size(2).forward(&r([2, 2])?).map(drop)),
    ("response norm", "local_response_norm: expected an input of three or more dimensions", || {
        LocalResponseNorm::new(2).forward(&r([2, 2])?).map(drop)
    }),
    ("heads", "num_heads is 3, but embed_dim must be divisible by num_heads", || {
        MultiheadAttention::new(4, 3).map(drop)
    }),
    ("no heads", "num_heads is 0, but embed_dim and num_heads must be greater than 0", || {
        MultiheadAttention::new(4, 0).map(drop)
    }),
    ("query", "a query of two dimensions, or of three with a batch", || {
        attend([&[4], &[4], &[4]], Attend::default())
    }),
    ("query features", "a query of embed_dim features", || {
        attend([&[2, 1, 3], &[2, 1, 4], &[2, 1, 4]], Attend::default())
    }),
    ("keys", "keys and values of as many dimensions as the query", || {
        attend([&[2, 1, 4], &[2, 4], &[2, 4]], Attend::default())
    }),
    ("values", "values of the keys' shape", || {
        attend([&[2, 1, 4], &[3, 1, 4], &[2, 1, 4]], Attend::default())
    }),
    ("attention mask", "an attn_mask of [2, 2] or [2, 2, 2], found [2, 3]", || {
        let mask = r([2, 3])?;
        let options = Attend { attn_mask: Some(&mask), ..Attend::default() };
        attend([&[2, 1, 4], &[2, 1, 4], &[2, 1, 4]], options)
    }),
    ("mask dtype", "attn_mask is of Int64, but only bool and floating types are supported", || {
        let mask = tensor([[0, 1], [0, 0]])?;
        let options = Attend { attn_mask: Some(&mask), ..Attend::default() };
        attend([&[2, 1, 4], &[2, 1, 4], &[2, 1, 4]], options)
    }),
    ("padding mask", "a key_padding_mask of [1, 2]", || {
        let mask = r([2, 2])?;
        let options = Attend { key_padding_mask: Some(&mask), ..Attend::default() };
        attend([&[2, 1, 4], &[2, 1, 4], &[2, 1, 4]], options)
    }),
    ("padding mask dimensions", "a key_padding_mask of one dimension fewer than the query", || {
        let mask = r([2])?;
        let options = Attend { key_padding_mask: Some(&mask), ..Attend::default() };
        attend([&[2, 1, 4], &[2, 1, 4], &[2, 1, 4]], options)
    }),
    ("causal", "is_causal is True, but it needs an attn_mask", || {
        let options = Attend { is_causal: true, ..Attend::default() };
        attend([&[2, 1, 4], &[2, 1, 4], &[2, 1, 4]], options)
    }),
    ("encoder features", "", || encoder([2, 1, 3], Encode::default())),
    ("encoder mask", "an attn_mask of [2, 2] or [2, 2, 2]", || {
        let mask = r([3, 3])?;
        encoder([2, 1, 4], Encode { mask: Some(&mask), ..Encode::default() })
    }),
    ("no encoder layers", "index is 0 of 0", || {
        let layer = TransformerEncoderLayer::new(4, 2)?;
        TransformerEncoder::new(&layer, 0, None)?
            .forward(&r([2, 1, 4])?, Encode::default())
            .map(drop)
    }),
    ("transformer features", "expected src and tgt of 4 features", || {
        let made = Transformer::new(4, 2, 1, 1, TransformerOptions::default())?;
        made.forward(&r([2, 1, 4])?, &r([2, 1, 3])?, TransformerArguments::default()).map(drop)
    }),
    ("transformer batch", "expected src and tgt of one batch", || {
        let made = Transformer::new(4, 2, 1, 1, TransformerOptions::default())?;
        made.forward(&r([2, 1, 4])?, &r([2, 2, 4])?, TransformerArguments::default()).map(drop)
    }),
    ("transformer dropout", "a dropout probability has to be between 0 and 1", || {
        let options = TransformerOptions { dropout: 1.5, ..Default::default() };
        TransformerEncoderLayer::with_options(4, 2, options).map(drop)
    }),
    ("module name", "name is `a.b`", || ModuleDict::new().add("a.b", ReLU::new()).map(drop)),
    ("no module name", "name is ``", || ModuleDict::new().add("", ReLU::new()).map(drop)),
    ("no such module", "name is `b`, but no module has it", || {
        ModuleDict::new().add("a", ReLU::new())?.get::<ReLU>("b").map(drop)
    }),
    ("no such position", "index is 1 of 1, but positions count from 0", || {
        ModuleList::new().add(ReLU::new()).get::<ReLU>(1).map(drop)
    }),
    ("list called", "a container is not called", || ModuleList::new().forward(&r([2])?).map(drop)),
    ("parameter name", "name is `a.b`", || {
        ParameterDict::new().add("a.b", Parameter::new(r([2])?)?).map(drop)
    }),
    ("no such parameter", "index is 0 of 0", || ParameterList::new().get(0).map(drop)),
    ("variance", "var is negative somewhere, but it is 0 or above", || {
        F::gaussian_nll_loss(&r([2])?, &r([2])?, &tensor([1., -1.])?).map(drop)
    }),
    ("variance number", "var is negative somewhere", || {
        F::gaussian_nll_loss(&r([2])?, &r([2])?, -1.).map(drop)
    }),
    ("variance shape", "a variance of the input's shape [2, 3] or of its rows", || {
        F::gaussian_nll_loss(&r([2, 3])?, &r([2, 3])?, &r([3, 2])?).map(drop)
    }),
    (
        "ranking dimensions",
        "margin_ranking_loss: expected tensors of equal numbers of dimensions",
        || F::margin_ranking_loss(&r([2, 1])?, &r([2])?, &r([2])?).map(drop),
    ),
    ("triplet margin", "margin is 0, but it must be greater than 0", || {
        let loss = TripletMarginLoss { margin: 0., ..TripletMarginLoss::new() };
        loss.forward(&r([2])?, &r([2])?, &r([2])?).map(drop)
    }),
    ("triplet dimensions", "tensors of equal numbers of dimensions", || {
        F::triplet_margin_with_distance_loss(&r([2, 2])?, &r([2])?, &r([2])?).map(drop)
    }),
    ("multi margin p", "p is 3, but only p == 1 and p == 2 are supported", || {
        let loss = MultiMarginLoss { p: 3, ..MultiMarginLoss::new() };
        loss.forward(&r([2, 3])?, &tensor([0, 1])?).map(drop)
    }),
    ("multi margin weight", "weight is of 2 dimensions, but it must be one-dimensional", || {
        let loss = MultiMarginLoss { weight: Some(r([1, 3])?), ..MultiMarginLoss::new() };
        loss.forward(&r([2, 3])?, &tensor([0, 1])?).map(drop)
    }),
    ("multi margin class", "", || F::multi_margin_loss(&r([2, 3])?, &tensor([0, 3])?).map(drop)),
    ("multilabel class", "", || {
        F::multilabel_margin_loss(&r([1, 3])?, &tensor([[0, 5, -1]])?).map(drop)
    }),
    ("cosine shapes", "", || {
        F::cosine_embedding_loss(&r([2, 3])?, &r([2, 4])?, &r([2])?).map(drop)
    }),
    ("ctc blank", "blank must be in label range", || {
        let (lengths, loss) = (tensor([2])?, CTCLoss { blank: 9, ..CTCLoss::new() });
        loss.forward(&r([2, 1, 3])?, &tensor([[1, 2]])?, &lengths, &lengths).map(drop)
    }),
    ("divergence shapes", "", || F::kl_div(&r([2])?, &r([3])?).map(drop)),
    ("eye", "eye_: expected a tensor of [2] dimensions, found [3]", || init::eye_(&r([3])?)),
    ("dirac", "dirac_: expected a tensor of [3, 4, 5] dimensions, found [3]", || {
        init::dirac_(&r([3])?, 1)
    }),
    ("dirac groups", "groups is 2, but dim 0 must be divisible by groups", || {
        init::dirac_(&r([3, 2, 1])?, 2)
    }),
    ("orthogonal", "orthogonal_: expected a tensor of two or more dimensions, found [3]", || {
        init::orthogonal_(&r([3])?, 1.)
    }),
    ("sparse", "sparse_: expected a tensor of [2] dimensions, found [3]", || {
        init::sparse_(&r([3])?, 0.5, 0.01)
    }),
    ("truncated", "", || init::trunc_normal_(&r([3])?, 0., 1., 2., -2.)),
    ("vector", "vector_to_parameters: expected a vector of 4 or more elements, found [3]", || {
        vector_to_parameters(&r([3])?, [&r([2])?, &r([2])?])
    }),
    ("total norm", "error_if_nonfinite refuses to clip by a norm that is not finite", || {
        get_total_norm([&tensor([f64::INFINITY])?], 2., true, None).map(drop)
    }),
    ("norm dtype", "", || {
        get_total_norm([&Tensor::ones([2], (Kind::Int64, Device::Cpu))], 2., false, None).map(drop)
    }),
    ("clip by shape", "", || {
        let weight = Parameter::new(r([2])?)?;
        weight.sum(Kind::Float).backward();
        clip_grads_with_norm_([&weight], 1., &r([3])?, false)
    }),
    ("weight norm", "", || weight_norm(Linear::new(2, 2)?, 5).map(drop)),
    ("spectral norm", "n_power_iterations is 0, but it must be positive", || {
        let options = SpectralNormOptions { n_power_iterations: 0, ..Default::default() };
        spectral_norm(Linear::new(2, 2)?, options).map(drop)
    }),
    ("spectral dimension", "dim is 2, but the weight has no such dimension", || {
        let options = SpectralNormOptions { dim: Some(2), ..Default::default() };
        spectral_norm(Linear::new(2, 2)?, options).map(drop)
    }),
];
