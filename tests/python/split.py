"""Splits by scikit-learn, for the Rust side to repeat.

Each line is one call and what came of it, as JSON: `n` samples, `test_size` and `train_size` (a count, the
hexadecimal bits of a float64, or null), `shuffle`, `stratify` (labels, or null, and their dtype), and
`seed`. A `state` is a generator seeded so that has drawn a number; it is given as `random_state` itself,
or, as `global`, is NumPy's own and goes by `random_state=None`. `result` has the rows of the training and
of the test set, or `"error"` with scikit-learn's message; `after` is the next word of a `state`.
`{"graph": …}` is the last but one: the nodes of parts that require grad. The last line is `{"end": N}`, N
being the lines above it.

    python split.py            every n from 0 to 500, for a live comparison
    python split.py --golden   a few of every kind, for tests/golden/split.jsonl
"""

import json
import random
import struct
import sys

import numpy as np
import torch
from sklearn.model_selection import train_test_split

FRACTIONS = [0.2, 0.25, 0.1, 0.5, 0.3, 1 / 3, 2 / 3, 0.7, 0.99, 0.01, 1e-300, 1 - 2**-53]
REFUSED = [0.0, -0.0, 1.0, -0.2, 1.5, float("nan"), float("inf"), float("-inf")]
DTYPES = ["int64", "float32", "float64", "bool"]


def encoded(value):
    if isinstance(value, list):
        return [encoded(item) for item in value]
    return struct.pack(">d", value).hex() if isinstance(value, float) else value


def call(n, seed, test_size=None, train_size=None, shuffle=True, stratify=None, dtype="int64", state=None):
    labels = None if stratify is None else np.array(stratify).astype(dtype)
    random_state = seed
    if state:
        rng = np.random.mtrand._rand if state == "global" else np.random.RandomState()
        rng.seed(seed)
        rng.rand(1)
        random_state = None if state == "global" else rng
    options = {"test_size": test_size, "train_size": train_size, "shuffle": shuffle, "stratify": labels}
    line = {"n": n, "seed": seed, "test_size": encoded(test_size), "train_size": encoded(train_size)}
    line |= {"shuffle": shuffle, "stratify": encoded(stratify), "dtype": dtype, "state": state}
    try:
        parts = train_test_split(np.arange(n), random_state=random_state, **options)
        line["result"] = [part.tolist() for part in parts]
    except ValueError as error:
        line |= {"result": "error", "message": str(error)}
    if state:
        line["after"] = int(rng.randint(0, 2**32, dtype=np.int64))
    print(json.dumps(line))


def plan(sizes, per_n):
    """Every n with its own draw of sizes and seeds, and the edges of both."""
    draw = random.Random(20261)

    def size(n):
        return draw.choice([draw.choice(FRACTIONS), draw.random() or 0.5, draw.randint(1, max(1, n - 1))])

    for n in sizes:
        for _ in range(per_n):
            yield n, draw.choice([0, 1, 42, 2**32 - 1]), {"test_size": draw.choice(FRACTIONS)}
            yield n, draw.getrandbits(32), {"test_size": draw.random() or 0.5}
            yield n, draw.getrandbits(32), {"test_size": draw.randint(1, max(1, n - 1))}
            yield n, draw.getrandbits(32), {"train_size": size(n), "shuffle": draw.random() < 0.8}
            yield n, draw.getrandbits(32), {"train_size": size(n), "test_size": size(n), "shuffle": draw.random() < 0.8}
            yield n, draw.getrandbits(32), {"test_size": size(n), "state": draw.choice(["own", "global"])}
            yield stratified(draw, n, size)
        yield n, 42, {"test_size": 0.2}
        yield n, 42, {}
        yield n, 42, {"shuffle": False}
        # A fraction whose product with n falls on, or a rounding error beside, an integer.
        fraction = draw.randint(1, max(1, n - 1)) / max(2, n)
        yield n, 42, {"test_size": fraction}
        yield n, 42, {"train_size": fraction}
        yield n, 42, {draw.choice(["test_size", "train_size"]): draw.choice(REFUSED)}
        yield n, 42, {draw.choice(["test_size", "train_size"]): draw.choice([0, n, n + 1])}


def stratified(draw, n, size):
    values = draw.choice([[0, 1], [0, 1, 2], [-3, 7, 2, 11], [0.5, -0.25, -0.0, 0.0, 1e-7, 2e6], range(-20, 20)])
    dtype = draw.choice(DTYPES)
    weights = [draw.random() + 0.02 for _ in values]
    label = lambda: draw.choices(values, weights)[0]
    width = draw.choice([None, None, 1, 2])
    labels = [label() if width is None else [label() for _ in range(width)] for _ in range(n)]
    options = {"test_size": size(n)} if draw.random() < 0.7 else {"train_size": size(n), "test_size": size(n)}
    if draw.random() < 0.3:
        options["state"] = "own"
    return n, draw.getrandbits(32), options | {"stratify": labels, "dtype": dtype}


def edges():
    yield 10, -1, {}
    yield 10, 2**32, {}
    yield 6, 1, {"stratify": [0, 0, 0, 1, 1, 1], "shuffle": False}
    yield 6, 1, {"stratify": [0, 0, 0, 1, 1], "test_size": 0.5}
    yield 6, 1, {"stratify": [0, 0, 0, 1, 1, float("nan")], "dtype": "float64"}
    yield 6, 1, {"stratify": [0, 0, 0, 1, 1, float("inf")], "dtype": "float32"}
    yield 12, 1, {"stratify": [0, 1, 2] * 4, "test_size": 2}
    yield 12, 1, {"stratify": [0, 1, 2] * 4, "train_size": 2}
    yield 12, 1, {"stratify": [0, 1, 2] * 4, "train_size": 5, "test_size": 4}
    for fraction in REFUSED:
        yield 10, 7, {"test_size": fraction}
        yield 10, 7, {"train_size": fraction}


def graph():
    x = torch.arange(10.0).reshape(5, 2).requires_grad_()
    train, test = train_test_split(x, test_size=0.4, random_state=3)
    (train * train).sum().backward()
    parts = [{"node": part.grad_fn.name(), "strides": list(part.stride()), "values": part.tolist()} for part in (train, test)]
    turned = train_test_split(torch.arange(12).reshape(3, 4).t(), test_size=0.5, random_state=3)
    print(json.dumps({"graph": parts, "grad": x.grad.tolist(), "strides": [list(part.stride()) for part in turned]}))


def main():
    if sys.argv[1:] == ["--golden"]:
        calls = list(plan([0, 1, 2, 3, 4, 5, 7, 10, 11, 50, 100, 101], 2))
    else:
        calls = list(plan(range(501), 2))
    calls += edges()
    for n, seed, options in calls:
        call(n, seed, **options)
    graph()
    print(json.dumps({"end": len(calls) + 1}))


if __name__ == "__main__":
    main()
