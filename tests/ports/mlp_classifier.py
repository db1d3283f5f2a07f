"""Three spirals classified by a network with dropout, in mini-batches."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 32)
        self.dropout = nn.Dropout(0.2)
        self.output = nn.Linear(32, 3)

    def forward(self, x):
        return self.output(self.dropout(F.relu(self.hidden(x))))


torch.manual_seed(5)
n = 100
radius = torch.linspace(0.05, 1, n).repeat(3)
label = torch.arange(3).repeat_interleave(n)
angle = radius * 4 + label * (2 * math.pi / 3) + torch.randn(3 * n) * 0.1
x = torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], dim=1)
loader = DataLoader(TensorDataset(x, label), batch_size=32, shuffle=True)

model = MLP()
print(model)
loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(20):
    model.train()
    for xb, yb in loader:
        loss = loss_fn(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        log_probabilities = F.log_softmax(model(x), dim=1)
        accuracy = (log_probabilities.argmax(1) == label).float().mean()
    if epoch % 5 == 4:
        print(f"{epoch} {F.nll_loss(log_probabilities, label).item():.4e} {accuracy.item():>8.3f}")
