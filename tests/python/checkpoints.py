"""Writes checkpoints of every kind with torch.save, and says what a checkpoint holds.

    checkpoints.py write FOLDER           one file a case, and what each holds
    checkpoints.py describe FILE...       what each holds, read with weights_only=True
    checkpoints.py golden FOLDER          one file with all cases, for this version of PyTorch
    checkpoints.py safetensors READ WRITE reads one, says what it holds, writes it again
    checkpoints.py match FILE             which of its names the model below misses or lacks

The golden files come from torch 2.0.1 (with NumPy below 2), 2.4.1 and 2.7.1, each in an environment of its own, and `checkpoints.py golden tests/golden/checkpoints`.
"""

import collections
import os
import struct
import sys

import torch
from torch import nn, optim


def model():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Sequential(nn.Linear(5, 2), nn.Tanh()))


def trained(make):
    net = model()
    optimizer = make(net)
    for _ in range(3):
        optimizer.zero_grad()
        net(torch.rand(4, 3)).square().mean().backward()
        optimizer.step()
    return net, optimizer


def of_dtypes():
    values = torch.tensor([0.0, -0.0, 1.5, -2.0, 448.0, float("inf"), float("nan")])
    names = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128"
    for name in (names + " complex32 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz").split():
        dtype = getattr(torch, name, None)
        if dtype is None or name == "complex32" and torch.__version__ < "2.1":
            continue
        whole = not (dtype.is_floating_point or dtype.is_complex)
        yield name, (torch.arange(7) if whole else values).to(dtype)


def cases():
    sgd, sgd_optimizer = trained(lambda net: optim.SGD(net.parameters(), 0.1, momentum=0.9))
    yield "model", model().state_dict()
    yield "parameters", collections.OrderedDict(model().named_parameters())
    norm = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    norm(torch.rand(5, 3))
    yield "buffers", norm.state_dict()
    tied = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    tied[1].weight = tied[0].weight
    yield "tied", tied.state_dict()
    base = torch.arange(24.0)
    yield "views", {
        "base": base, "part": base[3:9], "turned": base.view(4, 6).t(), "steps": base[1::5],
        "wide": base[:3].expand(4, 3), "alone": torch.rand(100)[40:43], "again": base,
    }
    yield "dtypes", dict(of_dtypes())
    yield "sizes", [
        torch.tensor(-0.0), torch.empty(0), torch.empty(3, 0, 2), torch.ones(1), torch.ones(1, 1, 1),
        torch.ones(2, 3)[2:], torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last),
    ]
    yield "flags", {
        "grad": torch.ones(2, requires_grad=True), "parameter": nn.Parameter(torch.ones(2)),
        "frozen": nn.Parameter(torch.ones(2), requires_grad=False),
        "conj": torch.tensor([1 + 2j, 3 - 4j]).conj(), "neg": torch.tensor([1 + 2j]).conj().imag,
    }
    marked = torch.ones(3)
    marked.note = "an attribute"
    labelled = nn.Parameter(torch.ones(3))
    labelled.tag = 1
    yield "attributes", [marked, labelled]
    yield "values", [
        None, True, False, 0, 255, 256, 65535, 65536, -1, 2**31 - 1, -(2**31), 2**31, 2**63 - 1,
        -(2**63), 2**63, 2**64 - 1, -(2**70), 0.0, -0.0, 1e-320, float("inf"), float("nan"), "", "a\nb",
        "Größe 模型 🙂", b"\x00\xff", bytearray(b"\x80\n"), 1 - 2j, (), (1,), (1, 2, 3, 4), [], [[]], {},
        {1: "int", (2, "b"): "tuple", "s": {"t": [1.0, {"u": None}]}, None: 0, 1.5: 1, True: "int again"},
        {3}, torch.Size([2, 0]), torch.float32, torch.bfloat16, torch.device("cpu"),
        torch.device("cuda", 1), collections.OrderedDict([("z", 1), ("a", 2)]),
        collections.Counter([3, 3, 5]), "x" * 300,
    ]
    shared = [1, 2]
    yield "shared", {"a": shared, "b": shared, "c": (shared, shared)}
    yield "generator", {"cpu": torch.get_rng_state(), "own": torch.Generator().manual_seed(5).get_state()}
    yield "checkpoint", {"model": sgd.state_dict(), "optimizer": sgd_optimizer.state_dict(), "epoch": 7}
    makers = {
        "sgd": lambda net: optim.SGD(net.parameters(), 0.1),
        "adam": lambda net: optim.Adam(net.parameters(), amsgrad=True),
        "adamw": lambda net: optim.AdamW([
            {"params": net[0].parameters(), "lr": 0.5}, {"params": net[2].parameters()},
        ]),
        "rmsprop": lambda net: optim.RMSprop(net.parameters(), momentum=0.9, centered=True),
    }
    for name, make in makers.items():
        yield name, trained(make)[1].state_dict()
    schedules = optim.lr_scheduler
    yield "schedulers", [
        scheduler.state_dict()
        for scheduler in (
            schedules.StepLR(sgd_optimizer, 3), schedules.MultiStepLR(sgd_optimizer, [2, 2, 4]),
            schedules.ExponentialLR(sgd_optimizer, 0.9), schedules.CosineAnnealingLR(sgd_optimizer, 10),
            schedules.ReduceLROnPlateau(sgd_optimizer), schedules.LinearLR(sgd_optimizer),
        )
    ]


class Describer:
    """Says of each value its type and content; tensors by bits, objects and storages by number."""

    def __init__(self):
        self.lines, self.tensors, self.storages = [], {}, {}

    def number(self, known, key):
        return known.setdefault(key, len(known))

    def tensor(self, name, t):
        storage = t.untyped_storage()
        number = self.number(self.storages, storage._cdata)
        plain = t.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
        flat = plain.reshape(-1).view(torch.uint8)
        where = f"object {self.number(self.tensors, id(t))} storage {number} of {storage.nbytes()}"
        where += f" offset {t.storage_offset()} stride {list(t.stride())}"
        where += " conj" * t.is_conj() + " neg" * t.is_neg()
        dtype = str(t.dtype).removeprefix("torch.")
        grad = "grad" if t.requires_grad else "no grad"
        return f"{name} {dtype} {list(t.shape)} {where} {grad} {bytes(flat.tolist()).hex()}"

    def value(self, place, v):
        kind = type(v)
        if isinstance(v, torch.Tensor):
            text = self.tensor("Parameter" if kind is nn.Parameter else "Tensor", v)
        elif kind is float:
            text = "float " + struct.pack(">d", v).hex()
        elif kind is complex:
            text = "complex " + struct.pack(">dd", v.real, v.imag).hex()
        elif kind in (bytes, bytearray):
            text = f"{kind.__name__} {v.hex()}"
        elif kind is str:
            text = "str " + v.encode().hex()
        elif kind is torch.Size:
            text = f"Size {list(v)}"
        elif isinstance(v, (list, tuple, set, dict)):
            text = f"{kind.__name__} {len(v)}"
        else:
            text = f"{kind.__name__} {v}"
        self.lines.append(f"{place}: {text}")
        if isinstance(v, dict):
            for index, (key, item) in enumerate(v.items()):
                self.value(f"{place}.key{index}", key)
                self.value(f"{place}.{index}", item)
            for key, item in vars(v).items() if kind is collections.OrderedDict else ():
                self.value(f"{place}.{key}", item)
        elif isinstance(v, (list, tuple, set)) and kind is not torch.Size:
            for index, item in enumerate(v):
                self.value(f"{place}.{index}", item)


def describe(value):
    describer = Describer()
    describer.value("", value)
    return "\n".join(describer.lines)


def main(command, *paths):
    if command == "write":
        for name, value in cases():
            path = os.path.join(paths[0], name + ".pt")
            torch.save(value, path)
            print(f"== {path}\n{describe(torch.load(path, weights_only=True))}")
    elif command == "describe":
        for path in paths:
            print(f"== {path}\n{describe(torch.load(path, weights_only=True))}")
    elif command == "golden":
        path = os.path.join(paths[0], "torch-" + torch.__version__.split("+")[0])
        torch.save(dict(cases()), path + ".pt")
        with open(path + ".txt", "w") as file:
            # The older readers refuse some of what they write, such as bytes.
            print(describe(torch.load(path + ".pt", weights_only=False)), file=file)
    elif command == "safetensors":
        import safetensors.torch

        state = safetensors.torch.load_file(paths[0])
        print(describe(state))
        safetensors.torch.save_file(state, paths[1])
    elif command == "match":
        keys = model().load_state_dict(torch.load(paths[0], weights_only=True), strict=False)
        print(f"{keys.missing_keys} {keys.unexpected_keys}")


main(*sys.argv[1:])
