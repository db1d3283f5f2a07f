"""What Python prints for many values, one JSON object a line, for tests/repr.rs to repeat.

    repr.py --runs N --seed S   N random values and the fixed ones; needs PyTorch, NumPy and IPython
    repr.py --golden            the content of tests/golden/repr.jsonl

Each line holds a value, bit for bit, how it is to be printed, and the text. The last line is
{"end":N}, N being the number of the others.
"""

import argparse
import collections
import json
import math
import random
import struct
import sys
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from IPython.lib.pretty import pretty

sys.path.insert(0, str(Path(__file__).parent))
from repr_draws import COMPLEX, FLOAT8, FLOATS, INTEGERS, SPECIAL, bits, random_case, random_container  # noqa: E402

if sys.version_info >= (3, 12):
    # Python 3.12 changed the form; the documents we follow were written before. IPython finds its
    # printer by the module and name of the class.
    OrderedDict = type(
        "OrderedDict",
        (collections.OrderedDict,),
        {
            "__module__": "collections",
            "__repr__": lambda self: f"OrderedDict({list(self.items()) if self else ''})",
        },
    )
else:
    OrderedDict = collections.OrderedDict


# --- a value described in JSON, and made from it ------------------------------------------------


def build(description):
    """The Python value that a description stands for."""
    ((kind, content),) = description.items()
    if kind == "tensor":
        return build_tensor(**content)
    if kind == "parameter":
        return torch.nn.Parameter(build_tensor(**content), requires_grad=content["requires_grad"])
    if kind == "size":
        return torch.Size(content)
    if kind == "float":
        return from_bits(content)
    if kind == "float32":
        return numpy.frombuffer(bytes.fromhex(content), dtype="<f4")[0]
    if kind == "complex":
        return complex(*map(from_bits, content))
    if kind == "list":
        return [build(item) for item in content]
    if kind == "tuple":
        return tuple(build(item) for item in content)
    if kind == "dict":
        return OrderedDict((key, build(item)) for key, item in content)
    assert kind in ("int", "bool", "str", "none"), kind
    return content


def from_bits(text):
    return struct.unpack("<d", bytes.fromhex(text))[0]


def build_tensor(dtype, shape, bytes, requires_grad, inference, steps):
    """A tensor from its bytes, which are repeated until the shape is full, and what is then done."""
    with torch.inference_mode(inference):
        dtype = getattr(torch, dtype)
        wanted = math.prod(shape) * dtype.itemsize
        raw = builtin_bytes.fromhex(bytes)
        raw = (raw * (wanted // max(len(raw), 1) + 1))[:wanted]
        flat = torch.frombuffer(bytearray(raw), dtype=torch.uint8) if raw else torch.empty(0, dtype=torch.uint8)
        tensor = flat.view(dtype).reshape(shape).clone()
        tensor.requires_grad_(requires_grad)
        for step in steps:
            tensor = STEPS[step](tensor)
        return tensor


builtin_bytes = bytes


def copy_slices(tensor):
    changed = tensor * tensor
    changed[0].mul_(changed[0])
    return changed


def invalid_view(tensor):
    base = tensor * tensor
    with torch.no_grad():
        view = base[0]
        view.mul_(view)
    return view


STEPS = {
    "add": lambda t: t + t,
    "mul": lambda t: t * t,
    "true_divide": lambda t: t / torch.full((), 2.0),
    "matmul": lambda t: t @ t.transpose(0, -1),
    "linear": lambda t: F.linear(t, t, t.sum(-1)),
    "mse_loss": lambda t: F.mse_loss(t, t * t),
    "l1_loss": lambda t: F.l1_loss(t, t * t),
    "sum": lambda t: t.sum(),
    "mean": lambda t: t.mean(),
    "relu": lambda t: t.relu(),
    "sigmoid": lambda t: t.sigmoid(),
    "tanh": lambda t: t.tanh(),
    "transpose": lambda t: t.transpose(0, -1),
    "select": lambda t: t[0],
    "narrow": lambda t: t.narrow(0, 0, 1),
    "flatten": lambda t: t.reshape(-1),
    "expand": lambda t: t.expand([3, *t.shape]),
    "detach": lambda t: t.detach(),
    "copy_slices": copy_slices,
    "invalid_view": invalid_view,
    "neg_view": lambda t: torch._neg_view(t),
    "conj": lambda t: t.conj(),
    "zerotensor": lambda t: torch._efficientzerotensor(list(t.shape), dtype=t.dtype),
}


def is_shown_otherwise(value):
    """Whether the installed NumPy is older than 2.3, and printed this float32 without exponent."""
    older = tuple(map(int, numpy.__version__.split(".")[:2])) < (2, 3)
    return older and "float32" in value and 1e6 <= abs(build(value)) < 1e16


def show(case):
    """The text of one case."""
    value = build(case["value"])
    torch.set_printoptions(profile="default")
    if options := case.get("options"):
        torch.set_printoptions(**options)
    form = case["form"]
    if form == "repr":
        return repr(value)
    if form == "str":
        return str(value)
    if form == "format":
        return f"{value}"
    if form == "pretty":
        return pretty(value)
    kind, digits = form.split(":")
    assert kind in ("fixed", "scientific")
    return f"{value:.{digits}{kind[0].replace('s', 'e')}}"


# --- fixed cases --------------------------------------------------------------------------------


def tensor_of(values, dtype="float32", shape=None, requires_grad=False, inference=False, steps=()):
    dtype_of = getattr(torch, dtype)
    if dtype_of in (torch.uint8, torch.bool):
        values = [abs(x) for x in values] if isinstance(values, list) else abs(values)
    widest = torch.complex128 if dtype_of.is_complex else torch.float64
    data = torch.tensor(values, dtype=widest).to(dtype_of)
    shape = list(data.shape) if shape is None else shape
    raw = data.reshape(-1).contiguous().view(torch.uint8).numpy().tobytes() if data.numel() else b""
    return {
        "dtype": dtype,
        "shape": shape,
        "bytes": raw.hex(),
        "requires_grad": requires_grad,
        "inference": inference,
        "steps": list(steps),
    }


def crossed_cases():
    """Every shape in every dtype and with every option: (form, value, options)."""
    numbers = [0.5, -1.25, 3.0, 1000.0]
    for shape in [[], [1], [4], [2, 2], [0], [0, 3], [3, 0], [1, 0, 2], [1001], [40, 40], [7, 300], [2, 2, 300]]:
        for dtype in FLOATS + FLOAT8 + INTEGERS + COMPLEX:
            yield "repr", {"tensor": tensor_of(numbers[:2], dtype, shape)}, None
    for shape in ([1_000_000], [1000, 1000], [100_000, 10], [3, 400_000], [30, 30, 30, 30]):
        for dtype in ("float32", "int64", "complex64"):
            yield "repr", {"tensor": tensor_of(numbers, dtype, shape)}, None
    options = [
        {"profile": "short"},
        {"profile": "full"},
        {"edgeitems": 0, "threshold": 0},
        {"edgeitems": 0},
        {"edgeitems": 1, "threshold": 3},
        {"linewidth": 1},
        {"linewidth": 24},
        {"precision": 0},
        {"precision": 20},
        {"sci_mode": True},
        {"sci_mode": False},
    ]
    for chosen in options:
        for shape in ([], [1], [12], [5, 5], [1200], [3, 2, 4]):
            for dtype in ("float32", "float64", "int64", "complex64"):
                yield "repr", {"tensor": tensor_of([1.5, 2e5, -3.0], dtype, shape)}, chosen


def fixed_cases():
    """Cases chosen by hand: (form, value, options)."""
    for special in ([0.0], [-0.0], [math.nan], [math.inf, -math.inf, 1.0], [math.nan, 0.5], SPECIAL):
        for dtype in FLOATS:
            yield "repr", {"tensor": tensor_of(special, dtype)}, None
    # Each side of every threshold of the choice of notation.
    for pair in ([1.0, 1000.0], [1.0, 1001.0], [0.5, 500.0], [0.5, 500.5], [1e8], [1.00000008e8], [1e-4], [9.99e-5]):
        for dtype in ("float32", "float64"):
            yield "repr", {"tensor": tensor_of(pair, dtype)}, None
    # Where the suffixes leave the last line, a character at a time.
    for length in range(1, 30):
        for dtype, grad in (("float32", True), ("float64", True), ("float64", False), ("int32", False)):
            yield "repr", {"tensor": tensor_of([1.5], dtype, [length], grad)}, None
    # Each side of the threshold of summarising.
    for length in (6, 7, 1000, 1001):
        for options in (None, {"threshold": 6}):
            yield "repr", {"tensor": tensor_of([1.5, 2.5], "float32", [length])}, options
    yield from grad_cases()
    yield from scalar_cases()


def grad_cases():
    square = [[0.5, -1.25], [3.0, 2.0]]
    names = [name for name in STEPS if name not in ("conj", "zerotensor", "neg_view")]
    for name in names:
        for grad in (True, False):
            yield "repr", {"tensor": tensor_of(square, requires_grad=grad, steps=[name])}, None
    for steps in (["linear", "sigmoid", "mse_loss"], ["add", "select"], ["neg_view"], ["neg_view", "add"], ["zerotensor"]):
        yield "repr", {"tensor": tensor_of(square, requires_grad=steps[0] == "add", steps=steps)}, None
        yield "repr", {"tensor": tensor_of(square, inference=True, steps=steps)}, None
    for dtype in FLOATS + ["int64", "int32"]:
        for step in ("neg_view", "zerotensor"):
            yield "repr", {"tensor": tensor_of([1.0, -2.0], dtype, steps=[step])}, None
    for dtype in ("complex64", "complex128"):
        yield "repr", {"tensor": tensor_of([1 + 2j, -3.5j], dtype, steps=["conj"])}, None
    for grad in (True, False):
        for shape in ([], [1], [2, 2], [30]):
            yield "repr", {"parameter": tensor_of([0.25, -1.0], "float32", shape, grad)}, None


def scalar_cases():
    for number in SPECIAL + [1e16, 9999999999999998.0, 5e-324, 1.7976931348623157e308, 0.1, 1e22, -1e-7]:
        yield "repr", {"float": bits(number)}, None
        yield "str", {"float32": numpy.float32(number).tobytes().hex()}, None
        yield "repr", {"complex": [bits(number), bits(-number)]}, None
        for dtype in FLOATS + ["int64", "bool", "complex64"]:
            if math.isfinite(number) and abs(number) < 1e16 or dtype in FLOATS:
                yield "format", {"tensor": tensor_of(number, dtype)}, None
    for text in ["", "weight", "it's", '"', "'\"", "a\\b\n\r\t\0\x7f\x80", "é ü \u00a0\u200b\u2028", "\U0001f600\U000e0001"]:
        yield "repr", {"str": text}, None
    for shape in ([], [1], [50, 1], [0, 2, 3]):
        yield "repr", {"size": shape}, None


def notebook_cases():
    """Values for the notebook form: lists and tuples of tensors, one line and many."""
    row = {"tensor": tensor_of([0.5, 1.0])}
    rows = {"tensor": tensor_of([[73.0, 67.0, 43.0], [91.0, 88.0, 64.0]])}
    weight = {"parameter": tensor_of([[-0.1873, 0.3503, -0.3835], [-0.4803, 0.4555, -0.3416]], requires_grad=True)}
    bias = {"parameter": tensor_of([-0.1862, 0.0044], requires_grad=True)}
    ten = {"tensor": tensor_of([0.125, -3.5], shape=[10])}
    one = {"int": 1}
    words = [{"str": "word " * n} for n in range(1, 6)]
    for items in (
        [],
        [row],
        [rows],
        [row, row],
        [rows, rows],
        [weight, bias],
        [bias, weight],
        [one, row, rows],
        [rows, one],
        [one] * 26,
        [one] * 27,
        [one] * 1000,
        [one] * 1001,
        words,
        [ten, ten, ten],
        [{"float": bits(0.1)}, {"bool": True}, {"none": None}, {"size": [2, 3]}],
    ):
        yield {"list": items}
        if len(items) > 100:
            continue
        yield {"tuple": items}
        yield {"list": [{"tuple": items}, {"tuple": items}]}
        yield {"tuple": [one, {"list": items}, one]}
        yield {"dict": [[f"layer.{i}", item] for i, item in enumerate(items[:30])]}
        yield {"list": [{"dict": [["weight", {"list": items[:5]}], ["bias", one]]}]}
    yield from (row, rows, weight, bias, ten)
    # A group that IPython takes off its queue in place of the one it breaks.
    column = {"tensor": tensor_of([[1.0], [2.0]])}
    named = [{"dict": [["part1.weight", item]]} for item in (column, one, one, {"str": ""})]
    yield {"list": [{"list": []}, {"tuple": [one, *named, {"tuple": [column]}]}]}


# --- output -------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--golden", action="store_true")
    arguments = parser.parse_args()
    runs, most = (100, 60) if arguments.golden else (arguments.runs, None)
    rng = random.Random(arguments.seed)

    crossed = list(crossed_cases())
    cases = list(fixed_cases()) + (rng.sample(crossed, 100) if arguments.golden else crossed)
    cases += [random_case(rng, most) for _ in range(runs)]
    cases += [("pretty", value, None) for value in notebook_cases()]
    depth = 1 if arguments.golden else 0
    cases += [("pretty", random_container(rng, depth), None) for _ in range(runs // 2)]
    cases = [case for case in cases if not is_shown_otherwise(case[1])]
    for form, value, options in cases:
        case = {"form": form, "value": value}
        if options:
            case["options"] = options
        case["text"] = show(case)
        print(json.dumps(case, separators=(",", ":")))
    print(json.dumps({"end": len(cases)}, separators=(",", ":")))


if __name__ == "__main__":
    main()
