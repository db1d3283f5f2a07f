"""Models whose `forward` takes or gives several tensors, with losses inside, and states of older classes.

Prints a line of JSON for each; `models.py FILE` also writes the first model's state to FILE.
"""

import json
import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from digest import digest  # noqa: E402


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(9, 4)
        self.lstm = nn.LSTM(4, 3)
        self.linear = nn.Linear(3, 2)
        self.loss_fn = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]), label_smoothing=0.1)

    def forward(self, words, tags=None, state=None):
        output, state = self.lstm(self.embedding(words), state)
        scores = self.linear(output)
        return scores, state, None if tags is None else self.loss_fn(scores, tags)


class Pair(nn.Module):
    """Two taggers and losses of every other kind."""

    def __init__(self):
        super().__init__()
        self.first, self.second = Tagger(), Tagger()
        self.mse, self.l1, self.huber, self.smooth = nn.MSELoss(), nn.L1Loss(), nn.HuberLoss(), nn.SmoothL1Loss()
        self.nll, self.bce = nn.NLLLoss(), nn.BCELoss(weight=torch.ones(2))
        self.logits = nn.BCEWithLogitsLoss(weight=torch.ones(2), pos_weight=torch.ones(2))


def show(**case):
    print(json.dumps(case))


def describe(model):
    state = model.state_dict()
    metadata = [[name, entry["version"]] for name, entry in state._metadata.items()]
    return {"printed": repr(model), "keys": list(state), "metadata": metadata, "drawn": digest(state.values())}


def tagger():
    torch.manual_seed(3)
    model = Tagger()
    described = describe(model)
    words, tags = torch.tensor([1, 8, 0, 5]), torch.tensor([0, 1, 1, 0])
    _, state, first = model(words[:2], tags[:2])
    _, _, second = model(words[2:], tags[2:], state)
    (first + second).backward()
    model.eval()
    torch.save(model.state_dict(), sys.argv[1])
    grads = digest([p.grad for p in model.parameters()])
    modes = [module.training for module in model.modules() if not isinstance(module, nn.CrossEntropyLoss)]
    show(case="tagger", **described, grads=grads, trains=any(modes))


def older(layer, version, counted, strict, tracks):
    torch.manual_seed(4)
    model = nn.Sequential(nn.Linear(3, 3), getattr(nn, layer)(3, track_running_stats=tracks))
    state = model.state_dict()
    if version == 0:
        del state._metadata
    else:
        state._metadata["1"]["version"] = version
    if tracks:
        state["1.running_mean"] = torch.tensor([1.0, 2.0, 3.0])
        if counted:
            state["1.num_batches_tracked"] = torch.tensor(7)
        else:
            del state["1.num_batches_tracked"]
        model[1].num_batches_tracked.fill_(5)
    try:
        keys = model.load_state_dict(state, strict=strict)
        outcome = [digest([buffer.double() for buffer in model.buffers()]), list(keys.missing_keys)]
    except RuntimeError:
        outcome = "refused"
    show(case="older", layer=layer, version=version, counted=counted, strict=strict, tracks=tracks, outcome=outcome)


tagger()
torch.manual_seed(5)
show(case="pair", **describe(Pair()))
count = 2
for layer in ("BatchNorm1d", "InstanceNorm1d"):
    for version in (0, 1, 2):
        for counted in (False, True):
            for strict in (False, True):
                for tracks in (False, True):
                    older(layer, version, counted, strict, tracks)
                    count += 1
print(json.dumps({"end": count}))
