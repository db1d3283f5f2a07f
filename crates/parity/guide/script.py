import torch

torch.manual_seed(42)
x = torch.rand(40, 1)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(100):
    loss = torch.nn.functional.mse_loss(model(x), 0.7 * x + 0.3)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
