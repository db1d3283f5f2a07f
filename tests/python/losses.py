"""Prints each loss and its gradient, bit for bit, for every reduction and dtype.

A line of JSON for each: how it was made, and the bytes of the loss and of the input's gradient after
summing the loss. With --golden, one shape alone of those that classify.
"""

import itertools
import json
import sys

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
# The second size counts the classes, where there are classes.
CLASS_SHAPES = [(4, 3), (1, 2), (33, 10), (2, 5, 7)]
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
CLASSIFYING = [
    ("cross_entropy", "indices", {"weight": (False, True), "ignore_index": (-100, 1), "label_smoothing": (0.0, 0.1)}),
    ("cross_entropy", "probabilities", {"weight": (False, True), "label_smoothing": (0.0, 0.1)}),
    ("nll_loss", "indices", {"weight": (False, True), "ignore_index": (-100, 1)}),
    ("binary_cross_entropy", "probabilities", {"weight": (False, True)}),
    ("binary_cross_entropy_with_logits", "probabilities", {"weight": (False, True), "pos_weight": (False, True)}),
]


def bits(tensor):
    return tensor.detach().reshape(-1).view(torch.uint8).numpy().tobytes().hex()


def classifying(shapes):
    """The losses with a target of classes; in each case one more is drawn than the last."""
    count = 0
    for name, target, choices in CLASSIFYING:
        options = [dict(zip(choices, values)) for values in itertools.product(*choices.values())]
        reductions = ("mean", "sum", "none")
        for option, reduction, dtype, shape in itertools.product(options, reductions, DTYPES, shapes):
            torch.manual_seed(count)
            x = (torch.rand(shape) if name == "binary_cross_entropy" else torch.randn(shape)).to(dtype)
            classes = shape[1]
            if target == "indices":
                y = torch.randint(0, classes, shape[:1] + shape[2:])
            else:
                y = torch.rand(shape).to(dtype)
            drawn = torch.rand(shape[-1] if name.startswith("binary") else classes).to(dtype)
            given = {key: drawn if value is True else value for key, value in option.items() if value is not False}
            x.requires_grad_()
            loss = getattr(F, name)(x, y, reduction=reduction, **given)
            loss.sum().backward()
            made = {"name": name, "parameter": None, "reduction": reduction, "dtype": str(dtype).removeprefix("torch.")}
            made |= {"seed": count, "shape": shape, "target": target, "options": option}
            print(json.dumps(made | {"loss": bits(loss), "grad": bits(x.grad)}))
            count += 1
    return count


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
    count += classifying(CLASS_SHAPES[:1] if "--golden" in sys.argv else CLASS_SHAPES)
    print(json.dumps({"end": count}))


main()
