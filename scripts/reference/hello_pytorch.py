"""Hello PyTorch: a line fitted by two parameters, then by two layers."""

import torch
from sklearn.model_selection import train_test_split
from torch import nn

from tutorial import Run, display, numpy, state_dict


class LinearRegressionModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.weight * x + self.bias


class LinearRegressionModel2Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(1, 10)
        self.linear2 = nn.Linear(10, 1)

    def forward(self, x):
        return self.linear2(torch.relu(self.linear1(x)))


run = Run(title="Hello PyTorch", seed=42, epochs=1500, lr=0.001)

# Sample data on a known line.
weight, bias = 0.7, 0.3
start, end, step = 0, 1, 0.02
x = torch.arange(start, end, step, device=run.device).unsqueeze(dim=1)
print(x.shape)
y = weight * x + bias
display((x[:5], y[:5]))

# scikit-learn permutes on the CPU; the rows it picks are the same on every device.
x_train, x_test, y_train, y_test = (
    part.to(run.device) for part in train_test_split(x.cpu(), y.cpu(), test_size=0.2, random_state=42)
)
print(f"X_train shape: {x_train.shape}")
print(f"y_train shape: {y_train.shape}")
print(f"X_test shape: {x_test.shape}")
print(f"y_test shape: {y_test.shape}")


def scatter(stem, s=4, y_preds=None):
    if run.draws:
        fig, ax = run.pyplot().subplots(figsize=(10, 7))
        ax.scatter(numpy(x_train), numpy(y_train), c="b", s=4, label="Training data")
        ax.scatter(numpy(x_test), numpy(y_test), c="r", s=s, label="Testing data")
        if y_preds is not None:
            ax.scatter(numpy(x_test), numpy(y_preds), c="g", s=4, label="Predictions")
        ax.set(xlabel="X", ylabel="y")
        ax.legend(fontsize=14)
        run.savefig(fig, stem)


scatter("data_split")


def train(name, model):
    loss_fn = nn.L1Loss()
    optimizer = torch.optim.SGD(model.parameters(), lr=run.lr)
    epoch_values, loss_values, test_loss_values = [], [], []
    for epoch in range(run.epochs):
        model.train()
        y_preds = model(x_train)
        loss = loss_fn(y_preds, y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % 100 == 0:
            print(f"Epoch: {epoch} | Loss: {loss}")
            model.eval()
            print(state_dict(model))
            with torch.inference_mode():
                test_preds = model(x_test)
                test_loss = loss_fn(test_preds, y_test)
            epoch_values.append(epoch)
            loss_values.append(loss.item())
            test_loss_values.append(test_loss.item())
    if run.draws:
        fig, ax = run.pyplot().subplots(figsize=(10, 7))
        ax.plot(epoch_values, loss_values, label="Training Loss")
        ax.plot(epoch_values, test_loss_values, label="Test Loss")
        ax.set(xlabel="Epoch", ylabel="Loss", title="Training and Test Loss vs Epoch")
        ax.legend()
        run.savefig(fig, f"{name}_losses")
    model.eval()
    print(state_dict(model))
    with torch.inference_mode():
        y_preds = model(x_test)
    scatter(f"{name}_last_predictions", s=20, y_preds=y_preds)


# A model of two parameters.
torch.manual_seed(run.seed)
model_0 = LinearRegressionModel().to(run.device)
print(list(model_0.parameters()))
print(state_dict(model_0))
with torch.inference_mode():
    y_preds = model_0(x_test)
display(y_preds)
scatter("model_0_first_predictions", y_preds=y_preds)
train("model_0", model_0)

# The same with two layers.
torch.manual_seed(run.seed)
model_2layer = LinearRegressionModel2Layer().to(run.device)
print(list(model_2layer.parameters()))
print(state_dict(model_2layer))
with torch.inference_mode():
    y_preds = model_2layer(x_test)
scatter("model_2layer_first_predictions", y_preds=y_preds)
train("model_2layer", model_2layer)
