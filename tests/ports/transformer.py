"""Digits in a row, put in order by a transformer encoder.

transformer.py FILE [DEVICE] goes on from the model in the file, if there is one, and saves it.
"""

import math
import os
import sys

import torch
from torch import nn


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, length):
        super().__init__()
        self.dropout = nn.Dropout(0.1)
        position = torch.arange(length).unsqueeze(1)
        rate = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(length, d_model)
        pe[:, 0::2] = torch.sin(position * rate)
        pe[:, 1::2] = torch.cos(position * rate)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return self.dropout(x + self.pe)


class Sorter(nn.Module):
    def __init__(self, n_digits, length):
        super().__init__()
        self.embedding = nn.Embedding(n_digits, 16)
        self.position = PositionalEncoding(16, length)
        layer = nn.TransformerEncoderLayer(16, nhead=4, dim_feedforward=32, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.decoder = nn.Linear(16, n_digits)

    def forward(self, x):
        x = self.embedding(x) * math.sqrt(16)
        return self.decoder(self.encoder(self.position(x)))


path = sys.argv[1]
device = sys.argv[2] if len(sys.argv) > 2 else "cpu"
torch.manual_seed(0)
model = Sorter(6, 5).to(device)
print(model)
if os.path.exists(path):
    model.load_state_dict(torch.load(path))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 10))
model.train()
for step in range(60):
    x = torch.randint(0, 6, (16, 5)).to(device)
    y, _ = x.sort(dim=1)
    logits = model(x)
    loss = criterion(logits.flatten(0, 1), y.flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimizer.step()
    scheduler.step()
    if step % 12 == 11:
        right = (logits.argmax(2) == y).float().mean().item()
        print(f"step {step}: loss {loss.item():.6f}, {100 * right:.2f}% right")
model.eval()
with torch.no_grad():
    x = torch.randint(0, 6, (3, 5)).to(device)
    print(x, model(x).argmax(2))
torch.save(model.state_dict(), path)
