"""Evaluates expressions on tensors, parameters and numbers: values, gradients and grad_fn, bit for bit.

`tests/operators.rs` states each expression a second time, in Rust, and builds the same operands.
"""

import json

import torch
from torch import nn

EXPRESSIONS = [
    "0.7 * x", "x * 0.7", "x + 0.3", "0.3 + x", "x - 0.3", "0.3 - x", "1 - x", "1.0 - x",
    "x / 10", "x / 0.3", "3.0 / x", "3 / x", "x / x.numel()",
    "(x * 1).add_(0.3)", "(x * 1).sub_(0.3)", "(x * 1).mul_(0.9)", "(x * 1).div_(3)",
    "w * x + b", "w - x", "x - w", "x / w", "w / x", "w * w", "x * 1 + b", "-w",
    "0.7 * w", "w / 10", "1 - w", "2 / w", "w - 0.1", "x.norm()", "x[i]", "x.clone()",
    "(1 - x) * (x + 2) / 3 - 0.5 / (x * x + 1)",
]  # fmt: skip
INTEGERS = ["0.7 * x", "x / 10", "1 - x", "x - 0.3", "3 / x", "x / 0.3"]
DTYPES = ["float32", "float64", "float16", "bfloat16"]


def bits(tensor):
    return tensor.detach().reshape(-1).contiguous().view(torch.uint8).numpy().tobytes().hex()


def operands(dtype):
    torch.manual_seed(7)
    edges = torch.tensor([1.0, 0.1, 0.0, -0.0, 3.0, -1.0])
    return [torch.cat([edges, torch.randn(34)]).mul(scale).to(dtype) for scale in (1.0, 3.0, 0.3)]


def main():
    torch.set_num_threads(1)
    count = 0
    cases = [(text, name) for name in DTYPES for text in EXPRESSIONS] + [(text, "int64") for text in INTEGERS]
    for text, name in cases:
        x, w, b = operands(getattr(torch, name))
        differentiable = name != "int64"
        if differentiable:
            x.requires_grad_()
            w, b = nn.Parameter(w), nn.Parameter(b)
        out = eval(text, {"x": x, "w": w, "b": b, "i": torch.tensor([5, 0, 5, 1])})
        case = {"expression": text, "dtype": name, "bits": bits(out), "result": str(out.dtype)}
        if differentiable:
            case["grad_fn"] = out.grad_fn.name().split("::")[-1]
            out.sum().backward()
            case["grads"] = [None if leaf.grad is None else bits(leaf.grad) for leaf in (x, w, b)]
        print(json.dumps(case))
        count += 1
    print(json.dumps({"end": count}))


main()
