"""Points inside and outside a circle, told apart by a small network."""

import torch
from torch import nn

torch.manual_seed(3)
x = torch.rand(400, 2) * 2 - 1
y = ((x**2).sum(dim=1, keepdim=True) < 0.5).float()

model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
loss_fn = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([1.5]))
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(200):
    logits = model(x)
    loss = loss_fn(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if (epoch + 1) % 50 == 0:
        accuracy = ((torch.sigmoid(logits) > 0.5) == (y > 0.5)).float().mean()
        print(f"epoch {epoch + 1:>3}: loss {loss.item():.4f}, accuracy {accuracy.item():.4f}")
print(nn.functional.binary_cross_entropy(torch.sigmoid(model(x)), y))
