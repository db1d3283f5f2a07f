"""Fills a folder with what one version gives: transcripts, published values, recordings, and what the tests' Python
scripts print, on this machine's kernels and on those without AVX2. `moved.py` compares two such folders."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from checkout import scrubbed, write_whole

CONVERSIONS = Path(__file__).with_name("conversions.py")
KERNELS = {"machine": {}, "default": {"ATEN_CPU_CAPABILITY": "default"}}
# Of each only a part that stands for all: `--golden` keeps some of its thousand steps and seeds.
IN_PART = ["optimizers", "seed_recovery"]
# Their results do not come from libtorch's arithmetic.
ONE_KERNEL = ["figures", "format_spec", "numpy_random", "seed_recovery", "split"]


@dataclass
class Version:
    """A checkout that is set up and built for one version."""

    root: Path
    python: str
    programs: Path
    """Where its `parity` is, and its examples/."""
    is_new: bool
    """What fails then is a result like others, and stands in `moved.py`'s report."""

    def run(self, command: list, output: Path, **variables: str) -> None:
        """Writes what the command prints, whole or not at all."""
        command = [str(word) for word in command]
        finished = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=scrubbed(**variables))
        output.parent.mkdir(parents=True, exist_ok=True)
        failed = output.with_suffix(".failed")
        failed.unlink(missing_ok=True)
        if finished.returncode:
            last = (finished.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"])[-1]
            if not self.is_new:
                raise RuntimeError(f"`{' '.join(command)}` ended with {finished.returncode}: {last}")
            failed.write_text(f"it ended with {finished.returncode}: {last}\n")
            return
        write_whole(output, finished.stdout)


def published_lines(published: str, transcript: str) -> str:
    """Each line that a document printed, and whether it stands in the transcript."""
    printed = set(transcript.splitlines())
    lines = [line for line in published.splitlines() if line and not line.startswith(("## ", "! "))]
    return "".join(f"{'as published' if line in printed else 'not so'}: {line}\n" for line in lines)


def gather(version: Version, into: Path, tutorials: list[str], say: Callable[[str], None]) -> None:
    """Goes on where an earlier call stopped."""
    flags = ["--device", "cpu", "--quiet", "--no-figures"]
    for name in tutorials:
        reference = [version.python, version.root / f"scripts/reference/{name}.py", *flags]
        example = [version.programs / "examples" / name, *flags]
        for language, command in [("python", reference), ("rust", example)]:
            if not (output := into / language / f"{name}.txt").exists():
                say(f"{name} in {language}")
                version.run(command, output)
        published = version.root / f"tests/published/{name}.txt"
        if published.exists() and (into / f"rust/{name}.txt").exists():
            (into / "published").mkdir(parents=True, exist_ok=True)
            lines = published_lines(published.read_text(), (into / f"rust/{name}.txt").read_text())
            (into / f"published/{name}.txt").write_text(lines)
        recording = into / "recordings" / name
        if not (said := into / "recordings" / f"{name}.said").exists():
            say(f"{name}, recorded")
            shutil.rmtree(recording, ignore_errors=True)
            version.run([version.programs / "parity", "record", recording, "--", *reference], said)
    scripts = sorted(version.root.glob("tests/python/*.py"))
    scripts = [path for path in scripts if (version.root / f"tests/golden/{path.stem}.jsonl").exists()]
    for kernels, variables in KERNELS.items():
        for script in [*scripts, CONVERSIONS]:
            output = into / f"cases-{kernels}" / f"{script.stem}.jsonl"
            if output.exists() or (kernels == "default" and script.stem in ONE_KERNEL):
                continue
            say(f"{script.stem.replace('_', ' ')}, {kernels} kernels")
            part = ["--golden"] if script.stem in IN_PART else []
            version.run([version.python, script, *part], output, **variables)
