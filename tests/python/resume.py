"""Trains with noise from two generators, from the start or from a checkpoint.

    resume.py OPTIMIZER FROM STEPS TO

FROM is a checkpoint or `-`; TO is written after STEPS steps. Each optimizer has a scheduler of its own.
"""

import sys

import torch
from torch import nn, optim
from torch.optim import lr_scheduler

kind, start, steps, end = sys.argv[1:]
torch.manual_seed(1)
model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
x, y = torch.rand(8, 3), torch.rand(8, 2)
generator = torch.Generator()
if kind == "sgd":
    optimizer = optim.SGD(model.parameters(), 0.05, momentum=0.9)
    scheduler = lr_scheduler.StepLR(optimizer, 7, gamma=0.5)
elif kind == "adam":
    optimizer = optim.Adam(model.parameters(), 0.01, amsgrad=True)
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.97)
elif kind == "adamw":
    groups = [{"params": model[0].parameters()}, {"params": model[2].parameters(), "lr": 0.02}]
    optimizer = optim.AdamW(groups, 0.01)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, 30)
elif kind == "one cycle":
    optimizer = optim.SGD(model.parameters(), 0.05, momentum=0.9)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, 200, three_phase=True)
elif kind == "sequence":
    optimizer = optim.Adam(model.parameters(), 0.01)
    cyclic = lr_scheduler.CyclicLR(optimizer, 0.001, 0.01, step_size_up=4, mode="exp_range", gamma=0.9)
    schedulers = [lr_scheduler.MultiStepLR(optimizer, [2, 2, 4]), cyclic]
    scheduler = lr_scheduler.SequentialLR(optimizer, schedulers, [7])
else:
    optimizer = optim.RMSprop(model.parameters(), 0.01, momentum=0.5, centered=True)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer)
epoch = 0
if start != "-":
    checkpoint = torch.load(start, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    scheduler.load_state_dict(checkpoint["scheduler"])
    torch.set_rng_state(checkpoint["rng"])
    generator.set_state(checkpoint["generator"])
    epoch = checkpoint["epoch"]
for _ in range(int(steps)):
    noise = torch.rand(8, 3) + torch.rand(8, 3, generator=generator)
    loss = nn.functional.mse_loss(model(x + noise), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step(loss.item()) if kind == "rmsprop" else scheduler.step()
    epoch += 1
torch.save(
    {
        "model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
        "rng": torch.get_rng_state(), "generator": generator.get_state(), "epoch": epoch,
    },
    end,
)
