"""Sizes and inputs that layers refuse: the cases of tests/bad_input/shapes.rs, recurrent.rs
and extremes.rs."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations, rnn
from torch.optim import lr_scheduler
from torch.utils import data

rand, tensor = torch.rand, torch.tensor


def of(layer, *size):
    return layer(rand(*size))


SHAPES = {
    "conv groups": lambda: nn.Conv1d(2, 2, 1, groups=0),
    "conv channels by groups": lambda: nn.Conv2d(3, 4, 1, groups=2),
    "conv filters by groups": lambda: nn.Conv2d(4, 3, 1, groups=2),
    "conv same": lambda: nn.Conv2d(1, 1, 3, stride=2, padding="same"),
    "conv kernel": lambda: of(nn.Conv1d(1, 1, 5), 1, 1, 4),
    "conv channels": lambda: of(nn.Conv2d(3, 1, 1), 1, 2, 4, 4),
    "conv dimensions": lambda: of(nn.Conv2d(3, 1, 1), 3, 4),
    "conv stride": lambda: of(nn.Conv1d(1, 1, 1, stride=0), 1, 1, 4),
    "conv dilation": lambda: of(nn.Conv3d(1, 1, 1, dilation=0), 1, 1, 4, 4, 4),
    "conv padding": lambda: of(nn.Conv1d(1, 1, 1, padding=-1), 1, 1, 4),
    "conv reflected": lambda: of(nn.Conv1d(1, 1, 1, padding=4, padding_mode="reflect"), 1, 1, 4),
    "conv integers": lambda: nn.Conv1d(1, 1, 1)(tensor([[[1, 2]]])),
    "conv negative channels": lambda: nn.Conv1d(-1, 1, 1),
    "transposed groups": lambda: nn.ConvTranspose1d(3, 2, 1, groups=2),
    "transposed output padding": lambda: of(nn.ConvTranspose1d(1, 1, 2, output_padding=1), 1, 1, 4),
    "transposed channels": lambda: of(nn.ConvTranspose2d(3, 1, 1), 1, 2, 4, 4),
    "pool kernel": lambda: of(nn.MaxPool1d(0), 1, 1, 4),
    "pool too large": lambda: of(nn.MaxPool2d(5), 1, 1, 4, 4),
    "pool padding": lambda: of(nn.MaxPool2d(2, padding=2), 1, 1, 4, 4),
    "pool stride": lambda: of(nn.MaxPool2d(2, stride=0), 1, 1, 4, 4),
    "pool dilation": lambda: of(nn.MaxPool1d(2, dilation=0), 1, 1, 4),
    "pool dimensions": lambda: of(nn.MaxPool3d(2), 4, 4),
    "average kernel": lambda: of(nn.AvgPool2d(0), 1, 1, 4, 4),
    "average padding": lambda: of(nn.AvgPool1d(2, padding=2), 1, 1, 4),
    "average divisor": lambda: of(nn.AvgPool2d(2, divisor_override=0), 1, 1, 4, 4),
    "average dimensions": lambda: of(nn.AvgPool2d(2), 4, 4),
    "adaptive size": lambda: of(nn.AdaptiveAvgPool2d(-1), 1, 1, 4, 4),
    "adaptive dimensions": lambda: of(nn.AdaptiveMaxPool2d(2), 4, 4),
    "batch norm dimensions": lambda: of(nn.BatchNorm1d(2), 1, 2, 3, 4),
    "batch norm 2d dimensions": lambda: of(nn.BatchNorm2d(2), 2, 2),
    "batch norm features": lambda: of(nn.BatchNorm1d(2), 4, 3),
    "batch norm of one": lambda: of(nn.BatchNorm1d(2), 1, 2),
    "batch norm size": lambda: nn.BatchNorm2d(-1),
    "instance norm dimensions": lambda: of(nn.InstanceNorm2d(2), 2, 2),
    "instance norm of one": lambda: of(nn.InstanceNorm1d(2), 1, 2, 1),
    "group norm groups": lambda: nn.GroupNorm(2, 3),
    "group norm no groups": lambda: nn.GroupNorm(0, 3),
    "group norm channels": lambda: of(nn.GroupNorm(2, 4), 1, 3, 2),
    "layer norm shape": lambda: of(nn.LayerNorm(3), 2, 4),
    "layer norm dimensions": lambda: of(nn.LayerNorm([2, 3]), 3),
    "rms norm shape": lambda: of(nn.RMSNorm(3), 2, 4),
    "embedding row": lambda: nn.Embedding(3, 2)(tensor([0, 3])),
    "embedding row before": lambda: nn.Embedding(3, 2)(tensor([-1])),
    "embedding of floats": lambda: nn.Embedding(3, 2)(tensor([0.5])),
    "embedding padding": lambda: nn.Embedding(3, 2, padding_idx=3),
    "embedding padding before": lambda: nn.Embedding(3, 2, padding_idx=-4),
    "embedding size": lambda: nn.Embedding(-1, 2),
    "reflection": lambda: of(nn.ReflectionPad1d(4), 1, 1, 4),
    "reflection dimensions": lambda: of(nn.ReflectionPad2d(1), 4),
    "replication": lambda: of(nn.ReplicationPad1d(-3), 1, 1, 4),
    "circular": lambda: of(nn.CircularPad1d(5), 1, 1, 4),
    "constant pad": lambda: of(nn.ConstantPad1d(-3, 0.0), 1, 1, 4),
    "pixel shuffle": lambda: of(nn.PixelShuffle(2), 1, 3, 2, 2),
    "pixel shuffle factor": lambda: of(nn.PixelShuffle(0), 1, 4, 2, 2),
    "pixel unshuffle": lambda: of(nn.PixelUnshuffle(2), 1, 1, 3, 3),
    "channel shuffle": lambda: of(nn.ChannelShuffle(2), 1, 3, 2, 2),
    "unflatten": lambda: of(nn.Unflatten(1, (2, 2)), 1, 3),
    "unfold": lambda: of(nn.Unfold(5), 1, 1, 4, 4),
    "fold": lambda: of(nn.Fold((4, 4), 2), 1, 3, 9),
    "fold blocks": lambda: of(nn.Fold((4, 4), 2), 1, 4, 8),
    "dropout of channels": lambda: nn.Dropout2d(2.0),
    "alpha dropout": lambda: nn.AlphaDropout(-0.1),
    "glu": lambda: of(nn.GLU(), 3),
    "prelu": lambda: of(nn.PReLU(3), 2, 4),
    "softmax 2d": lambda: of(nn.Softmax2d(), 2, 2),
    "rrelu": lambda: of(nn.RReLU(0.5, 0.1), 2),
    "l1 shapes": lambda: F.l1_loss(rand(2), rand(3)),
    "nll dimensions": lambda: F.nll_loss(rand(2, 3), tensor([[0, 1]])),
    "nll of floats": lambda: F.nll_loss(rand(2, 3), rand(2)),
    "soft margin shapes": lambda: F.soft_margin_loss(rand(2), rand(3)),
    "poisson shapes": lambda: F.poisson_nll_loss(rand(2), rand(3)),
    "hinge shapes": lambda: F.hinge_embedding_loss(rand(2), rand(3)),
    "soft multilabel shapes": lambda: F.multilabel_soft_margin_loss(rand(2, 3), rand(2, 4)),
    "triplet shapes": lambda: F.triplet_margin_loss(rand(2, 3), rand(2, 4), rand(2, 3)),
}


def packed(lengths, size=(3, 2, 1), **options):
    return rnn.pack_padded_sequence(rand(*size), lengths, **options)


RECURRENT = {
    "hidden size": lambda: nn.RNN(2, 0),
    "negative hidden size": lambda: nn.GRU(2, -1),
    "layers": lambda: nn.LSTM(2, 3, num_layers=0),
    "recurrent dropout": lambda: nn.GRU(2, 3, 2, dropout=1.5),
    "negative recurrent dropout": lambda: nn.GRU(2, 3, 2, dropout=-0.5),
    "projection": lambda: nn.LSTM(2, 3, proj_size=3),
    "negative projection": lambda: nn.LSTM(2, 3, proj_size=-1),
    "projected gru": lambda: nn.GRU(2, 3, proj_size=1),
    "sequence features": lambda: of(nn.RNN(2, 3), 4, 1, 3),
    "sequence dimensions": lambda: of(nn.LSTM(2, 3), 2),
    "sequence of four dimensions": lambda: of(nn.GRU(2, 3), 1, 1, 1, 2),
    "state shape": lambda: nn.RNN(2, 3)(rand(4, 1, 2), rand(1, 1, 4)),
    "state layers": lambda: nn.GRU(2, 3, 2)(rand(4, 1, 2), rand(1, 1, 3)),
    "state batch": lambda: nn.GRU(2, 3)(rand(4, 2, 2), rand(1, 1, 3)),
    "state dimensions": lambda: nn.RNN(2, 3)(rand(4, 1, 2), rand(1, 3)),
    "cell state shape": lambda: nn.LSTM(2, 3)(rand(4, 1, 2), (rand(1, 1, 3), rand(1, 1, 4))),
    "state dtype": lambda: nn.RNN(2, 3)(rand(4, 1, 2).double()),
    "no steps": lambda: nn.RNN(2, 3)(rand(0, 1, 2)),
    "cell features": lambda: of(nn.RNNCell(2, 3), 1, 3),
    "cell dimensions": lambda: of(nn.GRUCell(2, 3), 1, 1, 2),
    "cell state": lambda: nn.GRUCell(2, 3)(rand(1, 2), rand(1, 4)),
    "cell state batch": lambda: nn.RNNCell(2, 3)(rand(2, 2), rand(1, 3)),
    "lstm cell state": lambda: nn.LSTMCell(2, 3)(rand(1, 2), (rand(1, 3), rand(1, 4))),
    "lengths of zero": lambda: packed([2, 0]),
    "lengths in order": lambda: packed([1, 2]),
    "lengths of another batch": lambda: packed([3]),
    "no lengths": lambda: packed([], (3, 0, 1)),
    "pack none": lambda: rnn.pack_sequence([]),
    "pack in order": lambda: rnn.pack_sequence([rand(1), rand(2)]),
    "pack shapes": lambda: rnn.pack_sequence([rand(2, 2), rand(1, 3)]),
    "pad none": lambda: rnn.pad_sequence([]),
    "pad shapes": lambda: rnn.pad_sequence([rand(2, 2), rand(1, 3)]),
    "pad to fewer": lambda: rnn.pad_packed_sequence(packed([3, 1]), total_length=2),
    "packed features": lambda: nn.LSTM(2, 3)(packed([3, 1])),
    "packed state": lambda: nn.GRU(1, 3)(packed([3, 1]), rand(1, 1, 3)),
}
def sampled(sampler):
    return list(data.DataLoader(data.TensorDataset(rand(3, 2)), sampler=sampler))


def sgd():
    return torch.optim.SGD([nn.Parameter(rand(2))], lr=0.1)


def ctc(target, input_lengths, length):
    nn.CTCLoss()(rand(2, 1, 3), tensor([target]), tensor(input_lengths), tensor([length]))


BIG, nan = 2**62, float("nan")
EXTREMES = {
    "linear too large": lambda: nn.Linear(BIG, 4),
    "linear of 64 bits": lambda: nn.Linear(2**32, 2**32),
    "conv negative kernel": lambda: nn.Conv2d(1, 1, -1),
    "conv too large": lambda: nn.Conv2d(2**31, 2**31, 3),
    "transposed negative padding": lambda: of(nn.ConvTranspose1d(1, 1, 1, padding=-1), 1, 1, 4),
    "transposed too much padding": lambda: of(nn.ConvTranspose1d(1, 1, 1, padding=9), 1, 1, 4),
    "prelu size": lambda: nn.PReLU(-1),
    "embedding too large": lambda: nn.Embedding(BIG, 4),
    "bag size": lambda: nn.EmbeddingBag(-1, 2),
    "recurrent too large": lambda: nn.LSTM(BIG, 4),
    "recurrent input size": lambda: nn.RNN(-1, 4),
    "cell size": lambda: nn.GRUCell(2, -1),
    "cell input size": lambda: nn.GRUCell(-1, 2),
    "layer norm size": lambda: nn.LayerNorm(-1),
    "rms norm size": lambda: nn.RMSNorm([-1]),
    "layer norm of none": lambda: of(nn.LayerNorm([]), 2),
    "batch norm too large": lambda: nn.BatchNorm1d(BIG),
    "attention size": lambda: nn.MultiheadAttention(-4, 2),
    "transformer heads": lambda: nn.TransformerEncoderLayer(4, 3),
    "transformer size": lambda: nn.TransformerEncoderLayer(4, 2, -1),
    "pixel unshuffle factor": lambda: of(nn.PixelUnshuffle(0), 1, 1, 4, 4),
    "channel shuffle groups": lambda: of(nn.ChannelShuffle(0), 1, 4, 2, 2),
    "unflatten dimension": lambda: of(nn.Unflatten(3, (2, 2)), 1, 4),
    "unflatten twice": lambda: of(nn.Unflatten(1, (-1, -1)), 1, 4),
    "unfold kernel": lambda: of(nn.Unfold(0), 1, 1, 4, 4),
    "fold stride": lambda: of(nn.Fold((4, 4), 2, stride=0), 1, 4, 9),
    "zero pad": lambda: of(nn.ZeroPad2d(-3), 1, 1, 4, 4),
    "fractional too large": lambda: of(nn.FractionalMaxPool2d(2, 9), 1, 1, 4, 4),
    "lp kernel of none": lambda: of(nn.LPPool2d(2, 0), 1, 1, 4, 4),
    "upsample to none": lambda: of(nn.Upsample(0), 1, 1, 4),
    "upsample by negative": lambda: of(nn.Upsample(scale_factor=-1.0), 1, 1, 4),
    "response norm size": lambda: of(nn.LocalResponseNorm(0), 1, 1, 4),
    "flatten dimension": lambda: of(nn.Flatten(5), 2, 2),
    "bilinear shapes": lambda: nn.Bilinear(2, 3, 1)(rand(4, 2), rand(5, 3)),
    "softmin dimension": lambda: of(nn.Softmin(4), 2),
    "weight norm before": lambda: parametrizations.weight_norm(nn.Linear(2, 2), dim=-5),
    "truncated std": lambda: nn.init.trunc_normal_(rand(3), std=-1.0),
    "xavier of integers": lambda: nn.init.xavier_uniform_(tensor([[1, 2]])),
    "orthogonal of integers": lambda: nn.init.orthogonal_(tensor([[1, 2]])),
    "constant of integers": lambda: nn.init.constant_(tensor([1]), nan),
    "WarmRestarts negative": lambda: lr_scheduler.CosineAnnealingWarmRestarts(sgd(), -1),
    "WarmRestarts negative times": lambda: lr_scheduler.CosineAnnealingWarmRestarts(sgd(), 1, -1),
    "sampled beyond": lambda: sampled(data.SubsetRandomSampler([9])),
    "sampler negative": lambda: data.RandomSampler(range(3), num_samples=-2),
    "weights of no number": lambda: list(data.WeightedRandomSampler([nan, 1.0], 2)),
    "weights infinite": lambda: list(data.WeightedRandomSampler([float("inf"), 1.0], 2)),
    "no weights": lambda: list(data.WeightedRandomSampler([], 2)),
    "fractions of no number": lambda: data.random_split(range(3), [nan, 0.5]),
    "no counts": lambda: data.random_split(range(3), []),
    "ctc inputs": lambda: ctc([1, 2], [3], 2),
    "ctc targets": lambda: ctc([1, 2], [2], 5),
    "ctc batch": lambda: ctc([1, 2], [2, 2], 2),
    "multilabel dimensions": lambda: F.multilabel_margin_loss(rand(2, 3), tensor([0, 1])),
    "multi margin shapes": lambda: F.multi_margin_loss(rand(2, 3), tensor([0])),
    "cosine dimensions": lambda: F.cosine_embedding_loss(rand(3), rand(3), rand(2)),
    "triplet negative margin": lambda: F.triplet_margin_loss(rand(2, 3), rand(2, 3), rand(2, 3), margin=-1.0),
    "probability of no number": lambda: F.binary_cross_entropy(tensor([nan]), tensor([1.0])),
    "classes of one row": lambda: F.cross_entropy(rand(3), tensor([0, 1])),
    "soft margin of integers": lambda: F.soft_margin_loss(tensor([1, 2]), tensor([1, 1])),
}
CASES = SHAPES | RECURRENT | EXTREMES
