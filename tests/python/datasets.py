"""What `sklearn.datasets.make_*` makes of random options.

`datasets.py COUNT` prints COUNT lines of JSON for each, which have all that `tests/datasets.rs` needs to do the same:
digests of what is made, or why it is refused. Ends with an error where an option of a signature is neither drawn nor
left out for a reason.
"""

import hashlib
import inspect
import json
import random
import sys

import numpy as np
from sklearn import datasets

# Options that are not offered, and why.
LEFT_OUT = {
    "random_state": "given", "coef": "always given", "effective_rank": "a product of matrices",
    "tail_strength": "for an effective rank", "n_targets": "a product of matrices", "return_centers": "drawn ones are lost",
}  # fmt: skip


def moons(r):
    n = r.choice([1, 2, 5, 10, 99, 100])
    options = {"n_samples": [n, r.randint(1, 9)] if r.random() < 0.3 else n, "shuffle": r.random() < 0.7}
    if r.random() < 0.03:
        options["n_samples"] = 0
    return options | {"noise": r.choice([None, 0.0, 0.1, 0.3] + [-0.1] * (r.random() < 0.1))}


def circles(r):
    options = moons(r)
    options["n_samples"] = options["n_samples"] or 1
    return options | {"factor": r.choice([0.8, 0.5, 0.0, 0.99] + [1.0, -0.5] * (r.random() < 0.1))}


def blobs(r):
    n_features, centers = r.randint(1, 4), r.randint(1, 5)
    options = {"n_samples": r.choice([1, 2, 7, 30, 100]), "n_features": n_features, "shuffle": r.random() < 0.7}
    options["centers"] = r.choice([None, centers, [[r.uniform(-3, 3) for _ in range(n_features)] for _ in range(centers)]])
    known = 3 if options["centers"] is None else centers
    if r.random() < 0.3:
        if isinstance(options["centers"], int):
            options["centers"], known = None, centers
        options["n_samples"] = [r.randint(1, 9) for _ in range(known + (r.random() < 0.1))]
        known = len(options["n_samples"]) if options["centers"] is None else known
    options["cluster_std"] = r.choice([1.0, 0.3, [r.uniform(0, 2) for _ in range(known + (r.random() < 0.05))]])
    return options | {"center_box": r.choice([[-10.0, 10.0], [0.0, 1.0]])}


def regression(r):
    options = {"n_samples": r.choice([1, 2, 10, 100]), "n_features": r.choice([1, 1, 2, 5]), "n_informative": r.choice([0, 1, 1])}
    if options["n_features"] == 1:
        options["n_informative"] = r.choice([1, 10])
    options |= {"bias": r.choice([0.0, 1.5, -30.0]), "noise": r.choice([0.0, 0.1, 20.0]), "shuffle": r.random() < 0.7}
    return options


def digest(array):
    array = np.asarray(array, order="C")
    return hashlib.sha256(f"{array.dtype}{list(array.shape)}".encode() + array.tobytes()).hexdigest()


def main():
    total = 0
    for name, draw in {"moons": moons, "circles": circles, "blobs": blobs, "regression": regression}.items():
        make, r, drawn = getattr(datasets, f"make_{name}"), random.Random(name), set()
        for seed in range(int(sys.argv[1])):
            options = draw(r)
            drawn |= set(options)
            case = {"name": name, "options": options, "seed": seed}
            given = {key: tuple(value) if key in ("n_samples", "center_box") and isinstance(value, list) else value for key, value in options.items()}
            try:
                made = make(**given, random_state=seed, **({"coef": True} if name == "regression" else {}))
                case["found"] = [digest(array) for array in made]
            except ValueError as error:
                case["refused"] = str(error).splitlines()[0]
            print(json.dumps(case))
            total += 1
        missing = set(inspect.signature(make).parameters) - set(LEFT_OUT) - drawn
        if missing:
            sys.exit(f"make_{name}: {sorted(missing)} of its signature are neither drawn nor left out for a reason")
    print(json.dumps({"end": total}))


main()
