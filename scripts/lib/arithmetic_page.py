"""Prints a page with its tables measured anew on this machine: usage arithmetic_page.py PAGE.

Each table stands behind a line <!-- NAME --> and ends with an empty line.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
OTHERS = {"native": "natively here", "compatible": "compatible", "avx2": "avx2"}
TIMED = [
    "mm 8", "mm 64", "mm 256", "mm 1024", "linear", "exp", "tanh", "sqrt", "log", "tan", "softmax", "conv2d", "svd",
]  # fmt: skip


def measured(arithmetic: str, folder: Path) -> dict[str, np.ndarray]:
    file = folder / f"{arithmetic}.npz"
    subprocess.run([sys.executable, ROOT / "tests/python/processors.py", arithmetic, file], check=True)
    return {key.replace("|", "/"): value for key, value in np.load(file).items()}


def ordered(values: np.ndarray) -> np.ndarray:
    """Floats as whole numbers in the same order, so that neighbours differ by one."""
    bits = values.view({4: np.int32, 8: np.int64}[values.itemsize])
    largest = np.iinfo(bits.dtype).max
    return np.where(bits < 0, -(bits & largest), bits).astype(np.float64 if values.itemsize == 4 else np.longdouble)


def distance(a: np.ndarray, b: np.ndarray) -> str:
    other = a.view(np.uint8).reshape(a.size, -1) != b.view(np.uint8).reshape(b.size, -1)
    share = other.any(axis=1).mean()
    if share == 0:
        return "the same"
    ulps = np.nanmax(np.abs(ordered(a) - ordered(b)))
    return f"{100 * share:.3g} %, {ulps:,.0f}"


def differences(results: dict[str, dict[str, np.ndarray]]) -> list[str]:
    portable = results["portable"]
    rows, same = [], []
    for key in (key for key in portable if key.endswith("/float32")):
        name = key.removesuffix("/float32")
        cells = [
            distance(portable[f"{name}/{dtype}"], results[other][f"{name}/{dtype}"])
            for dtype in ("float32", "float64")
            for other in OTHERS
        ]
        if set(cells) == {"the same"}:
            same.append(name)
        else:
            rows.append(f"| {name} | {' | '.join(cells)} |")
    heads = [f"{dtype}, {OTHERS[other]}" for dtype in ("float32", "float64") for other in OTHERS]
    head = [f"| operation | {' | '.join(heads)} |", f"|{' --- |' * (len(heads) + 1)}"]
    return [*head, *rows, f"| the same in all: {', '.join(same)} |{' |' * len(heads)}"]


def times(results: dict[str, dict[str, np.ndarray]]) -> list[str]:
    names = ["native", "portable", "compatible", "avx2"]
    rows = [f"| operation | {' | '.join(names)} |", f"|{' --- |' * (len(names) + 1)}"]
    for operation in TIMED:
        seconds = [float(results[name][f"{operation}/float32/seconds"]) for name in names]
        rows.append(f"| {operation} | {' | '.join(f'{1e6 * value:,.3g}' for value in seconds)} |")
    return rows


def main() -> None:
    page = Path(sys.argv[1]).read_text()
    with tempfile.TemporaryDirectory() as folder:
        results = {name: measured(name, Path(folder)) for name in ["portable", *OTHERS]}
    for name, rows in {"differences": differences(results), "times": times(results)}.items():
        before, rest = page.split(f"<!-- {name} -->\n", 1)
        page = f"{before}<!-- {name} -->\n" + "\n".join(rows) + "\n" + rest[rest.index("\n\n") + 1 :]
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
