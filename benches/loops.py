"""The loops of loops.rs in Python, with the same bits; ways are `eager`, `compile`, which is torch.compile of the model
with its loss, and `graph`, the whole step in a CUDA graph."""

import struct
import sys
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


DEVICE = torch.device(sys.argv[2] if sys.argv[1] == "--serve" else "cpu")


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.weight * x + self.bias


def line():
    x = torch.arange(0, 1, 0.025).unsqueeze(1)
    return x, 0.7 * x + 0.3


class Graph:
    """A step that is taken as it stands three times, as PyTorch asks, then captured and replayed."""

    def __init__(self, step):
        self.step, self.stream, self.taken, self.graph = step, torch.cuda.Stream(), 0, torch.cuda.CUDAGraph()

    def __call__(self, *batch):
        self.taken += 1
        if self.taken <= 3:
            self.stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self.stream):
                # A loss that is kept with its autograd graph would break the capture.
                loss = self.step(*batch).detach()
            torch.cuda.current_stream().wait_stream(self.stream)
            return loss
        if self.taken == 4:
            self.batch = [data.clone() for data in batch]
            with torch.cuda.graph(self.graph):
                self.loss = self.step(*self.batch)
        for there, data in zip(self.batch, batch):
            if there is not data:
                there.copy_(data)
        self.graph.replay()
        return self.loss


def loss_of(way, model, criterion):
    def loss(x, y):
        return criterion(model(x), y)

    return torch.compile(loss) if way == "compile" else loss


def fixed(way, model, criterion, lr, x, y):
    model.to(DEVICE)
    x, y = x.to(DEVICE), y.to(DEVICE)
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=lr), loss_of(way, model, criterion)

    def step():
        loss = loss_fn(x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Graph(step) if way == "graph" else step


def epochs(way, model, optimizer, criterion, loader):
    loss_fn = loss_of(way, model, criterion)

    def step(x, y):
        loss = loss_fn(x, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    if way == "graph":
        step = Graph(step)

    def take():
        for x, y in loader:
            loss = step(x, y)
        return loss

    return take


def loader_alone():
    data = torch.randn(1024, 20), torch.randn(1024, 1)
    loader = DataLoader(TensorDataset(*(part.to(DEVICE) for part in data)), 32, shuffle=True)

    def take():
        for _, y in loader:
            pass
        return y[0][0]

    return take


def make(name, way):
    torch.manual_seed(42)
    if name == "two_parameters":
        x, y = line()
        return fixed(way, Line(), nn.L1Loss(), 0.001, x, y)
    if name == "two_layers":
        model = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))
        return fixed(way, model, nn.L1Loss(), 0.001, *line())
    if name == "fit":
        data = TensorDataset(torch.randn(15, 3).to(DEVICE), torch.randn(15, 2).to(DEVICE))
        model = nn.Linear(3, 2).to(DEVICE)
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-5)
        return epochs(way, model, optimizer, nn.MSELoss(), DataLoader(data, 5, shuffle=True))
    if name == "classifier":
        data = TensorDataset(torch.randn(320, 20).to(DEVICE), torch.randint(4, (320,)).to(DEVICE))
        model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4)).to(DEVICE)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        return epochs(way, model, optimizer, nn.CrossEntropyLoss(), DataLoader(data, 32, shuffle=True))
    if name == "loader":
        return loader_alone()
    rows, features = map(int, name.removeprefix("step:").split("x"))
    x, y = torch.randn(rows, features), torch.randn(rows, 1)
    return fixed(way, nn.Linear(features, 1), nn.MSELoss(), 1e-3, x, y)


def take(one, times):
    start = time.perf_counter()
    for _ in range(times):
        last = one()
    if DEVICE.type == "cuda":
        torch.cuda.synchronize(DEVICE)
    seconds = time.perf_counter() - start
    bits = struct.pack(">f", last.item()).hex()
    print(f'{{"seconds": {seconds:e}, "loss": "{bits}"}}', flush=True)


def main():
    if sys.argv[1] == "--run":
        take(make(*sys.argv[2:4]), int(sys.argv[4]))
        return
    going = {}
    for text in sys.stdin:
        name, way, times = text.split()
        if (name, way) not in going:
            going[name, way] = make(name, way)
        take(going[name, way], int(times))


if __name__ == "__main__":
    main()
