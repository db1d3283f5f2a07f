"""The same cubic with autograd's gradients."""

import math

import torch

torch.manual_seed(7)
x = torch.linspace(-math.pi, math.pi, 500)
y = torch.sin(x)
a = torch.randn((), requires_grad=True)
b = torch.randn((), requires_grad=True)
c = torch.randn((), requires_grad=True)
d = torch.randn((), requires_grad=True)

lr = 1e-6
for t in range(1000):
    y_pred = a + b * x + c * x**2 + d * x**3
    loss = (y_pred - y).pow(2).sum()
    if t % 200 == 199:
        print(t, loss.item())
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= lr * p.grad
            p.grad = None
print(f"y = {a.item():+.4f} {b.item():+.4f} x {c.item():+.4f} x^2 {d.item():+.4f} x^3")
