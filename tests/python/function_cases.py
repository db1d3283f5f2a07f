"""Random options and inputs of losses, and of functions of `nn.init` and `nn.utils`."""

from layer_draws import any_shape, between, flag, inplace, number, pick, places, several, sides, some, uniform


def loss(draw, *reductions, weight=False, **more):
    """A loss by what draws its tensors, its reductions and its options; `draw` may change what these are."""

    def of(r):
        options = some(r, reduction=lambda: pick(r, "mean", "sum", "none", *reductions), **{n: (lambda m=m: m(r)) for n, m in more.items()})
        tensors = draw(r, options)
        if weight and r.random() < 0.5:
            options["weight"] = tensors[0]["shape"][-1] if isinstance(tensors[0], dict) else tensors[0][-1]
        call = tensors.pop() if isinstance(tensors[-1], dict) and "call" in tensors[-1] else {"call": {}}
        return options, several(r, *tensors, call=call["call"])

    return of


def two_sides(r, _):
    shape = any_shape(r)
    return [shape, sides(r, shape)]


def pairs_of_sides(r, _):
    shape = pick(r, [], [r.randint(1, 6)])
    return [shape, shape, sides(r, shape)]


def cosines(r, _):
    rows = pick(r, [], [r.randint(1, 6)])
    shape = rows + [r.randint(1, 5)]
    return [shape, shape, sides(r, rows)]


def triplets(r, _):
    shape = places(r, r.randint(1, 2), 1, 5)
    return [shape, shape, shape]


def labels(r, _):
    rows, classes = pick(r, [], [r.randint(1, 5)]), r.randint(1, 6)
    values = []
    for _ in range(rows[0] if rows else 1):
        of = r.sample(range(classes), r.randint(0, classes))
        values += (of + [-1] * classes)[:classes]
    return [rows + [classes], {"values": values, "dtype": "int64", "shape": rows + [classes]}]


def soft_labels(r, _):
    shape = any_shape(r)
    return [shape, {"shape": shape, "grad": False, "uniform": True}]


def classes(r, _):
    rows, count = pick(r, [], [r.randint(1, 5)]), r.randint(1, 6)
    return [rows + [count], {"below": count, "shape": rows}]


def divergence(r, options):
    shape = any_shape(r)
    return [shape, shape if options.get("log_target") else uniform(shape)]


def counts(r, options):
    shape = any_shape(r)
    return [shape if options.get("log_input", True) else uniform(shape), {"below": 5, "shape": shape}]


def gaussian(r, _):
    shape = any_shape(r)
    if r.random() < 0.25:
        return [shape, shape, {"call": {"var": number(r, 0.1, 2)}}]
    return [shape, shape, uniform(pick(r, shape, shape, shape[:-1], shape[:-1] + [1], shape + [1]))]


def ctc(r, options):
    time, n, classes = r.randint(2, 8), r.randint(1, 3), r.randint(2, 5)
    blank = options.get("blank", 0)
    lengths = [r.randint(1, max(1, time // 2)) for _ in range(n)]
    labels = [c for c in range(classes) if c != blank] or [0]
    longest = max(lengths)
    targets = [pick(r, *labels) for _ in range(n * longest)]
    of = lambda values, shape: {"values": values, "dtype": "int64", "shape": shape}  # noqa: E731
    steps = [r.randint(max(1, time - 2), time) for _ in range(n)]
    return [[time, n, classes], of(targets, [n, longest]), of(steps, [n]), of(lengths, [n])]


def filled(dims, **options):
    """A function of `nn.init` and the numbers of dimensions that it takes, now and then others."""

    def draw(r):
        shape = places(r, r.choice(dims) if r.random() < 0.95 else r.randint(1, 5), 1, 7)
        return some(r, **{n: (lambda m=m: m(r)) for n, m in options.items()}), several(r, shape)

    return draw


def sparse(r):
    return {"sparsity": number(r, 0, 1)} | some(r, std=lambda: number(r, 0.01, 2)), several(r, places(r, 2, 1, 9))


def to_vector(r):
    return {}, several(r, *[any_shape(r) for _ in range(r.randint(1, 4))])


def of_vector(r):
    shapes = [any_shape(r) for _ in range(r.randint(1, 4))]
    count = r.randint(-1, 2)
    for shape in shapes:
        of = 1
        for n in shape:
            of *= n
        count += of
    return {}, several(r, [count], *shapes)


def total_norm(r):
    options = some(
        r, norm_type=lambda: pick(r, 1.0, 2.0, 3.0), error_if_nonfinite=flag(r), foreach=lambda: pick(r, None, True, False)
    )
    return options, several(r, *[any_shape(r) for _ in range(r.randint(1, 4))])


def clipped(r):
    options = {"max_norm": number(r, 0.1, 9)} | some(r, foreach=lambda: pick(r, None, True, False))
    return options, several(r, *[any_shape(r) for _ in range(r.randint(1, 4))])


FUNCTIONS = {
    "losses": {
        "CTCLoss": loss(ctc, blank=lambda r: r.randint(0, 1), zero_infinity=inplace),
        "CosineEmbeddingLoss": loss(cosines, margin=between(-1, 1)),
        "GaussianNLLLoss": loss(gaussian, full=inplace, eps=lambda r: pick(r, 1e-6, 0.1)),
        "HingeEmbeddingLoss": loss(two_sides, margin=between(0, 2)),
        "KLDivLoss": loss(divergence, "batchmean", log_target=inplace),
        "MarginRankingLoss": loss(pairs_of_sides, margin=between(0, 2)),
        "MultiLabelMarginLoss": loss(labels),
        "MultiLabelSoftMarginLoss": loss(soft_labels, weight=True),
        "MultiMarginLoss": loss(classes, weight=True, p=lambda r: pick(r, 1, 2, 2, 3), margin=between(0.1, 2)),
        "PoissonNLLLoss": loss(counts, log_input=inplace, full=inplace, eps=lambda r: pick(r, 1e-8, 0.1)),
        "SoftMarginLoss": loss(two_sides),
        "TripletMarginLoss": loss(triplets, margin=between(-0.1, 2), p=lambda r: pick(r, 1.0, 2.0, 3.0), eps=lambda r: pick(r, 1e-6, 0.1), swap=inplace),
        "TripletMarginWithDistanceLoss": loss(triplets, distance_function=lambda r: "city", margin=between(-0.1, 2), swap=inplace),
    },
    "functions": {
        "init.dirac_": filled([3, 4, 5], groups=lambda r: r.randint(1, 3)),
        "init.eye_": filled([2]),
        "init.orthogonal_": filled([2, 3, 4], gain=between(0.5, 2)),
        "init.sparse_": sparse,
        "init.trunc_normal_": filled(
            [1, 2, 3, 4], mean=between(-2, 2), std=between(0.1, 2), a=between(-3, -0.5), b=between(0, 3)
        ),
        "utils.clip_grads_with_norm_": clipped,
        "utils.get_total_norm": total_norm,
        "utils.parameters_to_vector": to_vector,
        "utils.vector_to_parameters": of_vector,
    },
}
