"""Random values and options of printing, for repr.py."""

import math
import struct

import numpy
import torch

FLOATS = ["float32", "float64", "float16", "bfloat16"]
FLOAT8 = ["float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz", "float8_e4m3fnuz"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64", "bool"]
COMPLEX = ["complex64", "complex128", "complex32"]
SPECIAL = [0.0, -0.0, math.nan, math.inf, -math.inf, 1.0, -1.0, 1e-4, 1e8, 1e9, 1e-5, 1000.0, 1000.5]


def bits(number):
    return struct.pack("<d", number).hex()


def random_case(rng, most=None):
    kind = rng.random()
    if kind < 0.80:
        wrapper = "parameter" if rng.random() < 0.05 else "tensor"
        content = random_tensor(rng, FLOATS if wrapper == "parameter" else None, most)
        return "repr", {wrapper: content}, random_options(rng)
    if kind < 0.85:
        return "format", {"tensor": {**random_tensor(rng), "shape": [], "steps": []}}, None
    if kind < 0.90:
        digits = rng.randrange(12)
        return f"{rng.choice(['fixed', 'scientific'])}:{digits}", {"float": random_float(rng)}, None
    if kind < 0.94:
        number = numpy.float32(random_number(rng, rng.uniform(-9, 20)))
        raw = rng.choice([rng.randbytes(4), number.tobytes()])
        return "str", {"float32": raw.hex()}, None
    if kind < 0.97:
        return "repr", {"complex": [random_float(rng), random_float(rng)]}, None
    return "repr", random_container(rng, 0), random_options(rng)


def random_container(rng, depth):
    kind = rng.choice(["list", "tuple", "dict", "tensor", "tensor", "scalar"])
    if depth == 0 and kind in ("tensor", "scalar"):
        kind = "list"
    if kind == "tensor" or (depth > 2 and kind != "scalar"):
        wrapper = rng.choice(["tensor", "parameter"])
        return {wrapper: random_tensor(rng, FLOATS, most=30)}
    if kind == "scalar":
        return rng.choice(
            [
                {"int": rng.randrange(-(10**9), 10**9)},
                {"float": random_float(rng)},
                {"bool": rng.random() < 0.5},
                {"none": None},
                {"str": "x" * rng.randrange(40)},
                {"size": [rng.randrange(100) for _ in range(rng.randrange(4))]},
            ]
        )
    items = [random_container(rng, depth + 1) for _ in range(rng.choice([0, 1, 1, 2, 3, 4, 12]))]
    if kind == "dict":
        return {"dict": [[f"part{i}.weight", item] for i, item in enumerate(items)]}
    return {kind: items}


def random_float(rng):
    if rng.random() < 0.3:
        return rng.randbytes(8).hex()
    return bits(random_number(rng, rng.uniform(-9, 20)))


def random_number(rng, decade):
    """A number near 10**decade, often short or exactly between two printed ones."""
    number = rng.choice([-1, 1]) * 10 ** (decade + rng.uniform(-1, 1))
    return rng.choice([number, float(f"{number:.2g}"), round(number * 256) / 256])


def random_shape(rng, most):
    dims = rng.choice([0, 1, 1, 1, 2, 2, 2, 3, 4, 5])
    longest = max(2, int(most ** (1 / max(dims, 1))))
    return [0 if rng.random() < 0.02 else rng.randrange(1, longest + 1) for _ in range(dims)]


def random_tensor(rng, dtypes=None, most=None):
    dtypes = dtypes or FLOATS * 6 + FLOAT8 + INTEGERS + COMPLEX
    dtype = getattr(torch, name := rng.choice(dtypes))
    shape = random_shape(rng, most or rng.choice([4, 30, 200, 3000]))
    drawn = rng.randrange(1, 40)
    if rng.random() < 0.2 and dtype != torch.bool:
        raw = rng.randbytes(drawn * dtype.itemsize)
    else:
        decade, spread = rng.uniform(-6, 9), rng.choice([0, 0, 0, 1, 4])
        numbers = [random_number(rng, decade + rng.uniform(-spread, spread)) for _ in range(drawn)]
        if rng.random() < 0.3:
            numbers = [float(round(x)) for x in numbers]
        if rng.random() < 0.2:
            numbers = [rng.choice([x, rng.choice(SPECIAL)]) for x in numbers]
        raw = encoded(numbers, dtype)
    floating = dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16)
    grad = floating and rng.random() < 0.3
    steps = []
    if shape and math.prod(shape) and rng.random() < 0.2:
        steps.append(rng.choice(["transpose", "select", "narrow", "flatten"]))
    if floating and rng.random() < 0.2:
        steps.append(rng.choice(["add", "mul", "relu", "sum", "detach"]))
    return {
        "dtype": name,
        "shape": shape,
        "bytes": raw.hex(),
        "requires_grad": grad,
        "inference": not grad and rng.random() < 0.1,
        "steps": steps,
    }


def encoded(numbers, dtype):
    """The bytes of `numbers` in `dtype`."""
    data = torch.tensor(numbers, dtype=torch.float64)
    if dtype.is_complex:
        part = {torch.complex32: torch.float16, torch.complex64: torch.float32}.get(dtype, torch.float64)
        data = torch.cat([data, data.flip(0)]).to(part)
    elif dtype.is_floating_point:
        data = data.to(dtype)
    elif dtype == torch.bool:
        data = data > 0
    else:
        # Wrapped by hand: converting a float that does not fit is undefined.
        modulus = 256**dtype.itemsize
        whole = [0 if not math.isfinite(x) else int(x) % modulus for x in numbers]
        return b"".join(w.to_bytes(dtype.itemsize, "little") for w in whole)
    return data.contiguous().view(torch.uint8).numpy().tobytes()


def random_options(rng):
    if rng.random() < 0.6:
        return None
    options = {}
    if rng.random() < 0.5:
        options["precision"] = rng.randrange(12)
    if rng.random() < 0.5:
        options["threshold"] = rng.choice([0, 1, 10, 100, 10**6])
    if rng.random() < 0.5:
        options["edgeitems"] = rng.randrange(6)
    if rng.random() < 0.5:
        options["linewidth"] = rng.randrange(1, 200)
    if rng.random() < 0.3:
        options["sci_mode"] = rng.random() < 0.5
    return options
