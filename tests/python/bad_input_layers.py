"""Layers, losses and functions with arguments and inputs that are refused: the cases of tests/bad_input/layers.rs."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn import init
from torch.nn.utils import clip_grads_with_norm_, get_total_norm, parametrizations, vector_to_parameters

rand, tensor = torch.rand, torch.tensor


def attend(q, k, v, **options):
    nn.MultiheadAttention(4, 2)(rand(*q), rand(*k), rand(*v), **options)


def bag(**options):
    weights = None if options.get("mode") == "max" else rand(2, 2)
    nn.EmbeddingBag(3, 2, **options)(tensor([[0, 1], [1, 2]]), per_sample_weights=weights)


def encoder(*size, layers=1, **options):
    nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2), layers)(rand(*size), **options)


def transformer(src, tgt):
    nn.Transformer(4, 2, 1, 1)(rand(*src), rand(*tgt))


def clip_by_shape():
    weight = nn.Parameter(rand(2))
    weight.sum().backward()
    clip_grads_with_norm_([weight], 1.0, rand(3), foreach=False)


one = [(2, 1, 4)] * 3
CASES = {
    "bag padding_idx": lambda: nn.EmbeddingBag(3, 2, padding_idx=3),
    "bag without offsets": lambda: nn.EmbeddingBag(3, 2)(tensor([0, 1])),
    "bag with both": lambda: nn.EmbeddingBag(3, 2)(tensor([[0, 1]]), tensor([0])),
    "bag of three dimensions": lambda: nn.EmbeddingBag(3, 2)(tensor([[[0, 1]]])),
    "bag weights": lambda: nn.EmbeddingBag(3, 2)(tensor([[0, 1]]), per_sample_weights=rand(2)),
    "bag mean weights": lambda: bag(),
    "bag max sparse": lambda: bag(mode="max", sparse=True),
    "bag max frequency": lambda: bag(mode="max", scale_grad_by_freq=True),
    "bag row": lambda: nn.EmbeddingBag(3, 2)(tensor([[0, 3]])),
    "pretrained": lambda: nn.Embedding.from_pretrained(rand(3)),
    "bilinear size": lambda: nn.Bilinear(0, 2, 2),
    "bilinear input": lambda: nn.Bilinear(2, 3, 1)(rand(4, 2), rand(4, 2)),
    "cosine dimension": lambda: nn.CosineSimilarity(2)(rand(2, 3), rand(2, 3)),
    "distance shapes": lambda: nn.PairwiseDistance()(rand(2, 3), rand(2, 4)),
    "unpool size": lambda: nn.MaxUnpool1d(2)(rand(1, 1, 2), tensor([[[0, 2]]]), [9]),
    "unpool index": lambda: nn.MaxUnpool1d(2)(rand(1, 1, 2), tensor([[[0, 9]]])),
    "unpool shape": lambda: nn.MaxUnpool2d(2)(rand(1, 1, 2, 2), tensor([[[0, 9]]])),
    "lp kernel": lambda: nn.LPPool1d(2, 9)(rand(1, 1, 4)),
    "ratio": lambda: nn.FractionalMaxPool2d(2, output_ratio=(1.5, 0.5)),
    "fractional kernel": lambda: nn.FractionalMaxPool3d(0, 2),
    "fractional input": lambda: nn.FractionalMaxPool2d(2, 2)(rand(4, 4)),
    "upsample without": lambda: nn.Upsample()(rand(1, 1, 2)),
    "upsample both": lambda: nn.Upsample(2, 2.0)(rand(1, 1, 2)),
    "upsample dimensions": lambda: nn.Upsample((2, 2))(rand(1, 1, 2)),
    "upsample mode": lambda: nn.Upsample(2, mode="bilinear")(rand(1, 1, 2)),
    "upsample corners": lambda: nn.Upsample(2, align_corners=True)(rand(1, 1, 2)),
    "upsample recompute": lambda: nn.Upsample(2, recompute_scale_factor=True)(rand(1, 1, 2)),
    "upsample input": lambda: nn.Upsample(2)(rand(2, 2)),
    "response norm": lambda: nn.LocalResponseNorm(2)(rand(2, 2)),
    "heads": lambda: nn.MultiheadAttention(4, 3),
    "no heads": lambda: nn.MultiheadAttention(4, 0),
    "query": lambda: attend([4], [4], [4]),
    "query features": lambda: attend([2, 1, 3], *one[1:]),
    "keys": lambda: attend([2, 1, 4], [2, 4], [2, 4]),
    "values": lambda: attend([2, 1, 4], [3, 1, 4], [2, 1, 4]),
    "attention mask": lambda: attend(*one, attn_mask=rand(2, 3)),
    "mask dtype": lambda: attend(*one, attn_mask=tensor([[0, 1], [0, 0]])),
    "padding mask": lambda: attend(*one, key_padding_mask=rand(2, 2)),
    "padding mask dimensions": lambda: attend(*one, key_padding_mask=rand(2)),
    "causal": lambda: attend(*one, is_causal=True),
    "encoder features": lambda: encoder(2, 1, 3),
    "encoder mask": lambda: encoder(2, 1, 4, mask=rand(3, 3)),
    "no encoder layers": lambda: encoder(2, 1, 4, layers=0),
    "transformer features": lambda: transformer([2, 1, 4], [2, 1, 3]),
    "transformer batch": lambda: transformer([2, 1, 4], [2, 2, 4]),
    "transformer dropout": lambda: nn.TransformerEncoderLayer(4, 2, dropout=1.5),
    "module name": lambda: nn.ModuleDict({"a.b": nn.ReLU()}),
    "no module name": lambda: nn.ModuleDict({"": nn.ReLU()}),
    "no such module": lambda: nn.ModuleDict({"a": nn.ReLU()})["b"],
    "no such position": lambda: nn.ModuleList([nn.ReLU()])[1],
    "list called": lambda: nn.ModuleList()(rand(2)),
    "parameter name": lambda: nn.ParameterDict({"a.b": nn.Parameter(rand(2))}),
    "no such parameter": lambda: nn.ParameterList()[0],
    "variance": lambda: F.gaussian_nll_loss(rand(2), rand(2), tensor([1.0, -1.0])),
    "variance number": lambda: F.gaussian_nll_loss(rand(2), rand(2), -1.0),
    "variance shape": lambda: F.gaussian_nll_loss(rand(2, 3), rand(2, 3), rand(3, 2)),
    "ranking dimensions": lambda: F.margin_ranking_loss(rand(2, 1), rand(2), rand(2)),
    "triplet margin": lambda: nn.TripletMarginLoss(margin=0.0),
    "triplet dimensions": lambda: F.triplet_margin_with_distance_loss(rand(2, 2), rand(2), rand(2)),
    "multi margin p": lambda: nn.MultiMarginLoss(p=3),
    "multi margin weight": lambda: nn.MultiMarginLoss(weight=rand(1, 3)),
    "multi margin class": lambda: F.multi_margin_loss(rand(2, 3), tensor([0, 3])),
    "multilabel class": lambda: F.multilabel_margin_loss(rand(1, 3), tensor([[0, 5, -1]])),
    "cosine shapes": lambda: F.cosine_embedding_loss(rand(2, 3), rand(2, 4), rand(2)),
    "ctc blank": lambda: nn.CTCLoss(blank=9)(rand(2, 1, 3), tensor([[1, 2]]), tensor([2]), tensor([2])),
    "divergence shapes": lambda: F.kl_div(rand(2), rand(3), reduction="sum"),
    "eye": lambda: init.eye_(rand(3)),
    "dirac": lambda: init.dirac_(rand(3)),
    "dirac groups": lambda: init.dirac_(rand(3, 2, 1), 2),
    "orthogonal": lambda: init.orthogonal_(rand(3)),
    "sparse": lambda: init.sparse_(rand(3), 0.5),
    "truncated": lambda: init.trunc_normal_(rand(3), a=2.0, b=-2.0),
    "vector": lambda: vector_to_parameters(rand(3), [rand(2), rand(2)]),
    "total norm": lambda: get_total_norm([tensor([float("inf")])], 2.0, error_if_nonfinite=True),
    "norm dtype": lambda: get_total_norm([torch.ones(2, dtype=torch.int64)]),
    "clip by shape": clip_by_shape,
    "weight norm": lambda: parametrizations.weight_norm(nn.Linear(2, 2), dim=5),
    "spectral norm": lambda: parametrizations.spectral_norm(nn.Linear(2, 2), n_power_iterations=0),
    "spectral dimension": lambda: parametrizations.spectral_norm(nn.Linear(2, 2), dim=2),
}
