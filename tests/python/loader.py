"""Prints what torch.utils.data.DataLoader yields and what it draws.

A line `loader SEED ROWS BATCH_SIZE SHUFFLE DROP_LAST OWN_GENERATOR STOP…` begins a case: as many
iterations as there are STOPs, each left after that many batches (-1: never). For each iteration one
line has the batches' rows, `|` between batches, and the next two numbers that the default generator
would draw, which pin its position.
"""

import itertools
import random
import sys

import torch
from torch.utils.data import DataLoader, TensorDataset


def peek():
    state = torch.get_rng_state()
    numbers = torch.empty(2, dtype=torch.int64).random_().tolist()
    torch.set_rng_state(state)
    return numbers


def run(seed, rows, batch_size, shuffle, drop_last, own, stops):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed + 1) if own else None
    dataset = TensorDataset(torch.arange(rows), torch.arange(rows) * 10)
    loader = DataLoader(dataset, batch_size, shuffle=shuffle, drop_last=drop_last, generator=generator)
    print("loader", seed, rows, batch_size, int(shuffle), int(drop_last), int(own), *stops)
    for stop in stops:
        batches = []
        if stop == 0:
            iter(loader)
        else:
            for xb, yb in loader:
                assert torch.equal(xb * 10, yb)
                batches.append(" ".join(map(str, xb.tolist())))
                if len(batches) == stop:
                    break
        print("|".join(batches), "/", *peek())


def cases():
    choice = random.Random(5)
    yield 3809636297, 15, 5, True, False, False, [1, -1, -1]
    for shuffle, drop_last, own in itertools.product([True, False], repeat=3):
        for _ in range(12 if "--golden" in sys.argv[1:] else 60):
            rows = choice.choice([1, 2, 3, 5, 7, 15, 16, 31, 64, 100])
            batch_size = choice.choice([1, 2, 3, 5, 8, 16, 200])
            stops = [choice.choice([-1, -1, 0, 1, 2]) for _ in range(choice.randint(1, 5))]
            yield choice.randrange(2**32), rows, batch_size, shuffle, drop_last, own, stops


def main():
    count = 0
    for case in cases():
        run(*case)
        count += 1 + len(case[-1])
    print("end", count)


main()
