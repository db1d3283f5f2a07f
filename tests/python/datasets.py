"""What `sklearn.datasets.make_*` makes of random options.

`datasets.py COUNT` prints COUNT lines of JSON for each, which have all that `tests/datasets.rs` needs to do the same:
digests of what is made, or why it is refused. Ends with an error where an option of a signature is neither drawn nor
left out for a reason.
"""

import hashlib
import inspect
import json
import os
import random
import sys

import numpy as np
from sklearn import datasets

# The kernels that the products are compared with, on every processor.
KERNELS = {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1"}

# Options that are not offered, and why.
LEFT_OUT = {
    "random_state": "given", "coef": "always given", "effective_rank": "a product of matrices",
    "tail_strength": "for an effective rank", "n_targets": "one always", "return_centers": "drawn ones are lost", "return_X_y": "a pair always",
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
    options = {"n_samples": r.choice([1, 2, 10, 100, 103]), "n_features": r.choice([1, 1, 2, 5, 20]), "n_informative": r.choice([0, 1, 1, 3, 10])}
    if options["n_samples"] == 1:
        options["n_features"] = min(options["n_features"], 15)
    options |= {"bias": r.choice([0.0, 1.5, -30.0]), "noise": r.choice([0.0, 0.1, 20.0]), "shuffle": r.random() < 0.7}
    return options


def classification(r):
    n_classes, per_class = r.choice([1, 2, 2, 3, 5]), r.choice([1, 2, 2, 3])
    least = next(n for n in range(1, 9) if 2**n >= n_classes * per_class) - (r.random() < 0.05)
    n_informative = max(1, r.choice([least, least, least + 1, least + r.randint(0, 16), 35 if r.random() < 0.2 else 20]))
    n_redundant, n_repeated = r.choice([0, 0, 1, 2, 5, 9]), r.choice([0, 0, 1, 4])
    n_features = n_informative + n_redundant + n_repeated + r.choice([0, 1, 5] + [-1] * (r.random() < 0.1))
    options = {"n_samples": r.choice([2, 3, 7, 10, 50, 100, 100, 101, 203] + [1] * (n_informative < 16))}
    options |= {"n_features": n_features, "n_informative": n_informative, "n_redundant": n_redundant, "n_repeated": n_repeated}
    options |= {"n_classes": n_classes, "n_clusters_per_class": per_class}
    weights = [r.uniform(0, 2 / n_classes) for _ in range(r.choice([n_classes, n_classes - 1, n_classes - 1 + 2 * (r.random() < 0.1)]))]
    options |= {"weights": r.choice([None, None, weights]), "flip_y": r.choice([0.01, 0.0, 0.3, 1.0] + [1.5] * (r.random() < 0.1))}
    options |= {"class_sep": r.choice([1.0, 0.5, 2.3] + [0.0] * (r.random() < 0.1)), "hypercube": r.random() < 0.7}
    each = [r.uniform(-3, 3) for _ in range(max(n_features, 2) + (r.random() < 0.03))]
    options["shift"] = r.choice([0.0, 0.0, None, -1.5, each])
    options["scale"] = r.choice([1.0, 1.0, None, 0.3, each] + [-1.0] * (r.random() < 0.1))
    return options | {"shuffle": r.random() < 0.7}


def friedman1(r):
    return friedman2(r) | {"n_features": r.choice([5, 7, 10] + [4] * (r.random() < 0.1))}


def friedman2(r):
    return {"n_samples": r.choice([1, 2, 10, 100] + [0] * (r.random() < 0.1)), "noise": r.choice([0.0, 0.1, 3.0] + [-1.0] * (r.random() < 0.1))}


def sparse_uncorrelated(r):
    return {"n_samples": r.choice([1, 2, 10, 100]), "n_features": r.choice([4, 5, 10] + [3] * (r.random() < 0.1))}


def swiss_roll(r):
    return friedman2(r) | {"hole": r.random() < 0.5}


def gaussian_quantiles(r):
    n_features = r.choice([1, 2, 3, 7, 8, 10, 17, 130])
    options = {"n_samples": r.choice([3, 10, 100, 101]), "n_features": n_features, "n_classes": r.choice([1, 2, 3, 5])}
    options["mean"] = r.choice([None, [r.uniform(-3, 3) for _ in range(n_features + (r.random() < 0.1))]])
    return options | {"cov": r.choice([1.0, 3.0, 0.2, 0.0] + [-1.0] * (r.random() < 0.1)), "shuffle": r.random() < 0.7}


def hastie_10_2(r):
    return {"n_samples": r.choice([0, 1, 2, 10, 100])}


MAKERS = [moons, circles, blobs, regression, classification, friedman1, friedman2, sparse_uncorrelated, swiss_roll, gaussian_quantiles, hastie_10_2]
MAKERS = {draw.__name__: draw for draw in MAKERS} | {"friedman3": friedman2, "s_curve": friedman2}


def digest(array):
    array = np.asarray(array, order="C")
    return hashlib.sha256(f"{array.dtype}{list(array.shape)}".encode() + array.tobytes()).hexdigest()


def main():
    if not os.environ.items() >= KERNELS.items():
        # They are chosen when NumPy is imported, which it may be already.
        os.execve(sys.executable, [sys.executable, __file__, *sys.argv[1:]], os.environ | KERNELS)
    total = 0
    for name, draw in MAKERS.items():
        make, r, drawn = getattr(datasets, f"make_{name}"), random.Random(name), set()
        for seed in range(int(sys.argv[1])):
            options = draw(r)
            drawn |= set(options)
            case = {"name": name, "options": options, "seed": seed}
            given = {key: tuple(value) if key in ("n_samples", "center_box") and isinstance(value, list) else value for key, value in options.items()}
            try:
                made = make(**given, random_state=seed, **({"coef": True} if name == "regression" else {}))
                case["found"] = [digest(array) for array in made]
            except (ValueError, IndexError) as error:
                case["refused"] = str(error).splitlines()[0]
            print(json.dumps(case))
            total += 1
        missing = set(inspect.signature(make).parameters) - set(LEFT_OUT) - drawn
        if missing:
            sys.exit(f"make_{name}: {sorted(missing)} of its signature are neither drawn nor left out for a reason")
    print(json.dumps({"end": total}))


main()
