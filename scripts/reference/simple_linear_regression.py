"""Build a Simple Linear Regression Machine Learning Model with PyTorch: a line through noisy points."""

import numpy as np
import torch
from torch import nn

import tutorial
from tutorial import numpy


def sample_linear_data(n=100, slope=1, intercept=0, noise=0.1):
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


with tutorial.run(
    name="simple_linear_regression",
    title="Build a Simple Linear Regression Machine Learning Model with PyTorch",
    seed=42,
    epochs=1000,
    lr=0.1,
) as run:
    np.random.seed(run.seed)
    torch.manual_seed(run.seed)

    sample_x, sample_y = sample_linear_data()
    if run.draws:
        fig, ax = run.new_figure()
        ax.scatter(sample_x, sample_y)
        ax.set(xlabel="X", ylabel="y")
        run.savefig(fig, "data")
    x, y = sample_linear_data()
    run.record(sample_x=sample_x, sample_y=sample_y)
    x = torch.tensor(x, dtype=torch.float32, device=run.device)
    y = torch.tensor(y, dtype=torch.float32, device=run.device)
    run.record(x=x, y=y)

    model = LinearRegression().to(run.device)
    run.record_model(model)
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=run.lr)

    with run.timer("fit"):
        for epoch in range(run.epochs):
            model.train()
            pred = model(x)
            loss = loss_fn(pred, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.record(epoch, pred=pred, loss=loss)
            run.record_model(model)
            if epoch % 100 == 0:
                print(f"Epoch {epoch}, Loss {loss:.6f}")

    with torch.inference_mode():
        predict_y = model(x)
    run.record("trained", predict_y=predict_y)
    if run.draws:
        fig, ax = run.new_figure()
        ax.scatter(numpy(x), numpy(y))
        ax.plot(numpy(x), numpy(predict_y), color="red")
        run.savefig(fig, "fit")
