"""Word embeddings from a short text: skip-gram with negative sampling.

skipgram.py FILE [DEVICE] goes on from the model in the file, if there is one, and saves it.
"""

import os
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

TEXT = """the king rules the land and the queen rules the land the dog guards the house and the cat
guards the house the king and the queen live in the house the dog and the cat live in the land""".split()


class SkipGram(nn.Module):
    def __init__(self, vocabulary, dim):
        super().__init__()
        self.input = nn.Embedding(vocabulary, dim)
        self.output = nn.Embedding(vocabulary, dim)
        nn.init.uniform_(self.input.weight, -0.5 / dim, 0.5 / dim)
        nn.init.zeros_(self.output.weight)

    def forward(self, center, context, negative):
        center = self.input(center).unsqueeze(2)
        positive = self.output(context).unsqueeze(1).bmm(center).squeeze()
        negative = self.output(negative).neg().bmm(center).squeeze(2)
        return -(F.logsigmoid(positive) + F.logsigmoid(negative).sum(1)).mean()


path = sys.argv[1]
device = sys.argv[2] if len(sys.argv) > 2 else "cpu"
torch.manual_seed(3)
words = sorted(set(TEXT))
ids = [words.index(word) for word in TEXT]
counts = torch.bincount(torch.tensor(ids), minlength=len(words))
noise = counts**0.75
pairs = [
    [ids[i], ids[j]]
    for i in range(len(ids))
    for j in range(max(0, i - 2), min(len(ids), i + 3))
    if i != j
]
center, context = torch.tensor(pairs).unbind(1)
train_dl = DataLoader(TensorDataset(center, context), batch_size=32, shuffle=True, drop_last=True)

model = SkipGram(len(words), 6).to(device)
print(model)
if os.path.exists(path):
    model.load_state_dict(torch.load(path))
optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
for epoch in range(8):
    for center, context in train_dl:
        negative = torch.multinomial(noise, 32 * 4, replacement=True).view(32, 4)
        loss = model(center.to(device), context.to(device), negative.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {loss.item()}")
with torch.no_grad():
    embeddings = F.normalize(model.input.weight.cpu(), dim=1)
    near, which = (embeddings @ embeddings.T).fill_diagonal_(-1).topk(2, dim=1)
for word, similarity, i in zip(words, near.tolist(), which.tolist()):
    print(f"{word}: {words[i[0]]} {similarity[0]:.4f}, {words[i[1]]} {similarity[1]:.4f}")
torch.save(model.state_dict(), path)
