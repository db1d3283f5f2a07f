"""A rate that falls along a cosine, gradients that are clipped, and two groups of parameters."""

import torch
from torch import nn

torch.manual_seed(11)
x = torch.randn(64, 4)
y = (x**2).sum(1, keepdim=True)

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
loss_fn = nn.SmoothL1Loss()
optimizer = torch.optim.SGD(
    [
        {"params": model[0].parameters(), "lr": 0.05},
        {"params": model[2].parameters(), "lr": 0.1, "weight_decay": 1e-3},
    ],
    momentum=0.9,
)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
for epoch in range(100):
    loss = loss_fn(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    if epoch % 20 == 19:
        print(f"{epoch}: {loss.item():.6f} {norm.item():.6f} {scheduler.get_last_lr()}")
