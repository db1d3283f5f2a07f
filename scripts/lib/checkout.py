"""What the scripts in Python share: the checkout, its versions, its Python and its programs."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release" / "examples"
"""Where build() leaves the examples."""


def fail(sentence: str, status: int = 1):
    """Ends this script with a sentence on standard error."""
    print(f"{Path(sys.argv[0]).name}: {sentence}", file=sys.stderr)
    sys.exit(status)


def device(text: str) -> str:
    """A device's name, for a command line."""
    if not re.fullmatch(r"cpu|cuda(:\d+)?", text):
        raise argparse.ArgumentTypeError("a device is cpu, cuda or cuda:N")
    return "cuda:0" if text == "cuda" else text


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file that others see as a whole or as it was before."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(path)


def pinned(key: str) -> str:
    """A version from Cargo.toml, where all of them stand: tch, pytorch, cuda or nvidia-driver."""
    return re.search(rf'^{key} = "=?([^"]+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]


def tutorials() -> list[str]:
    """The tutorials' names."""
    return sorted(path.stem for path in (ROOT / "examples").glob("*.rs"))


def setup_python() -> str:
    """Sets up what is missing and returns the Python that runs the references."""
    command = [ROOT / "scripts/setup", "--full", "--quiet", "--which-python"]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if found.returncode:
        sys.exit(found.returncode)
    return found.stdout.strip() or fail("scripts/setup found no Python with PyTorch; name one with --python")


def linked() -> dict[str, str]:
    """The environment without what would lead torch-sys to another libtorch than the one that is linked."""
    return {name: value for name, value in os.environ.items() if not re.match("LIBTORCH|TORCH_CUDA_VERSION", name)}


def scrubbed(**variables: str) -> dict[str, str]:
    """The environment of a program whose results are kept: without what would choose other kernels or another libtorch."""
    chooses = re.compile("ATEN_|MKL_|OMP_|ONEDNN_|DNNL_|GLIBC_TUNABLES|LD_|PYTHON|CUDA_VISIBLE")
    return {name: value for name, value in linked().items() if not chooses.match(name)} | variables


def build(*what: str) -> None:
    """Builds programs; without arguments the examples."""
    command = ["cargo", "build", "--release", *(what or ("--examples",))]
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr, env=linked()).returncode:
        fail(f"`{' '.join(command)}` failed")
