"""A small training; planted.rs is its port, which parts from it where it is told to."""

import torch
from torch import nn

torch.manual_seed(7)
x = torch.rand(22, 3)
noise = torch.randn(22, 1)
w = torch.tensor([[0.5, -1.0, 2.0]])
y = x @ w.t() + 0.125 * noise
layer1 = nn.Linear(3, 3)
layer2 = nn.Linear(3, 1)
parameters = [*layer1.parameters(), *layer2.parameters()]
optimizer = torch.optim.Adam(parameters, lr=0.01)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=5)
for epoch in range(50):
    for batch, target in loader:
        hidden = torch.tanh(layer1(batch))
        prediction = layer2(hidden)
        error = (prediction - target).square()
        loss = error.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
print(f"{loss.item():.6f}")
