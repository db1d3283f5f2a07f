"""Calls of optimizers' states, schedulers and gradient clipping, one JSON object a line.

With `--golden` a few of each only. The last line is `{"end": N}`.
"""

import json
import random
import sys

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import lr_scheduler

GOLDEN = "--golden" in sys.argv[1:]
DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16, "float16": torch.float16}


def hexed(tensor):
    return tensor.detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes().hex()


def encoded(value):
    """What JSON does not have, as an object of one key."""
    if isinstance(value, torch.Tensor):
        return {"tensor": [str(value.dtype).removeprefix("torch."), list(value.shape), hexed(value)]}
    if isinstance(value, tuple):
        return {"tuple": [encoded(item) for item in value]}
    if isinstance(value, list):
        return [encoded(item) for item in value]
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return {"float": str(value)}
    return value


def entries(dictionary):
    return [[key, encoded(value)] for key, value in dictionary.items()]


def optimizer_state(optimizer):
    state = optimizer.state_dict()
    return {
        "state": [[index, entries(values)] for index, values in sorted(state["state"].items())],
        "param_groups": [
            [entries({k: v for k, v in group.items() if k != "params"}), group["params"]]
            for group in state["param_groups"]
        ],
    }


OPTIMIZERS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.5, "weight_decay": 1e-05, "foreach": True}),
    ("Adam", {"lr": 0.001}),
    ("Adam", {"lr": 1e-05, "betas": (0.5, 0.75), "amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "amsgrad": True, "maximize": True, "foreach": True}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.5, "centered": True, "eps": 1e-10}),
]


def pair(dtype):
    torch.manual_seed(11)
    return [nn.Parameter(torch.randn(2, 3).to(dtype)), nn.Parameter(torch.randn(2).to(dtype))]


def advance(optimizer, scheduler, params, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        sum((p * p * p).sum() for p in params).backward()
        optimizer.step()
        scheduler.step()


def resume(dtype, name, options):
    """Twenty steps, the state after ten of them, and what is printed."""
    params = pair(DTYPES[dtype])
    groups = [{"params": params[:1]}, {"params": params[1:], "lr": options["lr"] / 2}]
    optimizer = getattr(torch.optim, name)(groups, **options)
    printed = str(optimizer)
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.9)
    advance(optimizer, scheduler, params, 10)
    halfway = {
        "optimizer": optimizer_state(optimizer),
        "scheduler": entries(scheduler.state_dict()),
        "params": [hexed(p) for p in params],
        "printed": str(optimizer),
    }
    halfway = json.loads(json.dumps(halfway))
    advance(optimizer, scheduler, params, 10)
    return {
        "call": "resume", "dtype": dtype, "name": name, "options": {k: encoded(v) for k, v in options.items()},
        "printed": printed, "halfway": halfway, "params": [hexed(p) for p in params],
    }  # fmt: skip


def schedule(name, arguments, rates):
    params = pair(torch.float32)
    optimizer = torch.optim.SGD([{"params": [p], "lr": lr} for p, lr in zip(params, rates)], lr=1.0)
    scheduler = getattr(lr_scheduler, name)(optimizer, **arguments)
    seen = []
    for step in range(1000):
        optimizer.step()
        if name == "ReduceLROnPlateau":
            scheduler.step(((step * 7919) % 1009) / 1009.0 + 1.0 / (step + 1))
        else:
            scheduler.step()
        if not GOLDEN or step % 100 == 99:
            seen.append([step, [float(group["lr"]) for group in optimizer.param_groups]])
    return {
        "call": "schedule", "name": name, "arguments": arguments, "rates": rates, "seen": seen,
        "state": entries(scheduler.state_dict()),
    }  # fmt: skip


SCHEDULES = [
    ("StepLR", {"step_size": 30}),
    ("StepLR", {"step_size": 7, "gamma": 0.97}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("ExponentialLR", {"gamma": 0.9993}),
    ("CosineAnnealingLR", {"T_max": 50}),
    ("CosineAnnealingLR", {"T_max": 333, "eta_min": 0.001}),
    ("CosineAnnealingLR", {"T_max": 1}),
    ("ReduceLROnPlateau", {}),
    ("ReduceLROnPlateau", {"patience": 3, "factor": 0.7, "cooldown": 5, "min_lr": [1e-05, 0.001]}),
    ("ReduceLROnPlateau", {"mode": "max", "threshold_mode": "abs", "threshold": 0.01, "factor": 0.5}),
    ("ReduceLROnPlateau", {"mode": "max", "patience": 0, "eps": 1e-12, "min_lr": 1e-07}),
    ("ReduceLROnPlateau", {"threshold_mode": "abs", "patience": 20, "factor": 0.99}),
]


def clip(seed):
    """Gradients of random sizes, dtypes and numbers, now and then with an infinity, a NaN, zeros or
    no gradient at all."""
    draw = random.Random(seed)
    torch.manual_seed(seed)
    tensors = []
    for _ in range(draw.randint(0, 4)):
        dtype = draw.choice(list(DTYPES)) if draw.random() < 0.3 else "float32"
        size = draw.choice([1, 3, 17, 100])
        grad = (torch.randn(size) * draw.choice([0.0, 1e-4, 1.0, 100.0])).to(DTYPES[dtype])
        if draw.random() < 0.05:
            grad[0] = draw.choice([float("inf"), float("nan")])
        tensors.append([dtype, grad if draw.random() < 0.9 else None])
    before = [[dtype, None if grad is None else hexed(grad)] for dtype, grad in tensors]
    params = []
    for dtype, grad in tensors:
        params.append(nn.Parameter(torch.zeros(1 if grad is None else len(grad), dtype=DTYPES[dtype])))
        params[-1].grad = grad
    foreach = draw.choice([None, True, False])
    limit = draw.choice([0.0, 0.1, 1.0, 3.0, 1000.0])
    call = {"call": "clip", "before": before, "foreach": foreach, "limit": limit}
    if draw.random() < 0.3:
        if any(grad is not None for _, grad in tensors):  # which Python needs here
            clip_grad_value_(params, limit, foreach)
    else:
        call["norm_type"] = encoded(draw.choice([2.0, 2.0, 1.0, 3.0, 0.5, float("inf")]))
        norm_type = float(call["norm_type"]["float"]) if isinstance(call["norm_type"], dict) else call["norm_type"]
        call["error_if_nonfinite"] = draw.random() < 0.5
        try:
            norm = clip_grad_norm_(params, limit, norm_type, call["error_if_nonfinite"], foreach)
            call["norm"] = encoded(norm)
        except RuntimeError:
            call["norm"] = "error"
    return call | {"after": [None if p.grad is None else hexed(p.grad) for p in params]}


def calls():
    for dtype in DTYPES:
        for name, options in OPTIMIZERS:
            yield resume(dtype, name, options)
    for name, arguments in SCHEDULES:
        yield schedule(name, arguments, [0.1, 0.37])
    for seed in range(20 if GOLDEN else 1000):
        yield clip(seed)


def main():
    torch.set_num_threads(1)
    lines = 0
    for call in calls():
        print(json.dumps(call))
        lines += 1
    print(json.dumps({"end": lines}))


main()
