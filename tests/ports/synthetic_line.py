"""A line with noise, fitted in shuffled batches, on a part of the data."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(1)
true_w, true_b = torch.tensor([2.0, -3.4]), 4.2
x = torch.normal(0.0, 1.0, (200, 2))
y = x @ true_w + true_b + torch.normal(0.0, 0.01, (200,))
train, test = random_split(TensorDataset(x, y.unsqueeze(1)), [0.8, 0.2])
train_dl = DataLoader(train, batch_size=32, shuffle=True)
test_dl = DataLoader(test, batch_size=64)

model = nn.Linear(2, 1)
nn.init.normal_(model.weight, 0.0, 0.01)
nn.init.zeros_(model.bias)
loss_fn = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.03)
for epoch in range(5):
    for xb, yb in train_dl:
        loss = loss_fn(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        total = sum(loss_fn(model(xb), yb) for xb, yb in test_dl)
    print(f"epoch {epoch + 1}, test loss {total.item():.6f}")
print(model.weight)
print(model.bias)
