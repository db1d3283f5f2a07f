"""Prints each loss and its gradient, bit for bit, for every reduction and dtype.

A line of JSON for each: how it was made, and the bytes of the loss and of the input's gradient after
summing the loss.
"""

import itertools
import json

import torch
from torch.nn import functional as F

LOSSES = [
    ("l1_loss", None, {}),
    ("mse_loss", None, {}),
    ("huber_loss", 1.0, {"delta": 1.0}),
    ("huber_loss", 0.3, {"delta": 0.3}),
    ("smooth_l1_loss", 1.0, {"beta": 1.0}),
    ("smooth_l1_loss", 0.3, {"beta": 0.3}),
    ("smooth_l1_loss", 0.0, {"beta": 0.0}),
]
SHAPES = [(1, 1), (5, 2), (7, 13), (16, 3), (0, 2)]


def bits(tensor):
    return tensor.detach().numpy().tobytes().hex()


def main():
    torch.set_num_threads(1)
    count = 0
    reductions, dtypes = ("mean", "sum", "none"), (torch.float32, torch.float64)
    for (name, parameter, options), reduction, dtype, shape in itertools.product(LOSSES, reductions, dtypes, SHAPES):
        torch.manual_seed(count)
        x, y = torch.randn(shape).to(dtype), torch.randn(shape).to(dtype)
        x.requires_grad_()
        loss = getattr(F, name)(x, y, reduction=reduction, **options)
        loss.sum().backward()
        label = str(dtype).removeprefix("torch.")
        made = {"name": name, "parameter": parameter, "reduction": reduction, "dtype": label, "seed": count}
        print(json.dumps(made | {"shape": shape, "loss": bits(loss), "grad": bits(x.grad)}))
        count += 1
    print(json.dumps({"end": count}))


main()
