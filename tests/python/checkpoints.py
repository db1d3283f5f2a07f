"""Loads a model that Rust saved, checks it against the same seed's, and saves it again.

    checkpoints.py READ WRITE
"""

import sys

import safetensors.torch
import torch
from torch import nn

state = safetensors.torch.load_file(sys.argv[1])
dtype = state["0.weight"].dtype
torch.manual_seed(1)
model = nn.Sequential(nn.Linear(3, 5, dtype=dtype), nn.ReLU(), nn.Linear(5, 2, dtype=dtype))
same = all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
loaded = model.load_state_dict(state)
safetensors.torch.save_file(model.state_dict(), sys.argv[2])
print("the same model" if same and not loaded.missing_keys else "another model")
