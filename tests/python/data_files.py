"""Files of data, whole and damaged, and what Python reads of them.

`data_files.py FOLDER COUNT` writes COUNT tables and COUNT IDX files into FOLDER and prints a line of JSON for each, which has
all that `tests/data_files.rs` needs to read them: options, and the digest of what is read, or why it is refused. Tables are
read by `numpy.loadtxt`, IDX files by torchvision, or, where it is not installed, by the few lines of NumPy below.
"""

import gzip
import inspect
import json
import random
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))
from digest import digest  # noqa: E402

try:
    from torchvision.datasets.mnist import read_sn3_pascalvincent_tensor as read_idx

    READER = "torchvision"
except ImportError:
    READER = "NumPy, since torchvision is not installed"

    def read_idx(path):
        data = Path(path).read_bytes()
        code, dimensions = divmod(int.from_bytes(data[:4], "big"), 256)
        assert 1 <= dimensions <= 3
        sizes = [int.from_bytes(data[4 * i : 4 * i + 4], "big") for i in range(1, dimensions + 1)]
        found = np.frombuffer(data, {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}[code], offset=4 * dimensions + 4)
        assert found.size == np.prod(sizes) and found.size
        return torch.from_numpy(found.astype(found.dtype.newbyteorder("="))).view(*sizes)


# Options of `loadtxt` that are not offered, and why.
LEFT_OUT = {
    "fname": "given", "dtype": "float64", "converters": "functions", "unpack": "a transposition", "encoding": "UTF-8",
    "quotechar": "none", "like": "other arrays",
}  # fmt: skip


def number(r):
    digits = "".join(r.choice("0123456789") for _ in range(r.randint(1, 30)))
    at = r.randint(0, len(digits))
    written = [repr(r.uniform(-9, 9)), f"{r.gauss(0, 1e5):.3e}", str(r.randint(-99, 99)), digits[:at] + "." + digits[at:], f"{digits}e{r.randint(-340, 320)}", f"{r.uniform(0, 4):.17g}e-308"]
    return r.choice(["-", "+", "", ""]) * (r.random() < 0.2) + r.choice([*written * 3, "nan", "inf", "-INF", "Infinity", "-0.0", "4.9e-324"]).lstrip("-")


def table(r):
    options = {"delimiter": r.choice([",", ",", None, ";", "\t"]), "comments": r.choice(["#", "#", "#", "%", None])}
    options |= {"skiprows": r.choice([0, 0, 1, 2, 9]), "max_rows": r.choice([None, None, None, 0, 1, 4]), "ndmin": r.choice([0, 0, 1, 2] + [3] * (r.random() < 0.05))}
    columns = r.choice([1, 2, 3, 5])
    usecols = [r.randint(-columns, columns - 1 + (r.random() < 0.1)) for _ in range(r.randint(0, 3))]
    options["usecols"] = r.choice([None, None, usecols])
    lines = [r.choice(["rooms,price", "# of houses", ""]) for _ in range(options["skiprows"] if options["skiprows"] < 9 or r.random() < 0.1 else 0)]
    for _ in range(r.choice([0, 1, 2, 5, 5, 20])):
        between = options["delimiter"] or r.choice([" ", "  ", "\t", " \t", "\u00a0"])
        space = r.choice(["", "", "", " ", "\t", "\u2003", "\x1d"]) if options["delimiter"] != "\t" else ""
        line = between.join(space + number(r) for _ in range(columns)) + r.choice(["", "", "", " "])
        fault = r.random()
        if fault < 0.04:
            fields = line.split(between)
            fields[r.randrange(len(fields))] = r.choice(["word", "", "0x10", "1_0", "1e", "--1", '"1"', "1,5;", "nan(1)", "1d5", "(2", "1 2", "\ufeff1", "infinit", "e5", ".", "١"])
            line = between.join(fields)
        elif fault < 0.07:
            line += between + "1"
        elif fault < 0.15:
            line = r.choice(["", "", "# said", "  ", "#"])
        elif fault < 0.25 and options["comments"]:
            line += options["comments"] + " said, 1"
        lines.append(line)
    if r.random() < 0.02:
        options["delimiter"] = options["comments"] or "\n"
    end = r.choice(["\n", "\n", "\r\n", "\r"])
    return options, (end.join(lines) + end * r.randint(0, 2)).encode() + b"\xff" * (r.random() < 0.02 and options["max_rows"] != 0)


def idx(r):
    code = r.choice([8, 8, 9, 11, 12, 13, 14] + [0, 7, 10, 15, 255] * (r.random() < 0.1))
    sizes = [r.choice([1, 2, 3, 5, 28]) for _ in range(r.choice([1, 1, 2, 3] + [0, 4] * (r.random() < 0.1)))]
    if r.random() < 0.1 and sizes:
        sizes[r.randrange(len(sizes))] = r.choice([0, 2**32 - 1, 2**31, 65536])
    size = {11: 2, 12: 4, 13: 4, 14: 8}.get(code, 1)
    count = int(np.prod([min(size, 28) for size in sizes])) * size
    data = struct.pack(">I", code * 256 + len(sizes) + r.choice([0] * 30 + [1 << 16, 1 << 24])) + b"".join(struct.pack(">I", size) for size in sizes)
    data += r.randbytes(count)
    cut = r.random()
    if cut < 0.1:
        data = data[: r.randrange(len(data))]
    elif cut < 0.15:
        data += r.randbytes(r.choice([1, size]))
    return data


def compressed(r, data):
    half = r.randrange(len(data) + 1)
    parts = r.choice([[data], [data[:half], data[half:]]])
    return b"".join(map(gzip.compress, parts))


def main():
    folder, count, r, drawn = Path(sys.argv[1]), int(sys.argv[2]), random.Random(5), set()
    print(json.dumps({"reader": READER}))
    for i in range(2 * count):
        plain, packed = folder / f"{i}", folder / f"{i}.gz"
        options, data = table(r) if i < count else (None, idx(r))
        drawn |= set(options or {})
        plain.write_bytes(data)
        packed.write_bytes(compressed(r, data))
        case = {"file": str(r.choice([plain, packed])), "options": options}
        try:
            if options is None:
                found = read_idx(str(plain))
            else:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = torch.from_numpy(np.array(np.loadtxt(r.choice([plain, packed]), **options)))
            case |= {"found": digest([found])}
        except (ValueError, TypeError, AssertionError, KeyError, RuntimeError) as error:
            case |= {"refused": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(case))
    missing = set(inspect.signature(np.loadtxt).parameters) - set(LEFT_OUT) - drawn
    if missing:
        sys.exit(f"loadtxt: {sorted(missing)} of its signature are neither drawn nor left out for a reason")
    print(json.dumps({"end": 2 * count + 1}))


main()
