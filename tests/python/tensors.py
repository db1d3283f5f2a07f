"""Tensors that are indexed and changed in place at random, and numbers that are calculated with.

`tensors.py COUNT` prints COUNT lines of JSON for each kind of case, which have all that `tests/tensors.rs` needs to do
the same: where Python refuses, `refused` stands for the results.
"""

import json
import operator
import random
import struct
import sys
import warnings
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
from digest import digest  # noqa: E402

DTYPES = ["float32", "float64", "float16", "bfloat16", "int64", "bool"]
KINDS = ["get", "set", "increase", "in place"]
NUMBERS = [0, 1, -1, 2, 7, 1.0, 0.5, -0.0, 1e16, 0.1, float("nan"), float("inf"), True, False, 2**53 + 1, 2.0**53, 2**62, -(2**63)]
OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "<": operator.lt, "==": operator.eq}


def tensor(shape, dtype):
    return torch.randn(shape).mul(3).to(getattr(torch, dtype))


def draw_index(r, size, dim):
    """An index, mostly one that fits dimension `dim`, and how many dimensions it is for."""
    length = size[dim] if dim < len(size) else 3
    kind = r.choice(["at", "at", "slice", "slice", "slice", "ellipsis", "newaxis", "ints", "list", "mask", "one"])
    edge = length + (1 if r.random() < 0.05 else 0)
    place = lambda: r.randint(-edge, edge - 1) if edge else 0  # noqa: E731
    if kind == "at":
        return {"at": place()}, 1
    if kind == "slice":
        bounds = [r.choice([None, r.randint(-length - 2, length + 2)]) for _ in range(2)]
        return {"slice": [*bounds, r.choice([1, 1, 1, 2, 3] + [0, -1] * (r.random() < 0.1))]}, 1
    if kind == "ellipsis":
        return {"ellipsis": True}, 0
    if kind == "newaxis":
        return {"newaxis": True}, 0
    if kind == "one":
        return {"mask": {"shape": [], "values": [r.random() < 0.5]}}, 0
    if kind == "mask":
        dims = r.choice([1, 1, 1, 2]) if dim + 1 < len(size) else 1
        shape = size[dim : dim + dims] if r.random() < 0.95 else [2] * dims
        count = torch.Size(shape).numel()
        return {"mask": {"shape": list(shape), "values": [r.random() < 0.5 for _ in range(count)]}}, dims
    shape = [2] if kind == "list" else r.choice([[], [1], [2], [3], [2, 2], [2, 1], [0]])
    values = [place() for _ in range(torch.Size(shape).numel())]
    return ({"list": values} if kind == "list" else {"ints": {"shape": shape, "values": values}}), 1


def python_index(index):
    (kind, value), = index.items()
    if kind in ("ints", "mask"):
        dtype = torch.int64 if kind == "ints" else torch.bool
        return torch.tensor(value["values"], dtype=dtype).reshape(value["shape"])
    return {"at": value, "list": value, "ellipsis": ..., "newaxis": None}[kind] if kind != "slice" else slice(*value)


def draw_value(r, shape):
    if r.random() < 0.4:
        return {"number": r.choice([0, 1, -3, 0.1, 2.5])}
    shape = list(shape)
    change = r.random()
    if change < 0.2:
        shape = shape[1:]
    elif change < 0.4:
        shape = [1] + shape
    elif change < 0.6:
        shape = [1 if r.random() < 0.3 else length for length in shape]
    elif change < 0.65:
        shape = shape + [2]
    return {"shape": shape}


def python_value(value, dtype):
    return value["number"] if "number" in value else tensor(value["shape"], dtype)


def compute(case):
    torch.manual_seed(case["seed"])
    leaf = tensor(case["shape"], case["dtype"])
    floating = leaf.dtype.is_floating_point
    x = leaf.requires_grad_(floating).clone()
    if case["kind"] == "in place":
        name = case["operator"]
        other = python_value(case["value"], case["dtype"])
        out = getattr(x, name)(other)
    else:
        index = tuple(python_index(index) for index in case["indices"])
        index = index[0] if len(index) == 1 else index
        out = x
        if case["kind"] == "get":
            out = x[index]
        elif case["kind"] == "set":
            x[index] = python_value(case["value"], case["dtype"])
        else:
            value = python_value(case["value"], case["dtype"])
            x[index] += value
    found = [out]
    case["node"] = None
    if floating:
        case["node"] = out.grad_fn.name().split("::")[-1]
        (out * out).sum().backward()
        found.append(leaf.grad)
    case["found"] = digest(found)


def tensor_case(r, kind, seed):
    shape = [r.choice([1, 2, 3, 4]) for _ in range(r.randint(0, 4))]
    if r.random() < 0.05 and shape:
        shape[r.randrange(len(shape))] = 0
    case = {"kind": kind, "seed": seed, "dtype": r.choice(DTYPES), "shape": shape}
    if kind == "in place":
        return case | {"operator": r.choice(["add_", "sub_", "mul_", "div_"]), "value": draw_value(r, shape)}
    indices, dim = [], 0
    for _ in range(r.choice([1, 1, 2, 2, 3, 4])):
        index, dims = draw_index(r, shape, dim)
        if dim + dims > len(shape) and r.random() < 0.95:
            continue
        if "ellipsis" in index and any("ellipsis" in other for other in indices):
            continue
        indices.append(index)
        dim += dims if "ellipsis" not in index else max(0, len(shape) - dim - 1)
    case["indices"] = indices or [{"ellipsis": True}]
    if kind != "get":
        try:
            taken = torch.zeros(shape)[tuple(map(python_index, case["indices"]))].shape
        except (IndexError, ValueError, RuntimeError):
            taken = shape
        case["value"] = draw_value(r, taken)
    return case


def encoded(number):
    if isinstance(number, bool):
        return {"bool": number}
    return {"int": number} if isinstance(number, int) else {"float": struct.pack(">d", number).hex()}


def number_cases():
    for a in NUMBERS:
        for b in NUMBERS:
            for name, apply in OPERATORS.items():
                case = {"kind": "number", "a": encoded(a), "b": encoded(b), "operator": name}
                try:
                    result = apply(a, b)
                except ZeroDivisionError:
                    continue
                if isinstance(result, int) and not -(2**63) <= result < 2**63:
                    continue
                digits = f"{result:.4f}" if not isinstance(result, bool) else str(result)
                yield case | {"result": str(result), "digits": digits}


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    count = 0
    for kind in KINDS:
        r = random.Random(kind)
        for seed in range(int(sys.argv[1])):
            case = tensor_case(r, kind, seed)
            try:
                compute(case)
            except (IndexError, RuntimeError, ValueError, TypeError) as error:
                case["refused"] = f"{type(error).__name__}: {error}".splitlines()[0]
            print(json.dumps(case))
            count += 1
    for case in number_cases():
        print(json.dumps(case))
        count += 1
    print(json.dumps({"end": count}))


main()
