"""Plants a difference in each kind of thing that can move between two versions and looks for it in the report of
`scripts/try-upgrade`, and asks for pairs that cannot be tried. Uses no network and no PyTorch."""

import argparse
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import sys
import tarfile
import tempfile
import urllib.error
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts/lib"))
from upgrade import moved, pair  # noqa: E402
from upgrade.gather import published_lines  # noqa: E402

IDENTICAL = {"verdict": "identical", "identical": 5, "differing": 0, "first_difference": None}
DIFFERENT = {
    "verdict": "different",
    "identical": 3,
    "differing": 2,
    "first_difference": {
        "position": [4, 4],
        "calls": [[{"operator": "aten::mul.Tensor", "line": {"file": "/a/line.py", "line": 7}}]] * 2,
        "output": {"elements": {"largest_ulp": 3}},
    },
}
# File, content in the old version, in the new, and what the report says of it.
PLANTED = [
    ("python/line.txt", "loss 0.5\nend\n", "loss 0.6\nend\n", "| line | 1 | 2 |  | line 1: `loss 0.5`, now `loss 0.6` |"),
    ("rust/line.txt", "a\n", "a\nb\n", "| line | 1 | 2 |  | line 2: `(no line)`, now `b` |"),
    ("published/line.txt", "as published: 1\n", "not so: 1\n", "line 1: `as published: 1`, now `not so: 1`"),
    ("compared/line.json", IDENTICAL, DIFFERENT, "| line | 2 | 5 | 3 | call 4, aten::mul.Tensor line.py:7 |"),
    (
        "cases-machine/optimizers.jsonl",
        {"name": "Adam", "dtype": "float32", "steps": [[1, "0000803f0000803f"]]},
        {"name": "Adam", "dtype": "float32", "steps": [[1, "0000803f0200803f"]]},
        "| Adam, float32 | 1 | 2 | 2 | case 1, steps[0][1], value 1: bits 0x3f800000, now 0x3f800002 |",
    ),
    (
        "cases-default/random_draws.jsonl",
        {"name": "normal", "dtype": "float64", "drawn": [1, 2, -9223372036854775808], "after": 7},
        {"name": "normal", "dtype": "float64", "drawn": [1, 4, 0], "after": 7},
        "### random draws, default kernels\n\n| | moved | of | at most, ULPs | first |\n| --- | --- | --- | --- | --- |\n"
        "| normal, float64 | 1 | 3 | 2 | case 1, drawn, value 1: bits 0x2, now 0x4 |",
    ),
    (
        "cases-machine/conversions.jsonl",
        {"name": "from float32", "dtype": "float8_e4m3fn", "bits": "7f7e"},
        {"name": "from float32", "dtype": "float8_e4m3fn", "bits": "7e7e"},
        "| from float32, float8_e4m3fn | 1 | 2 |  | case 1, bits, value 0: bits 0x7f, now 0x7e |",
    ),
    ("cases-machine/figures.jsonl", {"figure": "line/fit", "sha256": "ab"}, {"figure": "line/fit", "sha256": "ac"}, "| line/fit | 1 |"),
    ("cases-machine/repr.jsonl", {"kind": "repr", "text": "1."}, {"kind": "repr", "text": "1.0"}, '"1.", now "1.0"'),
    (
        "cases-machine/losses.jsonl",
        {"name": "l1_loss", "dtype": "bfloat16", "loss": "803f"},
        {"name": "l1_loss", "dtype": "bfloat16", "loss": "7f3f"},
        "| l1_loss, bfloat16 | 1 | 1 | 1 |",
    ),
]


# File, content in the old version, in the new (none: its generator failed), and why it is not compared.
NOT_COMPARED = [
    ("python/line.txt", "a\n", None, "- not compared: line: it ended with 1: no such operator"),
    ("cases-machine/losses.jsonl", {"name": "l1_loss", "loss": "80"}, None, "- not compared: it ended with 1: no such operator"),
    (
        "cases-machine/repr.jsonl",
        {"kind": "repr", "text": "1."},
        '{"kind": "repr", "text": "0."}\n{"kind": "repr", "text": "1."}\n',
        "- not compared: repr: 1 cases in the old version, 2 in the new",
    ),
    (
        "compared/line.json",
        IDENTICAL,
        {"verdict": "not_comparable", "reason": "the recording is cut"},
        "- not compared: line: the recording is cut",
    ),
    (
        "cases-machine/random_draws.jsonl",
        {"name": "rand", "dtype": "float16", "drawn": [1], "after": 7},
        {"name": "rand", "dtype": "float16", "drawn": [900], "after": 8},
        "| rand, float16 | 2 | 2 |  | case 1, after: 7, now 8 |",
    ),
]


def write(folder: Path, name: str, content) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content) + "\n")


def report(planted: list[int], things: list[tuple] = PLANTED) -> str:
    """What is said of two folders that differ in these things alone."""
    with tempfile.TemporaryDirectory() as place:
        old, new = Path(place, "old"), Path(place, "new")
        for number, (name, before, after, _) in enumerate(things):
            write(old, name, before)
            if number in planted and after is None:
                write(new, str(Path(name).with_suffix(".failed")), "it ended with 1: no such operator\n")
            else:
                write(new, name, after if number in planted else before)
        return "\n".join(moved.markdown(moved.all_sections(old, new)))


def crate(script: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo("torch-sys-0.9.0/build.rs")
        entry.size = len(script)
        archive.addfile(entry, io.BytesIO(script.encode()))
    return file.getvalue()


def refused(sentence: str, *asked, answers: dict | None = None, python=(3, 11)) -> None:
    """`choose` ends with this sentence where the registries answer so."""
    machine = pair.os.uname().machine
    wheel = {"filename": f"torch-2.9.0-cp311-cp311-manylinux_2_28_{machine}.whl", "url": "wheel"}
    known = {
        f"{pair.CRATES}/3/t/tch": b'{"vers": "0.9.0", "yanked": false}\n{"vers": "0.10.0", "yanked": true}\n',
        f"{pair.CRATE_FILES}/torch-sys/torch-sys-0.9.0.crate": crate('const TORCH_VERSION: &str = "2.9.0";'),
        "https://pypi.org/simple/torch/": json.dumps({"files": [wheel]}).encode(),
        "wheel.metadata": b"Name: torch\nRequires-Dist: nvidia-cuda-runtime-cu12==12.8.90; platform_system == 'Linux'\n",
    }
    known |= answers or {}
    pair.fetch = lambda url, accept="": known[url]
    try:
        found = pair.choose(*[*asked, None, None, None][:2], python, "13.0", [*asked, None, None, None][2])
    except pair.Refused as error:
        assert sentence in str(error), f"{error}, not {sentence}"
    else:
        assert sentence == str(found), f"{found} is not refused with {sentence}"


def main():
    pair.os.environ.pop("PIP_INDEX_URL", None)
    for number, (name, _, _, sentence) in enumerate(PLANTED):
        text = report([number])
        assert sentence in text, f"{name}: {sentence} is not in\n{text}"
        assert text.count("### ") == 1, f"{name}: more than it moved in\n{text}"
    assert report([]).startswith("## What moved\n\nNothing.")
    for number, (name, _, _, sentence) in enumerate(NOT_COMPARED):
        text = report([number], NOT_COMPARED)
        assert sentence in text and "Nothing." not in text, f"{name}: {sentence} is not in\n{text}"
    count = len(PLANTED) + len(NOT_COMPARED)
    print(f"planted differences that the report names: {count} of {count}")
    lines = published_lines("## title\n! 1 -> 2: reason\n3\n4\n", "3\n5\n")
    assert lines == "as published: 3\nnot so: 4\n", lines

    fetch = pair.fetch
    refused("there is no tch 0.8.0; the newest are 0.9.0", "0.8.0")
    refused("there is no tch 0.10.0", "0.10.0")
    refused("tch 0.9.0 is made for PyTorch 2.9.0, not 2.8.0", None, "2.8.0")
    refused("is for CUDA 12.8, and this project is pinned to 13.0: --cuda 12.8", "0.9.0")
    refused("Pair(tch='0.9.0', pytorch='2.9.0', cuda='12.8')", "0.9.0", "2.9.0", "12.8")
    refused("no wheel for Python 3.12", None, None, "12.8", python=(3, 12))
    empty = json.dumps({"files": [{"filename": "torch-2.8.0-cp311-cp311-any.whl"}]}).encode()
    refused("there is no PyTorch 2.9.0 at https://pypi.org/simple; the newest there are 2.8.0", answers={"https://pypi.org/simple/torch/": empty})
    silent = {f"{pair.CRATE_FILES}/torch-sys/torch-sys-0.9.0.crate": crate("fn main() {}")}
    refused("does not say which PyTorch it is for", answers=silent)
    pair.fetch = fetch

    def unreachable(*_, **__):
        raise urllib.error.URLError("no route to host")

    pair.urllib.request.urlopen = unreachable
    try:
        pair.tch_versions()
        raise AssertionError("a network that is not there is not noticed")
    except pair.Refused as error:
        assert "cannot be reached (no route to host); start again with a network, it goes on from here" in str(error)
    pair.NEEDED = 2**60
    try:
        pair.check_disk(Path("/a/folder/yet/to/be/made"))
        raise AssertionError("a disk that is too small is not noticed")
    except pair.Refused as error:
        assert "make room or name another folder with --work" in str(error)
    print("pairs, networks and disks that are refused with a sentence: 9 of 9")
    statuses()


def statuses() -> None:
    """What the command ends with: 1 for what moved and for what was not compared, and it goes on with its own work only."""
    path = Path(__file__).resolve().parents[2] / "scripts/try-upgrade"
    loader = importlib.machinery.SourceFileLoader("try_upgrade", str(path))
    script = importlib.util.module_from_spec(importlib.util.spec_from_loader("try_upgrade", loader))
    loader.exec_module(script)
    compared = [NOT_COMPARED[0], PLANTED[0]]
    for planted, expected in [([], 0), ([0], 1), ([1], 1)]:
        with tempfile.TemporaryDirectory() as place:
            for number, (_, before, after, _) in enumerate(compared):
                write(Path(place, "old"), f"python/{number}.txt", before)
                if number not in planted or after is not None:
                    write(Path(place, "new"), f"python/{number}.txt", after if number in planted else before)
            drill = script.Drill(pair.Pair("0.9.0", "2.9.0", ""), Path(place), argparse.Namespace(test=False))
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                status = drill.report()
            assert status == expected, f"{planted}: ended with {status}"
    with tempfile.TemporaryDirectory() as place:
        script.check_same_drill(Path(place), {"pair": "a", "python": None})
        script.check_same_drill(Path(place), {"pair": "a", "python": None})
        try:
            script.check_same_drill(Path(place), {"pair": "a", "python": "python3.12"})
            raise AssertionError("another Python goes on with the results of the first")
        except pair.Refused as error:
            assert "has a drill with another python: remove it, or name another folder" in str(error), error


main()
