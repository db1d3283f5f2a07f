"""Gradient Descent and Linear Regression with PyTorch: by hand, then with PyTorch's own parts."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

import tutorial
from tutorial import display, numpy

# Words of the stream that the notebook's kernel had drawn before the first line below.
DRAWN_BEFORE = 23668

# Temperature (°F), rainfall (mm) and humidity (%) of 15 regions; part 1 uses the first five.
INPUTS = np.array(
    [
        [73, 67, 43], [91, 88, 64], [87, 134, 58], [102, 43, 37], [69, 96, 70],
        [74, 66, 43], [91, 87, 65], [88, 134, 59], [101, 44, 37], [68, 96, 71],
        [73, 66, 44], [92, 87, 64], [87, 135, 57], [103, 43, 36], [68, 97, 70],
    ],
    dtype="float32",
)  # fmt: skip

# Their yields of apples and oranges (tons per hectare).
TARGETS = np.array(
    [
        [56, 70], [81, 101], [119, 133], [22, 37], [103, 119],
        [57, 69], [80, 102], [118, 132], [21, 38], [104, 118],
        [57, 69], [82, 100], [118, 134], [20, 38], [102, 120],
    ],
    dtype="float32",
)  # fmt: skip


def mse(t1, t2):
    diff = t1 - t2
    return torch.sum(diff * diff) / diff.numel()


def from_scratch(run):
    inputs = torch.from_numpy(INPUTS[:5]).to(run.device)
    targets = torch.from_numpy(TARGETS[:5]).to(run.device)
    print(inputs)
    print(targets)

    w = torch.randn(2, 3).to(run.device).requires_grad_()
    b = torch.randn(2).to(run.device).requires_grad_()
    print(w)
    print(b)

    def model(x):
        return x @ w.t() + b

    def backward(step, preds, loss):
        loss.backward()
        run.record("from_scratch", step, preds=preds, loss=loss)
        run.record_leaves(w=w, b=b)

    preds = model(inputs)
    print(preds)
    print(targets)

    loss = mse(preds, targets)
    print(loss)
    backward(0, preds, loss)
    print("gradient for weight")
    print(w)
    print(w.grad)
    print("gradient for biases")
    print(b)
    print(b.grad)

    def adjust():
        with torch.no_grad():
            w.sub_(w.grad * run.lr)
            b.sub_(b.grad * run.lr)
            w.grad.zero_()
            b.grad.zero_()

    display(w.grad)
    adjust()
    print(mse(preds, targets))
    print(w.grad)
    print(b.grad)

    preds = model(inputs)
    print(preds)
    loss = mse(preds, targets)
    print(loss)
    backward(1, preds, loss)
    print(w.grad)
    print(b.grad)
    adjust()
    print(w)
    print(b)
    print(mse(model(inputs), targets))

    with run.timer("from_scratch"):
        for i in range(100):
            preds = model(inputs)
            loss = mse(preds, targets)
            backward(2 + i, preds, loss)
            adjust()
    preds = model(inputs)
    loss = mse(preds, targets)
    print(loss)
    print("average loss: " + str(np.sqrt(loss.detach().cpu().numpy())))
    display(preds)
    display(targets)


def fit(run, num_epochs, model, loss_fn, opt, train_dl):
    epochs, losses = [], []
    for epoch in range(num_epochs):
        for batch, (xb, yb) in enumerate(train_dl):
            pred = model(xb)
            loss = loss_fn(pred, yb)
            loss.backward()
            opt.step()
            run.record("fit", epoch, batch, pred=pred, loss=loss)
            run.record_indices(train_dl.dataset.tensors[0], xb)
            run.record_model(model)
            opt.zero_grad()

        if (epoch + 1) % 10 == 0:
            epochs.append(epoch + 1)
            losses.append(loss.item())
            print("Epoch [{}/{}], Loss: {:.4f}".format(epoch + 1, num_epochs, losses[-1]))
    return epochs, losses


def built_ins(run):
    inputs = torch.from_numpy(INPUTS).to(run.device)
    targets = torch.from_numpy(TARGETS).to(run.device)
    display(inputs)

    train_ds = TensorDataset(inputs, targets)
    display(train_ds[0:3])
    batch_size = 5
    train_dl = DataLoader(train_ds, batch_size, shuffle=True)
    for xb, yb in train_dl:
        print("batch:")
        print(xb)
        print(yb)
        run.record("preview", xb=xb, yb=yb)
        break

    model = nn.Linear(3, 2).to(run.device)
    print(model.weight)
    print(model.bias)
    run.record("model")
    run.record_model(model)
    display(list(model.parameters()))
    preds = model(inputs)
    display(preds)
    loss_fn = F.mse_loss
    print(loss_fn(model(inputs), targets))
    opt = torch.optim.SGD(model.parameters(), lr=run.lr)
    with run.timer("fit"):
        epochs, losses = fit(run, run.epochs, model, loss_fn, opt, train_dl)

    preds = model(inputs)
    display(preds)
    display(targets)
    region = model(torch.tensor([[75, 63, 44.0]], device=run.device))
    display(region)
    run.record("trained", preds=preds, region=region)

    # The notebook draws nothing; these two figures are ours.
    if run.draws:
        fig, ax = run.new_figure()
        for i, fruit in enumerate(["Apples", "Oranges"]):
            ax.scatter(numpy(targets[:, i]), numpy(preds[:, i]), label=fruit)
        ax.plot([20, 140], [20, 140], c="k", label="Equal")
        ax.set(xlabel="Target (tons per hectare)", ylabel="Prediction (tons per hectare)", title="Data and fit")
        ax.legend()
        run.savefig(fig, "fit")
        fig, ax = run.new_figure()
        ax.plot(epochs, losses)
        ax.set(xlabel="Epoch", ylabel="Loss", title="Loss of the last batch by epoch")
        run.savefig(fig, "losses")


with tutorial.run(
    name="gradient_descent",
    title="Gradient Descent and Linear Regression with PyTorch",
    seed=3809636297,
    epochs=500,
    lr=1e-5,
) as run:
    torch.manual_seed(run.seed)
    if run.seed_is_documents:
        torch.rand(DRAWN_BEFORE)
    from_scratch(run)
    built_ins(run)
