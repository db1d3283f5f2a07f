"""What layers and initializers make of seeded inputs, bit for bit, and how modules print.

`tests/modules.rs` makes the same. `next` has the bits of four numbers drawn afterwards.
"""

import itertools
import json
from collections import OrderedDict

import torch
from torch import nn

DTYPES = ["float32", "float64", "float16", "bfloat16"]
SHAPES = [(1, 1), (5, 3), (16, 17), (0, 2)]
LAYERS = {
    **{f"Dropout({p})": nn.Dropout(p) for p in (0.0, 0.25, 0.5, 1.0)},
    **{f"Softmax({dim})": nn.Softmax(dim) for dim in (0, 1, -1)},
    **{f"LogSoftmax({dim})": nn.LogSoftmax(dim) for dim in (0, 1, -1)},
    "Flatten(1,-1)": nn.Flatten(),
    "Flatten(0,1)": nn.Flatten(0, 1),
}
INIT = {
    "uniform_(0,1)": lambda t: nn.init.uniform_(t),
    "uniform_(-0.3,0.7)": lambda t: nn.init.uniform_(t, -0.3, 0.7),
    "normal_(0,1)": lambda t: nn.init.normal_(t),
    "normal_(0.5,0.1)": lambda t: nn.init.normal_(t, 0.5, 0.1),
    "constant_(0.3)": lambda t: nn.init.constant_(t, 0.3),
    "ones_": nn.init.ones_,
    "zeros_": nn.init.zeros_,
    "xavier_uniform_(1)": nn.init.xavier_uniform_,
    "xavier_uniform_(tanh)": lambda t: nn.init.xavier_uniform_(t, nn.init.calculate_gain("tanh")),
    "xavier_normal_(1)": nn.init.xavier_normal_,
    "xavier_normal_(relu)": lambda t: nn.init.xavier_normal_(t, nn.init.calculate_gain("relu")),
    "kaiming_uniform_()": nn.init.kaiming_uniform_,
    "kaiming_uniform_(0.2)": lambda t: nn.init.kaiming_uniform_(t, 0.2),
    "kaiming_uniform_(fan_out,relu)": lambda t: nn.init.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu"),
    "kaiming_normal_()": nn.init.kaiming_normal_,
    "kaiming_normal_(fan_out,selu)": lambda t: nn.init.kaiming_normal_(t, mode="fan_out", nonlinearity="selu"),
    "kaiming_normal_(sigmoid)": lambda t: nn.init.kaiming_normal_(t, nonlinearity="sigmoid"),
}


class TwoLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(1, 10)
        self.rest = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(10, 2, bias=False), nn.Identity()))
        self.register_buffer("scale", torch.ones(2))
        self.empty = nn.Sequential()


MODULES = {
    "two layers": TwoLayers(),
    "sequential": nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.Tanh(), nn.Dropout(0.1), nn.Softmax(dim=1)),
    "named": nn.Sequential(OrderedDict([("hidden", nn.Linear(2, 2)), ("act", nn.Sigmoid()), ("out", nn.LogSoftmax(-1))])),
    "layer": nn.Linear(3, 2),
    "dropout": nn.Dropout(1e-05),
    "flatten": nn.Flatten(0, -2),
}


def bits(tensor):
    return tensor.detach().reshape(-1).contiguous().view(torch.uint8).numpy().tobytes().hex()


def main():
    torch.set_num_threads(1)
    cases = []
    for (name, layer), dtype, shape in itertools.product(LAYERS.items(), DTYPES, SHAPES):
        torch.manual_seed(len(cases))
        x = torch.randn(shape).to(getattr(torch, dtype)).requires_grad_()
        weights = torch.randn(shape).to(x.dtype)
        out = layer(x)
        (out * weights.reshape(out.shape)).sum().backward()
        after = bits(torch.rand(4))
        cases.append(
            {"layer": name, "dtype": dtype, "shape": shape, "bits": bits(out), "grad": bits(x.grad), "next": after}
        )
    for (name, fill), dtype, shape in itertools.product(INIT.items(), DTYPES, [(3, 5), (20, 7), (4, 3, 2)]):
        torch.manual_seed(len(cases))
        tensor = nn.Parameter(torch.empty(shape, dtype=getattr(torch, dtype)))
        fill(tensor)
        cases.append({"init": name, "dtype": dtype, "shape": shape, "bits": bits(tensor), "next": bits(torch.rand(4))})
    for name, module in MODULES.items():
        cases.append({"module": name, "text": repr(module), "state": list(module.state_dict())})
    for case in cases:
        print(json.dumps(case))
    print(json.dumps({"end": len(cases)}))


main()
