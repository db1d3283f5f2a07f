"""What every reference script shares: flags, device, figures. The Rust crate `tutorial` mirrors it."""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
from pathlib import Path

import torch

from . import arithmetic


class Run:
    """One run of a reference: its flags' values, its device and the folder of its figures."""

    def __init__(self, *, title: str, seed: int, epochs: int, lr: float, document: str = "portable"):
        flags = parse(title, seed, epochs, lr)
        computes = set_arithmetic(flags.arithmetic, document)
        if flags.threads is not None:
            torch.set_num_threads(flags.threads)
        self.device = choose_device(flags.device)
        self.seed = seed if flags.seed is None else flags.seed
        self.seed_is_documents = flags.seed is None
        self.epochs = flags.epochs
        self.lr = flags.lr
        self.quiet = flags.quiet
        self.figures = None if flags.no_figures else flags.figures
        if self.draws and importlib.util.find_spec("matplotlib") is None:
            sys.exit("error: --figures: there is no matplotlib; install it, or give --no-figures")
        if not self.quiet:
            print(f"device: {self.device}", file=sys.stderr)
            print(f"arithmetic: {computes}", file=sys.stderr)

    @property
    def draws(self) -> bool:
        """Whether figures are asked for; matplotlib is imported only then."""
        return self.figures is not None

    def pyplot(self):
        """matplotlib's pyplot, in its default style and drawing into files."""
        import matplotlib

        matplotlib.rcdefaults()
        matplotlib.use("Agg")
        import matplotlib.pyplot

        return matplotlib.pyplot

    def savefig(self, fig, stem: str) -> None:
        """Saves the figure as STEM.png and tells standard error where."""
        self.figures.mkdir(parents=True, exist_ok=True)
        path = self.figures / f"{stem}.png"
        fig.savefig(path)
        self.pyplot().close(fig)
        if not self.quiet:
            print(f"figure: {path}", file=sys.stderr)


def parse(title: str, seed: int, epochs: int, lr: float) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    names = ["document", *arithmetic.CHOICES]
    parser.add_argument("--arithmetic", default="document", choices=names, help="which processor's last bits")
    parser.add_argument("--seed", type=int, help=f"default: {seed}")
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--lr", type=learning_rate, default=lr)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--quiet", action="store_true", help="nothing on standard error")
    folder = Path("figures", Path(sys.argv[0]).stem)
    parser.add_argument("--figures", metavar="DIR", type=Path, default=folder, help=f"default: {folder}")
    parser.add_argument("--no-figures", action="store_true", help="draw none")
    return parser.parse_args()


def set_arithmetic(asked: str, document: str) -> str:
    """Chooses the arithmetic, the document's if no other is asked for, and says which it is."""
    name = document if asked == "document" else asked
    try:
        arithmetic.set(name)
        return name
    except arithmetic.Overruled as error:
        return f"the environment's ({error})"
    except arithmetic.Unavailable as error:
        if asked != "document":
            sys.exit(f"error: --arithmetic {asked}: {error}")
        if name == "avx512" and arithmetic.is_available("compatible"):
            arithmetic.set("compatible")
            return f"compatible ({error})"
        return f"native ({error})"


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
