"""Two processes of multiprocessing.spawn, of which the second computes with another number if asked to."""

import sys

import torch
import torch.multiprocessing


def work(rank, planted):
    x = torch.arange(4.0) + rank
    (x * planted).sum() if rank == 1 else x.sum()


if __name__ == "__main__":
    torch.multiprocessing.spawn(work, (float(sys.argv[1]),), nprocs=2)
