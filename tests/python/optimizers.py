"""Sends two parameters after moving targets with every option of every optimizer, and prints bits.

Each line is a training: what it is given, and by step the weight's and the bias's bytes after that
step, with `foreach` their gradients' as well. Gradients are what a parameter lacks of its target, of
which there are sixteen in turn. Arguments are the dtypes, all by default; `--golden` prints a few
steps only, and `--short` takes no more than a hundred. The last line is `{"end": N}`.
"""

import json
import sys

import torch
from torch import nn

STEPS = 100 if "--short" in sys.argv else 1000
GOLDEN_STEPS = {1, 2, 10, 100, 1000}
DTYPES = ["float32", "float64", "bfloat16", "float16", "complex64", "complex128"]

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


def cases(dtype):
    """Each option as it is and on lists of tensors, of complex128 the last. In float32 some of each
    optimizer's also with groups, with a falling rate, with a late gradient, with another dtype beside
    it, and with a parameter that is there twice."""
    for name, all_options in OPTIMIZERS.items():
        for options in all_options[-1:] if dtype == "complex128" else all_options:
            yield name, options
            yield name, options | {"foreach": True}
        for options in (all_options[1], all_options[-1]) if dtype == "float32" else ():
            for foreach in ({}, {"foreach": True}):
                yield name, options | foreach | {"bias_lr": 0.5 * options["lr"]}
                yield name, options | foreach | {"lr_after_500": 0.1 * options["lr"]}
                yield name, options | foreach | {"bias_from": 4}
                yield name, options | foreach | {"bias_dtype": "bfloat16"}
                yield name, options | foreach | {"twice": True}
    yield "SGD", {"lr": 0.01, "momentum": 0.9, "foreach": False}


def values(*shape, dtype):
    """Drawn in float32 whatever the dtype."""
    drawn = torch.randn(*shape, 2)
    return (torch.view_as_complex(drawn) if dtype.is_complex else drawn[..., 0].contiguous()).to(dtype)


def train(name, options, dtype):
    """Yields step and bits."""
    options = dict(options)
    bias_lr = options.pop("bias_lr", None)
    lr_after_500 = options.pop("lr_after_500", None)
    bias_from = options.pop("bias_from", 1)  # the first step with a gradient of the bias
    bias_dtype = getattr(torch, options.pop("bias_dtype", str(dtype).removeprefix("torch.")))
    twice = options.pop("twice", False)
    torch.manual_seed(7)
    weight = nn.Parameter(values(2, 3, dtype=dtype))
    bias = nn.Parameter(values(2, dtype=bias_dtype))
    targets = list(zip(values(16, 2, 3, dtype=dtype), values(16, 2, dtype=bias_dtype)))
    if bias_lr is None:
        groups = [weight, bias, weight] if twice else [weight, bias]
    else:
        groups = [{"params": [weight]}, {"params": [bias], "lr": bias_lr}]
    optimizer = getattr(torch.optim, name)(groups, **options)
    for step in range(1, STEPS + 1):
        if step == 501 and lr_after_500 is not None:
            optimizer.param_groups[0]["lr"] = lr_after_500
        for parameter, target in zip((weight, bias), targets[step % 16]):
            if parameter is bias and step < bias_from:
                continue
            if parameter.grad is None:
                parameter.abs().sum().backward()
            with torch.no_grad():
                torch.sub(parameter, target, out=parameter.grad)
        optimizer.step()
        tensors = [weight, bias]
        if options.get("foreach"):  # which may leave something else in the gradients
            tensors += [p.grad for p in (weight, bias) if p.grad is not None]
        yield step, b"".join(
            tensor.detach().view(-1).view(torch.uint8).numpy().tobytes() for tensor in tensors
        ).hex()


def main():
    golden = "--golden" in sys.argv[1:]
    torch.set_num_threads(1)
    count = 0
    for dtype in [argument for argument in sys.argv[1:] if not argument.startswith("--")] or DTYPES:
        for name, options in cases(dtype):
            steps = train(name, options, getattr(torch, dtype))
            kept = [[step, bits] for step, bits in steps if not golden or step in GOLDEN_STEPS]
            print(json.dumps({"name": name, "dtype": dtype, "options": options, "steps": kept}))
            count += 1
    print(json.dumps({"end": count}))


main()
