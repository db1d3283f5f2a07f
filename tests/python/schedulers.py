"""Schedulers with random options, driven at random: one JSON object a case, `{"end": N}` in the end.

The argument is the number of cases of each scheduler. Every option of a signature is drawn, so that a
new one fails here.
"""

import inspect
import json
import math
import random
import struct
import sys
import warnings
from collections import Counter

import torch
from torch.optim import lr_scheduler, swa_utils

LAMBDAS = [lambda epoch: 0.95**epoch, lambda epoch: 1 / (10 + epoch), lambda epoch: 0.5 if epoch % 3 == 0 else 1.1]
SCALES = [lambda x: 1 / (5 ** (x * 0.0001)), lambda x: 0.9**x]


def rate(draw):
    return draw.choice([0.1, 0.5, 1e-3, 10 ** draw.uniform(-6, 0.5)])


def share(draw):
    return draw.choice([1.0, 0.5, 1 / 3, draw.random(), draw.random()])


def count(draw):
    return draw.randint(0, 8)


def each(of):
    """A value, or a list of one for each of the two groups, or of too many."""
    return lambda draw: of(draw) if draw.random() < 0.6 else [of(draw) for _ in range(draw.choice([2, 2, 2, 2, 2, 3]))]


def momentum(draw):
    return draw.uniform(0.01, 0.99)


def last_epoch(draw):
    return draw.choice([-1, -1, -1, 0, 4])


def some(of, chance=0.5):
    return lambda draw: of(draw) if draw.random() < chance else None


MOMENTA = {
    "cycle_momentum": lambda draw: draw.random() < 0.7, "base_momentum": each(momentum), "max_momentum": each(momentum),
}  # fmt: skip
# And those of OneCycleLR of which some are.
REQUIRED = {"step_size", "milestones", "T_max", "T_0", "lr_lambda", "base_lr", "max_lr", "swa_lr", "schedulers"}
REQUIRED |= {"total_steps", "epochs", "steps_per_epoch"}
OPTIONS = {
    "StepLR": {"step_size": lambda draw: draw.choice([1, 2, 3, -2]), "gamma": share},
    "MultiStepLR": {
        "milestones": lambda draw: [draw.randint(0, draw.choice([1, 9])) for _ in range(draw.randint(0, 7))], "gamma": share,
    },
    "ExponentialLR": {"gamma": share},
    "ConstantLR": {"factor": lambda draw: draw.choice([0.0, 1.5, -0.5, 1e-300] + 8 * [share(draw)]), "total_iters": count},
    "LinearLR": {
        "start_factor": lambda draw: draw.choice([0.0, 1.5] + 12 * [share(draw)]),
        "end_factor": lambda draw: draw.choice([1.5, -0.1, 0.0, 0.0] + 12 * [share(draw)]), "total_iters": count,
    },
    "PolynomialLR": {
        "total_iters": count, "power": lambda draw: draw.choice([1.0, 2.0, 0.5, 0.9, 3.0, -1.0, draw.uniform(0, 4)]),
    },
    "CosineAnnealingLR": {"T_max": lambda draw: draw.randint(1, 9), "eta_min": rate},
    "CosineAnnealingWarmRestarts": {
        "T_0": lambda draw: draw.choice([0, 1, 1, 2, 3, 4, 5]), "T_mult": lambda draw: draw.choice([0, 1, 1, 2, 2, 3]),
        "eta_min": rate,
    },
    "LambdaLR": {"lr_lambda": each(lambda draw: {"function": draw.randrange(3)})},
    "MultiplicativeLR": {"lr_lambda": each(lambda draw: {"function": draw.randrange(3)})},
    "CyclicLR": {
        "base_lr": each(rate), "max_lr": each(rate), "step_size_up": count, "step_size_down": some(count),
        "mode": lambda draw: draw.choice(["triangular", "triangular2", "exp_range"]), "gamma": share,
        "scale_fn": some(lambda draw: {"scale": draw.randrange(2)}, 0.3),
        "scale_mode": lambda draw: draw.choice(["cycle", "iterations"]), **MOMENTA,
    },
    "OneCycleLR": {
        "max_lr": each(rate), "total_steps": some(lambda draw: draw.choice([0, draw.randint(1, 60), draw.randint(40, 60)])),
        "epochs": some(lambda draw: draw.randint(0, 9), 0.9), "steps_per_epoch": some(lambda draw: draw.randint(1, 9), 0.9),
        "pct_start": lambda draw: draw.choice([0.3, 0.1, 0.0, 1.0, 1.5] + 5 * [draw.random()]),
        "anneal_strategy": lambda draw: draw.choice(["cos", "linear"]), **MOMENTA,
        "div_factor": lambda draw: draw.choice([25.0, 1.0, draw.uniform(0.5, 100)]),
        "final_div_factor": lambda draw: draw.choice([1e4, 0.0] + 8 * [draw.uniform(0.5, 1e6)]),
        "three_phase": lambda draw: draw.random() < 0.5,
    },
    "SWALR": {
        "swa_lr": each(rate), "anneal_epochs": lambda draw: draw.randint(-1, 8),
        "anneal_strategy": lambda draw: draw.choice(["cos", "linear"]),
    },
    "SequentialLR": {
        "schedulers": lambda draw: [spec(draw, inner(draw)) for _ in range(draw.randint(0, 4) or draw.randint(0, 1))],
        "milestones": None,
    },
    "ChainedScheduler": {"schedulers": lambda draw: [spec(draw, inner(draw)) for _ in range(draw.randint(0, 3) or 1)]},
}  # fmt: skip
COMPOSED = ("SequentialLR", "ChainedScheduler")
# The optimizer and the scheduler itself; ReduceLROnPlateau has a test of its own.
GIVEN = {"self", "optimizer"}


def inner(draw):
    return draw.choice(list(OPTIONS) if draw.random() < 0.2 else [name for name in OPTIONS if name not in COMPOSED])


def kind(name):
    return swa_utils.SWALR if name == "SWALR" else getattr(lr_scheduler, name)


def spec(draw, name):
    options = dict(OPTIONS[name])
    if name != "ChainedScheduler":
        options["last_epoch"] = last_epoch
    signature = set(inspect.signature(kind(name).__init__).parameters) - GIVEN
    if signature != set(options):
        raise AssertionError(f"{name} takes {signature}, drawn are {set(options)}")
    arguments = {}
    for option, of in options.items():
        needed = option in REQUIRED or (name, option) == ("ExponentialLR", "gamma")
        if option == "milestones" and name == "SequentialLR":
            schedulers = len(arguments["schedulers"])
            wrong = draw.random() < 0.05
            epochs = [draw.randint(1, 12) for _ in range(max(0, schedulers - 1) + wrong)]
            arguments[option] = epochs if draw.random() < 0.1 else sorted(epochs)
        elif needed or draw.random() < 0.6:
            arguments[option] = of(draw)
    if arguments.get("last_epoch", -1) != -1 and draw.random() < 0.7:
        arguments["last_epoch"] = -1  # or Python mostly refuses
    return {"name": name, "arguments": arguments}


def value(argument):
    """An argument as Python takes it."""
    if isinstance(argument, list):
        return [value(item) for item in argument]
    if isinstance(argument, dict):
        return LAMBDAS[argument["function"]] if "function" in argument else SCALES[argument["scale"]]
    return argument


def build(spec, optimizer, **more):
    arguments = spec["arguments"] | more
    if "schedulers" in arguments:
        arguments = arguments | {"schedulers": [build(inner, optimizer) for inner in arguments["schedulers"]]}
        if spec["name"] == "ChainedScheduler":
            return lr_scheduler.ChainedScheduler(arguments["schedulers"], optimizer)
        return lr_scheduler.SequentialLR(optimizer, **arguments)
    return kind(spec["name"])(optimizer, **{name: value(argument) for name, argument in arguments.items()})


def encoded(item):
    """Floats as their bits."""
    if isinstance(item, float):
        return "f:" + struct.pack(">d", item).hex()
    if isinstance(item, Counter):
        return {"counter": [[encoded(key), encoded(part)] for key, part in item.items()]}
    if isinstance(item, dict):
        return {"dict": [[encoded(key), encoded(part)] for key, part in item.items()]}
    if isinstance(item, tuple):
        return {"tuple": [encoded(part) for part in item]}
    if isinstance(item, list):
        return [encoded(part) for part in item]
    if isinstance(item, torch.Tensor):
        bits = item.detach().reshape(-1).view(torch.uint8).numpy().tobytes().hex()
        return {"tensor": [str(item.dtype).removeprefix("torch."), list(item.shape), bits]}
    return item


def rate_tensor(lr, of):
    """A rate as it is, or as a tensor of a dtype and a shape."""
    return lr if of is None else torch.full(of[1], lr, dtype=getattr(torch, of[0]))


def tensor(draw, chance):
    """The dtype and the shape of a rate that is a tensor."""
    if draw.random() > chance:
        return None
    return [draw.choice(["float32", "float32", "float64", "bfloat16"]), draw.choice([[], [], [], [1]])]


def make_optimizer(case):
    params = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    rates = [rate_tensor(lr, of) for lr, of in zip(case["rates"], case["tensors"])]
    if case["shared"]:
        rates[1] = rates[0]
    groups = [{"params": [p], "lr": lr} for p, lr in zip(params, rates)]
    return getattr(torch.optim, case["optimizer"])(groups, **({"momentum": 0.75} if case["optimizer"] != "Adam" else {}))


def operation(draw, name):
    drawn = draw.random()
    if drawn < 0.08:
        return ["early"]
    if drawn < 0.16 and name not in COMPOSED:
        fraction = name == "CosineAnnealingWarmRestarts" and draw.random() < 0.5
        return ["to", draw.uniform(0, 20) if fraction else draw.choice([draw.randint(0, 20), draw.randint(-1, 5)])]
    if drawn < 0.22:
        return ["lr", draw.randrange(2), rate(draw), tensor(draw, 0.2)]
    if drawn < 0.30:
        return ["load", draw.choice(["optimizer", "scheduler"]), draw.choice([-1, -1, 3]), draw.random() < 0.7]
    return ["step"]


def seen(optimizer, scheduler):
    groups = optimizer.param_groups
    momenta = [group["momentum"] if "momentum" in group else group["betas"][0] for group in groups]
    lrs = [group["lr"] for group in groups]
    if any(isinstance(lr, complex) for lr in lrs):
        raise TypeError("complex rates")
    return encoded([lrs, momenta, scheduler.get_last_lr()])


def drive(case):
    """Yields what is seen after each operation, and returns what is there in the end."""
    optimizer = make_optimizer(case)
    scheduler = build(case["scheduler"], optimizer)
    case["seen"].append(seen(optimizer, scheduler))
    for name, *arguments in case["operations"]:
        if name in ("step", "to"):
            optimizer.step()
        if name == "lr":
            group, lr, of = arguments
            optimizer.param_groups[group]["lr"] = rate_tensor(lr, of)
        elif name == "load":
            first, last, state = arguments
            before, (optimizer, old) = optimizer, (make_optimizer(case), scheduler)
            more = {} if last == -1 or case["scheduler"]["name"] == "ChainedScheduler" else {"last_epoch": last}
            if first == "optimizer":
                optimizer.load_state_dict(before.state_dict())
                scheduler = build(case["scheduler"], optimizer, **more)
            else:
                scheduler = build(case["scheduler"], optimizer)
                optimizer.load_state_dict(before.state_dict())
            if state:
                scheduler.load_state_dict(old.state_dict())
        else:
            scheduler.step(*arguments)
        case["seen"].append(seen(optimizer, scheduler))
    case["state"] = encoded(scheduler.state_dict())
    case["groups"] = [
        encoded({key: item for key, item in group.items() if key != "params"}) for group in optimizer.param_groups
    ]


def run(seed, name):
    draw = random.Random(f"{seed} {name}")
    case = {
        "optimizer": draw.choice(["SGD", "Adam", "RMSprop"]), "rates": [rate(draw), rate(draw)],
        "scheduler": spec(draw, name), "operations": [operation(draw, name) for _ in range(draw.randint(1, 40))],
        "seen": [], "refused": None, "state": None, "groups": None,
    }  # fmt: skip
    chance = draw.choice([0, 0, 0.5, 1])
    case |= {"tensors": [tensor(draw, chance), tensor(draw, chance)], "shared": draw.random() < 0.1}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            drive(case)
        except (ArithmeticError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
            case["refused"] = f"{type(error).__name__}: {error}"
    texts = [str(warning.message) for warning in caught]
    case["warned"] = [sum(text.startswith(start) for text in texts) for start in ("Detected call", "The epoch param")]
    return case


def main():
    number = int(sys.argv[1])
    assert set(lr_scheduler.__all__) | {"SWALR"} == set(OPTIONS) | {"LRScheduler", "ReduceLROnPlateau"}
    for name in OPTIONS:
        for seed in range(number):
            print(json.dumps(run(seed, name), allow_nan=False))
    print(json.dumps({"end": number * len(OPTIONS)}))


main()
