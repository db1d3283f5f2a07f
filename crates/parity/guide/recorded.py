import sys

import torch
from tensor_trace import Trace, process_manifest

trace = Trace.create(sys.argv[2], process_manifest("cpu") | {"seed": "42"})
torch.manual_seed(42)
x = torch.rand(40, 1)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
trace.record("x", x)
for name, parameter in model.named_parameters():
    trace.record(name, parameter)
for epoch in range(100):
    trace.step(epoch)
    loss = torch.nn.functional.mse_loss(model(x), 0.7 * x + 0.3)
    trace.record("loss", loss)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for name, parameter in model.named_parameters():
        trace.record(f"{name}.grad", parameter.grad)
        trace.record(name, parameter)
trace.finish()
print(loss.item())
