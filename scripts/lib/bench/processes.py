"""Whole processes, measured in turn: examples against their Python, and the loops on a GPU."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from .loops import LOOPS, same_bits, timed
from .programs import Program

EPOCHS = {
    "creating_a_model": (1000, 20000),
    "simple_linear_regression": (1000, 20000),
    "generated_data": (50, 10000),
    "hello_pytorch": (1500, 15000),
    "gradient_descent": (500, 5000),
}
"""Epochs of each example: as its document has them, and so many more that a loop's time stands out of a process's."""


class Failed(Exception):
    """A program that was to be measured and did not do its work."""


def run(command: list, folder: str, limit: float = 300, env: dict | None = None) -> dict[str, float]:
    """Runs a program to its exit: seconds, and MB at its peak."""
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(
                list(map(str, command)), cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
        except OSError as error:
            raise Failed(f"{command[0]} does not start: {error.strerror}") from error
        usage = waited(process, limit)
        seconds = time.perf_counter() - start
        errors.seek(0)
        last = (errors.read().strip().splitlines() or [""])[-1]
    if usage is None:
        raise Failed(f"{Path(command[0]).name} did not end within {limit:.0f} s")
    if process.returncode:
        raise Failed(f"{Path(command[0]).name} ended with {process.returncode}: {last}")
    return {"seconds": seconds, "memory": usage.ru_maxrss * 1024 / 1e6}


def waited(process: subprocess.Popen, limit: float):
    """What the process used, or nothing where it had to be killed."""
    deadline, pause = time.monotonic() + limit, 0.0005
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            return None
        time.sleep(pause)
        pause = min(pause * 1.2, 0.005)


def in_turn(programs: dict[str, list], times: int, limit: float = 300, env: dict | None = None) -> dict[str, list[dict]]:
    """What `times` runs of each program measured, the programs taking turns; a first round is not counted."""
    samples = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(times + 1):
            for label, command in programs.items():
                measured = run(command, folder, limit, env)
                if number:
                    samples[label].append(measured)
    return samples


def row(
    subject: str, what: str, unit: str, samples: dict[str, list[float]], target: float | None = None, ratio: bool = True
) -> dict:
    """A row of the table; its ratio is the first program's to the last's."""
    cells = {
        label: {"median": statistics.median(values), "least": min(values), "most": max(values), "samples": values}
        for label, values in samples.items()
    }
    medians = [cell["median"] for cell in cells.values()]
    found = {"subject": subject, "what": what, "unit": unit, "programs": cells}
    if ratio and len(medians) > 1:
        found["ratio"] = medians[0] / medians[-1]
        if target is not None:
            found |= {"target": target, "met": found["ratio"] <= target}
    return found


def example(name: str, examples: Path, references: Path, python: str, device: str, rounds: int, **options) -> list[dict]:
    """An example against its Python: the whole process, its memory, and its loops by the slope over --epochs."""
    document, more = EPOCHS[name]
    programs = {}
    for epochs in (document, more):
        arguments = ["--epochs", epochs, "--quiet", "--no-figures", "--device", device]
        programs["Rust", epochs] = [examples / name, *arguments]
        programs["Python", epochs] = [python, references / f"{name}.py", *arguments]
    samples = in_turn(programs, rounds, **options)

    def of(key: str) -> dict[str, list[float]]:
        return {label: [sample[key] for sample in samples[label, document]] for label in ("Rust", "Python")}

    slopes = {
        label: [
            (long["seconds"] - short["seconds"]) / (more - document) * 1e6
            for short, long in zip(samples[label, document], samples[label, more])
        ]
        for label in ("Rust", "Python")
    }
    return [
        row(name, "whole process", "s", of("seconds")),
        row(name, "peak memory", "MB", of("memory")),
        row(name, "an epoch", "µs", slopes, target=0.42),
    ]


def loops_on_gpu(programs: dict[str, Program], rounds: int, notes: dict[str, str]):
    """Training loops on a GPU, replayed there as CUDA graphs; each process takes all of them, for it takes long to start."""
    try:
        for name, (unit, times, _) in LOOPS.items():
            found = timed(name, times, programs, rounds)
            said = {"the bits of Python's losses": ", ".join(same_bits(found)) or "none"}
            said |= {f"without {program}": reason for program, reason in found.notes.items()}
            if not found.samples:
                raise Failed(next(iter(found.notes.values())).removeprefix("Error: "))
            notes |= {f"{name}: {what}": note for what, note in said.items()}
            yield row(name, unit, "µs", found.samples, ratio=False)
    finally:
        for program in programs.values():
            program.end()


def cell(values: dict | None) -> str:
    if values is None:
        return ""
    return "{} ({} to {})".format(*(number(values[key]) for key in ("median", "least", "most")))


def number(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
