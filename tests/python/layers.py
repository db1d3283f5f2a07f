"""Layers with random options: how each prints, what it saves, draws, computes and learns.

Prints a line of JSON for each case, which has all that `tests/layers.rs` needs to do the same: the layer's name and
keyword arguments, a dtype, the inputs and a seed. Where Python refuses, `refused` stands for the results.

`layers.py COUNT` makes COUNT cases of each layer. Ends with an error where an option of a layer's signature is never
drawn and is not listed as left out, so that a new one of a new PyTorch is seen.
"""

import hashlib
import inspect
import json
import random
import sys
import warnings
from operator import attrgetter
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils import rnn

sys.path.insert(0, str(Path(__file__).parent))
from layer_cases import DTYPES, LAYERS, LEFT_OUT, NOT_OF  # noqa: E402


def signature(name):
    if name.endswith(".from_pretrained"):
        return set(inspect.signature(attrgetter(name)(nn)).parameters)
    cls = getattr(nn, name)
    if name in ("RNN", "LSTM", "GRU"):
        options = set(inspect.signature(nn.RNNBase.__init__).parameters) - {"mode"}
        return options | ({"nonlinearity"} if name == "RNN" else set())
    return set(inspect.signature(cls.__init__).parameters)


def takes_dtype(name):
    return "dtype" in signature(name)


def digest(tensors):
    """The tensors' dtypes, shapes and bits."""
    total = hashlib.sha256()
    for tensor in tensors:
        if tensor is None:
            total.update(b"none;")
            continue
        tensor = tensor.detach()
        if tensor.is_sparse:
            tensor = tensor.to_dense()
        total.update(f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)};".encode())
        total.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def flat(value):
    """The tensors of what a layer returns."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, rnn.PackedSequence):
        return [value.data]
    return [tensor for part in value if part is not None for tensor in flat(part)]


def one_of(of, dtype):
    """A tensor of several: ints below a number, ints or bools as they are, or floats that may require grad."""
    shape = of["shape"]
    if "below" in of:
        return torch.randint(0, of["below"], shape)
    if "values" in of:
        return torch.tensor(of["values"]).reshape(shape).to(getattr(torch, of["dtype"]))
    return torch.randn(shape).to(dtype).requires_grad_(of["grad"])


def inputs(case, dtype):
    """The tensors of an input, in the order in which they are drawn; the first may require grad."""
    given = case["input"]
    if isinstance(given, list):
        given = {"shape": given}
    if "tensors" in given:
        tensors = []
        for of in given["tensors"]:
            tensors.append(tensors[of] if isinstance(of, int) else of and one_of(of, dtype))
        return tensors
    if "below" in given:
        return [torch.randint(0, given["below"], given["shape"])]
    tensors = [torch.randn(given["shape"]).to(dtype).requires_grad_()]
    if given.get("state"):
        args, shape = case["args"], given["shape"]
        hidden = args["hidden_size"]
        sizes = [args.get("proj_size", 0) or hidden] + [hidden] * ("LSTM" in case["layer"])
        for last in sizes:
            if "Cell" in case["layer"]:
                size = shape[:-1] + [last]
            else:
                layers = args.get("num_layers", 1) * (2 if args.get("bidirectional") else 1)
                batch = [] if len(shape) == 2 else [shape[0 if args.get("batch_first") else 1]]
                size = [layers, *batch, last]
            tensors.append(torch.randn(size).to(dtype).requires_grad_())
    return tensors


def call(model, case, tensors):
    given = case["input"]
    if "tensors" in given:
        return model(*tensors, **given["call"])
    # Not a leaf, which could not be changed in place.
    x = tensors[0].clone()
    if isinstance(given, list) or "below" in given:
        return model(x)
    if "lengths" in given:
        first = case["args"].get("batch_first", False)
        x = rnn.pack_padded_sequence(x, torch.tensor(given["lengths"]), batch_first=first, enforce_sorted=False)
    if not given["state"]:
        return model(x)
    states = tensors[1:]
    return model(x, tuple(states) if len(states) == 2 else states[0])


def detached(tensors):
    """The tensors without gradients; those that are one stay one."""
    made = {id(tensor): tensor if tensor is None else tensor.detach() for tensor in tensors}
    return [made[id(tensor)] for tensor in tensors]


def compute(case):
    dtype = getattr(torch, case["dtype"])
    torch.manual_seed(case["seed"])
    args = {name: tuple(value) if isinstance(value, list) else value for name, value in case["args"].items()}
    if "embeddings" in args:
        args["embeddings"] = torch.randn(args["embeddings"]).to(dtype)
    model = attrgetter(case["layer"])(nn)(**args, **({"dtype": dtype} if takes_dtype(case["layer"]) else {}))
    found = {"printed": repr(model), "saved": list(model.state_dict()), "drawn": digest(model.state_dict().values())}
    tensors = inputs(case, dtype)
    outputs = flat(call(model, case, tensors))
    found["output"] = digest(outputs)
    losses = [(output * torch.randn(output.shape).to(output.dtype)).sum() for output in outputs]
    if losses[0].requires_grad:
        sum(losses[1:], losses[0]).backward()
    learned = [parameter.grad for parameter in model.parameters()]
    found["grads"] = digest([None if tensor is None else tensor.grad for tensor in tensors] + learned)
    found["after"] = digest(model.state_dict().values())
    model.eval()
    with torch.set_grad_enabled("tensors" not in case["input"] or not case["input"]["no_grad"]):
        found["evaluated"] = digest(flat(call(model, case, detached(tensors))))
    found["next"] = digest([torch.rand(4)])
    return found


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    count = int(sys.argv[1])
    cases = 0
    for family, layers in LAYERS.items():
        for name, draw in layers.items():
            r, drawn = random.Random(name), set()
            for number_of in range(count):
                args, given = draw(r)
                drawn |= set(args)
                case = {"family": family, "layer": name, "args": args, "dtype": r.choice(DTYPES), "input": given, "seed": number_of}
                case = json.loads(json.dumps(case))
                try:
                    case["found"] = compute(case)
                except Exception as error:
                    case["refused"] = f"{type(error).__name__}: {error}".splitlines()[0]
                print(json.dumps(case))
                cases += 1
            options = signature(name) - {"self", "dtype"} - set(LEFT_OUT) - drawn
            missing = {option for option in options if (name, option) not in NOT_OF}
            if missing:
                sys.exit(f"{name}: {sorted(missing)} of its signature are neither drawn nor left out for a reason")
    print(json.dumps({"end": cases}))


main()
