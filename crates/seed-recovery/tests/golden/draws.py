"""What PyTorch and NumPy draw, for the test `parity` and for the golden file beside this script.

Standard input: one line per case (draws parted by `;`, as `seed-recovery --draw` reads them), an
empty line, then one line `seed offset` per generator. Standard output: for each case and generator
one line with the bytes of all values, little-endian, in hexadecimal.

`python draws.py --golden < input` prints instead, per case, an FNV-1a hash over all generators'
bytes and the bytes of the first three. ATEN_CPU_CAPABILITY=default selects libtorch's other build.
"""

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


def main():
    head, tail = sys.stdin.read().split("\n\n")
    generators = [tuple(map(int, line.split())) for line in tail.splitlines()]
    for case in head.splitlines():
        steps = [parse(text) for text in case.split(";")]
        draw = draw_numpy if steps[0][0].startswith("np.") else draw_torch
        drawn = [draw(steps, seed, offset) for seed, offset in generators]
        if "--golden" in sys.argv:
            print(case, f"{fnv1a(drawn):016x}", *(d.hex() for d in drawn[:3]), sep="\t")
        else:
            print(*(d.hex() for d in drawn), sep="\n")


main()
