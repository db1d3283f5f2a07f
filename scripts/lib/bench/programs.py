"""The programs that have the loops of benches/loops.rs, built or found, and how they are asked."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import checkout

BENCHES = checkout.ROOT / "benches"
CACHE = checkout.ROOT / "target/bench"
"""What is built and installed for measuring only."""


class Missing(Exception):
    """A program that cannot be had here, and why."""


class Program:
    """A process with the loops, which takes them when it is told to."""

    def __init__(self, command: list, way: str, env: dict[str, str], device: str = "cpu", limit: float = 300):
        self.command, self.way, self.env, self.device, self.limit = [*map(str, command)], way, env, device, limit
        self.process = self.errors = None

    def take(self, loop: str, times: int) -> tuple[float, str]:
        """Takes a loop so often: seconds, and the bits of the last loss."""
        if self.process is None:
            # A file, which takes any number of warnings.
            self.errors = tempfile.TemporaryFile("w+")
            self.process = subprocess.Popen(
                [*self.command, "--serve", self.device], env=self.env, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            )  # fmt: skip
        end = threading.Timer(self.limit, self.process.kill)
        end.start()
        try:
            self.process.stdin.write(f"{loop} {self.way} {times}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            end.cancel()
        if not line:
            self.process.kill()
            self.process.wait()
            self.errors.seek(0)
            said = self.errors.read().strip().splitlines() or ["it ended without a word"]
            self.process = None
            raise Missing(said[-1])
        found = json.loads(line)
        return found["seconds"], found["loss"]

    def once(self, loop: str, times: int) -> list[str]:
        """The command that takes a loop so often and ends."""
        return [*self.command, "--run", loop, self.way, str(times)]

    def end(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.errors.close()
            self.process = None


def environment(threads: int | None, env: dict[str, str] | None = None) -> dict[str, str]:
    """With so many threads; all of them for none."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    env = {name: value for name, value in (env or os.environ).items() if name not in names}
    return env | {"TF_CPP_MIN_LOG_LEVEL": "3", "RUST_BACKTRACE": "0"} | ({name: str(threads) for name in names} if threads else {})


@functools.cache
def rust() -> Path:
    """The loops on this project's interface, built."""
    command = ["cargo", "build", "--release", "-p", "benches", "--message-format", "json"]
    built = subprocess.run(command, cwd=checkout.ROOT, stdout=subprocess.PIPE, text=True, env=checkout.linked())
    if built.returncode:
        checkout.fail(f"`{' '.join(command)}` failed")
    messages = map(json.loads, built.stdout.splitlines())
    found = [message["executable"] for message in messages if message.get("executable")]
    return Path(found[-1])


@functools.cache
def libtorch(python: str) -> Path:
    """The loops on libtorch's C++ interface, compiled against the wheel, anew where the source has changed."""
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        raise Missing("there is no C++ compiler")
    ask = "import torch; print(torch.__path__[0], torch.__version__, int(torch.compiled_with_cxx11_abi()))"
    place, version, abi = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.split()
    source = BENCHES / "libtorch.cpp"
    key = hashlib.sha256(source.read_bytes() + f"{place} {version} {compiler}".encode()).hexdigest()[:16]
    program = CACHE / f"libtorch-{key}"
    if not program.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        print("scripts/bench: compiling benches/libtorch.cpp", file=sys.stderr)
        include, lib = f"{place}/include", f"{place}/lib"
        command = [
            compiler, "-O2", "-std=c++17", "-DNDEBUG", f"-D_GLIBCXX_USE_CXX11_ABI={abi}", source, f"-I{include}",
            f"-I{include}/torch/csrc/api/include", f"-L{lib}", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{lib}", "-o", program,
        ]  # fmt: skip
        built = subprocess.run([*map(str, command)], capture_output=True, text=True)
        if built.returncode:
            raise Missing(f"{compiler} failed: {(built.stderr.strip().splitlines() or ['?'])[-1]}")
    return program


@functools.cache
def jax() -> Path:
    """A Python with JAX, in a virtual environment of its own."""
    venv = CACHE / "jax"
    python = venv / "bin/python"
    wanted = ["jax==0.7.2", "numpy"]
    if subprocess.run([python, "-c", "import jax"], capture_output=True).returncode if python.exists() else True:
        print("scripts/bench: installing JAX into target/bench", file=sys.stderr)
        for command in (
            [sys.executable, "-m", "venv", venv],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
        ):
            made = subprocess.run([*map(str, command)], capture_output=True, text=True)
            if made.returncode:
                raise Missing(f"JAX does not install: {(made.stderr.strip().splitlines() or ['?'])[-1]}")
    return python


@functools.cache
def peer(name: str) -> Path:
    """The loops on another Rust library, a package of its own, built."""
    manifest = BENCHES / "peers" / name / "Cargo.toml"
    command = ["cargo", "build", "--release", "--manifest-path", manifest, "--target-dir", CACHE / "peers"]
    built = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if built.returncode:
        raise Missing(f"it does not build: {(built.stderr.strip().splitlines() or ['?'])[-1]}")
    return CACHE / "peers/release" / f"loops-{name}"


def on_gpu(python: str, device: str, loops: tuple[Path, Path] | None = None, env: dict | None = None, limit: float = 300):
    """The programs that have the loops on a GPU, by name; `loops` are those in Rust and in Python, if not this checkout's."""
    ours, script = loops or (rust(), BENCHES / "loops.py")
    rest = environment(None, env), device, limit
    return {
        "replay": Program([ours], "replay", *rest),
        "eager": Program([ours], "eager", *rest),
        "Python's CUDA graph": Program([python, script], "graph", *rest),
        "Python": Program([python, script], "eager", *rest),
    }


def all_of(flags, threads: int | None) -> tuple[dict[str, Program], dict[str, str]]:
    """The programs by name, and why others are not among them."""
    env = environment(threads)
    ours = rust()
    programs = {"replay": Program([ours], "replay", env), "eager": Program([ours], "eager", env)}
    script = BENCHES / "loops.py"
    found = {
        "C++ libtorch": lambda: Program([libtorch(flags.python)], "eager", env),
        "Python": lambda: Program([flags.python, script], "eager", env),
        "torch.compile": lambda: Program([flags.python, script], "compile", env),
    }
    if flags.peers:
        found["JAX"] = lambda: Program([jax(), BENCHES / "loops_jax.py"], "jit", env)
        found["candle"] = lambda: Program([peer("candle")], "eager", env)
        found["burn"] = lambda: Program([peer("burn")], "eager", env)
    missing = {} if flags.peers else {"JAX, candle and burn": "they are measured with --peers"}
    for name, make in found.items():
        try:
            programs[name] = make()
        except Missing as reason:
            missing[name] = str(reason)
    return programs, missing
