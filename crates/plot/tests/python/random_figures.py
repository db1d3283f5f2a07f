"""Describes random figures and prints what matplotlib decides about their axes.

    python crates/plot/tests/python/random_figures.py --runs 300 --seed 1 --pictures FOLDER

One line of JSON for each figure: its description, as `figures.draw` takes it, and limits, ticks, labels
and offset text of both axes; with `--pictures`, also 0.png, 1.png, ... in that folder. crates/plot draws the same
descriptions and must decide the same, pixel for pixel.
"""

import argparse
import json
import random

from pathlib import Path

from figures import COLOURS, MARKERS, axis, draw, plt, save

SIZES = [[6.4, 4.8], [10.0, 7.0], [3.0, 2.0], [2.0, 8.0], [12.0, 3.0]]

LETTERS = "".join(map(chr, range(32, 127))).replace("$", "").replace("_", "") + "ÀÉñßαβλЖщ½≤×−"


def values(rng, n):
    """Values of one axis: of any magnitude from 1e-30 to 1e30, near zero or far from it, or all alike."""
    unit = 10.0 ** rng.uniform(-30, 30)
    kind = rng.choice(["span", "negative", "positive", "far", "integers", "constant", "decades", "round", "zeros"])
    if kind == "span":
        return [unit * rng.uniform(-1, 1) for _ in range(n)]
    if kind == "negative":
        return [-unit * rng.uniform(1, 9) for _ in range(n)]
    if kind == "positive":
        return [unit * rng.uniform(0, 1) for _ in range(n)]
    if kind == "far":  # a range small beside its distance from zero
        width = 10.0 ** rng.uniform(-15, -1)
        return [rng.choice([-1, 1]) * unit * (1 + width * i * rng.random()) for i in range(n)] if rng.random() < 0.2 \
            else [unit * (1 + width * rng.random()) for _ in range(n)]
    if kind == "integers":
        low = rng.randint(-(10 ** rng.randint(0, 9)), 10 ** rng.randint(0, 9))
        return [float(low + rng.randint(0, 10 ** rng.randint(0, 9))) for _ in range(n)]
    if kind == "constant":
        return [rng.choice([-1, 1]) * unit] * n
    if kind == "decades":
        return [rng.choice([-1, 1]) * 10.0 ** rng.uniform(-30, 30) for _ in range(n)]
    if kind == "round":  # ends that fall on ticks
        step = 10.0 ** rng.randint(-12, 12) * rng.choice([1, 2, 2.5, 5])
        return [step * rng.randint(-12, 12) for _ in range(n)]
    return [0.0] * n


def describe(rng):
    """A random figure of one to three series of up to twelve points."""
    series = []
    for _ in range(rng.randint(1, 3)):
        n = rng.choice([0, 1, 2, 2, 3, 5, 12])
        x, y = values(rng, n), values(rng, n)
        for place in range(n):
            if rng.random() < 0.03:
                rng.choice([x, y])[place] = rng.choice(["nan", "inf", "-inf"])
        series.append({"kind": rng.choice(["plot", "scatter"]), "x": x, "y": y})
        if rng.random() < 0.7:
            break  # most figures have one series: several ranges over so many decades look alike
    return {"figsize": rng.choice(SIZES), "series": series}


def linestyle(rng):
    """A name, or an offset with lengths of ink and gap."""
    if rng.random() < 0.7:
        return rng.choice(["-", "--", "-.", ":", "None", "dashed", "dotted"])
    lengths = [round(rng.uniform(0, 8), rng.randint(0, 2)) for _ in range(rng.randint(1, 6))]
    return [round(rng.uniform(-9, 9), 1), [*lengths, 0.5]]


def sometimes(rng, **words):
    """Of each word's maker what it makes, or nothing."""
    return {name: make() for name, make in words.items() if rng.random() < 0.5}


def text(rng):
    """A few letters."""
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 12)))


def describe_styled(rng):
    """A random figure of one to four series of plain data in any style."""
    common = {
        "label": lambda: text(rng), "c": lambda: rng.choice(COLOURS), "alpha": lambda: round(rng.random(), 2),
        "marker": lambda: rng.choice(MARKERS),
    }
    line = {
        "linewidth": lambda: round(rng.choice([rng.uniform(0, 2), rng.uniform(0, 12)]), 1),
        "linestyle": lambda: linestyle(rng), "markersize": lambda: round(rng.uniform(0, 20), rng.randint(0, 1)),
    }
    series = []
    for _ in range(rng.randint(1, 4)):
        n = rng.choice([1, 2, 3, 10, 40, 200])
        x = [rng.uniform(-1, 1) for _ in range(n)]
        x = sorted(x) if rng.random() < 0.5 else x
        y = [rng.choice([rng.uniform(-1, 1), v**2, 0.5]) for v in x]
        for place in range(n):
            if rng.random() < 0.02:
                y[place] = "nan"
        if rng.random() < 0.6:
            series.append({"kind": "plot", "x": x, "y": y, **sometimes(rng, **common, **line)})
        else:
            size = {"s": lambda: round(rng.choice([rng.uniform(0, 40), rng.uniform(0, 900)]), 1)}
            series.append({"kind": "scatter", "x": x, "y": y, **sometimes(rng, **common, **size)})
    grid = {name: line[name] for name in ("linewidth", "linestyle")}
    grid |= {"color": common["c"], "alpha": common["alpha"], "axis": lambda: rng.choice(["x", "y", "both"])}
    around = {name: lambda: text(rng) for name in ("title", "xlabel", "ylabel")}
    around |= {"legend": lambda: round(rng.uniform(4, 16), 1), "grid": lambda: sometimes(rng, **grid)}
    if not any("label" in one for one in series):
        del around["legend"]
    return {"figsize": rng.choice(SIZES), "series": series, **sometimes(rng, **around)}


def main():
    """Prints `--runs` figures drawn from `--seed`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    for number in range(options.runs):
        spec = describe(rng) if number % 2 else describe_styled(rng)
        fig = draw(spec)
        (ax,) = fig.axes
        decided = {name: axis(ax, name) for name in "xy"}
        if options.pictures:
            save(fig, options.pictures / f"{number}.png")
        plt.close(fig)
        print(json.dumps({"spec": spec, **decided}, ensure_ascii=False))


if __name__ == "__main__":
    main()
