"""Averages of random models, updated, loaded, switched and given new statistics at random: what they hold and print.

Prints a line of JSON for each case, which has all that `tests/swa_utils.rs` needs to do the same; what Python refuses is
`refused` there, and the case goes on. `swa_utils.py COUNT` makes COUNT cases. Ends with an error where an option of
`AveragedModel` or a name of the module is never drawn.
"""

import inspect
import json
import random
import sys
import warnings
from pathlib import Path

import torch
from torch import nn, optim
from torch.optim import swa_utils

sys.path.insert(0, str(Path(__file__).parent))
from digest import digest  # noqa: E402

DTYPES = ["float32", "float64", "float16", "bfloat16"]
NORM = [{}, {"momentum": None}, {"momentum": 0.5}, {"affine": False}, {"track_running_stats": False}]
AVERAGES = {
    "none": lambda decay: {},
    "swa": lambda decay: {"avg_fn": swa_utils.get_swa_avg_fn()},
    "ema": lambda decay: {"avg_fn": swa_utils.get_ema_avg_fn(decay)},
    "own": lambda decay: {"avg_fn": lambda averaged, current, count: averaged + current * count},
    "multi_swa": lambda decay: {"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()},
    "multi_ema": lambda decay: {"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(decay)},
    "multi_own": lambda decay: {"multi_avg_fn": own},
    "both": lambda decay: {"avg_fn": swa_utils.get_swa_avg_fn(), "multi_avg_fn": swa_utils.get_swa_multi_avg_fn()},
}
USED = {"AveragedModel", "update_bn", "get_ema_multi_avg_fn", "get_swa_multi_avg_fn", "get_ema_avg_fn", "get_swa_avg_fn"}
OPTIONS = {"self", "model", "device", "avg_fn", "multi_avg_fn", "use_buffers"}


def own(averaged, current, count):
    for average, new in zip(averaged, current):
        average.copy_(new * count - average)


def draw_model(r):
    """The shape of a sample, and layers by name with their arguments."""

    def norm(name, size):
        return [name, [size], r.choice(NORM)]

    return r.choice([
        ([3], [["Linear", [3, 4], {}], norm("BatchNorm1d", 4), ["ReLU", [], {}], ["Linear", [4, 2], {}]]),
        ([3], [norm("BatchNorm1d", 3), ["Dropout", [0.5], {}], ["LayerNorm", [3], {}], norm("BatchNorm1d", 3)]),
        ([3], [["Linear", [3, 3], {}], ["Tanh", [], {}], ["again", [0], {}], norm("BatchNorm1d", 3)]),
        ([2, 4, 4], [["Conv2d", [2, 3, 2], {}], norm("BatchNorm2d", 3), ["Flatten", [], {}], ["Linear", [27, 2], {}]]),
        ([2, 3, 3], [norm("BatchNorm2d", 2), norm("InstanceNorm2d", 2) if r.random() < 0.5 else ["ReLU", [], {}]]),
        ([2, 2, 2, 2], [norm("BatchNorm3d", 2), ["Dropout", [0.2], {}]]),
        ([3], [["Linear", [3, 2], {}]]),
        ([3], [["ReLU", [], {}]]),
    ])  # fmt: skip


def draw_operation(r, layers):
    name = r.choice(["train"] * 5 + ["update"] * 7 + ["other", "mode", "mode", "update_bn", "update_bn", "resume", "forward"])
    if name == "other":
        other = draw_model(r)[1] if r.random() < 0.5 else layers
        return [name, other, [r.choice(DTYPES)] * len(other)]
    if name == "mode":
        return [name, r.choice(["averaged", "module", "model", r.randrange(len(layers))]), r.random() < 0.5]
    if name == "update_bn":
        form = r.choice(["tensor", "list", "tuple", "empty" if r.random() < 0.1 else "tensor"])
        return [name, r.choice(["averaged", "averaged", "model"]), form, r.random() < 0.3, r.randint(0, 3), r.random() < 0.1]
    return [name]


def draw(r, seed):
    shape, layers = draw_model(r)
    dtype = r.choice(DTYPES)
    dtypes = [r.choice(DTYPES) if r.random() < 0.05 else dtype for _ in layers]
    decay = r.choice([0.999, 0.5, 0.9, 0.0, 1.0] + ([-0.1, 1.5] if r.random() < 0.2 else []))
    average = r.choice([name for name in AVERAGES if name != "both" or r.random() < 0.2])
    return {
        "seed": seed, "shape": shape, "layers": layers, "dtypes": dtypes, "average": average, "decay": decay,
        "use_buffers": r.random() < 0.4, "device": r.random() < 0.3, "evaluating": r.random() < 0.3,
        "operations": [draw_operation(r, layers) for _ in range(r.randint(3, 14))],
    }  # fmt: skip


def build(layers, dtypes):
    made = []
    for (name, args, options), dtype in zip(layers, dtypes):
        layer = made[args[0]] if name == "again" else getattr(nn, name)(*args, **options)
        made.append(layer.to(getattr(torch, dtype)))
    return nn.Sequential(*made)


def encoded(tensor):
    data = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes().hex()
    return {"tensor": [str(tensor.dtype).removeprefix("torch."), list(tensor.shape), data]}


class Run:
    def __init__(self, case):
        torch.manual_seed(case["seed"])
        self.case = case
        self.model = build(case["layers"], case["dtypes"]).train(not case["evaluating"])
        self.averaged = self.average()

    def average(self):
        case = self.case
        options = AVERAGES[case["average"]](case["decay"])
        options |= {"device": torch.device("cpu")} if case["device"] else {}
        return swa_utils.AveragedModel(self.model, use_buffers=case["use_buffers"], **options)

    def input(self, *size):
        return torch.randn(4, *(size or self.case["shape"])).to(getattr(torch, self.case["dtypes"][0]))

    def operate(self, name, *args):
        if name == "train":
            optimizer = optim.SGD(self.model.parameters(), lr=0.1)
            out = self.model(self.input())
            (out * torch.randn(out.shape).to(out.dtype)).sum().backward()
            optimizer.step()
        elif name == "update":
            self.averaged.update_parameters(self.model)
        elif name == "other":
            self.averaged.update_parameters(build(*args))
        elif name == "mode":
            model = {"averaged": self.averaged, "module": self.averaged.module, "model": self.model}.get(args[0])
            (self.averaged.module[args[0]] if model is None else model).train(args[1])
        elif name == "update_bn":
            model, form, device, count, wrong = args
            xs = [self.input() for _ in range(count)] + [self.input(7) for _ in range(wrong)]
            loader = [{"tensor": x, "list": [x, x], "tuple": (x, x), "empty": []}[form] for x in xs]
            device = (torch.device("cpu"),) if device else ()
            swa_utils.update_bn(loader, self.averaged if model == "averaged" else self.model, *device)
        elif name == "resume":
            saved = self.averaged.state_dict()
            self.averaged = self.average()
            self.averaged.load_state_dict(saved)
            return [[key, encoded(value)] for key, value in saved.items()]
        else:
            return digest([self.averaged(self.input())])

    def seen(self):
        reading = (nn.modules.batchnorm._NormBase, nn.Dropout)
        children = [*self.averaged.module, *self.model]
        modes = [child.training for child in children if isinstance(child, reading)]
        state = [*self.averaged.state_dict().values(), *self.model.state_dict().values()]
        return [digest(state), [self.averaged.training, *modes], repr(self.averaged)]


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    options = set(inspect.signature(swa_utils.AveragedModel.__init__).parameters)
    if set(swa_utils.__all__) - USED != {"SWALR"} or options != OPTIONS:
        sys.exit(f"not drawn: {set(swa_utils.__all__) - USED}, {options - OPTIONS}")
    r = random.Random("swa_utils")
    for seed in range(int(sys.argv[1])):
        case = json.loads(json.dumps(draw(r, seed)))
        case["found"] = None
        try:
            run = Run(case)
        except Exception as error:
            case["refused"] = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            case["found"] = [["begun", None, run.seen()]]
            for operation in case["operations"]:
                try:
                    value, became = run.operate(*operation), "done"
                except Exception:
                    value, became = None, "refused"
                case["found"].append([became, value, run.seen()])
        print(json.dumps(case))
    print(json.dumps({"end": int(sys.argv[1])}))


main()
