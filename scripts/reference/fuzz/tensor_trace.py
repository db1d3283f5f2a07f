"""Records the tensors of a PyTorch run under names, for `parity compare`.

The Rust crate `parity` writes the same files: same names, same manifest keys, same order.
"""

from __future__ import annotations

import json
import os
import platform
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import safetensors.torch
import torch

ORDER = "order"
"""Key of the file's metadata that holds the names in order of recording, as a JSON list."""


class Trace:
    """Every named tensor of a run, in order, in one .safetensors file.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "python.safetensors"
    >>> trace = Trace.create(path, {"seed": "42"})
    >>> trace.record("x", torch.ones(2))
    >>> for epoch in range(2):
    ...     trace.step(epoch)
    ...     trace.record("loss", torch.tensor(0.5))
    >>> trace.finish()
    >>> sorted(safetensors.torch.load_file(path))
    ['00000/loss', '00001/loss', 'x']
    """

    def __init__(self, path: Path | None, manifest: dict[str, str] | None):
        self._path = path
        self._manifest = manifest
        self._prefix = ""
        self._tensors: dict[str, torch.Tensor] = {}

    @classmethod
    def create(cls, path: str | os.PathLike, manifest: dict[str, str]) -> Trace:
        """Starts a trace that finish() writes to `path`.

        A file left there by an earlier run is removed at once, so that a run that fails leaves none.
        """
        path = Path(path)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"cannot write the trace {path}: there is no folder {path.parent}; make it first")
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise FileExistsError(f"cannot write the trace {path}: it exists and is not a regular file")
        path.unlink(missing_ok=True)
        return cls(path, manifest)

    @classmethod
    def in_memory(cls, manifest: dict[str, str]) -> Trace:
        """A trace that no file is written of; encode() gives what one would hold."""
        return cls(None, manifest)

    @classmethod
    def off(cls) -> Trace:
        """A trace that records nothing."""
        return cls(None, None)

    @property
    def is_on(self) -> bool:
        """Whether the trace records; ask before computing what only the trace needs."""
        return self._manifest is not None

    def step(self, *parts: int | str) -> None:
        """Says where in the run the next tensors belong.

        step(42) stores "loss" as "00042/loss", step(42, 3) as "00042/00003/loss", step("model_0", 42) as
        "model_0/00042/loss", and step() as "loss" again.
        """
        if self._manifest is None:
            return
        self._prefix = "".join(f"{part}/" if isinstance(part, str) else f"{part:05}/" for part in parts)

    def record(self, name: str, tensor) -> None:
        """Records a copy of a tensor, or of anything torch.as_tensor() takes, as it is now."""
        if self._manifest is None:
            return
        name = self._prefix + name
        if not name or name.endswith("/") or name == "__metadata__":
            raise ValueError(f"a traced tensor cannot be called {name!r}")
        if name in self._tensors:
            raise ValueError(f"the trace already holds {name!r}; call step() before recording a name again")
        if tensor is None:
            raise ValueError(f"{name!r} has no value to record; a gradient exists only after backward()")
        tensor = torch.as_tensor(tensor).detach().cpu().resolve_conj().resolve_neg()
        self._tensors[name] = tensor.clone(memory_format=torch.contiguous_format)

    def encode(self) -> bytes:
        """What the file would hold if the trace were finished now."""
        metadata = {key: str(value) for key, value in (self._manifest or {}).items()}
        metadata[ORDER] = json.dumps(list(self._tensors))
        return safetensors.torch.save(self._tensors, metadata)

    def finish(self) -> None:
        """Writes the file: first under another name in the same folder, then renamed, so that it is whole or absent."""
        if self._path is None:
            return
        content = self.encode()
        with tempfile.TemporaryDirectory(prefix=".trace", dir=self._path.parent) as folder:
            whole = Path(folder) / self._path.name
            whole.write_bytes(content)
            whole.replace(self._path)


def process_manifest(device: torch.device | str) -> dict[str, str]:
    """What this process can say of itself and of `device`; `Manifest::of_process` fills the same keys."""
    device = torch.device(device)
    return {
        "frontend": f"Python {platform.python_version()}",
        "libtorch": torch.__version__,
        "device": f"cuda:{device.index or 0}" if device.type == "cuda" else device.type,
        "device_name": _device_name(device),
        "driver": _driver(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
    }


def recorded_flags(arguments: Iterable[str]) -> str:
    """A command line's arguments as the manifest's `flags` has them: those of --trace left out."""
    kept = []
    arguments = iter(arguments)
    for argument in arguments:
        if argument == "--trace":
            next(arguments, None)
        elif not argument.startswith("--trace="):
            kept.append(argument)
    return " ".join(kept)


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        found = re.search(r"^model name\s*: *(.*?) *$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return "unknown"
    return found[1] if found else "unknown"


def _driver() -> str:
    """The version of the NVIDIA driver, "none" without one."""
    try:
        first = Path("/proc/driver/nvidia/version").read_text().splitlines()[0]
    except (OSError, IndexError):
        return "none"
    found = re.search(r"(?<=\s)[\d.]*\.[\d.]*(?=\s)", first)
    return found[0] if found else "none"
