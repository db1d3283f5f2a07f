"""The Python side of `parity fuzz`: does what it is asked, over and over.

Standard input has a request a line, {"train": spec} or {"repr": spec}. Each is answered on standard output by a line
of JSON, {"bytes": N} and then N bytes, or {"error": reason}.
"""

import argparse
import json
import sys
import warnings

import safetensors.torch
import torch
from torch import nn
from torch.optim import lr_scheduler, swa_utils
from torch.utils import data


class Trace:
    """Copies of tensors under names, in order."""

    def __init__(self):
        self.prefix, self.tensors = "", {}

    def step(self, *batch: int) -> None:
        """Puts what is recorded from here on under this epoch and batch, or under none."""
        self.prefix = "".join(f"{number:05}/" for number in batch)

    def record(self, name: str, tensor: torch.Tensor) -> None:
        copy = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        if self.tensors.setdefault(self.prefix + name, copy) is not copy:
            raise ValueError(f"{self.prefix + name} is recorded already")

    def encode(self) -> bytes:
        """A safetensors file, which has its tensors in another order: theirs stands beside them."""
        return safetensors.torch.save(self.tensors, {"order": json.dumps(list(self.tensors))})


def train(spec: dict) -> bytes:
    """Trains as the spec says, and returns the trace."""
    trace = Trace()
    dtype = getattr(torch, spec["dtype"])
    torch.manual_seed(spec["seed"])
    x = torch.randn(spec["rows"], spec["widths"][0], dtype=dtype) * spec["scale"]
    y = torch.randn(spec["rows"], spec["widths"][-1], dtype=dtype)
    model = make_model(spec, dtype)
    trace.record("x", x)
    trace.record("y", y)
    for name, parameter in model.named_parameters():
        trace.record(name, parameter)
    model.to(spec["device"])
    loss_fn = named(nn, spec["loss"])
    options = spec["optimizer"]
    if spec.get("rate"):
        options = options | {"lr": torch.tensor(options["lr"], dtype=getattr(torch, spec["rate"]))}
    optimizer = named(torch.optim, options, model.parameters())
    scheduler = make_scheduler(spec["scheduler"], optimizer) if spec.get("scheduler") else None
    dataset = data.TensorDataset(x.to(spec["device"]), y.to(spec["device"]), torch.arange(len(x)))
    loader = make_loader(spec, dataset)
    for epoch in range(spec["epochs"]):
        for batch, (xb, yb, indices) in enumerate(loader):
            trace.step(epoch, batch)
            trace.record("indices", indices)
            last = {}

            def closure():
                prediction = model(xb)
                loss = loss_fn(prediction, yb)
                optimizer.zero_grad()
                total = loss if loss.dim() == 0 else loss.sum()
                total.backward()
                last.update(prediction=prediction, loss=loss)
                return total

            if spec.get("closure"):
                optimizer.step(closure)
            else:
                closure()
                optimizer.step()
            for name, tensor in last.items():
                trace.record(name, tensor)
            for name, parameter in model.named_parameters():
                trace.record(f"{name}.grad", parameter.grad)
                trace.record(name, parameter)
            for name, buffer in model.named_buffers():
                trace.record(name, buffer)
            if scheduler is not None:
                scheduler.step()
                trace.record("lr", torch.tensor(float(optimizer.param_groups[0]["lr"]), dtype=torch.float64))
    trace.step()
    trace.record("generator", torch.get_rng_state())
    return trace.encode()


def make_loader(spec: dict, dataset: data.Dataset) -> data.DataLoader:
    rows = range(len(dataset))
    if spec.get("concatenated"):
        half = len(rows) // 2
        dataset = data.ConcatDataset([data.Subset(dataset, rows[:half]), data.Subset(dataset, rows[half:])])
    options = {name: spec[name] for name in ("batch_size", "shuffle", "drop_last")}
    if spec.get("sampler"):
        of_rows = {"data_source": rows} if spec["sampler"]["name"] == "RandomSampler" else {}
        options["sampler"] = named(data, spec["sampler"] | of_rows)
        if spec.get("batched"):
            del options["shuffle"]
            options = {"batch_sampler": data.BatchSampler(**options)}
    return data.DataLoader(dataset, **options)


def make_model(spec: dict, dtype: torch.dtype) -> nn.Sequential:
    layers = make_front(spec["front"], spec["widths"][0], dtype) if spec.get("front") else []
    for inputs, outputs in zip(spec["widths"], spec["widths"][1:]):
        if layers:
            layers.append(getattr(nn, spec["activation"])())
        layers.append(nn.Linear(inputs, outputs, bias=spec["bias"], dtype=dtype))
    return nn.Sequential(*layers)


def make_front(spec: dict, features: int, dtype: torch.dtype) -> list:
    """What stands before the linear layers."""
    if spec["name"] == "Convolution":
        channels, size = spec["channels"], spec["kernel_size"]
        layers = [nn.Unflatten(1, (1, features)), nn.Conv1d(1, channels, size, padding=size // 2, dtype=dtype)]
        layers += [nn.BatchNorm1d(channels, dtype=dtype)] if spec["norm"] else []
        layers += [nn.ReLU()] + ([nn.MaxPool1d(2)] if spec["pool"] else [])
        places = features // 2 if spec["pool"] else features
        return layers + [nn.Flatten(), nn.Linear(channels * places, features, dtype=dtype)]
    if spec["name"] == "Recurrent":
        hidden, both = spec["hidden_size"], spec["bidirectional"]
        layer = getattr(nn, spec["cell"])(
            1, hidden, num_layers=spec["num_layers"], bidirectional=both, batch_first=True, dtype=dtype
        )
        last = nn.Linear(hidden * (2 if both else 1), features, dtype=dtype)
        return [nn.Unflatten(1, (features, 1)), Last(layer), last]
    if spec["name"] == "Embedding":
        size = spec["embedding_dim"]
        layer = nn.Embedding(8, size, padding_idx=spec["padding_idx"], dtype=dtype)
        return [Indices(), layer, nn.Flatten(), nn.Linear(features * size, features, dtype=dtype)]
    size = spec["num_heads"] * spec["head_dim"]
    first = nn.Linear(1, size, dtype=dtype)
    options = {"dropout": spec["dropout"], "norm_first": spec["norm_first"], "batch_first": True, "dtype": dtype}
    layer = nn.TransformerEncoderLayer(size, spec["num_heads"], dim_feedforward=4, **options)
    last = nn.Linear(features * size, features, dtype=dtype)
    return [nn.Unflatten(1, (features, 1)), first, layer, nn.Flatten(), last]


class Last(nn.Module):
    """The last step of a recurrent layer's output."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0][:, -1]


class Indices(nn.Module):
    """Rows of an embedding from numbers."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.abs().long().clamp(max=7)


def make_scheduler(spec: dict, optimizer: torch.optim.Optimizer):
    options = dict(spec)
    name = options.pop("name")
    kind = swa_utils.SWALR if name == "SWALR" else getattr(lr_scheduler, name)
    if "schedulers" in options:
        options["schedulers"] = [make_scheduler(inner, optimizer) for inner in options["schedulers"]]
    return kind(optimizer=optimizer, **options)


def named(module, spec: dict, *arguments):
    """Calls what `spec` names in `module`, the rest of the spec being its keyword arguments."""
    options = dict(spec)
    return getattr(module, options.pop("name"))(*arguments, **options)


def show(spec: dict) -> bytes:
    """Prints a tensor as the spec says, and returns the text."""
    dtype = getattr(torch, spec["dtype"])
    content = bytearray.fromhex(spec["bytes"])
    tensor = torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
    tensor = tensor.reshape(spec["shape"])
    if spec["grad"] != "none":
        tensor.requires_grad_()
    if spec["grad"] == "view":
        tensor = tensor.view(tensor.shape)
    if spec["grad"] == "unsqueeze":
        tensor = tensor.unsqueeze(0)
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**spec["options"])
    forms = {
        "tensor": lambda: repr(tensor),
        "format": lambda: f"{tensor}",
        "parameter": lambda: repr(nn.Parameter(tensor, requires_grad=tensor.requires_grad)),
        "list": lambda: repr([tensor, tensor]),
    }
    return forms[spec["form"]]().encode()


def main() -> None:
    parser = argparse.ArgumentParser(description="the Python side of `parity fuzz`")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--arithmetic", default="native")
    flags = parser.parse_args()
    if flags.arithmetic != "native":
        import arithmetic

        arithmetic.set(flags.arithmetic)
    if flags.threads is not None:
        torch.set_num_threads(flags.threads)
    # What a scheduler warns of is no output that is compared.
    warnings.simplefilter("ignore")
    tasks = {"train": train, "repr": show}
    for line in sys.stdin:
        [(task, spec)] = json.loads(line).items()
        content = b""
        try:
            content = tasks[task](spec)
            header = {"bytes": len(content)}
        except Exception as error:
            header = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + content)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
