"""Bars of 6 by 6 pixels and the variational autoencoder that draws new ones.

vae.py FILE [DEVICE] goes on from the model in the file, if there is one, and saves it.
"""

import os
import sys

import torch
import torch.nn.functional as F
from torch import nn


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(36, 24)
        self.fc_mu = nn.Linear(24, 3)
        self.fc_logvar = nn.Linear(24, 3)
        self.fc2 = nn.Linear(3, 24)
        self.fc3 = nn.Linear(24, 36)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return self.fc_mu(h), self.fc_logvar(h)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std

    def decode(self, z):
        return torch.sigmoid(self.fc3(F.relu(self.fc2(z))))

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def loss_fn(reconstruction, x, mu, logvar):
    bce = F.binary_cross_entropy(reconstruction, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce, kld


path = sys.argv[1]
device = sys.argv[2] if len(sys.argv) > 2 else "cpu"
torch.manual_seed(7)
n = 48
x = torch.zeros(n, 6, 6)
place = torch.randint(0, 6, (n,))
upright = torch.rand(n) < 0.5
for i in range(n):
    if upright[i]:
        x[i, :, place[i]] = 1
    else:
        x[i, place[i]] = 1
x = x.view(n, 36).to(device)

model = VAE().to(device)
print(model)
if os.path.exists(path):
    model.load_state_dict(torch.load(path))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(30):
    total = 0.0
    for i in torch.randperm(n).split(16):
        batch = x[i]
        reconstruction, mu, logvar = model(batch)
        bce, kld = loss_fn(reconstruction, batch, mu, logvar)
        optimizer.zero_grad()
        (bce + kld).backward()
        optimizer.step()
        total += (bce + kld).item()
    if epoch % 6 == 5:
        print(f"Epoch {epoch:2d}: {total / n:.6f} per image, the last {bce.item():.4f} + {kld.item():.4f}")
with torch.no_grad():
    sample = model.decode(torch.randn(2, 3).to(device)).view(2, 6, 6)
print(sample)
torch.save(model.state_dict(), path)
