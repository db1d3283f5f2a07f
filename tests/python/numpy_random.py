"""Draws from NumPy's generators, for the Rust side to repeat.

Each line of output is one call and what came of it, as JSON:

    {"call": "randint", "args": [-3, 10, 4], "result": [5, -3, 9, 0], "after": [12, 0, "0000000000000000"]}

`after` tells where the generator stands: `RandomState`'s position, whether a normal value is kept, and
that value; of `default_rng`'s the next three integers below 2^32. Floats are strings, the hexadecimal
bits of a float64, `nan` for every NaN; the result `"error"` stands for a refusal. `RandomState` and
`default_rng`, with a seed, start a new generator. The last line is `{"end": N}`, N being the calls above it.

    python numpy_random.py            thousands of calls, for a live comparison
    python numpy_random.py --golden   a few of every kind, for tests/golden/numpy_random.jsonl
"""

import copy
import json
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


def encoded(value):
    if isinstance(value, (list, tuple, np.ndarray)):
        return [encoded(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return "nan" if value != value else struct.pack(">d", float(value)).hex()
    return value if value is None or isinstance(value, bool) else int(value)


class Player:
    """Carries out calls and prints them."""

    def __init__(self):
        self.rng = None
        self.calls = 0

    def perform(self, name, args):
        if name in ("RandomState", "default_rng"):
            self.rng = np.random.RandomState(*args) if name == "RandomState" else np.random.default_rng(*args)
            return []
        if name == "linspace":
            return np.linspace(*args)
        if name in ("shuffle", "shuffle_list"):
            items = np.arange(args[0]) if name == "shuffle" else list(range(args[0]))
            self.rng.shuffle(items)
            return items
        if name == "choice":
            population, size, replace, p, shuffle = args
            return self.rng.choice(population, size, replace=replace, p=p, shuffle=shuffle)
        return getattr(self.rng, name)(*args)

    def after(self):
        if isinstance(self.rng, np.random.Generator):
            return copy.deepcopy(self.rng).integers(0, 2**32, 3)
        _, _, pos, has_gauss, kept = self.rng.get_state()
        return [pos, has_gauss, kept]

    def call(self, name, *args):
        try:
            with np.errstate(all="ignore"):
                result = encoded(list(self.perform(name, args)))
        except (ValueError, OverflowError):
            result = "error"
        if name == "default_rng":
            args = [str(args[0])]  # up to 128 bits, which JSON's readers do not take for a number
        else:
            args = encoded(args)
        print(json.dumps({"call": name, "args": args, "result": result, "after": encoded(self.after())}))
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
        player.call("RandomState", seed)
        for _ in range(calls):
            player.call(*random_call(plan, most))


def refusals(player):
    player.call("RandomState", 5)
    player.call("randn", 1)
    for low, high, n in [(3, 3, 1), (4, 3, 2), (3, 3, 0), (0, -5, 1)]:
        player.call("randint", low, high, n)
    for scale in [-1.0, -0.0, float("-inf"), float("inf"), float("nan")]:
        player.call("normal", 1.0, scale, 2)
    for low, high in BOUNDS:
        player.call("uniform", low, high, 2)


def widths(player, seeds, n):
    for seed in seeds:
        player.call("RandomState", seed)
        for width in WIDTHS:
            for low in [0, -(2**63), -(width // 2) - 1]:
                if low + width < 2**63:
                    player.call("randint", low, low + width, n)


def orders(player, sizes):
    for n in sizes:
        player.call("RandomState", n * 7919)
        player.call("permutation", n)
        player.call("shuffle", n)
        player.call("shuffle_list", n)


def spacings(player, plan, nums, count):
    player.call("RandomState", 0)
    for low, high in BOUNDS:
        for num in nums:
            player.call("linspace", low, high, num)
    for _ in range(count):
        low, high = (plan.uniform(-1, 1) * 10.0 ** plan.randint(-6, 6) for _ in range(2))
        player.call("linspace", low, high, plan.randint(0, 300))


def probabilities(plan, n):
    weights = [plan.choice([0.0, 1.0, plan.random(), plan.random() ** 8]) for _ in range(n)]
    total = sum(weights)
    return [weight / total for weight in weights] if total > 0 else [1.0 / n] * n


def random_choice(plan, most):
    population = plan.choice([1, 2, 3, 10, 60, plan.randint(1, 300), 10_000, 10_001, 12_345])
    replace, shuffle = plan.random() < 0.4, plan.random() < 0.7
    p = probabilities(plan, population) if population <= 300 and plan.random() < 0.5 else None
    distinct = population if p is None else sum(weight > 0 for weight in p)
    size = plan.choice([0, 1, 2, plan.randint(0, most), distinct, population // 50, population // 20 + 1])
    # The largest populations on rare occasions only: each line holds all that was chosen.
    if size > 400 and plan.random() < 0.9:
        size = plan.randint(200, 300)
    return "choice", population, size, replace, p, shuffle


def default_call(plan, most):
    name = plan.choice(["random", "standard_normal", "normal", "uniform", "integers", "permutation", "shuffle", "choice"])
    n = plan.randint(0, most)
    if name == "normal":
        return name, plan.uniform(-9, 9), plan.choice([0.0, 1.0, 2.5, plan.uniform(0, 1e3)]), n
    if name == "uniform":
        low = plan.uniform(-9, 9)
        return name, low, low + plan.uniform(0, 9), n
    if name == "integers":
        return name, *random_range(plan), n
    return random_choice(plan, most) if name == "choice" else (name, n)


def default_mixed(player, plan, seeds, calls, most):
    for seed in seeds:
        player.call("default_rng", seed)
        for _ in range(calls):
            player.call(*default_call(plan, most))


def default_refusals(player):
    player.call("default_rng", 5)
    player.call("integers", 0, 100, 1)  # leaves half a word, which a refusal leaves alone
    for low, high, n in [(3, 3, 1), (4, 3, 2), (3, 3, 0), (0, -5, 1)]:
        player.call("integers", low, high, n)
    for scale in [-1.0, -0.0, float("-inf"), float("inf"), float("nan")]:
        player.call("normal", 1.0, scale, 2)
    for low, high in BOUNDS:
        player.call("uniform", low, high, 2)
    for population, size, replace, p in [
        (0, 1, True, None), (0, 0, True, None), (0, 0, False, None), (3, 4, False, None), (3, 4, True, None),
        (2, 1, True, [0.5, 0.4]), (2, 1, True, [0.5, 0.5 + 1e-8]), (2, 1, True, [0.5, 0.5 + 1e-7]),
        (2, 1, True, [1.5, -0.5]), (2, 1, True, [float("nan"), 1.0]), (3, 1, True, [0.5, 0.5]),
        (3, 2, False, [0.0, 1.0, 0.0]), (3, 1, False, [0.0, 1.0, 0.0]), (3, 2, True, [-0.0, 1.0, 0.0]),
        (0, 0, True, []), (10, 3, True, [0.1] * 10), (10, 10, False, [0.1] * 10),
    ]:
        player.call("choice", population, size, replace, p, True)


def main():
    player, plan = Player(), random.Random(20260)
    golden = sys.argv[1:] == ["--golden"]
    if golden:
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

    plan = random.Random(20264)
    large = [2**32, 2**64 - 1, 2**64, 2**96 + 5, 2**128 - 1]
    seeds = FIRST_SEEDS + large + [plan.getrandbits(plan.choice([8, 32, 64, 128])) for _ in range(4 if golden else 300)]
    default_mixed(player, plan, seeds, 12 if golden else 30, 7 if golden else 50)
    default_refusals(player)
    if not golden:
        default_mixed(player, plan, seeds[:20], 10, 5000)
        player.call("default_rng", 7)
        player.call("standard_normal", 1_000_000)  # every layer of the ziggurat, and its tail
    print(json.dumps({"end": player.calls}))


if __name__ == "__main__":
    main()
