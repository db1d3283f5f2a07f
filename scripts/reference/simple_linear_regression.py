"""Build a Simple Linear Regression Machine Learning Model with PyTorch: a line through noisy points."""

import numpy as np
import torch
from torch import nn

from tutorial import Run, numpy


def sample_linear_data():
    n, slope, intercept, noise = 100, 1, 0, 0.1
    x = np.linspace(0, 1, n)
    y = slope * x + intercept + np.random.normal(0, noise, n)
    return x, y


class LinearRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.weight * x + self.bias


title = "Build a Simple Linear Regression Machine Learning Model with PyTorch"
run = Run(title=title, seed=42, epochs=1000, lr=0.1)
np.random.seed(run.seed)
torch.manual_seed(run.seed)

# One sample to look at, another to learn from.
sample_x, sample_y = sample_linear_data()
if run.draws:
    plt = run.pyplot()
    fig, ax = plt.subplots()
    ax.scatter(sample_x, sample_y)
    ax.set(xlabel="X", ylabel="y")
    run.savefig(fig, "data")
x, y = sample_linear_data()
x = torch.tensor(x, dtype=torch.float32, device=run.device)
y = torch.tensor(y, dtype=torch.float32, device=run.device)

model = LinearRegression().to(run.device)
loss_fn = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=run.lr)
for epoch in range(run.epochs):
    model.train()
    pred = model(x)
    loss = loss_fn(pred, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 100 == 0:
        print(f"Epoch {epoch}, Loss {loss:.6f}")

with torch.inference_mode():
    predict_y = model(x)
if run.draws:
    fig, ax = plt.subplots()
    ax.scatter(numpy(x), numpy(y))
    ax.plot(numpy(x), numpy(predict_y), color="red")
    run.savefig(fig, "fit")
