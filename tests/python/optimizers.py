"""Trains one linear problem with every option of every optimizer and prints the parameters' bits.

A line `case NAME DTYPE OPTIONS` (JSON) begins a training; each line `STEP BITS` after it has the
weight's and the bias's bytes after that step, and with `foreach` their gradients' as well.
`--golden` prints a few steps only.
"""

import json
import sys

import torch
from torch import nn

STEPS = 1000
GOLDEN_STEPS = {1, 2, 10, 100, 1000}

SGD = [
    {"lr": 0.01},
    {"lr": 0.01, "momentum": 0.9},
    {"lr": 0.01, "momentum": 0.9, "dampening": 0.1},
    {"lr": 0.01, "weight_decay": 0.01},
    {"lr": 0.01, "momentum": 0.9, "nesterov": True},
    {"lr": 0.01, "momentum": 0.8, "weight_decay": 0.003, "nesterov": True},
    {"lr": 0.01, "momentum": 0.7, "dampening": 0.3, "weight_decay": 0.02},
    {"lr": 0.0001, "maximize": True},
    {"lr": 0.0001, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01, "maximize": True},
    {"lr": 0.0001, "momentum": 0.9, "nesterov": True, "maximize": True},
]
ADAM = [
    {"lr": 0.01},
    {"lr": 0.01, "betas": [0.8, 0.95]},
    {"lr": 0.01, "eps": 0.001},
    {"lr": 0.01, "weight_decay": 0.01},
    {"lr": 0.01, "weight_decay": 0.0},
    {"lr": 0.01, "amsgrad": True},
    {"lr": 0.01, "maximize": True},
    {"lr": 0.01, "betas": [0.0, 0.5], "weight_decay": 0.1, "amsgrad": True, "maximize": True},
]
RMSPROP = [
    {"lr": 0.001},
    {"lr": 0.001, "alpha": 0.9, "eps": 0.0001},
    {"lr": 0.001, "momentum": 0.9},
    {"lr": 0.001, "weight_decay": 0.01},
    {"lr": 0.001, "momentum": 0.9, "weight_decay": 0.01},
    {"lr": 0.001, "centered": True},
    {"lr": 0.001, "centered": True, "momentum": 0.9},
    {"lr": 0.001, "centered": True, "momentum": 0.9, "weight_decay": 0.01},
    {"lr": 0.001, "maximize": True},
    {"lr": 0.001, "momentum": 0.9, "centered": True, "weight_decay": 0.01, "maximize": True},
]
OPTIMIZERS = {"SGD": SGD, "Adam": ADAM, "AdamW": ADAM, "RMSprop": RMSPROP}


def cases():
    """Each option as it is and on lists of tensors; some of each optimizer's with groups and with a falling rate."""
    for name, all_options in OPTIMIZERS.items():
        for options in all_options:
            yield name, options
        for options in (all_options[0], all_options[-1]):
            yield name, options | {"bias_lr": 0.5 * options["lr"]}
            yield name, options | {"lr_after_500": 0.1 * options["lr"]}
        for options in all_options:
            yield name, options | {"foreach": True}
        for options in (all_options[0], all_options[-1]):
            yield name, options | {"foreach": True, "bias_lr": 0.5 * options["lr"]}
            yield name, options | {"foreach": True, "lr_after_500": 0.1 * options["lr"]}
        for options in (all_options[1], all_options[-1]):
            yield name, options | {"bias_from": 4}
            yield name, options | {"foreach": True, "bias_from": 4}
            yield name, options | {"foreach": True, "bias_dtype": "float64"}


def train(name, options, dtype):
    """Yields step and bits."""
    options = dict(options)
    bias_lr = options.pop("bias_lr", None)
    lr_after_500 = options.pop("lr_after_500", None)
    bias_from = options.pop("bias_from", 1)  # the first step with a gradient of the bias
    bias_dtype = getattr(torch, options.pop("bias_dtype", str(dtype).removeprefix("torch.")))
    torch.manual_seed(7)
    x, y = torch.randn(20, 3).to(dtype), torch.randn(20, 2).to(dtype)
    model = nn.Linear(3, 2, dtype=dtype)
    model.bias = nn.Parameter(model.bias.detach().to(bias_dtype))
    if bias_lr is None:
        groups = model.parameters()
    else:
        groups = [{"params": [model.weight]}, {"params": [model.bias], "lr": bias_lr}]
    optimizer = getattr(torch.optim, name)(groups, **options)
    for step in range(1, STEPS + 1):
        if step == 501 and lr_after_500 is not None:
            optimizer.param_groups[0]["lr"] = lr_after_500
        bias = model.bias.to(dtype)
        loss = nn.functional.mse_loss(nn.functional.linear(x, model.weight, bias), y)
        optimizer.zero_grad()
        loss.backward()
        if step < bias_from:
            model.bias.grad = None
        optimizer.step()
        tensors = list(model.parameters())
        if options.get("foreach"):  # which may leave something else in the gradients
            tensors += [p.grad for p in model.parameters() if p.grad is not None]
        yield step, "".join(tensor.detach().numpy().tobytes().hex() for tensor in tensors)


def main():
    golden = "--golden" in sys.argv[1:]
    torch.set_num_threads(1)
    for name, options in cases():
        for dtype in (torch.float32, torch.float64):
            print("case", name, str(dtype).removeprefix("torch."), json.dumps(options))
            for step, bits in train(name, options, dtype):
                if not golden or step in GOLDEN_STEPS:
                    print(step, bits)


main()
