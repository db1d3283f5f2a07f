"""Ratings of films, explained by a few factors: matrix factorization with sparse gradients.

matrix_factorization.py FILE goes on from the file, if there is one, and saves model and optimizer.
"""

import os
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class MatrixFactorization(nn.Module):
    def __init__(self, n_users, n_items, n_factors):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, n_factors, sparse=True)
        self.item_factors = nn.Embedding(n_items, n_factors, sparse=True)
        self.user_bias = nn.Embedding(n_users, 1, sparse=True)
        self.item_bias = nn.Embedding(n_items, 1, sparse=True)
        for bias in (self.user_bias, self.item_bias):
            nn.init.zeros_(bias.weight)

    def forward(self, user, item):
        interaction = (self.user_factors(user) * self.item_factors(item)).sum(1)
        return interaction + self.user_bias(user).squeeze(1) + self.item_bias(item).squeeze(1)


path = sys.argv[1]
torch.manual_seed(11)
n_users, n_items, n_ratings = 20, 15, 160
user = torch.randint(0, n_users, (n_ratings,))
item = torch.randint(0, n_items, (n_ratings,))
taste, style = torch.randn(n_users, 2), torch.randn(n_items, 2)
rating = (3 + (taste[user] * style[item]).sum(1)).round().clamp(1, 5)
dataset = TensorDataset(user[:140], item[:140], rating[:140])
train_dl = DataLoader(dataset, batch_size=20, shuffle=True)

model = MatrixFactorization(n_users, n_items, 4)
print(model)
optimizer = torch.optim.SparseAdam(model.parameters(), lr=0.05)
if os.path.exists(path):
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
loss_fn = nn.MSELoss()
for epoch in range(10):
    for user_b, item_b, rating_b in train_dl:
        loss = loss_fn(model(user_b, item_b), rating_b - 3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        predicted = 3 + model(user[140:], item[140:])
        rmse = loss_fn(predicted, rating[140:]).sqrt()
    print(f"epoch {epoch}: train {loss.item():.5f}, test RMSE {rmse.item():.5f}")
print(predicted)
torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
