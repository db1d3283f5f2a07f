import torch

torch.manual_seed(0)
# The gradient of its input is undefined.
torch.nn.Conv2d(1, 4, 3)(torch.randn(2, 1, 8, 8)).sum().backward()
torch.func.vmap(lambda v: torch.ones_like(v) * v)(torch.randn(5, 3))
torch.func.jvp(torch.sin, (torch.randn(3),), (torch.ones(3),))
with torch._subclasses.FakeTensorMode():
    torch.randn(3) + 1
torch.quantize_per_tensor(torch.randn(3), 0.1, 0, torch.qint8)
