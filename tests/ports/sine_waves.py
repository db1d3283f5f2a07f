"""Sine waves, learnt by LSTM cells with L-BFGS and continued on their own.

sine_waves.py FILE goes on from the file, if there is one, and saves model and optimizer.
"""

import os
import sys

import torch
from torch import nn


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm1 = nn.LSTMCell(1, 12)
        self.lstm2 = nn.LSTMCell(12, 12)
        self.linear = nn.Linear(12, 1)

    def forward(self, input, future=0):
        outputs = []
        h_t, c_t, h_t2, c_t2 = (
            torch.zeros(input.size(0), 12, dtype=torch.double) for _ in range(4)
        )
        for input_t in input.split(1, dim=1):
            h_t, c_t = self.lstm1(input_t, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs.append(output)
        for _ in range(future):
            h_t, c_t = self.lstm1(output, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs.append(output)
        return torch.cat(outputs, dim=1)


path = sys.argv[1]
torch.manual_seed(0)
shift = torch.randint(-20, 20, (6, 1))
data = torch.sin((torch.arange(25) + shift).double() / 3)
input, target = data[2:, :-1], data[2:, 1:]
test_input, test_target = data[:2, :-1], data[:2, 1:]

seq = Sequence().double()
print(seq)
criterion = nn.MSELoss()
optimizer = torch.optim.LBFGS(seq.parameters(), lr=0.8, max_iter=6)
if os.path.exists(path):
    checkpoint = torch.load(path)
    seq.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
for i in range(4):

    def closure():
        optimizer.zero_grad()
        out = seq(input)
        loss = criterion(out, target)
        print("loss:", loss.item())
        loss.backward()
        return loss

    print("STEP:", i)
    optimizer.step(closure)
    with torch.no_grad():
        pred = seq(test_input, future=5)
        loss = criterion(pred[:, :-5], test_target)
        print("test loss:", loss.item())
print(pred[:, -5:])
torch.save({"model": seq.state_dict(), "optimizer": optimizer.state_dict()}, path)
