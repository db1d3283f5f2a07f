"""Layers with random options: how each prints, what it saves, draws, computes and learns.

Prints a line of JSON for each case, which has all that `tests/layers.rs` needs to do the same: the layer's name and
keyword arguments, a dtype, the inputs and a seed. Where Python refuses, `refused` stands for the results.

`layers.py COUNT` makes COUNT cases of each layer. Ends with an error where an option of a layer's signature is never
drawn and is not listed as left out, so that a new one of a new PyTorch is seen.
"""

import inspect
import json
import random
import sys
import warnings
from operator import attrgetter
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils import parametrizations, rnn  # noqa: F401

sys.path.insert(0, str(Path(__file__).parent))
from digest import digest  # noqa: E402
from layer_cases import DTYPES, LAYERS, LEFT_OUT, NOT_OF  # noqa: E402


def signature(name):
    if "." in name:
        return set(inspect.signature(attrgetter(name)(nn)).parameters)
    cls = getattr(nn, name)
    if name in ("RNN", "LSTM", "GRU"):
        options = set(inspect.signature(nn.RNNBase.__init__).parameters) - {"mode"}
        return options | ({"nonlinearity"} if name == "RNN" else set())
    return set(inspect.signature(cls.__init__).parameters)


def takes_dtype(name):
    return "dtype" in signature(name)


def flat(value):
    """The tensors of what a layer returns."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, rnn.PackedSequence):
        return [value.data]
    return [tensor for part in value if part is not None for tensor in flat(part)]


CONTAINERS = ("ModuleList", "ModuleDict", "ParameterList", "ParameterDict")


def contained(container, inside, dtype):
    """What a container is made of: a list, or one with names."""
    if container.startswith("Parameter"):
        make = lambda shape: torch.randn(shape).to(dtype)  # noqa: E731
    else:
        make = lambda of: getattr(nn, of[0])(*of[1:], **({"dtype": dtype} if takes_dtype(of[0]) else {}))  # noqa: E731
    return [(of[0], make(of[1])) if container.endswith("Dict") else make(of) for of in inside]


class Function(nn.Module):
    """What a function of `nn.init` fills, or one of `nn.utils` makes."""

    def __init__(self, function, args):
        super().__init__()
        self.name, self.function, self.args = function, attrgetter(function)(nn), args

    def forward(self, *x):
        if self.name.startswith("init."):
            tensor = x[0].detach().clone()
            self.function(tensor, **self.args)
            return tensor
        if self.name == "utils.vector_to_parameters":
            parameters = [of.detach() for of in x[1:]]
            self.function(x[0].detach(), parameters)
            return parameters
        if self.name == "utils.clip_grads_with_norm_":
            parameters = [of.detach().clone().requires_grad_() for of in x[1:]]
            with torch.enable_grad():
                for parameter in parameters:
                    (parameter * parameter).sum().backward()
            self.function(parameters, total_norm=x[0].detach().abs().sum(), **self.args)
            return [parameter.grad for parameter in parameters]
        return self.function(x, **self.args)


def one_of(of, dtype):
    """A tensor of several: ints below a number, ints or bools as they are, or floats that may require grad."""
    shape = of["shape"]
    if "below" in of:
        return torch.randint(0, of["below"], shape)
    if "values" in of:
        values = torch.tensor(of["values"]).reshape(shape)
        return values.to(dtype if of["dtype"] == "case" else getattr(torch, of["dtype"]))
    draw = torch.rand if of.get("uniform") else torch.randn
    return draw(shape).to(dtype).requires_grad_(of["grad"])


def inputs(case, dtype):
    """The tensors of an input, in the order in which they are drawn; the first may require grad."""
    given = case["input"]
    if isinstance(given, list):
        given = {"shape": given}
    if "container" in given:
        return []
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
        named = list(zip(given["names"], tensors, strict=True))
        of_a_name = {name: tensor for name, tensor in named if name}
        if case["layer"] == "AdaptiveLogSoftmaxWithLoss":
            x = tensors[0]
            return [*model(*tensors), *([model.log_prob(x), model.predict(x)] if x.dim() == 2 else [])]
        return model(*[tensor for name, tensor in named if not name], **of_a_name, **given["call"])
    if "container" in given:
        return []
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
    if case["family"] == "losses":
        if "weight" in args:
            args["weight"] = torch.rand(args["weight"]).to(dtype)
        if "distance_function" in args:
            args["distance_function"] = lambda a, b: (a - b).abs().sum(-1)
    if "module" in args:
        args["module"] = contained("ModuleList", [args["module"]], dtype)[0]
    if case["layer"] in CONTAINERS:
        args = {name: contained(case["layer"], inside, dtype) for name, inside in args.items()}
    for kind in ("TransformerEncoder", "TransformerDecoder"):
        if case["layer"] == kind:
            layer = f"{kind[len('Transformer'):].lower()}_layer"
            size = args[layer]["d_model"]
            args[layer] = getattr(nn, f"{kind}Layer")(**args[layer], dtype=dtype)
            args["norm"] = nn.LayerNorm(size, dtype=dtype) if args.get("norm") else None
    if case["family"] == "functions":
        args = {"function": case["layer"], "args": args}
    model = Function if case["family"] == "functions" else attrgetter(case["layer"])(nn)
    model = model(**args, **({"dtype": dtype} if takes_dtype(case["layer"]) else {}))
    found = {"printed": repr(model), "saved": list(model.state_dict()), "drawn": digest(model.state_dict().values())}
    if case["family"] in ("losses", "functions"):
        # They draw nothing, and the weights of a loss are given.
        found |= {"saved": [], "drawn": digest([])} | ({"printed": ""} if case["family"] == "functions" else {})
    tensors = inputs(case, dtype)
    outputs = flat(call(model, case, tensors))
    found["output"] = digest(outputs)
    losses = [(output * torch.randn(output.shape).to(output.dtype)).sum() for output in outputs]
    if losses and losses[0].requires_grad:
        sum(losses[1:], losses[0]).backward()
    learned = [parameter.grad for parameter in model.parameters()]
    found["grads"] = digest([None if tensor is None else tensor.grad for tensor in tensors] + learned)
    found["after"] = digest(model.state_dict().values() if found["saved"] else [])
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
            options = signature(name) - {"self", "dtype", "tensor", "tensors", "parameters" * name.startswith("utils."), "vec", "total_norm"} - set(LEFT_OUT) - drawn
            missing = {option for option in options if (name, option) not in NOT_OF}
            if missing:
                sys.exit(f"{name}: {sorted(missing)} of its signature are neither drawn nor left out for a reason")
    print(json.dumps({"end": cases}))


main()
