"""Training that stops after half its epochs, is saved, and goes on from the file.

  resume.py FILE first      trains 50 epochs and saves model, optimizer and epoch
  resume.py FILE rest       loads them and trains 50 more
"""

import sys

import torch
from torch import nn

path, part = sys.argv[1:]
torch.manual_seed(13)
x = torch.randn(50, 3)
y = x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.1 * torch.randn(50, 1)

model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
start = 0
if part == "rest":
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    start = checkpoint["epoch"]
for epoch in range(start, start + 50):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(start + 50, loss.item())
if part == "first":
    checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 50}
    torch.save(checkpoint, path)
