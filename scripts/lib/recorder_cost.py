"""What it costs a program to be recorded: run by scripts/bench, with and without the recorder.

Each number is the fastest of several turns, which what else the machine does makes longer and never shorter.
"""

import json
import time

import numpy
import torch

SMALL, LARGE, TURNS = 2_000, 3, 15


def seconds(times, call):
    """Of one call, in the fastest turn of so many."""
    turns = []
    for _ in range(TURNS):
        start = time.perf_counter()
        for _ in range(times):
            call()
        turns.append((time.perf_counter() - start) / times)
    return min(turns)


torch.set_num_threads(1)
copy = numpy.zeros(1 << 24, numpy.float32)
small = torch.ones(10)
large = torch.ones(1 << 24)
print(
    json.dumps(
        {
            "small": seconds(SMALL, lambda: small + small),
            # Recorded, one tensor is read beside what the operator itself does.
            "large": seconds(LARGE, large.sum),
            # NumPy's copy is no call of libtorch's.
            "copy": seconds(LARGE, lambda: numpy.copyto(copy, large.numpy())),
        }
    )
)
