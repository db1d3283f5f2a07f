"""Trains with noise from the default generator, from the start or from a checkpoint.

    resume.py OPTIMIZER FROM STEPS TO

FROM is a checkpoint or `-`; TO is written after STEPS steps.
"""

import sys

import torch
from torch import nn, optim

kind, start, steps, end = sys.argv[1:]
torch.manual_seed(1)
model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
x, y = torch.rand(8, 3), torch.rand(8, 2)
if kind == "sgd":
    optimizer = optim.SGD(model.parameters(), 0.05)
else:
    optimizer = optim.Adam(model.parameters(), 0.01)
epoch = 0
if start != "-":
    checkpoint = torch.load(start, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.set_rng_state(checkpoint["rng"])
    epoch = checkpoint["epoch"]
for _ in range(int(steps)):
    loss = nn.functional.mse_loss(model(x + torch.rand(8, 3)), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    epoch += 1
torch.save(
    {
        "model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch,
        "rng": torch.get_rng_state(),
    },
    end,
)
