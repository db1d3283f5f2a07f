"""Waves of 16 samples, squeezed into two numbers and restored.

autoencoder.py FILE goes on from the model in the file, if there is one, and saves it.
"""

import math
import os
import sys

import torch
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv1d(1, 4, 3, stride=2, padding=1, padding_mode="circular"),
            nn.ELU(),
            nn.Conv1d(4, 8, 3, stride=2, padding=1, padding_mode="circular"),
            nn.LayerNorm([8, 4]),
            nn.Flatten(),
            nn.Linear(32, 2),
            nn.Tanh(),
        )
        self.decoder = nn.Sequential(
            nn.Linear(2, 32),
            nn.Unflatten(1, (8, 4)),
            nn.GELU(),
            nn.ConvTranspose1d(8, 4, 3, stride=2, padding=1, output_padding=1),
            nn.SiLU(),
            nn.ConvTranspose1d(4, 1, 4, stride=2, padding=1),
        )

    def forward(self, x):
        code = self.encoder(x)
        return self.decoder(code), code


path = sys.argv[1]
torch.manual_seed(2)
phase = 2 * math.pi * torch.rand(64, 1, 1)
height = torch.empty(64, 1, 1).uniform_(0.5, 1.5)
x = height * torch.sin(torch.arange(16) * (math.pi / 8) + phase)

model = Autoencoder()
print(model)
if os.path.exists(path):
    model.load_state_dict(torch.load(path))
criterion = nn.HuberLoss(delta=0.5)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.05)
scheduler = torch.optim.lr_scheduler.SequentialLR(
    optimizer,
    [
        torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=10),
        torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50),
    ],
    milestones=[10],
)
for epoch in range(60):
    restored, code = model(x)
    loss = criterion(restored, x) + 1e-3 * code.abs().mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    if epoch % 10 == 9:
        print(epoch, loss.item(), scheduler.get_last_lr())
with torch.no_grad():
    restored, code = model(x[:2])
print(code)
print(restored - x[:2])
torch.save(model.state_dict(), path)
