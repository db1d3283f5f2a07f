"""Words of sentences of several lengths, tagged by a bidirectional GRU on packed sequences.

tagger.py FILE goes on from the model in the file, if there is one, and saves it.
"""

import os
import sys

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

SENTENCES = [
    ("the dog ate the apple", "D N V D N"),
    ("everybody read that book", "N V D N"),
    ("a cat sleeps", "D N V"),
    ("the cat read a book that night", "D N V D N D N"),
    ("dogs bark", "N V"),
]


class Tagger(nn.Module):
    def __init__(self, n_words, n_tags):
        super().__init__()
        self.embedding = nn.Embedding(n_words, 10, padding_idx=0)
        self.gru = nn.GRU(10, 12, bidirectional=True)
        self.hidden2tag = nn.Linear(24, n_tags)

    def forward(self, sentences, lengths):
        packed = pack_padded_sequence(self.embedding(sentences), lengths, enforce_sorted=False)
        output, _ = self.gru(packed)
        output, _ = pad_packed_sequence(output)
        return self.hidden2tag(output)


path = sys.argv[1]
torch.manual_seed(1)
words, tags = ["<pad>"], []
for sentence, tagged in SENTENCES:
    words += [word for word in dict.fromkeys(sentence.split()) if word not in words]
    tags += [tag for tag in dict.fromkeys(tagged.split()) if tag not in tags]
x = [torch.tensor([words.index(word) for word in sentence.split()]) for sentence, _ in SENTENCES]
y = [torch.tensor([tags.index(tag) for tag in tagged.split()]) for _, tagged in SENTENCES]
lengths = [len(sentence) for sentence in x]
x, y = pad_sequence(x), pad_sequence(y, padding_value=-1)
print(x)

model = Tagger(len(words), len(tags))
print(model)
if os.path.exists(path):
    model.load_state_dict(torch.load(path))
criterion = nn.CrossEntropyLoss(ignore_index=-1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05, amsgrad=True)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
for epoch in range(20):
    scores = model(x, lengths)
    loss = criterion(scores.flatten(0, 1), y.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step(loss.item())
    if epoch % 4 == 3:
        print(epoch, loss.item())
with torch.no_grad():
    predicted = model(x, lengths).argmax(2)
for i, (sentence, _) in enumerate(SENTENCES):
    print(sentence, "->", " ".join(tags[t] for t in predicted[: lengths[i], i].tolist()))
torch.save(model.state_dict(), path)
