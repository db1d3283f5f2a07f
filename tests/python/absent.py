"""The names that PyTorch exports where crates/core/absent.md lists them, one section a line."""

import inspect

import torch
from torch import nn, optim
from torch.nn import functional, init, utils
from torch.optim import lr_scheduler, swa_utils
from torch.utils import data


def functions(module):
    return [name for name in dir(module) if inspect.isfunction(getattr(module, name)) and name[0] != "_"]


losses = [name for name in functions(functional) + dir(functional) if "loss" in name or "entropy" in name]
losses = {name for name in losses if name[0] != "_" and not name.startswith("boolean")}
optimizers = [name for name in optim.__all__ if inspect.isclass(getattr(optim, name))]
sections = {
    "`torch.nn`": nn.modules.__all__,
    "`torch.nn.functional`, losses": losses,
    "`torch.nn.init` and `torch.nn.utils`": [name for name in functions(init) if name.endswith("_")] + functions(utils),
    "`torch.optim`": optimizers,
    "`torch.optim.swa_utils`": swa_utils.__all__,
    "`torch.optim.lr_scheduler`": lr_scheduler.__all__,
    "`torch.utils.data`": [name for name in data.__all__ if name[0] != "_"],
}
for title, names in sections.items():
    print(f"{title}: {' '.join(sorted(set(names)))}")
