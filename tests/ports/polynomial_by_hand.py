"""A cubic fitted to a sine, its gradients written out by hand."""

import math

import torch

torch.manual_seed(7)
x = torch.linspace(-math.pi, math.pi, 500)
y = torch.sin(x)
a, b, c, d = torch.randn(()), torch.randn(()), torch.randn(()), torch.randn(())

lr = 1e-6
for t in range(1000):
    y_pred = a + b * x + c * x**2 + d * x**3
    loss = (y_pred - y).pow(2).sum()
    if t % 200 == 199:
        print(t, loss.item())
    grad_y_pred = 2.0 * (y_pred - y)
    a -= lr * grad_y_pred.sum()
    b -= lr * (grad_y_pred * x).sum()
    c -= lr * (grad_y_pred * x**2).sum()
    d -= lr * (grad_y_pred * x**3).sum()
print(f"y = {a.item():+.4f} {b.item():+.4f} x {c.item():+.4f} x^2 {d.item():+.4f} x^3")
