"""What PyTorch, NumPy and Python draw, for seed-recovery to draw again without them.

Each line is one sequence of draws as JSON: `draws`, parted by `;` as `seed-recovery --draw` reads them,
and `arithmetic`, which of libtorch's builds of the kernels drew. It was drawn from 1,000 pairs of seed
and offset, those that `RandomState(20240607)` draws and the ends of the seeds: `hash` is FNV-1a over the
bytes of all values, little-endian, and `first` those of the first three pairs in hexadecimal, or, in
`all`, those of every pair. The last line is `{"end": N}`, N being the lines above it.

    python seed_recovery.py            for a live comparison
    python seed_recovery.py --golden   for tests/golden/seed_recovery.jsonl; with a Python that has
                                       version 2.13, for tests/seed_recovery/pytorch_2.13.jsonl
"""

import ast
import json
import os
import random
import subprocess
import sys

import numpy as np
import torch


LAYERS = {"linear": "Linear", "embedding": "Embedding", "rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
LAYERS |= {name.lower(): name for d in "123" for name in (f"Conv{d}d", f"ConvTranspose{d}d")}


def torch_draw(name, args, kw):
    kw = {key: getattr(torch, value) if key == "dtype" else value for key, value in kw.items()}
    if name in LAYERS:
        return [p.detach() for p in getattr(torch.nn, LAYERS[name])(*args, **kw).parameters()]
    if name in ("rand", "randn"):
        return [getattr(torch, name)(*args, **kw)]
    if name in ("uniform", "normal"):
        return [getattr(torch.empty(args[2:], **kw), name + "_")(*args[:2])]
    if name == "exponential":
        return [torch.empty(args[1:], **kw).exponential_(args[0])]
    if name == "bernoulli_":
        return [torch.empty(args[1:]).bernoulli_(args[0])]
    if name == "dropout":
        return [torch.nn.functional.dropout(torch.ones(args[1:]), args[0])]
    if name == "randint":
        return [torch.randint(args[0], args[1], args[2:])]
    if name == "randperm":
        return [torch.randperm(args[0])]
    if name == "random_split":
        parts = torch.utils.data.random_split(range(sum(args[0])), args[0])
        return [torch.tensor([i for part in parts for i in part.indices])]
    if name == "dataloader":
        return [loader(args[0], **kw)]
    # What follows is only skipped: it has no values to compare.
    shape = args[0] if name == "multinomial" else args
    weights = torch.full(shape, 0.3, **{k: kw.pop(k) for k in ("dtype",) if k in kw})
    if name == "multinomial":
        torch.multinomial(weights, args[1], **kw)
    elif name == "bernoulli":
        torch.bernoulli(weights)
    elif name == "cauchy":
        weights.cauchy_()
    elif name == "geometric":
        weights.geometric_(0.5)
    else:
        raise ValueError(name)
    return []


def loader(rows, shuffle=False, version=2.0):
    """One pass; for versions before 1.9 with the sampler that they had."""

    class Older(torch.utils.data.Sampler):
        def __iter__(self):
            if version >= 1.7:
                torch.empty((), dtype=torch.int64).random_()
            yield from torch.randperm(rows).tolist()

        def __len__(self):
            return rows

    if shuffle and version < 1.9:
        passes = torch.utils.data.DataLoader(range(rows), sampler=Older())
    else:
        passes = torch.utils.data.DataLoader(range(rows), shuffle=shuffle)
    return torch.cat(list(passes))


def parse(text):
    call = ast.parse(text.strip(), mode="eval").body
    value = lambda node: node.id if isinstance(node, ast.Name) else ast.literal_eval(node)
    return ast.unparse(call.func), [value(a) for a in call.args], {k.arg: value(k.value) for k in call.keywords}


def draw_torch(steps, seed, offset):
    torch.manual_seed(seed)
    torch.rand(offset)
    out = [t for step in steps for t in torch_draw(*step)]
    return b"".join(t.numpy().tobytes() for t in out)


def draw_numpy(steps, seed, offset):
    state = np.random.RandomState(seed)
    state.randint(0, 2**32, size=offset, dtype=np.uint32)
    out = []
    for name, args, kw in steps:
        name = name.removeprefix("np.")
        if name.startswith("make_"):
            import sklearn.datasets

            getattr(sklearn.datasets, name)(*args, random_state=state, **kw)
        elif name in ("rand", "randn", "permutation"):
            out.append(getattr(state, name)(*args))
        elif name == "shuffle":
            out.append(np.arange(args[0]))
            state.shuffle(out[-1])
        elif name == "choice":
            out.append(state.choice(*args, **kw))
        else:
            out.append(getattr(state, name)(args[0], args[1], size=tuple(args[2:])))
    return b"".join(np.asarray(a).tobytes() for a in out)


def draw_python(steps, seed, offset):
    random.seed(seed)
    for _ in range(offset):
        random.getrandbits(32)
    out = []
    for name, args, _ in steps:
        name = name.removeprefix("random.")
        if name == "shuffle":
            order = list(range(args[0]))
            random.shuffle(order)
            out.append(np.array(order))
        else:
            values = [getattr(random, name)(*args[:-1]) for _ in range(args[-1])]
            out.append(np.array(values))
    return b"".join(a.tobytes() for a in out)


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
embedding(10,3)
embedding(5,2,dtype=float64)
conv1d(3,8,3)
conv2d(3,8,3)
conv2d(4,6,(3,5),groups=2,bias=False)
conv3d(1,2,2,dtype=float64)
convtranspose2d(4,6,3,groups=2)
rnn(3,4)
gru(3,4,bias=False)
lstm(3,4)
lstm(3,4,num_layers=2,bidirectional=True)
bernoulli_(0.3,11)
dropout(0.25,9)
exponential(1.5,7)
exponential(1.5,7,dtype=float64)
random_split([30,12])
dataloader(13,shuffle=True);rand(2)
dataloader(13);rand(2)
dataloader(13,shuffle=True,version=1.8);rand(2)
dataloader(13,shuffle=True,version=1.6);rand(2)
multinomial([10],1);rand(2)
multinomial([10],3);rand(2)
multinomial([10],3,replacement=True);rand(2)
multinomial([4,10],2);rand(2)
multinomial([4,10],5,replacement=True);rand(2)
bernoulli(7);bernoulli(3,dtype=float64);rand(2)
cauchy(5);geometric(3);rand(2)
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
np.shuffle(12)
np.choice(9,7);np.rand(1)
np.choice(20,5,replace=False);np.rand(1)
make_regression(n_samples=7,n_features=3,noise=0.5);np.rand(1);np.randn(1)
make_regression(n_samples=7,n_features=3);np.rand(1);np.randn(1)
make_regression(9,12,n_informative=4,n_targets=2,shuffle=False);np.rand(1);np.randn(1)
make_blobs(n_samples=11,centers=4);np.rand(1);np.randn(1)
make_blobs(7,3,shuffle=False);np.rand(1);np.randn(1)
make_moons(9,noise=0.1);np.rand(1);np.randn(1)
make_moons(n_samples=10);np.rand(1);np.randn(1)
random.random(4)
random.uniform(-2.5,7.25,3)
random.randint(-10,10,6)
random.randint(0,5000000000,3)
random.shuffle(17)
random.random(1);random.shuffle(5);random.uniform(0.5,1.5,2);random.randint(0,1,9)
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
        first = steps[0][0]
        draw = draw_python if first.startswith("random.") else draw_torch
        draw = draw_numpy if first.startswith(("np.", "make_")) else draw
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
