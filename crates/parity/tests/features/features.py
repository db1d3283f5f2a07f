"""Features of PyTorch, each in a process of its own. `planted` changes one number in each, where `pick` is."""

import os
import sys

import torch
from torch import nn
from torch.nn import functional as F


def pick(usual, planted):
    return planted if sys.argv[1:] == ["planted"] else usual


def autocast():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = F.linear(torch.randn(4, 4), torch.randn(4, 4))
        F.linear(y, torch.eye(4) * pick(2, 3))


def grad_scaler():
    x = torch.randn(3, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    scaler.scale(x.square().sum() * pick(2, 3)).backward()
    scaler.step(optimizer)
    scaler.update()


def vmap():
    x = torch.randn(5, 3)
    torch.func.vmap(lambda v: (v * torch.ones_like(v)).sin().sum())(x)
    torch.func.vmap(lambda v: v * pick(2, 3))(x)


def vmap_of_grad():
    x = torch.randn(5, 3)
    torch.func.vmap(torch.func.grad(lambda v: (v * pick(2, 3)).sin().sum()))(x)


def jacobians():
    x = torch.randn(3)
    torch.func.jacrev(lambda v: v.sin() * 2)(x)
    torch.func.jacfwd(lambda v: v.cos() * pick(2, 3))(x)


def functional_call():
    model = nn.Linear(3, 2)
    state = {name: value.detach() * pick(2, 3) for name, value in model.named_parameters()}
    torch.func.functional_call(model, state, torch.randn(4, 3))


def forward_ad():
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(torch.randn(3), torch.ones(3) * pick(2, 3))
        torch.autograd.forward_ad.unpack_dual(dual.sin())


def double_backward():
    x = torch.randn(3, requires_grad=True)
    (grad,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (grad * pick(2, 3)).sum().backward()


def jit_script():
    f = torch.jit.script(scripted)
    f(torch.randn(3), pick(2, 3))


def scripted(x: torch.Tensor, n: int) -> torch.Tensor:
    for i in range(n):
        x = x.sin()
    return x


def jit_trace():
    x = torch.randn(3)
    f = torch.jit.trace(lambda v: v.sin() * 2, x)
    f(x * pick(2, 3))


def hooks():
    model = nn.Linear(3, 2)
    model.register_forward_hook(lambda module, inputs, output: output * pick(2, 3))
    model.weight.register_hook(lambda grad: grad * 2)
    model(torch.randn(4, 3)).sum().backward()


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * pick(2, 3)


def custom_function():
    Doubled.apply(torch.randn(3, requires_grad=True)).sum().backward()


def checkpointing():
    x = torch.randn(3, requires_grad=True)
    y = torch.utils.checkpoint.checkpoint(lambda v: v.sin().cos(), x, use_reentrant=False)
    (y * pick(2, 3)).sum().backward()


def sparse():
    x = torch.eye(3).to_sparse()
    x = x.coalesce() * pick(2, 3)
    torch.sparse.mm(x, torch.randn(3, 3))


def nested():
    x = torch.nested.nested_tensor([torch.randn(2, 3), torch.randn(4, 3)])
    x * pick(2, 3)


def nested_jagged():
    x = torch.nested.nested_tensor([torch.randn(2, 3), torch.randn(4, 3)], layout=torch.jagged)
    torch.sin(x).values() * pick(2, 3)


def quantized():
    x = torch.quantize_per_tensor(torch.randn(3, 3), 0.1, 0, torch.qint8)
    x.dequantize() * pick(2, 3)


def quantized_linear():
    model = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(3, 2)), {nn.Linear}, torch.qint8)
    model(torch.randn(4, 3) * pick(2, 3))


def complex_numbers():
    x = torch.randn(3, dtype=torch.complex64)
    x.conj() * pick(2, 3)


def fft():
    x = torch.fft.rfft(torch.randn(8))
    torch.fft.irfft(x * pick(2, 3))


def linalg():
    x = torch.randn(3, 3)
    x = x @ x.T + torch.eye(3) * pick(2, 3)
    torch.linalg.cholesky(x), torch.linalg.svd(x), torch.linalg.solve(x, x), torch.linalg.eigh(x)


def lstm():
    model = nn.LSTM(8, 16, batch_first=True)
    y, _ = model(torch.randn(4, 10, 8))
    y.square().sum().backward()
    model(torch.randn(4, 10, 8) * pick(2, 3))


def gru():
    model = nn.GRU(8, 16, bidirectional=True)
    model(torch.randn(4, 10, 8) * pick(2, 3))[0].sum().backward()


def attention():
    q = torch.randn(2, 4, 8, 16, requires_grad=True)
    F.scaled_dot_product_attention(q, q, q, dropout_p=0.5).sum().backward()
    nn.MultiheadAttention(16, 4)(*[torch.randn(5, 2, 16) * pick(2, 3)] * 3)


def transformer():
    model = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    model(torch.randn(2, 5, 16)).sum().backward()
    model.eval()(torch.randn(2, 5, 16) * pick(2, 3))


def lbfgs():
    x = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.LBFGS([x])

    def closure():
        optimizer.zero_grad()
        loss = (x - pick(2, 3)).square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)


def adam():
    model = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    (model(torch.randn(4, 3)) * pick(2, 3)).sum().backward()
    optimizer.step()


def inference_mode():
    model = nn.Linear(3, 2)
    with torch.inference_mode():
        model(torch.randn(4, 3)) * pick(2, 3)


def embedding_bag():
    model = nn.EmbeddingBag(10, 3, mode="sum")
    with torch.no_grad():
        model(torch.tensor([[1, 2], [3, 4]]))
    (model(torch.tensor([[1, 2], [3, 4]])) * pick(2, 3)).sum().backward()


def ctc_loss():
    x = torch.randn(20, 2, 5).log_softmax(2).requires_grad_()
    targets, lengths = torch.tensor([[1, 2, 3], [4, 1, 2]]), torch.tensor([3, 1])
    F.ctc_loss(x, targets, torch.tensor([20, pick(19, 18)]), lengths).backward()


def convolution():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Dropout(0.5))
    model(torch.randn(2, 1, 8, 8)).sum().backward()
    model(torch.randn(2, 1, 8, 8) * pick(2, 3))


def unfilled_memory():
    x = torch.empty(2000).normal_()
    torch.mul(x, 2, out=torch.empty(2000))
    torch.mul(x, pick(2, 3), out=torch.empty(2000))


def fake_tensors():
    with torch._subclasses.FakeTensorMode():
        torch.randn(3) + 1
    torch.randn(3) * pick(2, 3)


def subclass():
    class Named(torch.Tensor):
        pass

    torch.randn(3).as_subclass(Named) * pick(2, 3)


def foreach():
    xs = torch._foreach_mul([torch.randn(3), torch.randn(4)], 2)
    torch._foreach_add_(xs, pick(2, 3))


FEATURES = [
    value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", None) == "__main__" and isinstance(value, type(pick))
]
for feature in FEATURES:
    if feature in (pick, scripted):
        continue
    if os.fork() == 0:
        torch.manual_seed(0)
        feature()
        os._exit(0)
    if os.wait()[1] != 0:
        sys.exit(f"{feature.__name__} failed")
torch.ones(2)
