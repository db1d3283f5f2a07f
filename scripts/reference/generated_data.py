"""Linear Regression with Generated Data: nn.Linear(1, 1) learns a line from noisy points."""

import torch
from torch import nn

from tutorial import Run, display, numpy


class Model(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)

    def forward(self, x):
        return self.linear(x)


run = Run(title="Linear Regression with Generated Data", seed=1039685572, epochs=50, lr=0.001, document="compatible")
torch.manual_seed(run.seed)

# Data on y = 2x + 1, with whole numbers from -10 to 10 as noise.
x = torch.linspace(0, 50, 50, device=run.device).reshape(-1, 1)
e = torch.randint(-10, 11, (50, 1), dtype=torch.float).to(run.device)
y = 2 * x + 1 + e
if run.draws:
    plt = run.pyplot()
    fig, ax = plt.subplots()
    ax.scatter(numpy(x), numpy(y))
    run.savefig(fig, "data")

# The model before training.
model = Model(1, 1).to(run.device)
ypred = model(x)
weight, bias = model.linear.weight, model.linear.bias
display((weight.item(), bias.item()))
print(
    f"As we guessed the value of weight {weight.item():.2f} and bias {bias.item():.2f} Is far from the original values"
)
print(x.size())
print(ypred.size())
if run.draws:
    fig, ax = plt.subplots()
    ax.scatter(numpy(x), numpy(y))
    ax.plot(numpy(x), numpy(ypred), c="red")
    run.savefig(fig, "first_line")

criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=run.lr)
losses = []
for i in range(1, run.epochs + 1):
    ypred = model(x)
    loss = criterion(ypred, y)
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"epoch:{i}, loss:{loss.item():.2f},weight:{weight.item():.2f},bias:{bias.item():.2f}")

# The line that the last loss was of, and the losses.
if run.draws:
    fig, ax = plt.subplots()
    ax.scatter(numpy(x), numpy(y))
    ax.plot(numpy(x), numpy(ypred), c="red")
    run.savefig(fig, "fitted_line")
    fig, ax = plt.subplots()
    ax.plot(range(run.epochs), losses)
    run.savefig(fig, "losses")
