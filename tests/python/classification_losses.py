"""Prints classification losses and their gradients, bit for bit, for every option, reduction and dtype.

`tests/classification_losses.rs` draws the same operands.
"""

import itertools
import json

import torch
from torch.nn import functional as F

DTYPES = ["float32", "float64", "float16", "bfloat16"]
SHAPES = [(1, 2), (6, 3), (17, 5), (4, 3, 2)]
OPTIONS = {
    "cross_entropy": [{}, {"weight": True}, {"ignore_index": 1}, {"label_smoothing": 0.1},
                      {"weight": True, "ignore_index": 0, "label_smoothing": 0.3}],
    "cross_entropy of probabilities": [{}, {"weight": True}, {"label_smoothing": 0.2}],
    "nll_loss": [{}, {"weight": True}, {"ignore_index": 1}],
    "binary_cross_entropy": [{}, {"weight": True}],
    "binary_cross_entropy_with_logits": [{}, {"weight": True}, {"pos_weight": True}, {"weight": True, "pos_weight": True}],
}  # fmt: skip


def bits(tensor):
    return tensor.detach().reshape(-1).contiguous().view(torch.uint8).numpy().tobytes().hex()


def loss_of(name, x, options, reduction):
    dtype, shape = x.dtype, x.shape
    indices = torch.randint(0, shape[1], (shape[0], *shape[2:]))
    probabilities = torch.rand(shape).to(dtype)
    classes, trailing = torch.rand(shape[1]).to(dtype), torch.rand(shape[-1]).to(dtype)
    positive = torch.rand(shape[-1]).to(dtype)
    options = dict(options)
    binary = name.startswith("binary")
    if options.pop("weight", False):
        options["weight"] = trailing if binary else classes
    if options.pop("pos_weight", False):
        options["pos_weight"] = positive
    target = probabilities if binary or "probabilities" in name else indices
    if name == "binary_cross_entropy":
        x = torch.sigmoid(x)
    if name == "nll_loss":
        x = F.log_softmax(x, 1)
    return getattr(F, name.split()[0])(x, target, reduction=reduction, **options)


def main():
    torch.set_num_threads(1)
    count = 0
    for name, all_options in OPTIONS.items():
        for options, reduction, dtype, shape in itertools.product(all_options, ("mean", "sum", "none"), DTYPES, SHAPES):
            torch.manual_seed(count)
            x = torch.randn(shape).to(getattr(torch, dtype)).requires_grad_()
            case = {"name": name, "options": options, "reduction": reduction, "dtype": dtype, "shape": shape}
            loss = loss_of(name, x, options, reduction)
            loss.sum().backward()
            print(json.dumps(case | {"loss": bits(loss), "grad": bits(x.grad)}))
            count += 1
    print(json.dumps({"end": count}))


main()
