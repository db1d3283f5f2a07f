"""Digits of 8 by 8 pixels, shifted and noisy, told apart by a small convolutional network.

digits.py FILE goes on from the model in the file, if there is one, and saves it.
"""

import os
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FONT = [
    [14, 17, 19, 21, 25, 17, 14],
    [4, 12, 4, 4, 4, 4, 14],
    [14, 17, 1, 2, 4, 8, 31],
    [31, 2, 4, 2, 1, 17, 14],
    [2, 6, 10, 18, 31, 2, 2],
    [31, 16, 30, 1, 1, 17, 14],
    [6, 8, 16, 30, 17, 17, 14],
    [31, 1, 2, 4, 8, 8, 8],
    [14, 17, 17, 14, 17, 17, 14],
    [14, 17, 17, 15, 1, 2, 12],
]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding="same", bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Dropout2d(0.1),
            nn.AdaptiveAvgPool2d(2),
        )
        self.classifier = nn.Linear(64, 10)

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.flatten(1))


path = sys.argv[1]
torch.manual_seed(0)
glyphs = torch.tensor(FONT).unsqueeze(2) // torch.tensor([16, 8, 4, 2, 1]) % 2
n = 120
labels = torch.randint(0, 10, (n,))
rows, columns = torch.randint(0, 2, (n,)), torch.randint(0, 4, (n,))
images = torch.zeros(n, 1, 8, 8)
for i in range(n):
    row, column = rows[i].item(), columns[i].item()
    images[i, 0, row : row + 7, column : column + 5] = glyphs[labels[i]]
images += 0.2 * torch.randn(n, 1, 8, 8)
train_dl = DataLoader(TensorDataset(images[:100], labels[:100]), batch_size=20, shuffle=True)

model = Net()
print(model)
if os.path.exists(path):
    model.load_state_dict(torch.load(path))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
epochs = 8
scheduler = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=0.1, epochs=epochs, steps_per_epoch=len(train_dl)
)
for epoch in range(epochs):
    model.train()
    for xb, yb in train_dl:
        loss = F.cross_entropy(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    model.eval()
    with torch.no_grad():
        predicted = model(images[100:]).argmax(1)
    right = (predicted == labels[100:]).sum().item()
    print(f"epoch {epoch}: loss {loss.item():.6f}, {right} of 20, lr {scheduler.get_last_lr()[0]:.3e}")
print(predicted)
torch.save(model.state_dict(), path)
