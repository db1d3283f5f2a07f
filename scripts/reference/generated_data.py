"""Linear Regression with Generated Data: nn.Linear(1, 1) learns a line from noisy points."""

import torch
from torch import nn

import tutorial
from tutorial import display, numpy


class Model(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)

    def forward(self, x):
        return self.linear(x)


with tutorial.run(
    name="generated_data",
    title="Linear Regression with Generated Data",
    seed=1039685572,
    epochs=50,
    lr=0.001,
) as run:
    torch.manual_seed(run.seed)

    x = torch.linspace(0, 50, 50, device=run.device).reshape(-1, 1)
    e = torch.randint(-10, 11, (50, 1), dtype=torch.float).to(run.device)
    y = 2 * x + 1 + e
    run.record(x=x, y=y)
    if run.draws:
        fig, ax = run.new_figure()
        ax.scatter(numpy(x), numpy(y))
        run.savefig(fig, "data")

    model = Model(1, 1).to(run.device)
    ypred = model(x)
    run.record(ypred=ypred)
    run.record_model(model)
    weight, bias = model.linear.weight, model.linear.bias
    display((weight.item(), bias.item()))
    print(
        f"As we guessed the value of weight {weight.item():.2f} and bias {bias.item():.2f}"
        " Is far from the original values"
    )
    print(x.size())
    print(ypred.size())
    if run.draws:
        fig, ax = run.new_figure()
        ax.scatter(numpy(x), numpy(y))
        ax.plot(numpy(x), numpy(ypred), c="red")
        run.savefig(fig, "first_line")

    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=run.lr)
    losses = []
    with run.timer("fit"):
        for i in range(1, run.epochs + 1):
            ypred = model(x)
            loss = criterion(ypred, y)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.record(i, ypred=ypred, loss=loss)
            run.record_model(model)
            print(f"epoch:{i}, loss:{losses[-1]:.2f},weight:{weight.item():.2f},bias:{bias.item():.2f}")

    if run.draws:
        fig, ax = run.new_figure()
        ax.scatter(numpy(x), numpy(y))
        ax.plot(numpy(x), numpy(ypred), c="red")
        run.savefig(fig, "fitted_line")
        fig, ax = run.new_figure()
        ax.plot(range(run.epochs), losses)
        run.savefig(fig, "losses")
