"""Steps that cannot be fused and averages that cannot be made, for bad_input.py."""

import torch
from torch import nn, optim
from torch.nn import functional as F
from torch.optim import swa_utils


def parameter():
    return nn.Parameter(torch.rand(2))


def fused_complex(kind):
    weight = nn.Parameter(torch.rand(2).to(torch.complex64))
    weight.abs().sum().backward()
    kind([weight], lr=0.1, fused=True).step()


def fused_sparse(kind):
    weight = nn.Parameter(torch.rand(3, 2))
    F.embedding(torch.tensor([0, 2]), weight, sparse=True).sum().backward()
    kind([weight], lr=0.1, fused=True).step()


def norm():
    return nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))


def averaged(model, after, **options):
    average = swa_utils.AveragedModel(model, **options)
    average.update_parameters(model)
    average.update_parameters(after)


SWA, MULTI_SWA = swa_utils.get_swa_avg_fn(), swa_utils.get_swa_multi_avg_fn()
CASES = {
    "fused beside foreach": lambda: optim.SGD([parameter()], fused=True, foreach=True),
    "fused adam beside foreach": lambda: optim.Adam([parameter()], fused=True, foreach=True),
    "fused complex": lambda: fused_complex(optim.SGD),
    "fused complex adam": lambda: fused_complex(optim.Adam),
    "fused sparse": lambda: fused_sparse(optim.SGD),
    "fused sparse adagrad": lambda: fused_sparse(optim.Adagrad),
    "two averages": lambda: swa_utils.AveragedModel(norm(), avg_fn=SWA, multi_avg_fn=MULTI_SWA),
    "decay": lambda: swa_utils.get_ema_avg_fn(1.5),
    "decay of lists": lambda: swa_utils.get_ema_multi_avg_fn(-0.1),
    "nothing to average": lambda: averaged(nn.Sequential(nn.ReLU()), nn.Sequential(nn.ReLU())),
    "average of another dtype": lambda: averaged(nn.Linear(2, 2), nn.Linear(2, 2).half()),
    "other buffers": lambda: averaged(norm(), nn.Sequential(nn.Linear(2, 2))),
    "mean of counts": lambda: averaged(norm(), norm(), multi_avg_fn=MULTI_SWA, use_buffers=True),
    "empty batch": lambda: swa_utils.update_bn([[]], norm()),
}
