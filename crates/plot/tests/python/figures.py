"""Saves a matplotlib figure with what matplotlib decided about it.

    from figures import new_figure, save

    fig, ax = new_figure((10, 7))
    ax.scatter(x, y)
    save(fig, "figures/name/data.png")      # and figures/name/data.json

Run as a command, it draws the figures that crates/plot is tested with:

    python crates/plot/tests/python/figures.py crates/plot/tests/golden     # writes a PNG and a JSON for each

The JSON has the shape of crates/plot's `Layout`: positions are pixels, y upwards from the lower left
corner. Everything is drawn by Agg at 100 dpi with matplotlib's default style, whatever the user's own.
"""

import json
import math
import os
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend is chosen first)
from matplotlib.colors import to_hex  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.offsetbox import AnchoredOffsetbox  # noqa: E402

DPI = 100
CORNERS = {code: name for name, code in AnchoredOffsetbox.codes.items()}


def new_figure(figsize=(6.4, 4.8)):
    """A figure with one set of axes, in matplotlib's default style."""
    matplotlib.rcdefaults()
    matplotlib.use("Agg")
    fig = plt.figure(figsize=figsize, dpi=DPI)
    return fig, fig.add_subplot()


def save(fig, path):
    """Saves `fig` as PNG at `path` and its decisions beside it as JSON; returns the decisions."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _atomically(path, lambda temporary: fig.savefig(temporary, dpi=DPI, format="png"))
    decided = decisions(fig)
    text = json.dumps(decided, ensure_ascii=False) + "\n"
    _atomically(path.with_suffix(".json"), lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return decided


def close(fig):
    """Forgets `fig`, which pyplot otherwise keeps."""
    plt.close(fig)


def decisions(fig):
    """What matplotlib decided about a figure with one set of axes."""
    fig.canvas.draw()
    (ax,) = fig.axes
    width, height = fig.get_size_inches() * fig.dpi
    return {
        "size": [float(int(width)), float(int(height))],
        "axes": _corners(ax.bbox),
        "title": ax.get_title(),
        "x": axis(ax, "x"),
        "y": axis(ax, "y"),
        "series": [_series(ax, artist) for artist in ax._children],
        "legend": _legend(fig, ax),
    }


def axis(ax, name):
    """Limits, ticks and labels of the axis `name`, `"x"` or `"y"`; only ticks that are drawn."""
    one = ax.xaxis if name == "x" else ax.yaxis
    ticks = one._update_ticks()
    values = [float(tick.get_loc()) for tick in ticks]
    transform = ax.transData.transform
    return {
        "name": one.get_label_text(),
        "limits": [float(v) for v in one.get_view_interval()],
        "ticks": values,
        "labels": [tick.label1.get_text() for tick in ticks],
        "positions": [float(transform((v, 0))[0] if name == "x" else transform((0, v))[1]) for v in values],
        "offset_text": one.get_major_formatter().get_offset(),
    }


def _series(ax, artist):
    label = artist.get_label()
    label = "" if label.startswith("_") else label
    if isinstance(artist, Line2D):
        xy, size = artist.get_xydata(), None
        kind, color, width = "line", artist.get_color(), artist.get_linewidth()
        color = to_hex(matplotlib.colors.to_rgba(color, artist.get_alpha()), keep_alpha=True)
    else:
        xy, size = artist.get_offsets().filled(math.nan), float(artist.get_sizes()[0])
        edges = artist.get_edgecolor() if len(artist.get_edgecolor()) else [(0, 0, 0, 0)]  # c="none"
        kind, color, width = "scatter", to_hex(edges[0], keep_alpha=True), artist.get_linewidth()[0]
    points = ax.transData.transform(xy) if len(xy) else []
    return {
        "kind": kind,
        "label": label,
        "color": color,
        "linewidth": float(width),
        "size": size,
        "points": [[float(x), float(y)] for x, y in points if math.isfinite(x) and math.isfinite(y)],
    }


def _legend(fig, ax):
    legend = ax.get_legend()
    if legend is None:
        return None
    renderer = fig.canvas.get_renderer()
    box = legend.get_window_extent(renderer)
    return {
        "box": _corners(box),
        "corner": _corner(legend, box, renderer),
        "labels": [text.get_text() for text in legend.get_texts()],
        "fontsize": float(legend._fontsize),
    }


def _corner(legend, box, renderer):
    """The name of the place that `best` chose: the first whose corner is the box's."""
    for code, name in CORNERS.items():
        x, y = legend._get_anchored_bbox(code, box, legend.get_bbox_to_anchor(), renderer)
        if abs(x - box.x0) < 1e-6 and abs(y - box.y0) < 1e-6:
            return name
    raise AssertionError("the legend is in none of matplotlib's places")


def _corners(box):
    return [float(v) for v in (box.x0, box.y0, box.x1, box.y1)]


def _atomically(path, write):
    """Lets `write` fill a file beside `path`, then moves it into place."""
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _uniform(seed):
    """A small generator that both languages can write down: the high bits of a 64-bit LCG."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield (state >> 33) / 2**31


def draw(spec):
    """Draws a figure from its description, which is also what crates/plot is given."""
    fig, ax = new_figure(tuple(spec["figsize"]))
    for series in spec["series"]:
        x, y = (_numbers(series[name]) for name in "xy")
        words = {name: _style(value) for name, value in series.items() if name not in ("kind", "x", "y")}
        if series["kind"] == "plot":
            ax.plot(x, y, **words)
        else:
            ax.scatter(x, y, **words)
    ax.set(**{name: spec[name] for name in ("title", "xlabel", "ylabel") if name in spec})
    if "grid" in spec:
        ax.grid(True, **{name: _style(value) for name, value in spec["grid"].items()})
    if "legend" in spec:
        ax.legend(fontsize=spec["legend"])
    return fig


def _style(value):
    """A keyword's value; JSON has no tuples, which offsets with dashes are."""
    return (value[0], tuple(value[1])) if isinstance(value, list) else value


def _numbers(values):
    """JSON has no NaN and no infinity: they are written as strings."""
    return [float(v) for v in values]


def specs():
    """The figures shaped like those of the tutorials, and the edges of what can be drawn."""
    random = _uniform(42)

    def draws(n, low, high):
        return [low + (high - low) * next(random) for _ in range(n)]

    def dots(x, y, **words):
        return {"kind": "scatter", "x": x, "y": y, **words}

    def line(x, y, **words):
        return {"kind": "plot", "x": x, "y": y, **words}

    small, large = [6.4, 4.8], [10.0, 7.0]
    figures = {}

    x = draws(100, -1, 1)
    noisy = [3 * v + 2 + n for v, n in zip(x, draws(100, -0.5, 0.5))]
    figures["noisy_line"] = {"figsize": small, "series": [dots(x, noisy)], "xlabel": "X", "ylabel": "y"}
    figures["noisy_line_fitted"] = {
        "figsize": small, "series": [dots(x, noisy), line(x, [2.96 * v + 1.98 for v in x], c="red")],
    }

    whole = [float(int(v)) for v in draws(50, -10, 11)]
    doubled = [5 * v + 3 for v in whole]
    figures["integers"] = {"figsize": small, "series": [dots(whole, doubled)]}
    figures["integers_first_line"] = {
        "figsize": small, "series": [dots(whole, doubled), line(whole, [0.65 * v - 0.52 for v in whole], c="red")],
    }
    figures["integers_fitted"] = {
        "figsize": small, "series": [dots(whole, doubled), line(whole, [4.98 * v + 0.31 for v in whole], c="red")],
    }
    epochs = [float(i) for i in range(50)]
    losses = [700 * 0.93**i + 7.5 for i in range(50)]
    figures["loss_50"] = {"figsize": small, "series": [line(epochs, losses)]}

    train_x = draws(80, 0, 1)
    test_x = draws(20, 0, 1)
    sides = {"xlabel": "X", "ylabel": "y", "legend": 14.0, "figsize": large}

    def target(v):
        return 0.7 * v + 0.3

    train = dots(train_x, [target(v) for v in train_x], c="b", s=4.0, label="Training data")
    test = dots(test_x, [target(v) for v in test_x], c="r", s=4.0, label="Testing data")
    figures["split"] = {"series": [train, test], **sides}
    first = dots(test_x, [0.3367 * v + 0.1288 for v in test_x], c="g", s=4.0, label="Predictions")
    figures["split_first"] = {"series": [train, test, first], **sides}
    last = dots(test_x, [0.6998 * v + 0.2999 for v in test_x], c="g", s=4.0, label="Predictions")
    figures["split_last"] = {"series": [train, {**test, "s": 20.0}, last], **sides}
    steps = [float(i) for i in range(0, 1500, 10)]
    figures["losses"] = {
        "figsize": large,
        "series": [
            line(steps, [abs(0.37 - 0.0004 * v) if v < 900 else 0.001 + 0.0005 * math.sin(v) for v in steps],
                 label="Training Loss"),
            line(steps, [0.36 * math.exp(-v / 250) + 0.0007 * math.sin(v / 3) for v in steps], label="Test Loss"),
        ],
        "xlabel": "Epoch", "ylabel": "Loss", "title": "Training and Test Loss vs Epoch", "legend": 10.0,
    }
    dense = [float(i) for i in range(1500)]
    figures["losses_dense"] = {
        "figsize": large,
        "series": [
            line(dense, [0.01 + math.exp(-v / 200) * (1 + 0.2 * math.sin(v)) for v in dense], label="Training Loss"),
            line(dense, [0.012 + 1.1 * math.exp(-v / 210) for v in dense], label="Test Loss"),
        ],
        "xlabel": "Epoch", "ylabel": "Loss", "title": "Training and Test Loss vs Epoch", "legend": 10.0,
    }
    hundred = draws(100, 0, 1)
    figures["fit_hundred"] = {
        "figsize": small,
        "series": [dots(hundred, [2 * v + 1 for v in hundred], label="data"),
                   line([0.0, 1.0], [1.02, 2.97], c="red", label="fit")],
        "xlabel": "x", "ylabel": "y", "title": "first fit", "legend": 10.0,
    }
    figures["large_losses"] = {
        "figsize": small, "series": [line(epochs, [2.4e7 * 0.8**i for i in range(50)])],
        "xlabel": "epoch", "ylabel": "loss", "title": "loss by epoch",
    }
    figures["offset"] = {
        "figsize": small, "series": [line([1e5 + v for v in epochs], [123456.0 + 1e-3 * v for v in epochs])],
        "xlabel": "AVAT", "title": "a title long enough to reach over the offset text of the y axis, and on",
    }
    figures["tiny"] = {"figsize": small, "series": [dots([v * 1e-30 for v in x], [v * 1e30 for v in noisy])]}
    figures["gaps"] = {
        "figsize": small,
        "series": [line(epochs, ["nan" if i % 11 == 7 else v for i, v in enumerate(losses)], label="line"),
                   dots(epochs, ["inf" if i % 5 == 2 else -v for i, v in enumerate(losses)], label="dots")],
        "legend": 10.0,
    }
    figures["one_point"] = {"figsize": small, "series": [dots([3.0], [-2.0], label="one")], "legend": 10.0}
    figures["no_points"] = {"figsize": small, "series": [line([], [])]}
    figures["nothing"] = {"figsize": [3.0, 2.0], "series": []}
    figures["constant"] = {"figsize": small, "series": [line([0.0, 1.0, 2.0], [7.0, 7.0, 7.0])]}
    figures["part_of_a_pixel"] = {
        "figsize": [3.337, 2.771], "series": [dots(epochs, losses, s=9.0, label="dots"), line(epochs, losses)],
        "xlabel": "first", "ylabel": "second", "title": "figure", "legend": 9.5,
    }
    figures["shapes"] = {
        "figsize": [5.0, 5.0],
        "series": [dots([float(i), i + 0.5], [float(i % 3), i % 2 + 0.25], marker=marker, s=90.0, alpha=0.7,
                        label=f"marker {marker}") for i, marker in enumerate("o.sD^v+x")],
        "legend": 8.0,
    }
    figures["upright_and_level"] = {
        "figsize": small,
        "series": [line([0.0, 0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 1.0, 2.0, 2.0], linewidth=1.0, label="steps"),
                   line([0.1, 1.9], [0.5, 1.7], linewidth=6.0, alpha=0.5, label="wide")],
        "legend": 20.0,
    }
    figures.update(_markers(dots, line))
    figures.update(_strokes(line))
    figures["colours"] = {"figsize": [8.0, 6.0], "series": [
        dots([float(i % 20)], [float(i // 20)], c=name, s=100.0, marker="s") for i, name in enumerate(COLOURS)
    ]}
    letters = "".join(map(chr, range(33, 127))).replace("$", "")
    figures["letters"] = {
        "figsize": [10.0, 10.0], "series": [line([0.0, 1.0], [0.0, 1.0], label="ÀÉÎÕÜ çñøß, αβγ λμπ, Жщя")],
        "xlabel": letters, "ylabel": letters, "title": "Ångström, coöperate, déjà vu, naïve, ½ ≤ ¾ × 2", "legend": 10.0,
    }
    return figures


# Every form of a colour that the names of the xkcd survey are not.
COLOURS = [
    *matplotlib.colors.CSS4_COLORS, *matplotlib.colors.TABLEAU_COLORS, "tab:grey", *matplotlib.colors.BASE_COLORS,
    *(f"C{i}" for i in (0, 1, 9, 10, 123)), "DarkOrange", "TAB:BLUE", "#1a2B3c", "#1a2b3c80", "#a3F", "#a3F7",
    "0", "0.25", ".5", " 0.75 ", "1e-1", "1", "none",
]

MARKERS = [*".,ov^<>12348sp*hH+xDd|_PX", "None"]


def _markers(dots, line):
    """Every marker of scatter and of a line, in sizes on both sides of where they are snapped."""

    def place(i, j):
        return [i + 0.13 * j, i + 0.5], [(i % 5) + 0.31 * j, (i % 5) + 0.47]

    figures = {}
    for name, sizes in {"small": (4.0, 1.5), "medium": (36.0, 6.0), "large": (300.0, 13.7)}.items():
        figures[f"scatter_markers_{name}"] = {"figsize": [6.0, 5.0], "series": [
            dots(*place(i, 1), marker=marker, s=sizes[0], label=marker) for i, marker in enumerate(MARKERS)
        ], "legend": 6.0}
        figures[f"line_markers_{name}"] = {"figsize": [6.0, 5.0], "series": [
            line(*place(i, 2), marker=marker, markersize=sizes[1], alpha=0.6, linestyle=("-", "None", ":")[i % 3],
                 label=marker) for i, marker in enumerate(MARKERS)
        ], "legend": 6.0}
    return figures


def _strokes(line):
    """Dashes and grids."""
    x = [0.05 * i for i in range(61)]
    styles = ["-", "--", "-.", ":", "solid", "dashed", "dashdot", "dotted", "None", [0, [5, 1]], [0, [1, 10]], [2.5, [3, 5, 1, 5, 1, 5]],
              [-7, [4, 2, 1]], [1, [0, 2]], [0, [0.5, 0]]]
    curves = [line(x, [math.sin(v) + i for v in x], linestyle=style, linewidth=(1.5, 0.7, 3.2)[i % 3], label=str(style))
              for i, style in enumerate(styles)]
    gap = ["nan" if i % 17 == 9 else v for i, v in enumerate(x)]
    level = [line([0.0, 3.0], [1.0, 1.0], linestyle="--", c="k"), line(x, gap, linestyle="-.", c="tab:red", linewidth=2.0)]
    small = {"figsize": [5.0, 4.0], "series": level}
    return {
        "dashes": {"figsize": [7.0, 6.0], "series": curves, "legend": 7.0},
        "grid": {**small, "grid": {}, "title": "grid"},
        "grid_dashed": {**small, "grid": {"linestyle": "--", "alpha": 0.7}},
        "grid_dotted": {**small, "grid": {"linestyle": ":", "linewidth": 0.5, "color": "gray"}},
        "grid_y": {**small, "grid": {"axis": "y", "alpha": 0.3}},
        "grid_x": {**small, "grid": {"axis": "x", "color": "#ff000080", "linewidth": 2.3, "linestyle": [1, [6, 2, 1]]}},
    }


def main():
    """Writes every figure of `specs` and the specs themselves into the folder named."""
    if len(sys.argv) != 2:
        sys.exit("usage: figures.py FOLDER")
    folder = Path(sys.argv[1])
    for name, spec in specs().items():
        fig = draw(spec)
        save(fig, folder / f"{name}.png")
        close(fig)
    text = json.dumps({"matplotlib": matplotlib.__version__, "figures": specs()}) + "\n"
    _atomically(folder / "specs.json", lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
