"""Splits by scikit-learn, for the Rust side to repeat.

Each line of output is one call and what came of it, row numbers of the training set left
of the bar and of the test set right of it:

    5 f3fd0000000000000 42 = 4 2 0 | 1 3

The test size is `f` and the hexadecimal bits of a float64, or `c` and a count. A refusal
reads `error fraction`, `error count` or `error empty`. The last line is `end N`, N being
the calls above it.

    python split.py            every n from 0 to 500, for a live comparison
    python split.py --golden   a few of every kind, for tests/golden/split.txt
"""

import random
import struct
import sys

import numpy as np
from sklearn.model_selection import train_test_split

FRACTIONS = [0.2, 0.25, 0.1, 0.5, 0.3, 1 / 3, 2 / 3, 0.7, 0.99, 0.01, 1e-300, 1 - 2**-53]
REFUSED = [0.0, -0.0, 1.0, -0.2, 1.5, float("nan"), float("inf"), float("-inf")]


def refusal(test_size, message):
    if "resulting train set will be empty" in message:
        return "error empty"
    if "test_size" not in message:
        raise ValueError(message)
    return "error fraction" if isinstance(test_size, float) else "error count"


def describe(n, test_size, seed):
    if isinstance(test_size, float):
        size = "f" + struct.pack(">d", test_size).hex()
    else:
        size = f"c{test_size}"
    try:
        train, test = train_test_split(np.arange(n), test_size=test_size, random_state=seed)
        result = " ".join([*map(str, train), "|", *map(str, test)])
    except ValueError as error:
        result = refusal(test_size, str(error))
    return f"{n} {size} {seed} = {result}"


def plan(sizes, per_n):
    """Every n with its own draw of sizes and seeds, and the edges of both."""
    draw = random.Random(20261)
    for n in sizes:
        for _ in range(per_n):
            yield n, draw.choice(FRACTIONS), draw.choice([0, 1, 42, 2**32 - 1])
            yield n, draw.random() or 0.5, draw.getrandbits(32)
            yield n, draw.randint(1, max(1, n - 1)), draw.getrandbits(32)
        yield n, 0.2, 42
        # A fraction whose product with n falls on, or a rounding error beside, an integer.
        yield n, draw.randint(1, max(1, n - 1)) / max(2, n), 42
        yield n, draw.choice(REFUSED), 42
        yield n, draw.choice([0, n, n + 1]), 42


def main():
    if sys.argv[1:] == ["--golden"]:
        calls = list(plan([0, 1, 2, 3, 4, 5, 7, 10, 11, 50, 100, 101], 2))
        calls += [(10, fraction, 7) for fraction in REFUSED]
    else:
        calls = list(plan(range(501), 3))
    for call in calls:
        print(describe(*call))
    print("end", len(calls))


if __name__ == "__main__":
    main()
