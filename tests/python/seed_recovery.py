"""What PyTorch and NumPy draw, for seed-recovery to draw again without them.

Each line is one sequence of draws as JSON: `draws`, parted by `;` as `seed-recovery --draw` reads them,
and `arithmetic`, which of libtorch's builds of the kernels drew. It was drawn from 1,000 pairs of seed
and offset, those that `RandomState(20240607)` draws and the ends of the seeds: `hash` is FNV-1a over the
bytes of all values, little-endian, and `first` those of the first three pairs in hexadecimal, or, in
`all`, those of every pair. The last line is `{"end": N}`, N being the lines above it.

    python seed_recovery.py            for a live comparison
    python seed_recovery.py --golden   for tests/golden/seed_recovery.jsonl; with a Python that has
                                       version 2.13, for tests/seed_recovery/pytorch_2.13.jsonl
"""

import json
import os
import subprocess
import sys

import numpy as np
import torch


def torch_draw(name, args, kw):
    kw = {"dtype": getattr(torch, kw["dtype"])} if "dtype" in kw else {}
    if name == "rand":
        return [torch.rand(*args, **kw)]
    if name == "randn":
        return [torch.randn(*args, **kw)]
    if name == "uniform":
        return [torch.empty(args[2:], **kw).uniform_(*args[:2])]
    if name == "normal":
        return [torch.empty(args[2:], **kw).normal_(*args[:2])]
    if name == "randint":
        return [torch.randint(args[0], args[1], args[2:])]
    if name == "randperm":
        return [torch.randperm(args[0])]
    raise ValueError(name)


def parse(text):
    name, rest = text.strip().rstrip(")").split("(")
    args, kw = [], {}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        if "=" in part:
            key, value = part.split("=")
            kw[key] = value
        else:
            args.append(float(part) if "." in part else int(part))
    return name, args, kw


def draw_torch(steps, seed, offset):
    torch.manual_seed(seed)
    torch.rand(offset)
    out = []
    for name, args, kw in steps:
        if name == "linear":
            layer = torch.nn.Linear(*args, bias=kw.get("bias") != "False", dtype=getattr(torch, kw.get("dtype", "float32")))
            out += [p.detach() for p in layer.parameters()]
        else:
            out += torch_draw(name, args, kw)
    return b"".join(t.numpy().tobytes() for t in out)


def draw_numpy(steps, seed, offset):
    state = np.random.RandomState(seed)
    state.randint(0, 2**32, size=offset, dtype=np.uint32)
    out = []
    for name, args, _ in steps:
        name = name.removeprefix("np.")
        if name in ("rand", "randn", "permutation"):
            out.append(getattr(state, name)(*args))
        else:
            out.append(getattr(state, name)(args[0], args[1], size=tuple(args[2:])))
    return b"".join(np.asarray(a).tobytes() for a in out)


def fnv1a(chunks):
    value = 0xCBF29CE484222325
    for chunk in chunks:
        for byte in chunk:
            value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


CASES = """
rand(5)
rand(2,2,dtype=float64)
uniform(-2.5,7.25,6)
uniform(-2.5,7.25,4,dtype=float64)
randn(7)
randn(5,dtype=float64)
randn(16)
randn(37)
randn(4,8)
randn(19,dtype=float64)
normal(1.5,0.3,9)
normal(1.5,0.3,33)
normal(1.5,0.3,18,dtype=float64)
randint(-10,11,8)
randint(0,268435455,3)
randint(0,268435456,3)
randint(-5,1099511627776,3)
randperm(1)
randperm(11)
randperm(40)
linear(1,1)
linear(3,2)
linear(7,5,dtype=float64)
linear(4,3,bias=False)
randn(3);randn(2);rand(1);randn(3);randn(20);randn(1)
rand(3);randint(0,7,2);randperm(4);linear(2,2);randn(1);uniform(1.5,2.5,1)
np.rand(5)
np.uniform(-2.5,7.25,4)
np.randn(7)
np.normal(1.5,0.3,6)
np.randint(-10,11,9)
np.randint(0,16,9)
np.randint(0,4294967296,3)
np.randint(0,5000000000,4)
np.permutation(1)
np.permutation(13)
np.randn(3);np.randint(0,9,2);np.randn(2);np.rand(1);np.permutation(5);np.normal(1.5,0.3,1)
""".split()


def generators():
    words = np.random.RandomState(20240607).randint(0, 2**32, size=2 * 998, dtype=np.uint32).tolist()
    return [(seed, word % 3000) for seed, word in zip(words[::2], words[1::2])] + [(0, 0), (2**32 - 1, 623)]


def main():
    golden = "--golden" in sys.argv
    default = os.environ.get("ATEN_CPU_CAPABILITY") == "default"
    fused = tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 13)
    arithmetic = ("defaultfused" if fused else "default") if default else "avx2"
    for case in CASES:
        steps = [parse(text) for text in case.split(";")]
        draw = draw_numpy if steps[0][0].startswith("np.") else draw_torch
        drawn = [draw(steps, seed, offset) for seed, offset in generators()]
        line = {"draws": case, "arithmetic": arithmetic, "hash": f"{fnv1a(drawn):016x}"}
        line |= {"first" if golden else "all": [d.hex() for d in (drawn[:3] if golden else drawn)]}
        print(json.dumps(line), flush=True)
    if not default:
        # libtorch picks its kernels once, when it starts.
        environment = os.environ | {"ATEN_CPU_CAPABILITY": "default"}
        subprocess.run([sys.executable, *sys.argv], check=True, env=environment)
        print(json.dumps({"end": 2 * len(CASES)}))


main()
