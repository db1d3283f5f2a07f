"""A character LSTM that learns one sentence and then writes on its own.

char_lstm.py FILE goes on from the model in the file, if there is one, and saves it.
"""

import os
import sys

import torch
from torch import nn

TEXT = "a rose is a rose is a rose, and a line is a line however long the line is drawn. "


class CharLSTM(nn.Module):
    def __init__(self, n_chars):
        super().__init__()
        self.embedding = nn.Embedding(n_chars, 8)
        self.lstm = nn.LSTM(8, 24, num_layers=2, dropout=0.1, batch_first=True)
        self.decoder = nn.Linear(24, n_chars)

    def forward(self, x, hidden=None):
        output, hidden = self.lstm(self.embedding(x), hidden)
        return self.decoder(output), hidden


path = sys.argv[1]
torch.manual_seed(42)
chars = sorted(set(TEXT))
index = {c: i for i, c in enumerate(chars)}
data = torch.tensor([index[c] for c in TEXT * 2])

model = CharLSTM(len(chars))
print(model)
if os.path.exists(path):
    model.load_state_dict(torch.load(path))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
for step in range(40):
    start = torch.randint(0, len(TEXT), (8, 1))
    window = data[start + torch.arange(21)]
    x, y = window[:, :-1], window[:, 1:]
    logits, _ = model(x)
    loss = criterion(logits.reshape(-1, len(chars)), y.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(model.parameters(), 0.5)
    optimizer.step()
    if step % 8 == 7:
        print(f"step {step}: {loss.item()}")

model.eval()
text, hidden = "a ", None
x = torch.tensor([[index[c] for c in text]])
with torch.no_grad():
    for _ in range(60):
        logits, hidden = model(x, hidden)
        p = torch.softmax(logits[0, -1] / 0.8, dim=0)
        x = torch.multinomial(p, 1).view(1, 1)
        text += chars[x.item()]
print(text)
torch.save(model.state_dict(), path)
