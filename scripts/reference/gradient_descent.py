"""Gradient Descent and Linear Regression with PyTorch: by hand, then with PyTorch's own parts."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from tutorial import Run, display, numpy

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


def model(x, w, b):
    return x @ w.t() + b


def mse(t1, t2):
    diff = t1 - t2
    return torch.sum(diff * diff) / diff.numel()


def from_scratch():
    inputs = torch.from_numpy(INPUTS[:5]).to(run.device)
    targets = torch.from_numpy(TARGETS[:5]).to(run.device)
    print(inputs)
    print(targets)

    # Weights and biases, random at first, and the predictions they make.
    w = torch.randn(2, 3).to(run.device).requires_grad_()
    b = torch.randn(2).to(run.device).requires_grad_()
    print(w)
    print(b)

    preds = model(inputs, w, b)
    print(preds)
    print(targets)

    # The loss, its gradients, and a step downhill by hand.
    loss = mse(preds, targets)
    print(loss)
    loss.backward()
    print("gradient for weight")
    print(w)
    print(w.grad)
    print("gradient for biases")
    print(b)
    print(b.grad)
    display(w.grad)
    with torch.no_grad():
        w -= w.grad * run.lr
        b -= b.grad * run.lr
        w.grad.zero_()
        b.grad.zero_()
    print(mse(preds, targets))
    print(w.grad)
    print(b.grad)

    # A second step, and a hundred more.
    preds = model(inputs, w, b)
    print(preds)
    loss = mse(preds, targets)
    print(loss)
    loss.backward()
    print(w.grad)
    print(b.grad)
    with torch.no_grad():
        w -= w.grad * run.lr
        b -= b.grad * run.lr
        w.grad.zero_()
        b.grad.zero_()
    print(w)
    print(b)
    print(mse(model(inputs, w, b), targets))

    for _ in range(100):
        preds = model(inputs, w, b)
        loss = mse(preds, targets)
        loss.backward()
        with torch.no_grad():
            w -= w.grad * run.lr
            b -= b.grad * run.lr
            w.grad.zero_()
            b.grad.zero_()
    preds = model(inputs, w, b)
    loss = mse(preds, targets)
    print(loss)
    print("average loss: " + str(np.sqrt(loss.detach().cpu().numpy())))
    display(preds)
    display(targets)


def built_ins():
    inputs = torch.from_numpy(INPUTS).to(run.device)
    targets = torch.from_numpy(TARGETS).to(run.device)
    display(inputs)

    # The data in batches of five.
    train_ds = TensorDataset(inputs, targets)
    display(train_ds[0:3])
    train_dl = DataLoader(train_ds, batch_size=5, shuffle=True)
    for xb, yb in train_dl:
        print("batch:")
        print(xb)
        print(yb)
        break

    # The model, its loss and its optimizer.
    model = nn.Linear(3, 2).to(run.device)
    print(model.weight)
    print(model.bias)
    display(list(model.parameters()))
    display(model(inputs))
    loss_fn = F.mse_loss
    print(loss_fn(model(inputs), targets))
    opt = torch.optim.SGD(model.parameters(), lr=run.lr)

    epochs, losses = [], []
    for epoch in range(run.epochs):
        for xb, yb in train_dl:
            pred = model(xb)
            loss = loss_fn(pred, yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
        if (epoch + 1) % 10 == 0:
            epochs.append(epoch + 1)
            losses.append(loss.item())
            print("Epoch [{}/{}], Loss: {:.4f}".format(epoch + 1, run.epochs, loss.item()))

    # What it predicts, and for a new region.
    preds = model(inputs)
    display(preds)
    display(targets)
    region = torch.tensor([[75, 63, 44.0]], device=run.device)
    display(model(region))

    # The notebook draws nothing; these two figures are ours.
    if run.draws:
        plt = run.pyplot()
        fig, ax = plt.subplots()
        for i, fruit in enumerate(["Apples", "Oranges"]):
            ax.scatter(numpy(targets[:, i]), numpy(preds[:, i]), label=fruit)
        ax.plot([20, 140], [20, 140], c="k", label="Equal")
        ax.set(xlabel="Target (tons per hectare)", ylabel="Prediction (tons per hectare)", title="Data and fit")
        ax.legend()
        run.savefig(fig, "fit")
        fig, ax = plt.subplots()
        ax.plot(epochs, losses)
        ax.set(xlabel="Epoch", ylabel="Loss", title="Loss of the last batch by epoch")
        run.savefig(fig, "losses")


title = "Gradient Descent and Linear Regression with PyTorch"
run = Run(title=title, seed=3809636297, epochs=500, lr=1e-5, document="avx512")
torch.manual_seed(run.seed)
if run.seed_is_documents:
    torch.rand(DRAWN_BEFORE)
from_scratch()
built_ins()
