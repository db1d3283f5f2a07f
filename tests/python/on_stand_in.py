"""Runs a script on the stand-in for a GPU (tests/cuda_stand_in) with its log paused while a tensor is printed.

  python on_stand_in.py SCRIPT [ARGUMENT …]
"""

import ctypes
import runpy
import sys
from pathlib import Path

import torch

stand_in = ctypes.CDLL(None)
format_tensor = torch._tensor_str._str


def paused(*args, **options):
    stand_in.parity_recorder_pause(1)
    try:
        return format_tensor(*args, **options)
    finally:
        stand_in.parity_recorder_pause(-1)


torch._tensor_str._str = paused
sys.argv = sys.argv[1:]
sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
runpy.run_path(sys.argv[0], run_name="__main__")
