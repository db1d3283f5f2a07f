"""Loops, timed in programs that take turns, and what they are to reach."""

from __future__ import annotations

import statistics

from . import programs as known

LOOPS = {
    # The unit's name, how many of them take a few milliseconds as they stand, and the share of C++'s time that a
    # replay is to take at most.
    "two_parameters": ("a step", 100, 0.15),
    "two_layers": ("a step", 100, 0.15),
    "fit": ("an epoch of 3 batches", 30, 0.30),
    "classifier": ("an epoch of 10 batches", 5, 0.30),
    "step:1000000x32": ("a step", 1, 1.00),
    "loader": ("an epoch of 32 batches", 10, None),
}
LARGE = "step:1000000x32"
EAGER = 1.02
"""What a loop as it stands may take of C++'s time."""
PEERS = ("JAX", "candle", "burn")
OTHER_BITS = {*PEERS, "torch.compile"}
COPIED = 1 << 28
"""Bytes of the loop named copy."""
MOST_BYTES = 2e9

LOADER = {
    "all symbols bound": "LD_BIND_NOW=1",
    "huge pages for malloc": "GLIBC_TUNABLES=glibc.malloc.hugetlb=1",
    "a heap that grows by 64 MB": "MALLOC_TOP_PAD_=67108864",
}
"""What the dynamic loader and malloc can be told at the start of a process."""


class Timed:
    """What programs took for a loop, in neighbouring measurements."""

    def __init__(self, loop: str):
        self.loop, self.samples, self.losses, self.notes = loop, {}, {}, {}

    def ratio(self, one: str, other: str) -> float | None:
        """The median of the ratios of neighbours."""
        if one not in self.samples or other not in self.samples:
            return None
        return statistics.median(a / b for a, b in zip(self.samples[one], self.samples[other]))


def timed(loop: str, times: int, programs: dict[str, known.Program], rounds: int) -> Timed:
    """Microseconds of one unit in each program that can take the loop."""
    found = Timed(loop)
    able = dict(programs)
    warm_up, number = 10, 0
    while number < rounds + 1:
        for name, program in list(able.items()):
            try:
                seconds, loss = program.take(loop, times if number else warm_up)
            except known.Missing as reason:
                found.notes[name] = str(reason)
                found.samples.pop(name, None)
                del able[name]
                continue
            if number:
                found.samples.setdefault(name, []).append(seconds / times * 1e6)
            found.losses[name] = loss
        number += 1
    return found


def sizes() -> list[tuple[int, int]]:
    """Rows and features of the steps to take."""
    all_sizes = [(10**power, features) for power in range(2, 8) for features in (1, 8, 64, 512)]
    return [(rows, features) for rows, features in all_sizes if rows * features * 4 <= MOST_BYTES]


def measured(flags, loop: str, times: int, threads: int | None, only: tuple[str, ...] = ()) -> Timed:
    """A loop in all programs, or in those named; what cannot be had is noted."""
    programs, missing = known.all_of(flags, threads)
    flags.notes |= {f"without {name}": reason for name, reason in missing.items()}
    wanted = {name: program for name, program in programs.items() if not only or name in only}
    try:
        found = timed(loop, times, wanted, flags.rounds)
    finally:
        for program in wanted.values():
            program.end()
    flags.notes |= {f"{loop} without {name}": reason for name, reason in found.notes.items()}
    return found


def same_bits(found: Timed) -> list[str]:
    """The programs whose losses have the bits of Python's."""
    expected = found.losses.get("Python")
    return [name for name, loss in found.losses.items() if name not in OTHER_BITS and loss == expected]


def targets(found: Timed) -> list[dict]:
    """What the loop is to reach."""
    wanted = []
    share = LOOPS.get(found.loop, (None, None, None))[2]
    if share is not None:
        wanted.append(("replay", "C++ libtorch", share))
    wanted.append(("eager", "C++ libtorch", EAGER))
    measured = [name for name in PEERS if name in found.samples]
    if measured and found.loop != "loader":
        fastest = min(measured, key=lambda name: statistics.median(found.samples[name]))
        wanted.append(("replay", fastest, 1.0))
    return [
        {"what": f"{found.loop}: {one} to {other}", "ratio": ratio, "target": most, "met": ratio <= most}
        for one, other, most in wanted
        if (ratio := found.ratio(one, other)) is not None
    ]
