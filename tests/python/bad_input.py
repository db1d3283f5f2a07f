"""What Python answers to the cases of tests/bad_input.rs: an exception's or a warning's class, or nothing."""

import sys
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.nn import init
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, Subset, TensorDataset, random_split

sys.path.insert(0, str(Path(__file__).parent))
import bad_input_averages  # noqa: E402
import bad_input_layers  # noqa: E402
import bad_input_rates  # noqa: E402
import bad_input_shapes  # noqa: E402
import bad_input_training  # noqa: E402


class Items(torch.utils.data.Dataset):
    def __init__(self, item):
        self.item = item

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return self.item(index)


def first(dataset):
    return next(iter(DataLoader(dataset, batch_size=2)))


def rows(n):
    return TensorDataset(torch.rand(n, 2))


def parameter(size=2):
    return nn.Parameter(torch.rand(size))


def sgd(**options):
    return optim.SGD([parameter()], **{"lr": 0.1} | options)


def clip(value):
    weight = parameter()
    (weight * torch.tensor([1.0, value])).sum().backward()
    clip_grad_norm_([weight], 1.0, error_if_nonfinite=True)


def clip_complex():
    weight = nn.Parameter(torch.rand(2).to(torch.complex64))
    weight.abs().sum().backward()
    clip_grad_value_([weight], 1.0, foreach=False)


def groups_of_one():
    shared = parameter()
    optim.SGD([{"params": [shared]}, {"params": [shared]}], lr=0.1)


def twice():
    shared = parameter()
    optim.SGD([shared, shared], lr=0.1)


def stepped(scheduler):
    for _ in range(3):
        scheduler.optimizer.step()
        scheduler.step()


def without(name):
    model = nn.Linear(3, 1)
    state = model.state_dict()
    del state[name]
    model.load_state_dict(state)


def other_groups():
    sgd().load_state_dict(optim.SGD([parameter(), parameter()], lr=0.1).state_dict())


rand, tensor = torch.rand, torch.tensor
CASES = {
    "stack": lambda: first(Items(lambda i: rand(3 - i))),
    "lists": lambda: first(Items(lambda i: [0.5] * i)),
    "gone": lambda: first(Items(lambda i: open(f"/nowhere/{i}"))),
    "rows": lambda: TensorDataset(rand(3, 1), rand(2, 1)),
    "no rows": lambda: len(TensorDataset(rand(()))),
    "row": lambda: rows(3)[3],
    "row before": lambda: rows(3)[-4],
    "subset": lambda: first(Subset(rows(3), [0, 9])),
    "counts": lambda: random_split(rows(3), [2, 2]),
    "fractions": lambda: random_split(rows(3), [0.5, 0.3]),
    "negative share": lambda: random_split(rows(3), [1.5, -0.5]),
    "negative count": lambda: random_split(rows(3), [4, -1]),
    "batch size": lambda: DataLoader(rows(3), batch_size=0),
    "negative batch size": lambda: DataLoader(rows(3), batch_size=-2),
    "empty": lambda: DataLoader(rows(0), shuffle=True),
    "class": lambda: F.cross_entropy(rand(2, 3), tensor([0, 3])),
    "negative class": lambda: F.cross_entropy(rand(2, 3), tensor([0, -1])),
    "nll class": lambda: F.nll_loss(rand(2, 3), tensor([0, 7])),
    "classes": lambda: F.cross_entropy(rand(2, 3), tensor([0, 1, 2])),
    "int classes": lambda: F.cross_entropy(rand(2, 3), tensor([0, 1], dtype=torch.int32)),
    "probabilities": lambda: F.cross_entropy(rand(2, 3), rand(2, 4)),
    "class weight": lambda: F.cross_entropy(rand(2, 3), tensor([0, 1]), weight=tensor([1.0, 2.0])),
    "nll weight": lambda: F.nll_loss(rand(2, 3), tensor([0, 1]), weight=tensor([1.0, 2.0])),
    "smoothing": lambda: F.cross_entropy(rand(2, 3), tensor([0, 1]), label_smoothing=1.5),
    "no probability": lambda: F.binary_cross_entropy(tensor([1.5]), tensor([1.0])),
    "bce shapes": lambda: F.binary_cross_entropy(rand(2), rand(3)),
    "bce weight": lambda: F.binary_cross_entropy(rand(2), rand(2), weight=rand(3)),
    "logits shapes": lambda: F.binary_cross_entropy_with_logits(rand(2), rand(3)),
    "mse shapes": lambda: F.mse_loss(rand(2), rand(3)),
    "delta": lambda: F.huber_loss(rand(2), rand(2), delta=0.0),
    "beta": lambda: F.smooth_l1_loss(rand(2), rand(2), beta=-1.0),
    "lr": lambda: sgd(lr=-0.1),
    "nan lr": lambda: optim.Adam([parameter()], lr=float("nan")),
    "momentum": lambda: sgd(momentum=-1.0),
    "nesterov": lambda: sgd(nesterov=True),
    "betas": lambda: optim.Adam([parameter()], betas=(1.0, 0.999)),
    "eps": lambda: optim.Adam([parameter()], eps=-1.0),
    "weight decay": lambda: optim.RMSprop([parameter()], weight_decay=-1.0),
    "alpha": lambda: optim.RMSprop([parameter()], alpha=-1.0),
    "no parameters": lambda: optim.SGD([], lr=0.1),
    "no leaf": lambda: optim.SGD([parameter() * rand(2)], lr=0.1),
    "two groups": groups_of_one,
    "twice": twice,
    "other groups": other_groups,
    "scheduler first": lambda: lr_scheduler.StepLR(sgd(), 2).step(),
    "step size": lambda: stepped(lr_scheduler.StepLR(sgd(), 0)),
    "t_max": lambda: stepped(lr_scheduler.CosineAnnealingLR(sgd(), 0)),
    "last epoch": lambda: lr_scheduler.StepLR(sgd(), 2, last_epoch=5),
    "factor": lambda: lr_scheduler.ReduceLROnPlateau(sgd(), factor=1.0),
    "min_lrs": lambda: lr_scheduler.ReduceLROnPlateau(sgd(), min_lr=[0.1, 0.2]),
    "nan gradient": lambda: clip(float("nan")),
    "infinite gradient": lambda: clip(float("inf")),
    "complex gradient": clip_complex,
    "linear": lambda: nn.Linear(3, 1)(rand(4, 2)),
    "linear size": lambda: nn.Linear(-3, 1),
    "dropout": lambda: nn.Dropout(1.5),
    "negative dropout": lambda: nn.Dropout(-0.5),
    "softmax": lambda: nn.Softmax(3)(rand(2)),
    "flatten": lambda: nn.Flatten(2, 1)(rand(2, 2, 2)),
    "missing key": lambda: without("weight"),
    "unexpected key": lambda: nn.Linear(3, 1).load_state_dict(nn.Linear(3, 1).state_dict() | {"other": rand(1)}),
    "other shape": lambda: nn.Linear(3, 1).load_state_dict(nn.Linear(3, 2).state_dict()),
    "other shape, not strict": lambda: nn.Linear(3, 1).load_state_dict(nn.Linear(3, 2).state_dict(), strict=False),
    "int parameter": lambda: nn.Parameter(tensor([1, 2])),
    "xavier": lambda: init.xavier_uniform_(rand(3)),
    "kaiming": lambda: init.kaiming_normal_(rand(())),
    "init std": lambda: init.normal_(rand(3), 0.0, -1.0),
    "init range": lambda: init.uniform_(rand(3), 1.0, 0.0),
    "constant": lambda: init.constant_(torch.zeros(2, dtype=torch.uint8), 300.0),
    "one less a mask": lambda: 1 - tensor([True, False]),
    "size": lambda: rand(-1),
    "std": lambda: torch.normal(0.0, -1.0, (3,)),
    "range": lambda: torch.randint(3, 3, (2,)),
    "permutation": lambda: torch.randperm(-1),
    "rng state": lambda: torch.set_rng_state(tensor([1, 2, 3])),
    "generator state": lambda: torch.Generator().set_state(torch.zeros(3, dtype=torch.uint8)),
    "ragged": lambda: tensor([[1.0], [1.0, 2.0]]),
    "item": lambda: rand(2).item(),
}


for module in (bad_input_averages, bad_input_layers, bad_input_rates, bad_input_shapes, bad_input_training):
    CASES |= module.CASES
for name, case in CASES.items():
    answer = "nothing"
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            case()
        except Exception as error:
            answer = type(error).__name__
    if answer == "nothing" and seen:
        answer = seen[0].category.__name__
    print(f"{name}: {answer}")
