"""Which tch belongs to which PyTorch, as the registries have it, and what would stand in the way of trying a pair."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

CRATES = "https://index.crates.io"
CRATE_FILES = "https://static.crates.io/crates"
GIBIBYTE = 2**30
NEEDED = 16 * GIBIBYTE
"""Of disk: PyTorch with what it needs, a build, and the results of both versions."""


class Refused(Exception):
    """A sentence for the user: what cannot be tried, and why."""


@dataclass(frozen=True)
class Pair:
    tch: str
    pytorch: str
    cuda: str
    """Of PyTorch's wheels; empty where they have none."""


def fetch(url: str, accept: str = "*/*") -> bytes:
    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "torch-exact try-upgrade"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            raise Refused(f"there is no {url}") from error
        raise Refused(f"{url} answered {error.code} {error.reason}; start again later, it goes on from here") from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise Refused(f"{url} cannot be reached ({reason}); start again with a network, it goes on from here") from error


def order(version: str) -> tuple:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def tch_versions() -> list[str]:
    """Every tch that was not withdrawn, oldest first."""
    lines = [json.loads(line) for line in fetch(f"{CRATES}/3/t/tch").decode().splitlines()]
    return sorted((line["vers"] for line in lines if not line["yanked"]), key=order)


def wanted_by(tch: str) -> str:
    """The PyTorch that a tch is made for: what its torch-sys asks for."""
    archive = fetch(f"{CRATE_FILES}/torch-sys/torch-sys-{tch}.crate")
    with tarfile.open(fileobj=io.BytesIO(archive)) as crate:
        script = crate.extractfile(f"torch-sys-{tch}/build.rs").read().decode()
    found = re.search(r'TORCH_VERSION: &str = "([^"]+)"', script)
    if not found:
        raise Refused(f"torch-sys {tch} does not say which PyTorch it is for; name one")
    return found[1]


def wheel(pytorch: str, python: tuple[int, int]) -> dict:
    """The wheel of that PyTorch for this machine, as the package index describes it."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    files = json.loads(fetch(f"{index}/torch/", "application/vnd.pypi.simple.v1+json"))["files"]
    versions = {file["filename"].split("-")[1] for file in files if file["filename"].endswith(".whl")}
    if pytorch not in versions:
        newest = sorted((version for version in versions if re.fullmatch(r"[\d.]+", version)), key=order)[-3:]
        raise Refused(f"there is no PyTorch {pytorch} at {index}; the newest there are {', '.join(newest)}")
    tag = f"cp{python[0]}{python[1]}"
    machine = os.uname().machine
    for file in files:
        parts = file["filename"].removesuffix(".whl").split("-")
        if parts[1] == pytorch and parts[-3] == tag and parts[-2] == tag and parts[-1].endswith(machine):
            return file
    raise Refused(f"PyTorch {pytorch} has no wheel for Python {python[0]}.{python[1]} on {machine}; see --python")


def cuda_of(file: dict) -> str:
    """The CUDA of a wheel, as major.minor; empty where it needs none."""
    metadata = fetch(file["url"] + ".metadata").decode()
    found = re.search(r"^Requires-Dist: (?:cuda-toolkit\[.*?\]|nvidia-cuda-runtime[\w-]*)==(\d+\.\d+)", metadata, re.MULTILINE)
    return found[1] if found else ""


def choose(tch: str | None, pytorch: str | None, python: tuple[int, int], pinned_cuda: str, cuda: str | None) -> Pair:
    """The pair to try: what was asked for, else the newest tch with its PyTorch."""
    known = tch_versions()
    if tch is None:
        tch = known[-1]
    elif tch not in known:
        raise Refused(f"there is no tch {tch}; the newest are {', '.join(known[-3:])}")
    wanted = wanted_by(tch)
    if pytorch is not None and pytorch.split("+")[0] != wanted:
        raise Refused(f"tch {tch} is made for PyTorch {wanted}, not {pytorch}")
    has = cuda_of(wheel(wanted, python))
    if has and has != (cuda or pinned_cuda):
        raise Refused(
            f"the wheel of PyTorch {wanted} is for CUDA {has}, and this project is pinned to {pinned_cuda}: "
            f"--cuda {has} tries it nevertheless"
        )
    return Pair(tch, wanted, has)


def check_disk(folder: Path) -> int:
    """The free bytes where the drill is to work."""
    there = next(parent for parent in [folder, *folder.parents] if parent.exists())
    free = shutil.disk_usage(there).free
    if free < NEEDED:
        raise Refused(
            f"{folder} has {free / GIBIBYTE:.1f} GiB free, and the drill needs {NEEDED / GIBIBYTE:.0f}: "
            "make room or name another folder with --work"
        )
    return free
