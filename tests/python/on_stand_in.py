"""Runs a script on the stand-in for a GPU (tests/cuda_stand_in) without what Python launches to print a tensor: the
stand-in computes nothing, so there is nothing to be shown.

  python on_stand_in.py SCRIPT [ARGUMENT …]
"""

import runpy
import sys
from pathlib import Path

import torch

torch._tensor_str._str = lambda tensor, **_: f"tensor of {tuple(tensor.shape)}"
sys.argv = sys.argv[1:]
sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
runpy.run_path(sys.argv[0], run_name="__main__")
