"""Training that stops, is saved, and goes on from the file.

resume.py FILE 0 50 trains fifty epochs and saves; resume.py FILE 50 100 goes on from the file with fifty more.
"""

import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

path, start, end = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(13)
x = torch.randn(50, 3)
y = x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.1 * torch.randn(50, 1)
loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)

model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.5)
if start > 0:
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    scheduler.load_state_dict(checkpoint["scheduler"])
    torch.set_rng_state(checkpoint["rng"])
for epoch in range(start, end):
    for xb, yb in loader:
        loss = nn.functional.mse_loss(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
print(end, loss.item(), scheduler.get_last_lr())
checkpoint = {
    "model": model.state_dict(),
    "optimizer": optimizer.state_dict(),
    "scheduler": scheduler.state_dict(),
    "rng": torch.get_rng_state(),
    "epoch": end,
}
torch.save(checkpoint, path)
