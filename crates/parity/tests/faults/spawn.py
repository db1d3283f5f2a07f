"""Two processes of multiprocessing.spawn, of which the second multiplies by one number and the other waits for it.

Words: the number, and the rank that prints last.
"""

import sys

import torch
import torch.multiprocessing


def work(rank, number, last, printed):
    x = torch.arange(4.0) + rank
    total = (x * number).sum() if rank == 1 else x.sum()
    if rank == last:
        printed.wait()
    print(total.item(), flush=True)
    printed.set()


if __name__ == "__main__":
    printed = torch.multiprocessing.get_context("spawn").Event()
    words = float(sys.argv[1]), int(sys.argv[2])
    torch.multiprocessing.spawn(work, (*words, printed), nprocs=2)
