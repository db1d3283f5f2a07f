"""Notebooks that were run, with the seeds that they do not show: the corpus of `seed-recovery notebook`.

Each line is one file as JSON: its `name` and `text`, the options it is read with (`data`, a CSV file's
text, and `set`), the `seed` that the search should be around, and what is expected: `found` with the
seed and the offset in words, `assumes`, and how many printed values are drawn `again`; or `refused`,
a part of the reason. Cells are run with live PyTorch; a cell run again shows its last output and count,
as in Jupyter, and a hidden cell counts and is not shown. The loaders of PyTorch before 1.9 are
emulated by the sampler they had. The last line is `{"end": N}`, N being the lines above it.

    python notebooks.py --golden            for tests/golden/notebooks.jsonl
"""

import ast
import contextlib
import html
import io
import json
import sys
import unittest.mock

import numpy as np
import torch
from torch.utils.data import RandomSampler

NEWEST = RandomSampler.__iter__


def older(with_seed):
    def rows(self):
        if with_seed:
            torch.empty((), dtype=torch.int64).random_()
        yield from torch.randperm(len(self.data_source)).tolist()

    return rows


SAMPLERS = {"1.9 or later": NEWEST, "1.7 or 1.8": older(True), "1.6 or earlier": older(False)}


def run_cell(code, scope):
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(tree, "cell", "exec"), scope)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), scope) if last else None
    return out.getvalue(), None if value is None else repr(value)


def run(cells, order, seed, versions, shown_from=1):
    """Runs the cells in an order of their numbers; returns each cell's count and outputs."""
    RandomSampler.__iter__ = SAMPLERS[versions]
    torch.manual_seed(seed)
    scope, results = {"__name__": "__main__"}, {}
    for step, number in enumerate(order):
        results[number] = (shown_from + step, *run_cell(cells[number], scope))
    RandomSampler.__iter__ = NEWEST
    return results


def ipynb(cells, results, hidden, counts=True):
    made = [{"cell_type": "markdown", "metadata": {}, "source": ["# A notebook\n"]}]
    for number, code in enumerate(cells):
        if number in hidden:
            continue
        count, printed, value = results.get(number, (None, "", None))
        count = count if counts else None
        outputs = []
        if printed:
            outputs.append({"output_type": "stream", "name": "stdout", "text": printed.splitlines(True)})
        if value is not None:
            data = {"text/plain": value.splitlines(True), "image/png": "aGVsbG8="}
            outputs.append({"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data})
        cell = {"cell_type": "code", "execution_count": count, "metadata": {}, "outputs": outputs}
        made.append(cell | {"source": code.splitlines(True)})
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def shown(result):
    return result[1] + (result[2] + "\n" if result[2] is not None else "")


def markdown(cells, results, hidden):
    parts = []
    for number, code in enumerate(cells):
        output = shown(results[number]) if number in results else ""
        parts.append(f"Some words on what is done here.\n\n```python\n{code}\n```\n")
        if output:
            parts.append(f"```\n{output}```\n")
    return "\n".join(parts)


def headed(cells, results, hidden):
    parts = []
    for number, code in enumerate(cells):
        count = results[number][0]
        parts.append(f"Next we look at the data.\n\nIn [{count}]:\n{code}\n\n{shown(results[number])}\n")
    return "\n".join(parts)


def script(cells, results, hidden):
    parts = []
    for number, code in enumerate(cells):
        parts.append(code)
        parts.extend("# " + line for line in shown(results[number]).splitlines())
    return "\n".join(parts)


def page(cells, results, hidden):
    parts = ["<html><body>"]
    for number, code in enumerate(cells):
        parts.append(f"<div class='prompt'>In&nbsp;[{results[number][0]}]:</div><pre><span>{html.escape(code)}</span></pre>")
        if shown(results[number]):
            parts.append(f"<div class='output'><pre>{html.escape(shown(results[number]))}</pre></div>")
    return "\n".join(parts + ["</body></html>"])


FORMATS = {"ipynb": ipynb, "md": markdown, "headed.md": headed, "py": script, "html": page}

IMPORTS = """%s
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split"""
IMPORTS = IMPORTS.replace("%s\n", "")

CHARGES = """rows = {rows}
inputs = torch.arange(rows * 4, dtype=torch.float32).reshape(rows, 4) / 100
targets = inputs.sum(1, keepdim=True)
dataset = TensorDataset(inputs, targets)
num_rows = len(dataset)
print(num_rows)"""

TABLE = """dataframe_raw = pd.read_csv('data.csv')
your_name = 'anna maria'"""

CUSTOMIZE = """def customize_dataset(dataframe_raw, rand_str):
    dataframe = dataframe_raw.copy(deep=True)
    # drop some rows
    dataframe = dataframe.sample(int(0.95 * len(dataframe)), random_state=int(ord(rand_str[0])))
    # scale input
    dataframe.bmi = dataframe.bmi * ord(rand_str[1]) / 100.
    # drop column
    if ord(rand_str[2]) % 2 == 1:
        dataframe = dataframe.drop(['region'], axis=1)
    return dataframe

dataframe = customize_dataset(dataframe_raw, your_name)
num_rows = len(dataframe.index)"""

ARRAYS = """def dataframe_to_arrays(dataframe):
    dataframe1 = dataframe.copy(deep=True)
    inputs_array = dataframe1[input_cols].to_numpy()
    targets_array = dataframe1[output_cols].to_numpy()
    return inputs_array, targets_array

inputs_array, targets_array = dataframe_to_arrays(dataframe)
inputs = torch.from_numpy(inputs_array).float()
targets = torch.from_numpy(targets_array).float()
dataset = TensorDataset(inputs, targets)"""


class Table:
    """As much of a pandas data frame as the assignment uses."""

    def __init__(self, rows):
        self.rows = rows
        self.index = range(rows)
        self.bmi = np.ones(rows)

    def __len__(self):
        return self.rows

    def copy(self, deep=True):
        return Table(self.rows)

    def sample(self, rows, random_state):
        return Table(rows)

    def drop(self, labels, axis):
        return self

    def __getitem__(self, names):
        return self if isinstance(names, list) else None

    def to_numpy(self):
        return np.ones((self.rows, 4))


class Pandas:
    @staticmethod
    def read_csv(path):
        return Table(1338)


SPLIT = """val_percent = 0.15
val_size = int(num_rows * val_percent)
train_size = num_rows - val_size

train_ds, val_ds = random_split(dataset, [train_size, val_size])"""

LOADERS = """batch_size = 64
train_loader = DataLoader(train_ds, batch_size, shuffle=True)
val_loader = DataLoader(val_ds, batch_size)"""

PREVIEW = """for xb, yb in train_loader:
    print("inputs:", xb)
    print("targets:", yb)
    break"""

MODEL = """class ChargesModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, xb):
        return self.linear(xb)

    def training_step(self, batch):
        inputs, targets = batch
        return F.l1_loss(self(inputs), targets)

    def validation_step(self, batch):
        inputs, targets = batch
        return {'val_loss': F.l1_loss(self(inputs), targets).detach()}

    def validation_epoch_end(self, outputs):
        return {'val_loss': torch.stack([x['val_loss'] for x in outputs]).mean().item()}


model = ChargesModel()"""

FIT = """def evaluate(model, val_loader):
    outputs = [model.validation_step(batch) for batch in val_loader]
    return model.validation_epoch_end(outputs)


def fit(epochs, lr, model, train_loader, val_loader, opt_func=torch.optim.SGD):
    history = []
    optimizer = opt_func(model.parameters(), lr)
    for epoch in range(epochs):
        for batch in train_loader:
            loss = model.training_step(batch)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        result = evaluate(model, val_loader)
        history.append(result)
    return history"""

SHOWS = {
    "list": "list(model.parameters())",
    "print": "print(list(model.parameters()))",
    "state": "model.state_dict()",
    "named": "for name, parameter in model.named_parameters():\n    print(name, parameter)",
    "parts": "print(model.linear.weight)\nprint(model.linear.bias)",
    "weight": "print(model.linear.weight, model.linear.weight.shape)\nmodel.linear.bias",
}


def assignment(show="list", rows=1271):
    return [
        IMPORTS,
        CHARGES.replace("{rows}", str(rows)),
        SPLIT,
        LOADERS,
        PREVIEW,
        "input_size = 4\noutput_size = 1",
        MODEL,
        SHOWS[show],
        FIT,
        "result = evaluate(model, val_loader)\nprint(result)",
        "history1 = fit(3, 1e-6, model, train_loader, val_loader)",
    ]


def words(cells, order, versions, until, seed=1):
    """The words that steps of a run draw from the default generator, counted by trying."""
    RandomSampler.__iter__ = SAMPLERS[versions]
    torch.manual_seed(seed)
    scope = {"__name__": "__main__"}
    for number in order[:until]:
        run_cell(cells[number], scope)
    state = torch.get_rng_state()
    RandomSampler.__iter__ = NEWEST
    torch.manual_seed(seed)
    for count in range(200_000):
        if torch.equal(torch.get_rng_state()[16:5016], state[16:5016]) and torch.equal(
            torch.get_rng_state()[8:12], state[8:12]
        ):
            return count
        torch.rand(1)
    raise ValueError("the run draws too much to be counted")


CORPUS = []


def case(name, cells, found=True, refused=None, order=None, hidden=(), versions="1.9 or later", form="ipynb",
         seed=None, offset=0, again=None, assumes=None, counts=True, shown_from=1, **options):
    number = len(CORPUS)
    seed = (number * 2654435761 + 12345) % 2**32 if seed is None else seed
    order = list(range(len(cells))) if order is None else order
    results = run(cells, order, seed, versions, shown_from)
    if form == "ipynb":
        text = ipynb(cells, results, hidden, counts)
    else:
        text = FORMATS[form](cells, results, hidden)
    line = {"name": f"{name}.{form}", "text": text, "seed": seed} | options
    if refused:
        line["refused"] = refused
    else:
        line["found"] = [seed, offset]
        if again:
            line["again"] = again
        if assumes:
            line["assumes"] = assumes
    CORPUS.append(line)


def corpus():
    # The assignment: three versions of the loader, six ways to show the parameters.
    for versions in SAMPLERS:
        for show in ("list", "state", "named"):
            case(f"assignment_{show}_{versions[:3]}", assignment(show), versions=versions, assumes=versions, again=[5, 5])
    for show in ("print", "parts", "weight"):
        case(f"assignment_{show}", assignment(show), versions="1.7 or 1.8", assumes="1.7 or 1.8", again=[5, 5])

    # The rows are printed later than they are used, or not at all but for the data.
    cells = assignment()
    cells[1] = cells[1].replace("print(num_rows)", "")
    cells.insert(8, "num_rows")
    cells[1] = cells[1].replace("rows = 1271", "rows = int('12' + '71')")
    case("rows_printed_later", cells, again=[5, 5], assumes="1.9 or later")
    cells = assignment()
    cells[1] = cells[1].replace("print(num_rows)", "").replace("rows = 1271", "rows = int('12' + '71')")
    case("rows_given", cells, set=["num_rows=1271"], again=[5, 5])
    cells = assignment("state")
    cells[1] = cells[1].replace("rows = 1271", "rows = int('12' + '71')").replace("print(num_rows)", "print('Rows: {}'.format(num_rows))")
    case("rows_in_a_format", cells, versions="1.6 or earlier", assumes="1.6 or earlier")
    cells[1] = cells[1].replace("print('Rows: {}'.format(num_rows))", "print(f'Rows: {num_rows}')")
    case("rows_in_an_f_string", cells, versions="1.7 or 1.8", assumes="1.7 or 1.8")
    cells = assignment()
    cells[5] = "input_cols = ['a', 'b', 'c', 'd']\ninput_size = len(input_cols)\noutput_size = len(['y'])"
    case("sizes_counted", cells, again=[5, 5])
    cells[5] = "input_size = inputs.shape[-1] + int('0')\noutput_size = targets.shape[-1] + int('0')"
    case("sizes_printed_only", cells, again=[5, 5])

    # The rows follow from the CSV file alone; pandas need not be installed to run it.
    csv = "age,bmi,children,smoker,charges\n" + "\n".join(f"{20 + i % 40},{i % 17}.5,{i % 4},{i % 2},{i}.25" for i in range(1338))
    cells = assignment("state")
    cells[0] += "\nimport pandas as pd"
    cells[1] = TABLE
    cells.insert(2, CUSTOMIZE)
    cells.insert(3, "input_cols = ['age', 'bmi', 'children', 'smoker']\noutput_cols = ['charges']")
    cells.insert(4, ARRAYS)
    cells[8] = "input_size = len(input_cols)\noutput_size = len(output_cols)"
    with unittest.mock.patch.dict(sys.modules, {"pandas": Pandas}):
        case("rows_of_the_data", cells, data=csv, versions="1.6 or earlier", assumes="1.6 or earlier", again=[5, 5])

    # Runs that are not as they stand.
    order = [0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10]
    cells = assignment()
    case("preview_run_twice", cells, order=order, again=[5, 5], offset=4)
    case("preview_run_twice_1.8", cells, order=order, versions="1.7 or 1.8", assumes="1.7 or 1.8", offset=4 + 1080)
    order = [0, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10]
    case("model_made_twice", cells, order=order, again=[5, 5], offset=5)
    order = [0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    case("split_twice", cells, order=order, again=[5, 5], offset=1270)
    cells = assignment()
    cells.insert(3, "print(torch.zeros(2))")
    cells.insert(7, "x = 1 + 1")
    case("hidden_cells_draw_nothing", cells, hidden={3, 7}, again=[5, 5])
    cells = assignment()
    cells.insert(6, "noise = torch.rand(7)")
    case("hidden_cell_draws", cells, hidden={6}, offset=7, again=[5, 5])
    case("shown_from_the_middle", assignment(), shown_from=31, again=[5, 5])
    case("without_counts", assignment(), counts=False, again=[5, 5], versions="1.7 or 1.8", assumes="1.7 or 1.8")
    cells = assignment()
    order = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 7]
    case("printed_after_training", cells, order=order, refused="before its values change")

    # From scratch.
    scratch = [
        IMPORTS,
        "w = torch.randn(2, 3, requires_grad=True)\nb = torch.randn(2, requires_grad=True)\nprint(w)\nprint(b)",
        "inputs = torch.tensor([[73., 67., 43.], [91., 88., 64.]])\n\ndef model(x):\n    return x @ w.t() + b\n\npreds = model(inputs)\nprint(preds)",
        "loss = (preds ** 2).mean()\nloss.backward()\nprint(w)\nprint(w.grad)",
        "with torch.no_grad():\n    w -= w.grad * 1e-5\n    b -= b.grad * 1e-5\nprint(w)",
    ]
    for form in FORMATS:
        case("from_scratch", scratch, form=form, again=[8, 8])
    case("from_scratch_later", scratch, shown_from=2736, again=[8, 8])
    odd = [IMPORTS, "a = torch.randn(3)\nb = torch.randn(5, 1)", "print(b)\na"]
    case("odd_normals", odd, again=[8, 8])
    case("several_shapes", [IMPORTS, "x = torch.rand(100)\nx", "y = torch.randint(-10, 11, (50, 1))\nprint(y[:3], torch.randn(20))"], again=[120, 120])
    case("long_and_shortened", [IMPORTS, "x = torch.rand(2000)\nprint(x)\nprint(torch.randn(40, 50))"], again=[6 + 36, 6 + 36])
    case("double", [IMPORTS, "torch.rand(2, 3, dtype=torch.float64)"], again=[6, 6])
    case("single_values", [IMPORTS, "layer = nn.Linear(1, 1)\nlayer.weight.item(), layer.bias.item()"], again=[2, 2])
    case("in_place", [IMPORTS, "w = torch.empty(3, 2)\nw.uniform_(-1, 1)\nprint(w)"], again=[6, 6])
    case("initialised", [IMPORTS, "layer = nn.Linear(3, 2)\nnn.init.xavier_uniform_(layer.weight)\nprint(layer.weight)"], again=[6, 6])
    net = "net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))\nfor p in net.parameters():\n    print(p)"
    case("sequential", [IMPORTS, net], again=[18 + 2 + 24 + 3] * 2)
    lists = "layers = [nn.Linear(2, 2) for _ in range(3)]\nprint(layers[2].weight, layers[2].bias)"
    case("list_of_layers", [IMPORTS, lists], again=[6, 6])
    drop = "drop = nn.Dropout(0.5)\nx = drop(torch.ones(4, 5))\nlayer = nn.Linear(3, 3)\nprint(layer.weight)"
    case("dropout_before", [IMPORTS, drop], again=[9, 9])
    second = assignment() + ["model2 = ChargesModel()\nprint(model2.state_dict())"]
    second[7] = "print('the first model is not shown')"
    for versions in SAMPLERS:
        case(f"second_model_{versions[:3]}", second, versions=versions, assumes=versions, again=[5, 5])
    loop = [
        IMPORTS,
        "data = TensorDataset(torch.zeros(40, 2), torch.zeros(40, 1))\nloader = DataLoader(data, 8, shuffle=True)",
        "epochs = int('7')\nfor epoch in range(epochs):\n    for x, y in loader:\n        pass",
        "torch.randn(3, 4)",
    ]
    case("known_epochs", loop, again=[12, 12], assumes="1.9 or later")
    loop = loop[:2] + ["epochs = max(len(word) for word in ['abc', 'abcdefg'])\nfor epoch in range(epochs):\n    for x, y in loader:\n        pass"] + loop[3:]
    case("unknown_epochs", loop, offset=28, again=[12, 12])

    # Seeds that the notebook sets, and generators that nobody seeded.
    case("seed_shown", [IMPORTS, "torch.manual_seed(42)\nx = torch.rand(4)\nprint(x)"], seed=42, again=[4, 4])
    case("numpy_seeded", [IMPORTS, "np.random.seed(7)\na = np.random.rand(3)\nprint(a)\nb = np.random.randn(4)\nb"], seed=7, again=[7, 7])
    case("numpy_seed_hidden", [IMPORTS, "np.random.seed(int('12' '34'))\na = np.random.rand(2, 3)\nprint(a)"], seed=1234, again=[6, 6])
    case("numpy_never_seeded", [IMPORTS, "a = np.random.rand(3)\nprint(a)"], refused="entropy")
    case("nothing_drawn", [IMPORTS, "x = torch.zeros(3)\nprint(x)"], refused="draws nothing at random")
    case("nothing_printed", [IMPORTS, "x = torch.rand(3)"], refused="printed before its values change")
    case("too_little", [IMPORTS, "x = torch.rand(2)\nprint(x)"], refused="a seed takes 32")
    own = "g = torch.Generator()\nx = torch.rand(4, generator=g)\nprint(x)"
    case("own_generator", [IMPORTS, own], refused="draws nothing at random")
    case("changed_by_hand", [IMPORTS, "w = torch.randn(4)\nw *= 0.1\nprint(w)"], refused="before its values change")
    case("unseen_code", [IMPORTS, "x = torch.rand(4)\n\n%matplotlib inline\nprint(x)".replace("%matplotlib inline\n", "")], again=[4, 4])


corpus()
for line in CORPUS:
    print(json.dumps(line))
print(json.dumps({"end": len(CORPUS)}))
