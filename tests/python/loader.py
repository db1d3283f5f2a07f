"""Prints what torch.utils.data yields and what it draws, for the Rust side to repeat.

Each line is one case as JSON. `{"case": "loader", ...}` gives the settings of a `DataLoader` and, in
`iterations`, for as many iterations as there are `stops`, each left after that many batches (-1: never),
the batches' rows and the next two numbers that the default generator would draw, which pin its
position; `own` seeds a generator of the loader's own. `"split"` is `random_split`, with the parts' rows,
or its refusal, `"collate"` what a batch of items becomes, `"graph"` the nodes and gradients of batches
of data that requires grad. The last line is `{"end": N}`, N being the cases above it.

    python loader.py            hundreds of cases, for a live comparison
    python loader.py --golden   fewer, for tests/golden/loader.jsonl
"""

import itertools
import json
import random
import struct
import sys
import warnings

import torch
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, default_collate, random_split

GOLDEN = "--golden" in sys.argv[1:]
count = 0


def show(case, **fields):
    global count
    count += 1
    print(json.dumps({"case": case, **fields}))


def peek(generator):
    state = generator.get_state()
    numbers = torch.empty(2, dtype=torch.int64).random_(generator=generator).tolist()
    generator.set_state(state)
    return numbers


class Numbers(Dataset):
    """A dataset of one's own, which gives a tuple."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return self.rows

    def __getitem__(self, index):
        return index, index / 7, torch.full((2,), float(index))


def dataset(kind, rows):
    """The dataset, and what its batches say of their rows."""
    if kind == "numbers":
        return Numbers(rows), lambda batch: batch[0]
    data = TensorDataset(torch.arange(rows), torch.arange(rows) * 10)
    if kind == "subset":  # of a subset: the rows that are even, from the last on, but for the first two
        data = Subset(Subset(data, list(range(0, rows, 2))[::-1]), range(-(-rows // 2))[2:])
    return data, lambda batch: batch[0]


def loader(kind, seed, rows, batch_size, shuffle, drop_last, own, stops):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(own) if own is not None else None
    data, rows_of = dataset(kind, rows)
    made = DataLoader(data, batch_size, shuffle=shuffle, drop_last=drop_last, generator=generator)
    iterations = []
    for stop in stops:
        batches = []
        if stop == 0:
            iter(made)
        else:
            for batch in made:
                batches.append(rows_of(batch).tolist())
                if len(batches) == stop:
                    break
        after = peek(torch.default_generator) + (peek(generator) if generator else [])
        iterations.append({"batches": batches, "after": after})
    settings = {"kind": kind, "seed": seed, "rows": rows, "batch_size": batch_size, "shuffle": shuffle}
    show("loader", **settings, drop_last=drop_last, own=own, stops=stops, iterations=iterations)


def loaders(choice):
    loader("tensors", 3809636297, 15, 5, True, False, None, [1, -1, -1])
    for kind, shuffle, drop_last, own in itertools.product(
        ["tensors", "subset", "numbers"], [True, False], [True, False], [True, False]
    ):
        for _ in range(4 if GOLDEN else 40):
            rows = choice.choice([5, 7, 15, 16, 31, 64, 100] + ([1, 2, 3] if kind != "subset" else []))
            batch_size = choice.choice([1, 2, 3, 5, 8, 16, 200])
            stops = [choice.choice([-1, -1, 0, 1, 2]) for _ in range(choice.randint(1, 5))]
            own_seed = choice.randrange(2**32) if own else None
            loader(kind, choice.randrange(2**32), rows, batch_size, shuffle, drop_last, own_seed, stops)


def split(seed, own, rows, lengths):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed + 1) if own else torch.default_generator
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parts = random_split(TensorDataset(torch.arange(rows)), lengths, generator=generator)
        result = [[int(part[i][0]) for i in range(len(part))] for part in parts]
    except (ValueError, TypeError):
        result = "error"
    floats = any(isinstance(length, float) for length in lengths)
    lengths = [struct.pack(">d", length).hex() for length in lengths] if floats else lengths
    show("split", seed=seed, own=own, rows=rows, lengths=lengths, result=result, after=peek(generator))


def splits(choice):
    fractions = [
        [0.8, 0.2, 0.0], [0.7, 0.2, 0.1], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.25, 0.25], [1.0, 0.0, 0.0], [0.6, 0.3, 0.1],
        [0.4, 0.4, 0.4], [0.5, 0.4, 0.0], [1.5, -0.5, 0.0], [0.1, 0.2, 0.7], [0.0, 0.0, 0.0],
        [float("nan"), 0.5, 0.5], [0.3, 0.3, 0.4 - 1e-9], [0.3, 0.3, 0.4 - 1e-10], [0.3, 0.3, 0.4 + 1e-10],
    ]
    for lengths, rows in itertools.product(fractions, [0, 1, 2, 3, 10, 101]):
        split(choice.randrange(2**32), choice.random() < 0.5, rows, lengths)
    for lengths, rows in [([5, 3, 2], 10), ([5, 3, 1], 10), ([0, 0, 4], 4), ([1, 0, 0], 5), ([0, 0, 0], 0), ([0, 1, 0], 1)]:
        split(choice.randrange(2**32), False, rows, lengths)
    for _ in range(10 if GOLDEN else 300):
        rows = choice.randint(1, 200)
        a, b = sorted([choice.randint(0, rows), choice.randint(0, rows)])
        split(choice.randrange(2**32), choice.random() < 0.5, rows, [a, b - a, rows - b])
        a, b = sorted([choice.random(), choice.random()])
        split(choice.randrange(2**32), choice.random() < 0.5, rows, [a, b - a, 1 - b])


def described(batch):
    if isinstance(batch, torch.Tensor):
        values = [struct.pack(">d", float(value)).hex() for value in batch.flatten().tolist()]
        return {"dtype": str(batch.dtype).removeprefix("torch."), "shape": list(batch.shape), "values": values}
    return batch if isinstance(batch, str) else [described(part) for part in batch]


def collate(name, items):
    try:
        result = described(default_collate(items))
    except Exception as error:
        result = {"error": str(error).splitlines()[0]}
    show("collate", name=name, result=result)


def collations():
    tensor = torch.tensor
    collate("ints", [3, -1, 2**62])
    collate("floats", [0.1, -0.0, 5.0])
    collate("bools", [True, False])
    collate("strings", ["a", "bc"])
    collate("tensors", [tensor([1.5, 2.0]), tensor([0.1, -3.0])])
    collate("scalars", [tensor(7), tensor(-2)])
    collate("dtypes", [tensor([1, 2]), tensor([0.5, 1.5], dtype=torch.float64)])
    collate("empty", [torch.zeros(0, 3), torch.zeros(0, 3)])
    collate("pair", [(tensor([1.0]), 4), (tensor([2.0]), 5)])
    collate("nested", [((1, 2.5), "x", [tensor(1.0), tensor(2.0)]), ((3, 4.5), "y", [tensor(3.0), tensor(4.0)])])
    collate("four", [(1, 2.0, True, "s"), (5, 6.0, False, "t")])
    collate("lists", [[1, 2, 3], [4, 5, 6]])
    collate("ragged lists", [[1, 2], [4]])
    collate("ragged tensors", [tensor([1.0]), tensor([1.0, 2.0])])
    collate("ragged in a pair", [(1, torch.zeros(2, 3)), (2, torch.zeros(2, 2))])
    collate("ragged dimensions", [torch.zeros(2), torch.zeros(2, 1)])


def graph(seed, rows, batch_size, layout):
    torch.manual_seed(seed)
    x = torch.randn(rows, 3).requires_grad_() if layout == "rows" else torch.randn(3, rows).requires_grad_()
    data = x if layout == "rows" else x.t()
    batches = []
    for (xb,) in DataLoader(TensorDataset(data), batch_size, shuffle=True):
        (xb * xb).sum().backward()
        batches.append({"node": xb.grad_fn.name(), "strides": list(xb.stride()), "batch": described(xb)})
    show("graph", seed=seed, rows=rows, batch_size=batch_size, layout=layout, batches=batches, grad=described(x.grad))


def main():
    choice = random.Random(5)
    loaders(choice)
    splits(choice)
    collations()
    for layout, batch_size in itertools.product(["rows", "columns"], [1, 3, 20]):
        graph(choice.randrange(2**32), 10, batch_size, layout)
    print(json.dumps({"end": count}))


main()
