"""A training step in a CUDA graph, as `torch.cuda.graph` captures it: what tests/cuda_captures.rs captures in Rust.

  python captured_step.py OPTIONS      {"momentum": …, "foreach": …, "layers": …, "loss": …} in JSON
"""

import json
import sys

import torch
from torch import nn

options = json.loads(sys.argv[1])
torch.manual_seed(7)
x, y = torch.randn(32, 4).cuda(), torch.randn(32, 2).cuda()
layers = [nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)] if options["layers"] == 2 else [nn.Linear(4, 2)]
model = nn.Sequential(*layers).cuda()
loss_fn = getattr(nn, options["loss"])()
sgd = {"momentum": options["momentum"], "foreach": options["foreach"], "weight_decay": options["weight_decay"]}
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, **sgd)


def step():
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()


side = torch.cuda.Stream()
side.wait_stream(torch.cuda.current_stream())
with torch.cuda.stream(side):
    for _ in range(3):
        step()
torch.cuda.current_stream().wait_stream(side)
graph = torch.cuda.CUDAGraph()
with torch.cuda.graph(graph):
    step()
for _ in range(5):
    graph.replay()
torch.cuda.synchronize()
