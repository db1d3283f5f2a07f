"""Hello PyTorch: a line fitted by two parameters, then by two layers."""

import torch
from sklearn.model_selection import train_test_split
from torch import nn

import tutorial
from tutorial import display, numpy, state_dict


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


def scatter(run, stem, x_train, y_train, x_test, y_test, s=4, y_preds=None):
    if not run.draws:
        return
    fig, ax = run.new_figure((10, 7))
    ax.scatter(numpy(x_train), numpy(y_train), c="b", s=4, label="Training data")
    ax.scatter(numpy(x_test), numpy(y_test), c="r", s=s, label="Testing data")
    if y_preds is not None:
        ax.scatter(numpy(x_test), numpy(y_preds), c="g", s=4, label="Predictions")
    ax.legend(fontsize=14)
    ax.set(xlabel="X", ylabel="y")
    run.savefig(fig, stem)


def train(run, name, model, x_train, y_train, x_test, y_test):
    loss_fn = nn.L1Loss()
    optimizer = torch.optim.SGD(model.parameters(), lr=run.lr)
    epoch_values, loss_values, test_loss_values = [], [], []
    with run.timer(name):
        for epoch in range(run.epochs):
            model.train()
            y_preds = model(x_train)
            loss = loss_fn(y_preds, y_train)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.record(name, epoch, y_preds=y_preds, loss=loss)
            run.record_model(model)

            if epoch % 100 == 0:
                print(f"Epoch: {epoch} | Loss: {loss}")
                model.eval()
                print(state_dict(model))
                with torch.inference_mode():
                    test_preds = model(x_test)
                    test_loss = loss_fn(test_preds, y_test)
                run.record(name, epoch, "test", test_loss=test_loss)
                epoch_values.append(epoch)
                loss_values.append(loss.item())
                test_loss_values.append(test_loss.item())
    if run.draws:
        fig, ax = run.new_figure((10, 7))
        ax.plot(epoch_values, loss_values, label="Training Loss")
        ax.plot(epoch_values, test_loss_values, label="Test Loss")
        ax.set(xlabel="Epoch", ylabel="Loss", title="Training and Test Loss vs Epoch")
        ax.legend()
        run.savefig(fig, f"{name}_losses")
    model.eval()
    print(state_dict(model))
    with torch.inference_mode():
        y_preds = model(x_test)
    run.record(name, "trained", y_preds=y_preds)
    scatter(run, f"{name}_last_predictions", x_train, y_train, x_test, y_test, s=20, y_preds=y_preds)


with tutorial.run(name="hello_pytorch", title="Hello PyTorch", seed=42, epochs=1500, lr=0.001) as run:
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
    run.record(x_train=x_train, y_train=y_train)
    run.record(x_test=x_test, y_test=y_test)
    data = x_train, y_train, x_test, y_test
    scatter(run, "data_split", *data)

    torch.manual_seed(run.seed)
    model_0 = LinearRegressionModel().to(run.device)
    print(list(model_0.parameters()))
    print(state_dict(model_0))
    with torch.inference_mode():
        y_preds = model_0(x_test)
    display(y_preds)
    run.record("model_0", y_preds=y_preds)
    run.record_model(model_0)
    scatter(run, "model_0_first_predictions", *data, y_preds=y_preds)
    train(run, "model_0", model_0, *data)

    torch.manual_seed(run.seed)
    model_2layer = LinearRegressionModel2Layer().to(run.device)
    print(list(model_2layer.parameters()))
    print(state_dict(model_2layer))
    with torch.inference_mode():
        y_preds = model_2layer(x_test)
    run.record("model_2layer", y_preds=y_preds)
    run.record_model(model_2layer)
    scatter(run, "model_2layer_first_predictions", *data, y_preds=y_preds)
    train(run, "model_2layer", model_2layer, *data)
