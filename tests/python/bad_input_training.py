"""Options that optimizers, schedulers, samplers, loaders and readers refuse: the cases of tests/bad_input/optimizers.rs,
schedulers.rs and loading.rs."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn, optim
from torch.optim import lr_scheduler, swa_utils
from torch.utils import data

rand, tensor = torch.rand, torch.tensor


def made(name, shape=(2,), dtype=torch.float32, **options):
    return getattr(optim, name)([nn.Parameter(torch.ones(shape, dtype=dtype))], **options)


def stepped(name, sparse=False, **options):
    optimizer = made(name, **options)
    weight = optimizer.param_groups[0]["params"][0]
    weight.grad = torch.ones_like(weight).to_sparse() if sparse else torch.ones_like(weight)
    optimizer.step()


REFUSED = {
    "Adadelta": {"lr": -1.0, "rho": 1.5, "eps": -1.0, "weight_decay": -1.0},
    "Adafactor": {"lr": -1.0, "beta2_decay": 0.5, "eps": (-1.0, 1e-3), "d": 0.5, "weight_decay": -1.0},
    "Adagrad": {"lr": -1.0, "lr_decay": -1.0, "weight_decay": -1.0, "initial_accumulator_value": -1.0, "eps": -1.0},
    "Adam": {"lr": -1.0, "betas": (0.9, 1.0), "eps": -1.0, "weight_decay": -1.0},
    "AdamW": {"lr": -1.0, "betas": (-0.1, 0.9), "eps": -1.0, "weight_decay": -1.0},
    "Adamax": {"lr": -1.0, "betas": (0.9, 1.0), "eps": -1.0, "weight_decay": -1.0},
    "ASGD": {"lr": -1.0, "weight_decay": -1.0},
    "LBFGS": {"lr": -1.0},
    "NAdam": {"lr": -1.0, "betas": (0.9, 1.0), "eps": -1.0, "weight_decay": -1.0, "momentum_decay": -1.0},
    "RAdam": {"lr": -1.0, "betas": (0.9, 1.0), "eps": -1.0, "weight_decay": -1.0},
    "RMSprop": {"lr": -1.0, "eps": -1.0, "momentum": -1.0},
    "Rprop": {"lr": -1.0, "etas": (0.5, 1.0)},
    "SGD": {"weight_decay": -1.0},
    "SparseAdam": {"lr": 0.0, "betas": (0.9, 1.0), "eps": 0.0},
}
OPTIMIZERS = {f"{name} {key}": lambda name=name, key=key, value=value: made(name, **{key: value}) for name, options in REFUSED.items() for key, value in options.items()}
OPTIMIZERS |= {
    "Muon lr": lambda: made("Muon", (2, 2), lr=-1.0),
    "Muon momentum": lambda: made("Muon", (2, 2), momentum=-1.0),
    "Muon weight_decay": lambda: made("Muon", (2, 2), weight_decay=-1.0),
    "Muon vector": lambda: made("Muon"),
    "Muon steps": lambda: stepped("Muon", shape=(2, 2), ns_steps=100),
    "Muon complex": lambda: stepped("Muon", shape=(2, 2), dtype=torch.complex64),
    "Adafactor complex": lambda: stepped("Adafactor", dtype=torch.complex64),
    "Adafactor small eps": lambda: made("Adafactor", eps=(None, -1.0)),
    "SGD dampening": lambda: made("SGD", momentum=0.9, dampening=0.1, nesterov=True),
    "SparseAdam dense": lambda: stepped("SparseAdam"),
    "SparseAdam complex": lambda: made("SparseAdam", dtype=torch.complex64),
    "Adagrad sparse": lambda: stepped("Adagrad", sparse=True, weight_decay=0.1),
} | {f"{name} sparse": lambda name=name: stepped(name, sparse=True) for name in ["Adadelta", "Adam", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop"]}


def scheduled(name, times=0, optimizer=None, **options):
    scheduler = getattr(lr_scheduler, name)(optimizer or made("SGD", lr=0.1, momentum=0.9), **options)
    for _ in range(times):
        scheduler.optimizer.step()
        scheduler.step()


def sequential(kinds, milestones):
    optimizer = made("SGD", lr=0.1)
    lr_scheduler.SequentialLR(optimizer, [lr_scheduler.ExponentialLR(optimizer, 0.9) for _ in range(kinds)], milestones)


SCHEDULERS = {
    "ConstantLR above": lambda: scheduled("ConstantLR", factor=1.5),
    "ConstantLR below": lambda: scheduled("ConstantLR", factor=-0.5),
    "ConstantLR back from zero": lambda: scheduled("ConstantLR", 2, factor=0.0, total_iters=2),
    "LinearLR start": lambda: scheduled("LinearLR", start_factor=0.0),
    "LinearLR start above": lambda: scheduled("LinearLR", start_factor=1.5),
    "LinearLR end": lambda: scheduled("LinearLR", end_factor=-0.5),
    "LinearLR end above": lambda: scheduled("LinearLR", end_factor=1.5),
    "LambdaLR lambdas": lambda: scheduled("LambdaLR", lr_lambda=[lambda _: 1.0] * 2),
    "MultiplicativeLR lambdas": lambda: scheduled("MultiplicativeLR", lr_lambda=[lambda _: 1.0] * 2),
    "ExponentialLR last epoch": lambda: scheduled("ExponentialLR", gamma=0.9, last_epoch=5),
    "MultiStepLR last epoch": lambda: scheduled("MultiStepLR", milestones=[2], last_epoch=5),
    "PolynomialLR last epoch": lambda: scheduled("PolynomialLR", last_epoch=5),
    "CyclicLR rates": lambda: scheduled("CyclicLR", base_lr=[0.1, 0.2], max_lr=1.0),
    "CyclicLR highest rates": lambda: scheduled("CyclicLR", base_lr=0.1, max_lr=[1.0, 2.0]),
    "CyclicLR length": lambda: scheduled("CyclicLR", base_lr=0.1, max_lr=1.0, step_size_up=0),
    "CyclicLR momentum": lambda: scheduled("CyclicLR", optimizer=made("Adagrad"), base_lr=0.1, max_lr=1.0),
    "CyclicLR momenta": lambda: scheduled("CyclicLR", base_lr=0.1, max_lr=1.0, base_momentum=[0.8, 0.9]),
    "OneCycleLR steps": lambda: scheduled("OneCycleLR", max_lr=1.0),
    "OneCycleLR no steps": lambda: scheduled("OneCycleLR", max_lr=1.0, total_steps=0),
    "OneCycleLR negative steps": lambda: scheduled("OneCycleLR", max_lr=1.0, total_steps=-1),
    "OneCycleLR epochs": lambda: scheduled("OneCycleLR", max_lr=1.0, epochs=0, steps_per_epoch=2),
    "OneCycleLR steps per epoch": lambda: scheduled("OneCycleLR", max_lr=1.0, epochs=2, steps_per_epoch=0),
    "OneCycleLR share": lambda: scheduled("OneCycleLR", max_lr=1.0, total_steps=9, pct_start=1.5),
    "OneCycleLR rates": lambda: scheduled("OneCycleLR", max_lr=[1.0, 2.0], total_steps=9),
    "OneCycleLR momentum": lambda: scheduled("OneCycleLR", optimizer=made("Adagrad"), max_lr=1.0, total_steps=9),
    "OneCycleLR over": lambda: scheduled("OneCycleLR", 10, max_lr=1.0, total_steps=9),
    "WarmRestarts first": lambda: scheduled("CosineAnnealingWarmRestarts", T_0=0),
    "WarmRestarts times": lambda: scheduled("CosineAnnealingWarmRestarts", T_0=2, T_mult=0),
    "SequentialLR none": lambda: sequential(0, []),
    "SequentialLR milestones": lambda: sequential(2, [1, 2]),
    "ChainedScheduler none": lambda: lr_scheduler.ChainedScheduler([]),
    "SWALR rates": lambda: swa_utils.SWALR(made("SGD", lr=0.1), [0.1, 0.2]),
    "SWALR epochs": lambda: swa_utils.SWALR(made("SGD", lr=0.1), 0.1, anneal_epochs=-1),
}


def rows(n):
    return data.TensorDataset(rand(n, 2))


def file(read, content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        read(path)


def table(text, **options):
    file(lambda path: np.loadtxt(path, **{"delimiter": ","} | options), text.encode())


def idx(*content):
    def read(path):
        found = path.read_bytes()
        code, dimensions = found[2], found[3]
        assert found[:2] == b"\0\0" and 1 <= dimensions <= 3
        sizes = [int.from_bytes(found[4 * i : 4 * i + 4], "big") for i in range(1, dimensions + 1)]
        numbers = np.frombuffer(found, {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}[code], offset=4 * dimensions + 4)
        assert len(numbers) == np.prod(sizes) and len(numbers)

    file(read, bytes(content))


LOADING = {
    "sampler number": lambda: data.RandomSampler(rows(3), num_samples=0),
    "sampler of none": lambda: data.RandomSampler(rows(0)),
    "weighted number": lambda: data.WeightedRandomSampler([1.0, 2.0], 0),
    "weighted negative": lambda: list(data.WeightedRandomSampler([1.0, -2.0], 2)),
    "weighted zeros": lambda: list(data.WeightedRandomSampler([0.0, 0.0], 2)),
    "weighted without replacement": lambda: list(data.WeightedRandomSampler([1.0, 2.0], 3, replacement=False)),
    "weighted table": lambda: data.WeightedRandomSampler([[1.0, 2.0]], 1),
    "batch sampler size": lambda: data.BatchSampler(data.SequentialSampler(rows(3)), 0, False),
    "sampler with shuffle": lambda: data.DataLoader(rows(3), sampler=data.SequentialSampler(rows(3)), shuffle=True),
    "batch sampler with size": lambda: data.DataLoader(rows(3), 2, batch_sampler=[[0]]),
    "batch sampler with shuffle": lambda: data.DataLoader(rows(3), batch_sampler=[[0]], shuffle=True),
    "batch sampler with drop": lambda: data.DataLoader(rows(3), batch_sampler=[[0]], drop_last=True),
    "sampled row": lambda: list(data.DataLoader(rows(3), sampler=data.SequentialSampler(rows(4)))),
    "workers": lambda: data.DataLoader(rows(3), num_workers=-1),
    "no datasets": lambda: data.ConcatDataset([]),
    "row of both": lambda: data.ConcatDataset([rows(2), rows(2)])[-5],
    "unequal datasets": lambda: data.StackDataset(rows(2), rows(3)),
    "table word": lambda: table("1,2\n3,four"),
    "table ragged": lambda: table("1,2\n3"),
    "table column": lambda: table("1,2", usecols=[2]),
    "table empty field": lambda: table("1,,2"),
    "table dimensions": lambda: table("1", ndmin=3),
    "table delimiter": lambda: table("1", delimiter="\n"),
    "table missing": lambda: np.loadtxt("/nowhere/table.csv"),
    "idx type": lambda: idx(0, 0, 10, 1, 0, 0, 0, 1, 5),
    "idx dimensions": lambda: idx(0, 0, 8, 4, 0, 0, 0, 1, 5),
    "idx short": lambda: idx(0, 0, 8, 1, 0, 0, 0, 2, 5),
    "idx long": lambda: idx(0, 0, 8, 1, 0, 0, 0, 1, 5, 5),
    "idx empty": lambda: idx(0, 0, 8, 1, 0, 0, 0, 0),
    "idx sizes": lambda: idx(0, 0, 14, 3, *[255] * 12, *[0] * 8),
}
CASES = OPTIMIZERS | SCHEDULERS | LOADING
