"""Samplers, loaders with samplers, workers and collate functions, and datasets made of datasets, at random.

`samplers.py COUNT` prints COUNT lines of JSON for each kind of case, which have all that `tests/samplers.rs` needs to
do the same: what is taken, and the next numbers of every generator. Where Python refuses, `refused` stands for them.
Ends with an error where an option of a signature is neither drawn nor left out for a reason.
"""

import inspect
import json
import random
import sys
import warnings

import torch
from torch.utils import data

SAMPLERS = ["SequentialSampler", "RandomSampler", "SubsetRandomSampler", "WeightedRandomSampler"]
# Options that are not offered, and why.
LEFT_OUT = {
    "self": "not an option", "dataset": "given", "data_source": "its length is given",
    "timeout": "no process to wait for", "worker_init_fn": "no process to set up",
    "multiprocessing_context": "no processes", "persistent_workers": "no processes",
    "prefetch_factor": "the default's draws", "pin_memory_device": "deprecated", "in_order": "always",
}  # fmt: skip
drawn = {}


def seed_of(r, chance):
    return r.randrange(2**32) if r.random() < chance else None


def draw_sampler(r, rows):
    name = r.choice(SAMPLERS)
    spec = {"name": name}
    if name in ("SequentialSampler", "RandomSampler"):
        spec["rows"] = rows
    if name == "RandomSampler":
        spec |= {"replacement": r.random() < 0.5, "num_samples": r.choice([None, 1, 5, 31, 32, 64, 65, rows, 2 * rows, 2 * rows + 1])}
        if r.random() < 0.04:
            spec["num_samples"] = r.choice([0, -1])
        spec["generator"] = seed_of(r, 0.4)
    if name == "SubsetRandomSampler":
        low = -rows if r.random() < 0.3 else 0
        spec["indices"] = [r.randint(low, max(rows - 1, low)) for _ in range(r.choice([0, 1, 2, rows, rows + 3]))]
        if r.random() < 0.03:
            spec["indices"].append(rows)
        spec["generator"] = seed_of(r, 0.4)
    if name == "WeightedRandomSampler":
        spec["weights"] = [r.choice([0.0, 0.1, 1.0, 3.5, r.random()]) for _ in range(rows)]
        if r.random() < 0.03:
            spec["weights"][0] = -1.0
        spec["num_samples"] = r.choice([1, 2, 7, rows, 3 * rows, 0] if r.random() < 0.1 else [1, 2, rows])
        spec["replacement"] = r.random() < 0.6
        spec["generator"] = seed_of(r, 0.4)
    drawn.setdefault(name, set()).update(spec)
    return spec


def generator_of(spec):
    seed = spec.get("generator")
    return None if seed is None else torch.Generator().manual_seed(seed)


def make_sampler(spec):
    """The sampler, and its generator."""
    generator = generator_of(spec)
    own = {} if "generator" not in spec else {"generator": generator}
    match spec["name"]:
        case "SequentialSampler":
            made = data.SequentialSampler(range(spec["rows"]))
        case "RandomSampler":
            made = data.RandomSampler(range(spec["rows"]), spec["replacement"], spec["num_samples"], **own)
        case "SubsetRandomSampler":
            made = data.SubsetRandomSampler(spec["indices"], **own)
        case _:
            made = data.WeightedRandomSampler(spec["weights"], spec["num_samples"], spec["replacement"], **own)
    return made, generator


def peek(generators):
    found = []
    for generator in [torch.default_generator, *generators]:
        state = generator.get_state()
        found += torch.empty(2, dtype=torch.int64).random_(generator=generator).tolist()
        generator.set_state(state)
    return found


class Noisy(data.Dataset):
    """Rows with numbers that are drawn when they are taken."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return self.rows

    def __getitem__(self, index):
        if not -self.rows <= index < self.rows:
            raise IndexError
        return index, torch.rand(2)


class Countdown(data.IterableDataset):
    """Numbers down to 0, with numbers that are drawn."""

    def __init__(self, rows):
        self.rows = rows

    def __iter__(self):
        for index in reversed(range(self.rows)):
            yield index, torch.rand(2)


def tensors(start, rows):
    return data.TensorDataset(torch.arange(start, start + rows), torch.arange(start, start + rows) * 10)


def make_dataset(spec):
    rows = spec["rows"]
    match spec["kind"]:
        case "tensors":
            return tensors(0, rows)
        case "noisy":
            return Noisy(rows)
        case "subset":
            return data.Subset(tensors(0, 2 * rows), list(range(1, 2 * rows, 2)))
        case "concat":
            first = spec["first"]
            return data.ConcatDataset([tensors(0, first), tensors(100, rows - first), tensors(0, 0)])
        case "stack":
            return data.StackDataset(tensors(0, rows), Noisy(rows))
        case "uneven":
            return data.StackDataset(tensors(0, rows), Noisy(rows + 1))
        case "countdown":
            return Countdown(rows)
        case _:
            return data.ChainDataset([Countdown(spec["first"]), Countdown(0), Countdown(rows - spec["first"])])


def described(part):
    if isinstance(part, torch.Tensor):
        return part.double().flatten().tolist()
    return [described(inner) for inner in part]


def reversed_collate(items):
    return data.default_collate(items[::-1])


def run_loader(case):
    torch.manual_seed(case["seed"])
    dataset, options = make_dataset(case["dataset"]), dict(case["options"])
    generators = [generator_of(options)] if options["generator"] is not None else []
    options["generator"] = generators[0] if generators else None
    options["collate_fn"] = reversed_collate if options["collate_fn"] else None
    if options["sampler"]:
        options["sampler"], generator = make_sampler(options["sampler"])
        generators += [generator] if generator else []
    if options["batch_sampler"]:
        inner = options["batch_sampler"]
        sampler, generator = make_sampler(inner["sampler"])
        generators += [generator] if generator else []
        options["batch_sampler"] = data.BatchSampler(sampler, inner["batch_size"], inner["drop_last"])
    loader = data.DataLoader(dataset, **options)
    case["length"] = None if isinstance(dataset, data.IterableDataset) else len(loader)
    case["iterations"] = []
    for stop in case["stops"]:
        batches = []
        iteration = iter(loader)
        while len(batches) != stop:
            try:
                batches.append(described(next(iteration)))
            except StopIteration:
                break
        case["iterations"].append({"batches": batches, "after": peek(generators)})


def loader_case(r, number, iterable):
    rows = r.choice([1, 2, 5, 7, 16, 33])
    kinds = ["countdown", "chain"] if iterable else ["tensors", "tensors", "noisy", "subset", "concat", "stack"]
    kind = "uneven" if not iterable and r.random() < 0.01 else r.choice(kinds)
    case = {"case": "iterable" if iterable else "loader", "seed": number}
    case["dataset"] = {"kind": kind, "rows": rows, "first": r.randint(0, rows)}
    options = dict.fromkeys(["sampler", "batch_sampler"])
    options |= {"batch_size": r.choice([1, 2, 3, 8, 40]), "shuffle": False, "drop_last": r.random() < 0.4}
    options |= {"generator": seed_of(r, 0.3), "collate_fn": r.random() < 0.2, "pin_memory": r.random() < 0.1}
    options["num_workers"] = 0 if iterable or r.random() < 0.93 else r.choice([1, 2, 3])
    mode = r.choice(["order", "shuffle", "sampler", "sampler", "batch_sampler"])
    if iterable and r.random() < 0.95:
        mode = "order"
    if mode == "shuffle":
        options["shuffle"] = True
    elif mode == "sampler":
        options["sampler"] = draw_sampler(r, rows)
    elif mode == "batch_sampler":
        inner = {"sampler": draw_sampler(r, rows), "batch_size": r.choice([1, 2, 3, 8]), "drop_last": r.random() < 0.4}
        drawn.setdefault("BatchSampler", set()).update(inner)
        options |= {"batch_sampler": inner, "batch_size": 1, "drop_last": False}
    if r.random() < 0.05:
        options |= r.choice([{"batch_size": 0}, {"batch_size": -1}, {"shuffle": True}, {"drop_last": True}, {"num_workers": -1}])
    drawn.setdefault("DataLoader", set()).update(options)
    return case | {"options": options, "stops": [r.choice([-1, -1, 0, 1, 2]) for _ in range(r.randint(1, 3))]}


def run_sampler(case):
    torch.manual_seed(case["seed"])
    made, generator = make_sampler(case["sampler"])
    case["length"] = len(made)
    case["iterations"] = []
    for stop in case["stops"]:
        taken = []
        iteration = iter(made)
        while len(taken) != stop:
            try:
                taken.append(next(iteration))
            except StopIteration:
                break
        case["iterations"].append({"batches": taken, "after": peek([generator] if generator else [])})


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    total, count = 0, int(sys.argv[1])
    for kind in ["sampler", "loader", "loader", "iterable"]:
        r = random.Random(f"{kind}{total}")
        for number in range(count):
            if kind == "sampler":
                case = {"case": "sampler", "seed": number, "sampler": draw_sampler(r, r.choice([1, 2, 5, 31, 32, 33, 100]))}
                case["stops"] = [r.choice([-1, -1, 0, 1, 2, 32, 33]) for _ in range(r.randint(1, 3))]
            else:
                case = loader_case(r, number, kind == "iterable")
            try:
                (run_sampler if kind == "sampler" else run_loader)(case)
            except Exception as error:
                case.pop("iterations", None)
                case["refused"] = f"{type(error).__name__}: {error}".splitlines()[0]
            print(json.dumps(case))
            total += 1
    for name in [*SAMPLERS, "BatchSampler", "DataLoader"]:
        options = set(inspect.signature(getattr(data, name).__init__).parameters)
        missing = options - set(LEFT_OUT) - drawn[name]
        if missing:
            sys.exit(f"{name}: {sorted(missing)} of its signature are neither drawn nor left out for a reason")
    print(json.dumps({"end": total}))


main()
