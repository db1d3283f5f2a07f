"""Random options and inputs of containers, parametrizations, resampling, and of layers of two tensors."""

from layer_draws import channels_last, flag, number, pick, places, several, size, some


def contained(r):
    """A module as its name and arguments."""
    return pick(r, ["ReLU"], ["Linear", 2, 3], ["Linear", 2, 3], ["Conv1d", 1, 2, 3], ["BatchNorm1d", 2])


def parametrized(**options):
    def draw(r):
        one, two, kernel = r.randint(1, 4), r.randint(1, 4), r.randint(1, 3)
        module, shape = pick(
            r,
            (["Linear", one, two], places(r, r.randint(0, 2), 1, 4) + [one]),
            (["Conv2d", one, two, kernel], [r.randint(1, 3), one, 4, 5]),
            (["ConvTranspose1d", one, two, kernel], [r.randint(1, 3), one, 4]),
        )
        return {"module": module} | some(r, **{n: (lambda m=m: m(r)) for n, m in options.items()}), shape

    return draw


def module_list(r):
    return {"modules": [contained(r) for _ in range(r.randint(0, 5))]}, {"container": True}


def module_dict(r):
    names = [pick(r, "a", "b", "c", "long_name", "0") for _ in range(r.randint(0, 4))]
    if r.random() < 0.1:
        names.append(pick(r, "", "a.b"))
    return {"modules": [[name, contained(r)] for name in names]}, {"container": True}


def parameter_list(r):
    return {"values": [places(r, r.randint(0, 3), 1, 3) for _ in range(r.randint(0, 4))]}, {"container": True}


def parameter_dict(r):
    names = [pick(r, "a", "b", "c", "long_name") for _ in range(r.randint(0, 4))]
    if r.random() < 0.1:
        names.append(pick(r, "", "a.b"))
    return {"parameters": [[name, places(r, r.randint(0, 3), 1, 3)] for name in names]}, {"container": True}


def embedding_bag(r):
    rows = r.randint(2, 9)
    options = some(
        r,
        max_norm=lambda: number(r, 0.2, 2),
        norm_type=lambda: pick(r, 1.0, 2.0, 3.0),
        scale_grad_by_freq=lambda: r.random() < 0.3,
        mode=lambda: pick(r, "sum", "sum", "mean", "max"),
        sparse=lambda: r.random() < 0.3,
        include_last_offset=flag(r),
        padding_idx=lambda: r.randint(-rows, rows - 1),
    )
    if r.random() < 0.5:
        shape, offsets = places(r, 2, 1, 5), None
    else:
        shape = [r.randint(1, 9)]
        starts = [0] + sorted(r.randint(0, shape[0]) for _ in range(r.randint(0, 4)))
        if options.get("include_last_offset"):
            starts.append(shape[0])
        offsets = {"values": starts, "dtype": "int64", "shape": [len(starts)]}
    weights = r.random() < (0.5 if options.get("mode") == "sum" else 0.05)
    given = several(r, {"below": rows, "shape": shape}, offsets, shape if weights else None)
    return {"num_embeddings": rows, "embedding_dim": r.randint(1, 5)} | options, given


def bilinear(r):
    one, two, out = places(r, 3, 1, 5)
    batch = places(r, r.randint(0, 2), 1, 4)
    return {"in1_features": one, "in2_features": two, "out_features": out} | some(r, bias=flag(r)), several(
        r, batch + [one], batch + [two]
    )


def adaptive_log_softmax(r):
    features, classes = r.randint(1, 9), r.randint(3, 12)
    cutoffs = sorted(r.sample(range(1, classes), r.randint(1, min(3, classes - 1))))
    if r.random() < 0.05:
        cutoffs = pick(r, [], [0, 1], [2, 1], [1, 1], [1, classes])
    options = some(r, div_value=lambda: pick(r, 1.0, 1.1, 2.0, 3.0, 0.0), head_bias=flag(r))
    batch = places(r, r.random() < 0.9, 1, 6)
    target = {"below": classes + (r.random() < 0.05), "shape": batch}
    return {"in_features": features, "n_classes": classes, "cutoffs": cutoffs} | options, several(r, batch + [features], target)


def broadcast(r, shape):
    """A shape that fits, now and then with a 1."""
    return [1 if r.random() < 0.1 else n for n in shape]


def pairwise_distance(r):
    shape = places(r, r.randint(1, 3), 1, 6)
    options = some(r, p=lambda: pick(r, 1.0, 2.0, 3.0, 0.5), eps=lambda: pick(r, 1e-6, 0.1), keepdim=flag(r))
    return options, several(r, shape, broadcast(r, shape))


def cosine_similarity(r):
    shape = places(r, r.randint(2, 3), 1, 6)
    options = some(r, dim=lambda: r.randint(-len(shape), len(shape) - 1), eps=lambda: pick(r, 1e-8, 0.5))
    return options, several(r, shape, broadcast(r, shape))


def max_unpool(n):
    def draw(r):
        options = some(r, stride=lambda: size(r, n, 1, 3), padding=lambda: size(r, n, 0, 1))
        kernel = size(r, n, 2, 3)
        shape = channels_last(n)(r)
        every = lambda value: (value,) * n if isinstance(value, int) else value  # noqa: E731
        stride, padding = every(options.get("stride", kernel)), every(options.get("padding", 0))
        full = [(shape[-n + d] - 1) * stride[d] + every(kernel)[d] - 2 * padding[d] for d in range(n)]
        call = {}
        if r.random() < 0.5:
            call["output_size"] = [places + r.randint(-2, 2) for places in full]
            if r.random() < 0.3:
                call["output_size"] = [1, 1] + call["output_size"]
        below = 1
        for places_of in call.get("output_size", full)[-n:]:
            below *= max(places_of, 1)
        return {"kernel_size": kernel} | options, several(r, shape, {"below": below, "shape": shape}, call=call)

    return draw


def lp_pool(n):
    def draw(r):
        options = some(r, stride=lambda: size(r, n, 1, 3), ceil_mode=flag(r))
        # Python multiplies by the kernel's size as it is given, so that one in a tuple fails there.
        kernel = r.randint(2, 3) if n == 1 else size(r, n, 2, 3)
        return {"norm_type": pick(r, 1, 2, 3, 2.0, 1.5), "kernel_size": kernel} | options, channels_last(n)(r)

    return draw


def fractional_max_pool(n):
    def draw(r):
        kernel = size(r, n, 1, 3)
        if r.random() < 0.5:
            output = {"output_size": size(r, n, 1, 4)}
        else:
            output = {"output_ratio": tuple(number(r, 0.2, 0.8) for _ in range(n))}
        return {"kernel_size": kernel} | output, channels_last(n)(r)

    return draw


def upsample(r):
    n = r.randint(1, 3)
    mode = pick(r, "nearest", "nearest-exact", "area", ["linear", "bilinear", "trilinear"][n - 1], "bicubic" if n == 2 else "area")
    options = sized(r, n) | some(r, mode=lambda: mode)
    if options.get("mode", "nearest") in ("linear", "bilinear", "trilinear", "bicubic"):
        options |= some(r, align_corners=flag(r))
    if r.random() < 0.3:
        options["recompute_scale_factor"] = r.random() < 0.5
    return options, places(r, 2, 1, 3) + places(r, n, 2, 6)


def sized(r, n):
    """A size or a factor."""
    if r.random() < 0.5:
        return {"size": size(r, n, 1, 9)}
    factor = number(r, 0.5, 3) if r.random() < 0.5 else tuple(number(r, 0.5, 3) for _ in range(n))
    return {"scale_factor": factor}


def upsampling(r):
    return sized(r, 2), places(r, 2, 1, 3) + places(r, 2, 2, 6)


def local_response_norm(r):
    options = some(r, alpha=lambda: number(r, 0.0001, 2), beta=lambda: number(r, 0.1, 2), k=lambda: number(r, 0.5, 2))
    return {"size": r.randint(1, 4)} | options, places(r, r.randint(3, 5), 1, 6)


PAIRS = {
    "of two tensors": {
        "AdaptiveLogSoftmaxWithLoss": adaptive_log_softmax,
        "Bilinear": bilinear,
        "CosineSimilarity": cosine_similarity,
        "PairwiseDistance": pairwise_distance,
        **{f"MaxUnpool{n}d": max_unpool(n) for n in (1, 2, 3)},
    },
    "parametrizations": {
        "utils.parametrizations.spectral_norm": parametrized(
            n_power_iterations=lambda r: r.randint(0, 3), eps=lambda r: pick(r, 1e-12, 0.1), dim=lambda r: r.randint(-3, 2)
        ),
        "utils.parametrizations.weight_norm": parametrized(dim=lambda r: pick(r, None, 0, 1)),
    },
    "containers": {
        "ModuleDict": module_dict,
        "ModuleList": module_list,
        "ParameterDict": parameter_dict,
        "ParameterList": parameter_list,
    },
    "resampling": {
        **{f"LPPool{n}d": lp_pool(n) for n in (1, 2, 3)},
        **{f"FractionalMaxPool{n}d": fractional_max_pool(n) for n in (2, 3)},
        "LocalResponseNorm": local_response_norm,
        "Upsample": upsample,
        "UpsamplingBilinear2d": upsampling,
        "UpsamplingNearest2d": upsampling,
    },
}
