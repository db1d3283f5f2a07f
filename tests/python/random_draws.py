"""Prints what PyTorch's random functions draw, from the default generator and from one's own.

Each line is one call as JSON: the function, its arguments (floats as the hexadecimal bits of a float64,
tensors as lists of them), the seed, whether the generator is one's `own`, the dtype; then the values'
bits, `"error"` for a refusal, and the next number the generator would draw. The last line is `{"end": N}`.

    python random_draws.py            thousands of calls, for a live comparison
    python random_draws.py --golden   fewer, for tests/golden/random_draws.jsonl
"""

import json
import random
import struct
import sys

import torch

VIEWS = {torch.float32: torch.int32, torch.float64: torch.int64, torch.float16: torch.int16, torch.bfloat16: torch.int16}
SIZES = [[], [0], [1], [3], [15], [16], [17], [2, 3], [4, 8], [37], [1000]]


def encoded(value):
    if isinstance(value, torch.Tensor):
        return [encoded(item) for item in value.tolist()]
    if isinstance(value, list):
        return [encoded(item) for item in value]
    return struct.pack(">d", value).hex() if isinstance(value, float) else value


def draw(name, args, generator, dtype):
    if name in ("uniform_", "normal_"):
        size, *moments = args
        return getattr(torch.empty(size, dtype=dtype), name)(*moments, generator=generator)
    if name == "normal_each":
        return torch.normal(*args, generator=generator)
    if name == "randperm":
        return torch.randperm(*args, generator=generator)
    return getattr(torch, name)(*args, dtype=dtype, generator=generator)


def call(name, args, seed, own, dtype):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed) if own else None
    try:
        tensor = draw(name, args, generator, dtype)
        drawn = (tensor.view(VIEWS[tensor.dtype]) if tensor.dtype in VIEWS else tensor).flatten().tolist()
    except RuntimeError:
        drawn = "error"
    after = torch.empty((), dtype=torch.int64).random_(generator=generator).item()
    line = {"name": name, "args": encoded(args), "seed": seed, "own": own, "dtype": str(dtype).removeprefix("torch.")}
    print(json.dumps(line | {"drawn": drawn, "after": after}))


def random_call(choice):
    name = choice.choice(["rand", "randn", "normal", "normal_each", "randint", "randperm", "uniform_", "normal_"])
    own = choice.random() < 0.6
    size = choice.choice(SIZES)
    dtype = choice.choice(list(VIEWS)) if own else torch.float32
    moments = [choice.uniform(-5, 5), choice.choice([0.0, 1.0, choice.uniform(0, 9)])]
    if name == "normal":
        return name, [*moments, size], own, dtype
    if name == "normal_each":
        of = choice.choice([torch.float32, torch.float64])
        means = torch.tensor([choice.uniform(-5, 5) for _ in range(choice.choice([1, 5, 16, 40]))], dtype=of)
        stds = torch.tensor([choice.uniform(0, 3) for _ in range(len(means))], dtype=of)
        return name, choice.choice([[means, stds], [means, moments[1]], [moments[0], stds]]), own, of
    if name == "randint":
        low = choice.choice([0, -10, -(2**40), choice.randint(-100, 100)])
        high = low + choice.choice([1, 21, 1000, 2**28 - 1, 2**28, 2**33])
        return name, [low, high, size], own, choice.choice([torch.int64, torch.float64])
    if name == "randperm":
        return name, [choice.choice([0, 1, 2, 10, 1000])], own, torch.int64
    if name == "uniform_":
        low = choice.uniform(-5, 5)
        return name, [size, low, low + choice.uniform(0, 5)], True, dtype
    return name, [size, *moments] if name == "normal_" else [size], own or name == "normal_", dtype


def main():
    choice = random.Random(9)
    calls = [(*random_call(choice), choice.randrange(2**32)) for _ in range(80 if "--golden" in sys.argv[1:] else 4000)]
    for name, args in [
        ("normal", [0.0, -1.0, [3]]), ("randint", [3, 3, [2]]), ("randint", [4, 3, [2]]), ("randint", [0, 2, [-1]]),
        ("rand", [[-1]]), ("uniform_", [[3], 2.0, 1.0]), ("normal_", [[3], 0.0, -1.0]),
        ("normal_each", [torch.zeros(3), -1.0]), ("normal_each", [torch.zeros(3), torch.ones(2)]),
    ]:  # fmt: skip
        calls.append((name, args, True, torch.int64 if name == "randint" else torch.float32, 7))
    for name, args, own, dtype, seed in calls:
        call(name, args, seed, own, dtype)
    print(json.dumps({"end": len(calls)}))


main()
