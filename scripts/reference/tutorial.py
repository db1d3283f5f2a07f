"""What every reference script shares: flags, device, trace, figures. The Rust crate `tutorial` mirrors it."""

from __future__ import annotations

import argparse
import math
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import torch

from tensor_trace import Trace, process_manifest, recorded_flags


class Run:
    """One run of a reference: its flags' values, its device, its trace and the folder of its figures."""

    def __init__(self, about: dict, flags: argparse.Namespace):
        self.device = choose_device(flags.device)
        self.seed = about["seed"] if flags.seed is None else flags.seed
        self.seed_is_documents = flags.seed is None
        self.epochs = flags.epochs
        self.lr = flags.lr
        self.quiet = flags.quiet
        self.timings = flags.timings
        self.figures = None if flags.no_figures else flags.figures
        self.trace = Trace.off()
        if flags.trace:
            manifest = process_manifest(self.device)
            manifest |= {"seed": str(self.seed), "flags": recorded_flags(sys.argv[1:])}
            self.trace = Trace.create(flags.trace, manifest)

    def record(self, *step: int | str, **tensors: torch.Tensor) -> None:
        """Records tensors at a place in the run, with --trace."""
        self.trace.step(*step)
        for name, tensor in tensors.items():
            self.trace.record(name, tensor)

    def record_leaves(self, **leaves: torch.Tensor) -> None:
        """Records leaves and their gradients, where they have one, at the place of the last record()."""
        for name, leaf in leaves.items() if self.trace.is_on else ():
            self.trace.record(name, leaf)
            if leaf.grad is not None:
                self.trace.record(f"{name}.grad", leaf.grad)

    def record_model(self, model: torch.nn.Module) -> None:
        """record_leaves() of a model's parameters."""
        if self.trace.is_on:
            self.record_leaves(**dict(model.named_parameters()))

    def record_indices(self, data: torch.Tensor, batch: torch.Tensor) -> None:
        """Records as `indices` which rows of `data`, no two alike, a batch is made of."""
        if self.trace.is_on:
            same = (batch.unsqueeze(1) == data).all(-1)
            self.trace.record("indices", same.to(torch.uint8).argmax(1))

    @property
    def draws(self) -> bool:
        """Whether figures are asked for; matplotlib is imported only then."""
        return self.figures is not None

    def new_figure(self, figsize: tuple[float, float] = (6.4, 4.8)):
        """A figure of so many inches and its axes."""
        from figures import new_figure

        return new_figure(figsize)

    def savefig(self, fig, stem: str) -> None:
        """Saves the figure as STEM.png and matplotlib's decisions as STEM.json; tells standard error where."""
        from figures import close, save

        path = self.figures / f"{stem}.png"
        save(fig, path)
        close(fig)
        if not self.quiet:
            print(f"figure: {path}", file=sys.stderr)

    @contextmanager
    def timer(self, label: str):
        """Tells standard error how long the body took, with --timings."""
        started = time.perf_counter()
        yield
        if self.timings:
            if self.device.type == "cuda":
                torch.cuda.synchronize(self.device)  # a card that still works is waited for
            print(f"timing: {label} {time.perf_counter() - started:.9f} s", file=sys.stderr)


@contextmanager
def run(**about):
    """Reads the flags, and writes the trace after a body that did not fail."""
    flags = parse(about)
    if flags.threads is not None:
        torch.set_num_threads(flags.threads)
    running = Run(about, flags)
    if not running.quiet:
        print(f"device: {running.device}", file=sys.stderr)
    yield running
    running.trace.finish()


def parse(about: dict) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=about["name"], description=about["title"])
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--seed", type=int, help=f"default: {about['seed']}")
    parser.add_argument("--epochs", type=int, default=about["epochs"])
    parser.add_argument("--lr", type=learning_rate, default=about["lr"])
    parser.add_argument("--threads", type=int)
    parser.add_argument("--quiet", action="store_true", help="nothing on standard error")
    parser.add_argument("--trace", metavar="FILE.safetensors", help="record every named tensor")
    parser.add_argument("--figures", metavar="DIR", type=Path, help="draw the figures there, with matplotlib")
    parser.add_argument("--no-figures", action="store_true", help="draw none, as without --figures")
    parser.add_argument("--timings", action="store_true", help="tell standard error how long loops took")
    return parser.parse_args()


def learning_rate(text: str) -> float:
    lr = float(text)
    if not math.isfinite(lr) or lr < 0:
        raise argparse.ArgumentTypeError("a learning rate is a finite number, 0 or above")
    return lr


def choose_device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device("cuda:0" if name == "cuda" else name)


def numpy(tensor: torch.Tensor):
    """A tensor's elements in a row, to be plotted."""
    return tensor.detach().cpu().numpy().flatten()


def state_dict(model: torch.nn.Module) -> str:
    """The text of a state dictionary as Python had it up to 3.11, when the documents were printed.

    From 3.12 on an OrderedDict shows itself with braces.
    """
    items = ", ".join(f"({name!r}, {tensor!r})" for name, tensor in model.state_dict().items())
    return f"OrderedDict([{items}])"


def display(value) -> None:
    """What a notebook shows for a cell that ends in `value`, a tensor or a flat list or tuple of some."""
    if not isinstance(value, (list, tuple)) or type(value) is torch.Size:
        print(repr(value))
        return
    items = [repr(item) for item in value]
    brackets = "[]" if isinstance(value, list) else "()"
    flat = brackets[0] + ", ".join(items) + brackets[1]
    if len(flat) < 80 and "\n" not in flat:
        print(flat)
        return
    print(brackets[0] + ",\n ".join(item.replace("\n", "\n ") for item in items) + brackets[1])
