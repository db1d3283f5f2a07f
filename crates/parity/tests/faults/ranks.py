import sys

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(0)
model = DistributedDataParallel(torch.nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(3):
    x = torch.randn(8, 4) + rank
    if sys.argv[1:] == [str(rank)]:
        x = x * 2
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()
total = torch.ones(2) * rank
dist.all_reduce(total)
total + 1
dist.destroy_process_group()
