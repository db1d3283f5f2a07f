"""Draws from NumPy's legacy generator, for the Rust side to repeat.

Each line of output is one call and what came of it:

    randint -3 10 4 = 5 -3 9 0 | 12 0 0000000000000000

left of the bar the values, right of it the generator afterwards (position, whether a
normal value is kept, that value). Floats, arguments too, are the hexadecimal bits of a
float64, `nan` for every NaN; `error` stands for a refusal. `seed S` starts a new generator.
The last line is `end N`, N being the calls above it.

    python numpy_random.py            thousands of calls, for a live comparison
    python numpy_random.py --golden   a few of every kind, for tests/golden/numpy_random.txt
"""

import random
import struct
import sys

import numpy as np

FIRST_SEEDS = [0, 1, 42, 2**31 - 1, 2**31, 2**32 - 1]
WIDTHS = sorted(
    {1, 2, 3, 5, 6, 7, 10, 100, 1000, 10**6, 10**12, 10**18, 3 * 2**30, 3 * 2**60, 2**64 - 1}
    | {2**k + d for k in (1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 48, 62, 63) for d in (-1, 0, 1)}
)
BOUNDS = [
    (0.0, 1.0), (0.0, 10.0), (-5.0, 5.0), (1.0, 2.0), (0.1, 0.7), (3.0, -2.0), (1.0, 1.0),
    (0.0, 0.0), (-0.0, -0.0), (0.0, -0.0), (-1e-3, 1e9), (1e300, -1e300), (5e-324, 6e-323),
    (0.0, 5e-324), (-1.7e308, 1.7e308), (0.0, float("inf")), (float("inf"), 0.0),
    (float("-inf"), float("inf")), (float("nan"), 1.0), (1.0, float("nan")),
]


def text(value):
    if isinstance(value, (float, np.floating)):
        return "nan" if value != value else struct.pack(">d", float(value)).hex()
    return str(int(value))


class Player:
    """Carries out calls and prints them."""

    def __init__(self):
        self.rng = None
        self.calls = 0

    def perform(self, name, args):
        if name == "linspace":
            return np.linspace(*args)
        if name == "shuffle":
            items = np.arange(args[0])
            self.rng.shuffle(items)
            return items
        if name == "shuffle_list":
            items = list(range(args[0]))
            self.rng.shuffle(items)
            return items
        return getattr(self.rng, name)(*args)

    def call(self, name, *args):
        if name == "seed":
            self.rng = np.random.RandomState(args[0])
            result = []
        else:
            try:
                with np.errstate(all="ignore"):
                    result = [text(value) for value in self.perform(name, args)]
            except (ValueError, OverflowError):
                result = ["error"]
        _, _, pos, has_gauss, kept = self.rng.get_state()
        state = [str(pos), str(has_gauss), text(kept)]
        print(" ".join([name, *map(text, args), "=", *result, "|", *state]))
        self.calls += 1


def random_width(plan):
    return plan.choice(WIDTHS) if plan.random() < 0.5 else plan.randint(1, 2 ** plan.randint(1, 64) - 1)


def random_range(plan):
    width = random_width(plan)
    lowest, highest = -(2**63), 2**63 - 1 - width
    low = plan.choice([0, lowest, highest, -width // 2, plan.randint(lowest, highest), -7])
    low = min(max(low, lowest), highest)
    return low, low + width


def random_call(plan, most):
    n = plan.randint(0, most)
    name = plan.choice(
        ["rand", "random_sample", "randn", "standard_normal", "normal", "uniform"]
        + ["randint", "permutation", "shuffle"]
    )
    if name == "normal":
        return name, plan.uniform(-9, 9), plan.choice([0.0, 1.0, 2.5, plan.uniform(0, 1e3)]), n
    if name == "uniform":
        return name, plan.uniform(-9, 9), plan.uniform(-9, 9), n
    if name == "randint":
        return name, *random_range(plan), n
    return name, n


def mixed(player, plan, seeds, calls, most):
    """Any call after any other, so that the kept normal value crosses all of them."""
    for seed in seeds:
        player.call("seed", seed)
        for _ in range(calls):
            player.call(*random_call(plan, most))


def refusals(player):
    player.call("seed", 5)
    player.call("randn", 1)
    for low, high, n in [(3, 3, 1), (4, 3, 2), (3, 3, 0), (0, -5, 1)]:
        player.call("randint", low, high, n)
    for scale in [-1.0, -0.0, float("-inf"), float("inf"), float("nan")]:
        player.call("normal", 1.0, scale, 2)
    for low, high in BOUNDS:
        player.call("uniform", low, high, 2)


def widths(player, seeds, n):
    for seed in seeds:
        player.call("seed", seed)
        for width in WIDTHS:
            for low in [0, -(2**63), -(width // 2) - 1]:
                if low + width < 2**63:
                    player.call("randint", low, low + width, n)


def orders(player, sizes):
    for n in sizes:
        player.call("seed", n * 7919)
        player.call("permutation", n)
        player.call("shuffle", n)
        player.call("shuffle_list", n)


def spacings(player, plan, nums, count):
    player.call("seed", 0)
    for low, high in BOUNDS:
        for num in nums:
            player.call("linspace", low, high, num)
    for _ in range(count):
        low, high = (plan.uniform(-1, 1) * 10.0 ** plan.randint(-6, 6) for _ in range(2))
        player.call("linspace", low, high, plan.randint(0, 300))


def main():
    player, plan = Player(), random.Random(20260)
    if sys.argv[1:] == ["--golden"]:
        mixed(player, plan, FIRST_SEEDS + [plan.getrandbits(32) for _ in range(6)], 18, 7)
        refusals(player)
        widths(player, [11], 2)
        orders(player, [0, 1, 2, 3, 10, 100])
        spacings(player, plan, [0, 1, 2, 3, 7], 2)
    else:
        seeds = FIRST_SEEDS + [plan.getrandbits(32) for _ in range(300)]
        mixed(player, plan, seeds, 30, 50)
        mixed(player, plan, seeds[:20], 10, 5000)
        refusals(player)
        widths(player, seeds[:10], 20)
        orders(player, range(501))
        spacings(player, plan, [0, 1, 2, 3, 4, 5, 7, 10, 11, 50, 99, 100, 101, 1000], 1000)
    print("end", player.calls)


if __name__ == "__main__":
    main()
