"""What it costs a program to be recorded: run by scripts/bench, with and without the recorder."""

import json
import time

import numpy
import torch

SMALL, LARGE = 20_000, 20


def seconds(times, call):
    for _ in range(times // 10):
        call()
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


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
