import torch

torch.manual_seed(0)


@torch.compile
def f(x, y):
    return torch.sin(x) * y + torch.relu(x @ y)


x, y = torch.randn(16, 16), torch.randn(16, 16, requires_grad=True)
for _ in range(3):
    f(x, y).sum().backward()
