"""Learning rates that are tensors where none are taken, or not this one, for bad_input.py."""

import torch
from torch import nn, optim
from torch.optim import lr_scheduler


def parameter(*size):
    return nn.Parameter(torch.rand(size or 2))


def made(kind, lr, parameter=parameter, **options):
    return kind([parameter()], lr=torch.as_tensor(lr), **options)


def steps(optimizer):
    (weight,) = optimizer.param_groups[0]["params"]

    def closure():
        optimizer.zero_grad()
        loss = (weight * weight).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    optimizer.step(closure)


def set_on_lists():
    adam = optim.Adam([parameter()], foreach=True)
    adam.param_groups[0]["lr"] = torch.tensor(0.1)
    steps(adam)


def traced():
    return torch.tensor(0.1, requires_grad=True)


CASES = {
    "rate of two": lambda: made(optim.SGD, [0.1, 0.2]),
    "rate of two of adam": lambda: made(optim.Adam, [0.1, 0.2]),
    "rate of none": lambda: made(optim.RMSprop, []),
    "rate below 0": lambda: made(optim.SGD, -1.0),
    "rate below 0 of muon": lambda: made(optim.Muon, -1.0, lambda: parameter(2, 2)),
    "rate nan": lambda: made(optim.ASGD, float("nan")),
    "rate 0": lambda: made(optim.SparseAdam, 0.0),
    "rate complex": lambda: made(optim.Adamax, 0.1 + 0j),
    "rate on lists": lambda: made(optim.Adam, 0.1, foreach=True),
    "rate on lists of adamw": lambda: made(optim.AdamW, 0.1, foreach=True),
    "rate on lists in a step": set_on_lists,
    "rate bool": lambda: steps(made(optim.SGD, True)),
    "rate bool of adadelta": lambda: steps(made(optim.Adadelta, True)),
    "rate bool of lbfgs": lambda: steps(made(optim.LBFGS, True)),
    "rate traced of rprop": lambda: steps(made(optim.Rprop, traced())),
    "rate traced of lbfgs": lambda: steps(made(optim.LBFGS, traced())),
    "rate traced of a scheduler": lambda: lr_scheduler.StepLR(made(optim.SGD, traced()), 2),
}
