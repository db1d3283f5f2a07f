"""What moved between two folders of results, old and new, as `gather.py` fills them."""

from __future__ import annotations

import json
import re
import struct
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FLOATS = {"float16": "h", "bfloat16": "h", "float32": "i", "float64": "q"}
"""Floating dtypes, and the whole number of the same size as `struct` names it."""
NAMES = ("name", "call", "case", "draws", "figure", "kind", "dtype")
"""What a case is called by."""
PARTS = {"complex64": "float32", "complex128": "float64"}


@dataclass
class Row:
    """One kind of thing: how many of its values moved, and how far."""

    what: str
    compared: int = 0
    moved: int = 0
    ulps: int | None = None
    first: str = ""

    def add(self, compared: int, moved: int, ulps: int | None, where: str) -> None:
        self.compared += compared
        if moved and not self.moved:
            self.first = where
        self.moved += moved
        if ulps is not None:
            self.ulps = max(ulps, self.ulps or 0)


@dataclass
class Section:
    title: str
    rows: list[Row] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    """What could not be compared, and why."""


def ranked(bits: int, size: int) -> int:
    """A float's bits as a whole number, neighbours among floats being neighbours among these."""
    return bits if bits >= 0 else -(bits & (2 ** (8 * size - 1) - 1))


def numbers(value, dtype: str | None) -> list[int] | None:
    """The values of hexadecimal bytes or of a list of whole numbers that are bits; none for another thing."""
    dtype = PARTS.get(dtype, dtype)
    code = FLOATS.get(dtype, "B")
    size = struct.calcsize(code)
    if isinstance(value, str) and len(value) >= 2 * size and re.fullmatch(r"(?:[0-9a-f]{2})+", value):
        raw = bytes.fromhex(value)
        if len(raw) % size == 0:
            return [ranked(bits, size) for (bits,) in struct.iter_unpack(f"<{code}", raw)]
    if isinstance(value, list) and value and all(type(item) is int for item in value):
        return [ranked(item, size) for item in value] if dtype in FLOATS else value
    return None


def leaves(old, new, path: str = "") -> Iterator[tuple[str, object, object]]:
    """Pairs of values that stand in the same place, lists of whole numbers being one value."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from leaves(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and numbers(old, None) is None:
        for at, (a, b) in enumerate(zip(old, new)):
            yield from leaves(a, b, f"{path}[{at}]")
    else:
        yield path, old, new


def name_of(case: dict) -> str:
    words = [case.get(key) for key in NAMES]
    words = [word for word in words if isinstance(word, str)]
    return ", ".join(dict.fromkeys(words)) or "all"


def compare_cases(old: Path, new: Path) -> Section:
    """Two files of JSON lines, line by line and value by value."""
    section, rows = Section(old.stem), {}
    both = [cases_by_name(path) for path in (old, new)]
    for name in dict.fromkeys([*both[0], *both[1]]):
        counts = [len(cases.get(name, [])) for cases in both]
        if counts[0] != counts[1]:
            section.absent.append(f"{name}: {counts[0]} cases in the old version, {counts[1]} in the new")
    pairs = [pair for name, cases in both[0].items() if len(both[1].get(name, [])) == len(cases) for pair in zip(cases, both[1][name])]
    for (number, a), (_, b) in pairs:
        row = rows.setdefault(name_of(a), Row(name_of(a)))
        # Draws from generators that have come apart have no distance.
        is_apart = a.get("after") != b.get("after")
        for path, was, now in leaves(a, b):
            values = [numbers(value, a.get("dtype")) for value in (was, now)]
            if None in values or len(values[0]) != len(values[1]):
                if was == now and (path in NAMES or not isinstance(was, str)):
                    continue
                row.add(1, int(was != now), None, f"case {number}, {path}: {short(was)}, now {short(now)}")
                continue
            apart = [abs(x - y) for x, y in zip(*values)]
            moved = sum(map(bool, apart))
            ulps = max(apart) if moved and not is_apart and a.get("dtype") in FLOATS | PARTS else None
            at = next((at for at, distance in enumerate(apart) if distance), 0)
            bits = [f"{value[at]:#x}" for value in values]
            row.add(len(apart), moved, ulps, f"case {number}, {path}, value {at}: bits {bits[0]}, now {bits[1]}")
    section.rows = list(rows.values())
    return section


def cases_by_name(path: Path) -> dict[str, list[tuple[int, dict]]]:
    """The cases of JSON lines under their names, with the lines' numbers."""
    found = defaultdict(list)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        case = json.loads(line)
        if isinstance(case, dict) and "end" not in case:
            found[name_of(case)].append((number, case))
    return found


def why_absent(path: Path) -> str:
    failed = path.with_suffix(".failed")
    return failed.read_text().strip() if failed.exists() else "not there in the new version"


def short(value) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else text[:57] + "..."


def compare_texts(title: str, old: Path, new: Path) -> Section:
    """Text files of the same names, line by line."""
    section = Section(title)
    for path in sorted(old.glob("*.txt")):
        row = Row(path.stem)
        section.rows.append(row)
        if not (new / path.name).exists():
            section.absent.append(f"{path.stem}: {why_absent(new / path.name)}")
            continue
        a, b = path.read_text().splitlines(), (new / path.name).read_text().splitlines()
        for number in range(max(len(a), len(b))):
            was, now = (lines[number] if number < len(lines) else "(no line)" for lines in (a, b))
            row.add(1, int(was != now), None, f"line {number + 1}: `{was}`, now `{now}`")
    return section


def compare_recordings(path: Path) -> Section:
    """What `parity compare --json` wrote of each tutorial's two recordings."""
    section = Section("computing calls of the tutorials")
    for file in sorted(path.glob("*.json")):
        found = json.loads(file.read_text())
        if found["verdict"] == "not_comparable":
            section.absent.append(f"{file.stem}: {found['reason']}")
            continue
        row = Row(file.stem, found["identical"] + found["differing"], found["differing"])
        if first := found["first_difference"]:
            calls = [calls[0]["operator"] if calls else "no call" for calls in first["calls"]]
            lines = [(call[0].get("line") or {}) for call in first["calls"] if call]
            where = [f"{Path(line['file']).name}:{line['line']}" for line in lines if "file" in line]
            row.first = f"call {first['position'][0]}, {' and '.join(dict.fromkeys(calls))} {' and '.join(dict.fromkeys(where))}"
            row.ulps = ((first["output"] or {}).get("elements") or {}).get("largest_ulp")
        section.rows.append(row)
    return section


def all_sections(old: Path, new: Path) -> list[Section]:
    """Every kind of thing that can move."""
    sections = [compare_texts(f"transcripts, {language}", old / language, new / language) for language in ("python", "rust")]
    sections.append(compare_texts("published values", old / "published", new / "published"))
    sections.append(compare_recordings(new / "compared"))
    for file in sorted(old.glob("cases-*/*.jsonl")):
        other = new / file.parent.name / file.name
        kernels = file.parent.name.removeprefix("cases-")
        if other.exists():
            section = compare_cases(file, other)
        else:
            section = Section(file.stem, absent=[why_absent(other)])
        section.title = f"{file.stem.replace('_', ' ')}, {kernels} kernels"
        sections.append(section)
    return sections


def markdown(sections: list[Section]) -> list[str]:
    """The sections as tables, those in which something moved first and in full."""
    lines = []
    still = Counter()
    apart = defaultdict(list)
    for section in sections:
        moved = [row for row in section.rows if row.moved]
        apart[bool(moved or section.absent)].append(section)
        still[section.title] = sum(row.compared for row in section.rows)
    lines += ["## What moved", ""]
    if not apart[True]:
        lines += ["Nothing.", ""]
    for section in apart[True]:
        lines += [f"### {section.title}", ""]
        lines += [f"- not compared: {reason}" for reason in section.absent] + ([""] if section.absent else [])
        rows = [row for row in section.rows if row.moved]
        if rows:
            lines += ["| | moved | of | at most, ULPs | first |", "| --- | --- | --- | --- | --- |"]
        for row in rows:
            first = row.first.replace("|", "\\|")
            ulps = "" if row.ulps is None else f"{row.ulps:,}"
            lines.append(f"| {row.what} | {row.moved:,} | {row.compared:,} | {ulps} | {first} |")
        lines.append("")
    lines += ["## What stayed, to the last bit", "", "| | values or lines |", "| --- | --- |"]
    lines += [f"| {section.title} | {still[section.title]:,} |" for section in apart[False]]
    return lines
