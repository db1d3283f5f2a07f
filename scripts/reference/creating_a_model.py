"""Creating an ML model in PyTorch: a line, its weight and bias first random and then learned."""

import torch
from torch import nn

from tutorial import Run, numpy, state_dict


class LinearRegressionModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(1))
        self.bias = nn.Parameter(torch.rand(1))

    def forward(self, x):
        return self.weight * x + self.bias


run = Run(title="Creating an ML model in PyTorch", seed=996907998, epochs=1000, lr=0.01)
torch.manual_seed(run.seed)

# 100 numbers between 0 and 1, and the line to be found.
x = torch.rand(100).to(run.device)
print(x)
a, b = 0.7, 0.3
y = a * x + b

# From here on the document only describes what to do.
model = LinearRegressionModel().to(run.device)
print(state_dict(model))

loss_fn = nn.L1Loss()
optimizer = torch.optim.SGD(model.parameters(), lr=run.lr)
epochs, losses = [], []
for epoch in range(run.epochs):
    model.train()
    y_pred = model(x)
    loss = loss_fn(y_pred, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 100 == 0:
        epochs.append(epoch)
        losses.append(loss.item())
        print(f"Epoch: {epoch} | Loss: {loss:.6f}")

model.eval()
print(state_dict(model))
with torch.inference_mode():
    y_preds = model(x)
print(y_preds[:5])
print(y[:5])

# The document draws nothing; these two figures are ours.
if run.draws:
    plt = run.pyplot()
    fig, ax = plt.subplots()
    ax.scatter(numpy(x), numpy(y), label="Data")
    ax.plot(numpy(x), numpy(y_preds), color="red", label="Model")
    ax.set(xlabel="x", ylabel="y", title="Data and fit")
    ax.legend()
    run.savefig(fig, "fit")
    fig, ax = plt.subplots()
    ax.plot(epochs, losses)
    ax.set(xlabel="Epoch", ylabel="Loss", title="Mean absolute error by epoch")
    run.savefig(fig, "losses")
