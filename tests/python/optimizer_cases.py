"""Optimizers with random options, groups, gradients and dtypes: what they print, learn and save.

Prints a line of JSON for each case, which has all that `tests/optimizer_cases.rs` needs to do the same. Where Python
refuses, `refused` stands for the results. `optimizer_cases.py COUNT [NAME …]` makes COUNT cases of each optimizer,
three times as many of those that can be fused. Ends with an error where an option of an optimizer's signature is
never drawn and is not listed as left out, so that a new one of a new PyTorch is seen.
"""

import inspect
import json
import random
import sys
import warnings
from pathlib import Path

import torch
from torch import nn, optim
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from digest import digest  # noqa: E402

DTYPES = ["float32", "float64", "float16", "bfloat16"]
COMPLEX = ["complex64", "complex128"]
DECAYS = [0.0, 0.001, 0.1]
BETAS = [(0.9, 0.999), (0.5, 0.75), (0.0, 0.99), (0.95, 0.0)]
EPS = [1e-8, 1e-4, 0.0, 0.1]
SWITCH = [False, True]
MAYBE = [None, True, False]
COMMON = {"maximize": SWITCH, "foreach": MAYBE}
ADAM = {"betas": BETAS, "eps": EPS, "weight_decay": DECAYS}
FUSED = {"fused": [None, True, True, True, False]}

OPTIONS = {
    "ASGD": {"lambd": [1e-4, 0.1, 0.0], "alpha": [0.75, 0.3, 2.0], "t0": [1e6, 0.0, 3.0], "weight_decay": DECAYS} | COMMON,
    "Adadelta": {"rho": [0.9, 0.0, 1.0, 0.37], "eps": [1e-6, 1e-3, 0.0], "weight_decay": DECAYS} | COMMON,
    "Adafactor": {
        "beta2_decay": [-0.8, 0.0, -0.3], "eps": [(None, 1e-3), (1e-8, 0.1), (0.01, 0.0)], "d": [1.0, 2.0, 1.3],
        "weight_decay": DECAYS,
    } | COMMON,
    "Adagrad": {
        "lr_decay": [0.0, 0.1, 3.0], "weight_decay": DECAYS, "initial_accumulator_value": [0.0, 0.1, 2.0], "eps": EPS,
    } | COMMON | FUSED,
    "Adam": ADAM | COMMON | FUSED | {"amsgrad": SWITCH},
    "AdamW": ADAM | COMMON | FUSED | {"amsgrad": SWITCH},
    "Adamax": ADAM | COMMON,
    "LBFGS": {
        "max_iter": [20, 1, 3, 7], "max_eval": [None, 1, 2, 9, 40], "tolerance_grad": [1e-7, 0.1, 0.0],
        "tolerance_change": [1e-9, 0.01, 0.0], "history_size": [100, 1, 2, 5],
        "line_search_fn": [None, "strong_wolfe", "strong_wolfe"],
    },
    "Muon": {
        "weight_decay": DECAYS, "momentum": [0.95, 0.0, 0.4], "nesterov": SWITCH,
        "ns_coefficients": [(3.4445, -4.775, 2.0315), (2.0, -1.5, 0.5)], "eps": [1e-7, 0.1], "ns_steps": [5, 1, 0, 9],
        "adjust_lr_fn": [None, "original", "match_rms_adamw"],
    },
    "NAdam": ADAM | COMMON | {"momentum_decay": [0.004, 0.0, 0.3], "decoupled_weight_decay": SWITCH},
    "RAdam": ADAM | COMMON | {"decoupled_weight_decay": SWITCH},
    "RMSprop": {
        "alpha": [0.99, 0.5], "eps": EPS, "weight_decay": DECAYS, "momentum": [0.0, 0.9, 0.3], "centered": SWITCH,
    } | COMMON,
    "Rprop": {"etas": [(0.5, 1.2), (0.3, 1.7), (0.9, 1.01)], "step_sizes": [(1e-6, 50), (0.001, 0.1), (0.02, 0.03)]} | COMMON,
    "SGD": {
        "momentum": [0.0, 0.9, 0.3], "dampening": [0.0, 0.0, 0.4], "weight_decay": DECAYS,
        "nesterov": [False, False, True],
    } | COMMON | FUSED,
    "SparseAdam": {"betas": BETAS, "eps": EPS, "maximize": SWITCH},
}  # fmt: skip

# What some optimizers refuse; the others go on.
BAD = {
    "lr": -0.1, "eps": -1.0, "weight_decay": -1.0, "betas": (0.9, 1.0), "rho": 1.5, "lr_decay": -1.0, "momentum": -1.0,
    "initial_accumulator_value": -1.0, "momentum_decay": -1.0, "alpha": -1.0, "etas": (1.5, 1.2), "beta2_decay": 0.5,
    "d": 0.5,
}  # fmt: skip

# Of each signature; a step on the CPU refuses `capturable`.
LEFT_OUT = {"self", "params", "differentiable", "capturable"}
NOT_OF = {("Adam", "decoupled_weight_decay"): "AdamW is that"}

SPARSE = {"SGD", "Adagrad", "LBFGS", "SparseAdam"}


def both(options):
    """What Python refuses, but of a group alone."""
    return options.get("fused") and options.get("foreach")


def draw_options(r, name, share):
    options = {option: r.choice(values) for option, values in OPTIONS[name].items() if r.random() < share}
    if name != "LBFGS" or r.random() < 0.5:
        options["lr"] = r.choice([0.1, 0.01, 0.5, 1e-3])
    if both(options) and r.random() < 0.8:
        del options["foreach"]
    # A zero prints as the kind of number that it is: here always as the default's.
    for option, value in options.items():
        if value == 0 and type(signature(name)[option].default) is int:
            options[option] = 0
    return options


def draw(r, name, seed):
    sparse = name in SPARSE and r.random() < (0.97 if name == "SparseAdam" else 0.2)
    shapes = [[], [1], [3], [2, 3], [4, 3], [3, 2, 2], [40], [0]]
    if sparse:
        shapes = [[5, 3], [4, 1], [9, 8]]
    if name == "Muon" and r.random() < 0.97:
        shapes = [[2, 3], [4, 3], [1, 5], [16, 24]]
    if name == "Adafactor" and r.random() < 0.95:
        shapes.remove([0])
    shapes = [r.choice(shapes) for _ in range(r.randint(1, 4))]
    share = 0.03 if name in ("Adafactor", "Muon") else 0.15
    dtype = r.choice(COMPLEX) if r.random() < share and not sparse else r.choice(DTYPES)
    dtypes = [r.choice(DTYPES) if r.random() < 0.1 else dtype for _ in shapes]
    case = {"optimizer": name, "seed": seed, "shapes": shapes, "dtypes": dtypes, "sparse": sparse}
    case["options"] = draw_options(r, name, r.choice([0, 0.5, 1]))
    if r.random() < 0.08:
        bad = r.choice([option for option in BAD if option in OPTIONS[name] or option == "lr"])
        if not (name == "Adafactor" and bad == "eps"):
            case["options"][bad] = BAD[bad]
    cut = r.randint(0, len(shapes)) if r.random() < (0.1 if name == "LBFGS" else 0.4) else len(shapes)
    case["groups"] = [[cut, {}]]
    if cut < len(shapes):
        own = draw_options(r, name, 0.3)
        # Of groups PyTorch does not check these, which are refused here, or takes those of all groups.
        unchecked = {"nesterov", "initial_accumulator_value"}
        unchecked |= {"eps"} if name == "SparseAdam" else {"momentum", "dampening"} if name == "SGD" else set()
        unchecked |= {"fused", "foreach"} if both(case["options"] | own) else set()
        own = {option: value for option, value in own.items() if option not in unchecked}
        case["groups"].append([len(shapes) - cut, own])
    steps = r.randint(1, 9)
    case["lacks"] = [[r.random() < 0.1 for _ in shapes] for _ in range(steps)]
    # The second group is added then, and not given at once.
    case["added"] = r.randint(0, steps) if cut < len(shapes) and r.random() < 0.25 else None
    case["resumed"] = r.randint(0, steps) if r.random() < 0.5 else None
    if sparse and name == "SGD":
        case["resumed"] = None  # its momentum is sparse, which the JSON does not hold
    case["closure"] = r.random() < (0.97 if name == "LBFGS" else 0.3)
    case["rate"] = draw_rate(r, case["options"]) if "lr" in case["options"] and r.random() < 0.35 else None
    return case


def draw_rate(r, options):
    """The dtype and the shape of a learning rate that is a tensor, and whether it requires a gradient."""
    if options.get("foreach") and options.keys() & {"amsgrad"} and r.random() < 0.8:
        return None  # Adam refuses it
    shape = r.choice([[]] * 60 + [[1]] * 18 + [[1, 1], [1, 1], [2], [0]])
    return [r.choice(["float32"] * 4 + ["float64"] * 2 + ["bfloat16", "float16"]), shape, r.random() < 0.05]


def encoded(value):
    """What JSON does not have, as an object of one key."""
    if isinstance(value, torch.Tensor):
        value = value.to_dense() if value.is_sparse else value
        data = value.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes().hex()
        return {"tensor": [str(value.dtype).removeprefix("torch."), list(value.shape), data]}
    if isinstance(value, tuple):
        return {"tuple": [encoded(item) for item in value]}
    if isinstance(value, list):
        return [encoded(item) for item in value]
    if isinstance(value, float) and value - value != 0.0:
        return {"float": str(value)}
    return value


def state_of(optimizer):
    def entries(values):
        return [[key, encoded(value)] for key, value in values.items() if key != "params"]

    state = optimizer.state_dict()
    # A group begins with the options that it was given.
    for group in state["param_groups"]:
        own = [key for key in group if key not in optimizer.defaults]
        for key in [key for key in optimizer.defaults if key in group] + own:
            group[key] = group.pop(key)
    return {
        "state": [[index, entries(values)] for index, values in sorted(state["state"].items())],
        "param_groups": [[entries(group), group["params"]] for group in state["param_groups"]],
    }


def drawn(shape, dtype):
    if dtype in COMPLEX:
        return torch.view_as_complex(torch.randn(shape + [2])).to(getattr(torch, dtype))
    return torch.randn(shape).to(getattr(torch, dtype))


def make(case, params):
    kind = getattr(optim, case["optimizer"])
    groups, start = [], 0
    for size, options in case["groups"]:
        groups.append({"params": params[start : start + size]} | tupled(options) | tensor_rate(options, case["rate"]))
        start += size
    options = tupled(case["options"]) | tensor_rate(case["options"], case["rate"])
    if len(groups) == 1:
        return kind(params, **options), None
    if case["added"] is None:
        return kind(groups, **options), None
    return kind(groups[:1], **options), groups[1]


def tensor_rate(options, rate):
    if rate is None or "lr" not in options:
        return {}
    dtype, shape, requires_grad = rate
    return {"lr": torch.full(shape, options["lr"], dtype=getattr(torch, dtype), requires_grad=requires_grad)}


def tupled(options):
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


def run(case):
    torch.manual_seed(case["seed"])
    params = [nn.Parameter(drawn(shape, dtype)) for shape, dtype in zip(case["shapes"], case["dtypes"])]
    weights = [torch.relu(torch.randn(p.shape).to(p.real.dtype)) for p in params]
    optimizer, late = make(case, params)
    found = {"printed": str(optimizer), "steps": []}
    for step, lacks in enumerate(case["lacks"]):
        if late and step == case["added"]:
            optimizer.add_param_group(late)
            late = None
        if step == case["resumed"] and not late:
            halfway = optimizer.state_dict()
            found["halfway"] = state_of(optimizer)
            optimizer, _ = make(case | {"added": None}, params)
            optimizer.load_state_dict(halfway)
            found["loaded"] = state_of(optimizer)
        targets = [drawn(shape, dtype) for shape, dtype in zip(case["shapes"], case["dtypes"])]
        rows = [torch.randint(0, max(1, (shape or [1])[0]), [4]) for shape in case["shapes"]]

        def closure():
            optimizer.zero_grad()
            total = torch.zeros([], dtype=torch.float64)
            for parameter, target, weight, row, lacking in zip(params, targets, weights, rows, lacks):
                if lacking:
                    continue
                away = parameter - target
                if case["sparse"]:
                    away = F.embedding(row, parameter, sparse=True) - target[row]
                    weight = weight[row]
                if away.is_complex():
                    away, weight = torch.view_as_real(away), weight.unsqueeze(-1)
                squares = away * away * weight
                total = total + (squares + squares * squares).sum()
            if total.requires_grad:
                total.backward()
            return total

        if case["closure"]:
            loss = optimizer.step(closure)
        else:
            loss = closure()
            optimizer.step()
        found["steps"].append(digest([loss, *params, *(p.grad for p in params)]))
    found["state"] = state_of(optimizer)
    return found


def signature(name):
    return inspect.signature(getattr(optim, name).__init__).parameters


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    count, names = int(sys.argv[1]), sys.argv[2:] or list(OPTIONS)
    cases = 0
    for name in names:
        missing = {option for option in set(signature(name)) - LEFT_OUT - {"lr"} - set(OPTIONS[name]) if (name, option) not in NOT_OF}
        if missing:
            sys.exit(f"{name}: {sorted(missing)} of its signature are neither drawn nor left out for a reason")
        r = random.Random(name)
        # Three times as many where a step can be fused, too.
        for seed in range(count * (3 if "fused" in OPTIONS[name] else 1)):
            case = json.loads(json.dumps(draw(r, name, seed)))
            try:
                case["found"] = run(case)
            except Exception as error:
                case["refused"] = f"{type(error).__name__}: {error}".splitlines()[0]
            print(json.dumps(case, allow_nan=False))
            cases += 1
    print(json.dumps({"end": cases}))


main()
