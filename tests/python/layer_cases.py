"""Random options and inputs of every layer, for layers.py."""

DTYPES = ["float32", "float32", "float64", "float16", "bfloat16"]

# Options that are not in this crate, each with its reason.
LEFT_OUT = {
    "args": "no options: a class without an __init__",
    "kwargs": "no options: a class without an __init__",
    "device": "parameters are drawn on the CPU and moved by `to`",
    "return_indices": "`forward_with_indices` returns them",
    "_weight": "private",
    "_random_samples": "private",
    "_freeze": "private",
    "min_value": "deprecated",
    "max_value": "deprecated",
}


def pick(r, *choices):
    return r.choice(choices)


def size(r, n, low, high):
    """An int for all dimensions or a tuple with one for each."""
    return r.randint(low, high) if r.random() < 0.5 else tuple(r.randint(low, high) for _ in range(n))


def number(r, low, high):
    return round(r.uniform(low, high), 3)


def some(r, **options):
    """Most options left to their defaults."""
    return {name: value() for name, value in options.items() if r.random() < 0.5}


def flag(r):
    return lambda: r.random() < 0.5


def places(r, n, low=5, high=9):
    return [r.randint(low, high) for _ in range(n)]


def any_shape(r):
    return places(r, r.randint(1, 4), 1, 6)


def activation(**options):
    def draw(r):
        return some(r, **{name: (lambda of=of: of(r)) for name, of in options.items()}), any_shape(r)

    return draw


def inplace(r):
    return r.random() < 0.5


def between(low, high):
    return lambda r: number(r, low, high)


def threshold(r):
    return {"threshold": number(r, -1, 1), "value": number(r, -9, 9)} | some(r, inplace=flag(r)), any_shape(r)


def hardtanh(r):
    return some(r, min_val=lambda: number(r, -2, 0.9), max_val=lambda: number(r, 0, 2), inplace=flag(r)), any_shape(r)


def glu(r):
    shape = [2 * r.randint(1, 4) for _ in range(r.randint(1, 3))]
    return some(r, dim=lambda: r.randint(-len(shape), len(shape) - 1)), shape


def gelu(r):
    return some(r, approximate=lambda: pick(r, "none", "tanh")), any_shape(r)


def along(r):
    shape = any_shape(r)
    return {"dim": r.randint(-len(shape), len(shape) - 1)}, shape


def prelu(r):
    channels = r.randint(1, 4)
    options = some(r, init=lambda: number(r, -1, 1), num_parameters=lambda: channels)
    return options, [r.randint(1, 4), channels, *places(r, r.randint(0, 2), 1, 4)]


def channels_last(n):
    """An input of `n` dimensions behind the channels, with a batch or without."""

    def shape(r):
        return places(r, r.choice([1, 2]), 1, 3) + places(r, n)

    return shape


def dropout(*dims):
    def draw(r):
        shape = places(r, r.choice(dims), 1, 5) if dims else any_shape(r)
        return some(r, p=lambda: pick(r, 0.0, 0.25, 0.5, 0.9, 1.0), inplace=flag(r)), shape

    return draw


def pool(n, **more):
    def draw(r):
        options = some(
            r,
            stride=lambda: size(r, n, 1, 3),
            padding=lambda: size(r, n, 0, 1),
            ceil_mode=flag(r),
            **{name: of(r) for name, of in more.items()},
        )
        return {"kernel_size": size(r, n, 2, 3)} | options, channels_last(n)(r)

    return draw


def max_pool(n):
    return pool(n, dilation=lambda r: lambda: size(r, n, 1, 2))


def avg_pool(n):
    divisor = {} if n == 1 else {"divisor_override": lambda r: lambda: r.randint(1, 9)}
    return pool(n, count_include_pad=flag, **divisor)


def adaptive(n):
    def draw(r):
        return {"output_size": size(r, n, 1, 7)}, channels_last(n)(r)

    return draw


def pad(n, value=False, low=-1, batches=(1, 2)):
    def draw(r):
        padding = size(r, 2 * n, low, 3)
        shape = places(r, r.choice(batches), 1, 3) + places(r, n)
        return {"padding": padding} | ({"value": number(r, -2, 2)} if value else {}), shape

    return draw


def pixel_shuffle(r):
    factor = r.randint(1, 3)
    return {"upscale_factor": factor}, places(r, r.randint(0, 2), 1, 3) + [r.randint(1, 3) * factor**2, *places(r, 2, 1, 4)]


def pixel_unshuffle(r):
    factor = r.randint(1, 3)
    return {"downscale_factor": factor}, places(r, r.randint(1, 2), 1, 3) + [factor * n for n in places(r, 2, 1, 4)]


def channel_shuffle(r):
    groups = r.randint(1, 3)
    return {"groups": groups}, [r.randint(1, 3), groups * r.randint(1, 3), *places(r, r.randint(1, 2), 1, 4)]


def flatten(r):
    shape = places(r, r.randint(2, 4), 1, 4)
    return some(r, start_dim=lambda: r.randint(0, len(shape) - 1), end_dim=lambda: r.randint(-2, len(shape) - 1)), shape


def unflatten(r):
    sizes = tuple(places(r, r.randint(1, 3), 1, 3))
    product = 1
    for n in sizes:
        product *= n
    shape = places(r, 3, 1, 4)
    dim = r.randint(-3, 2)
    shape[dim] = product
    if r.random() < 0.3:
        sizes = (-1, *sizes[1:])
    return {"dim": dim, "unflattened_size": sizes}, shape


def unfold(r):
    options = some(
        r,
        dilation=lambda: size(r, 2, 1, 2),
        padding=lambda: size(r, 2, 0, 2),
        stride=lambda: size(r, 2, 1, 3),
    )
    return {"kernel_size": size(r, 2, 1, 3)} | options, places(r, r.choice([1, 2]), 1, 3) + places(r, 2)


def fold(r):
    options, _ = unfold(r)
    output = size(r, 2, 6, 9)
    both = lambda value: (value,) * 2 if isinstance(value, int) else value  # noqa: E731
    count, window = 1, 1
    for i in range(2):
        kernel, dilation = both(options["kernel_size"])[i], both(options.get("dilation", 1))[i]
        padding, stride = both(options.get("padding", 0))[i], both(options.get("stride", 1))[i]
        window *= kernel
        count *= (both(output)[i] + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    return {"output_size": output} | options, places(r, r.choice([0, 1]), 1, 3) + [r.randint(1, 3) * window, count]


def grouped(r):
    groups = pick(r, 1, 1, 2, 3)
    return groups, groups * r.randint(1, 3), groups * r.randint(1, 3)


def conv(n):
    def draw(r):
        groups, inputs, outputs = grouped(r)
        options = some(
            r,
            stride=lambda: size(r, n, 1, 2),
            padding=lambda: pick(r, size(r, n, 0, 2), "same", "valid"),
            dilation=lambda: size(r, n, 1, 2),
            groups=lambda: groups,
            bias=flag(r),
            padding_mode=lambda: pick(r, "zeros", "reflect", "replicate", "circular"),
        )
        shape = places(r, r.choice([0, 1]), 1, 3) + [inputs] + places(r, n, 4, 7)
        if options.get("padding") == "same" and r.random() < 0.8:
            options.pop("stride", None)
        return {"in_channels": inputs, "out_channels": outputs, "kernel_size": size(r, n, 1, 3)} | options, shape

    return draw


def conv_transpose(n):
    def draw(r):
        groups, inputs, outputs = grouped(r)
        options = some(
            r,
            stride=lambda: size(r, n, 1, 3),
            padding=lambda: size(r, n, 0, 1),
            output_padding=lambda: size(r, n, 0, 1),
            groups=lambda: groups,
            bias=flag(r),
            dilation=lambda: size(r, n, 1, 2),
        )
        shape = places(r, r.choice([0, 1]), 1, 3) + [inputs] + places(r, n, 2, 4)
        return {"in_channels": inputs, "out_channels": outputs, "kernel_size": size(r, n, 1, 3)} | options, shape

    return draw


def batch_norm(*dims):
    def draw(r):
        options = some(
            r,
            eps=lambda: pick(r, 1e-5, 1e-3, 0.1),
            momentum=lambda: pick(r, None, 0.5, 1.0, 0.01),
            affine=flag(r),
            track_running_stats=flag(r),
        )
        features = r.randint(1, 5)
        return {"num_features": features} | options, [r.randint(1, 5), features, *places(r, r.choice(dims), 1, 4)]

    return draw


def instance_norm(n):
    def draw(r):
        options, _ = batch_norm(n)(r)
        return options, places(r, r.choice([0, 1]), 1, 3) + [options["num_features"], *places(r, n, 1, 4)]

    return draw


def shape_norm(**more):
    def draw(r):
        shape = places(r, r.randint(1, 4), 1, 6)
        last = tuple(shape[r.randint(0, len(shape) - 1) :])
        options = some(r, eps=lambda: pick(r, 1e-5, 1e-3), elementwise_affine=flag(r), **{n: flag(r) for n in more})
        return {"normalized_shape": last} | options, shape

    return draw


def group_norm(r):
    groups = r.randint(1, 3)
    channels = groups * r.randint(1, 3)
    options = some(r, eps=lambda: pick(r, 1e-5, 1e-3), affine=flag(r))
    return {"num_groups": groups, "num_channels": channels} | options, [r.randint(1, 4), channels, *places(r, r.randint(0, 2), 1, 5)]


def embedding(r):
    rows = r.randint(2, 9)
    options = some(
        r,
        padding_idx=lambda: r.randint(-rows, rows - 1),
        max_norm=lambda: number(r, 0.2, 2),
        norm_type=lambda: pick(r, 1.0, 2.0, 3.0),
        scale_grad_by_freq=flag(r),
        sparse=lambda: r.random() < 0.3,
    )
    return {"num_embeddings": rows, "embedding_dim": r.randint(1, 5)} | options, {"below": rows, "shape": any_shape(r)}


def several(r, *tensors, call=None):
    """Several tensors: the shape of a float, what `layers.py` makes a tensor of, or the number of one before."""
    tensors = [{"shape": of, "grad": r.random() < 0.8} if isinstance(of, list) else of for of in tensors]
    return {"tensors": tensors, "call": call or {}, "no_grad": r.random() < 0.7}


def pretrained(draw):
    def of(r):
        options, given = draw(r)
        size = (options.pop("num_embeddings"), options.pop("embedding_dim"))
        return {"embeddings": size} | options | some(r, freeze=flag(r)), given

    return of


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


def recurrent(proj=False, nonlinearity=False):
    def draw(r):
        inputs, hidden = r.randint(1, 5), r.randint(2, 5)
        options = some(
            r,
            num_layers=lambda: r.randint(1, 3),
            bias=flag(r),
            batch_first=flag(r),
            dropout=lambda: pick(r, 0.0, 0.3, 1.0),
            bidirectional=flag(r),
            **({"proj_size": lambda: r.randint(0, hidden - 1)} if proj else {}),
            **({"nonlinearity": lambda: pick(r, "tanh", "relu")} if nonlinearity else {}),
        )
        given = {"state": r.random() < 0.4, "shape": places(r, r.choice([1, 2, 2, 2]), 1, 4) + [inputs]}
        if len(given["shape"]) == 3 and r.random() < 0.4:
            batch, length = given["shape"][:2] if options.get("batch_first") else given["shape"][1::-1]
            given["lengths"] = [length] + [r.randint(1, length) for _ in range(batch - 1)]
            r.shuffle(given["lengths"])
        return {"input_size": inputs, "hidden_size": hidden} | options, given

    return draw


def cell(nonlinearity=False):
    def draw(r):
        inputs, hidden = r.randint(1, 5), r.randint(1, 5)
        options = some(
            r, bias=flag(r), **({"nonlinearity": lambda: pick(r, "tanh", "relu")} if nonlinearity else {})
        )
        given = {"state": r.random() < 0.5, "shape": places(r, r.choice([0, 1]), 1, 4) + [inputs]}
        return {"input_size": inputs, "hidden_size": hidden} | options, given

    return draw


plain = activation()
LAYERS = {
    "activations": {
        **{name: activation(inplace=inplace) for name in ["ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardsigmoid", "Hardswish"]},
        **{name: plain for name in ["Identity", "LogSigmoid", "Sigmoid", "Softsign", "Tanh", "Tanhshrink"]},
        "CELU": activation(alpha=between(0.1, 2), inplace=inplace),
        "ELU": activation(alpha=between(0.1, 2), inplace=inplace),
        "LeakyReLU": activation(negative_slope=between(0.001, 1), inplace=inplace),
        "RReLU": activation(lower=between(0.05, 0.2), upper=between(0.2, 0.9), inplace=inplace),
        "Hardshrink": activation(lambd=between(0, 1)),
        "Softshrink": activation(lambd=between(0, 1)),
        "Softplus": activation(beta=between(0.1, 3), threshold=between(0.1, 25)),
        "GELU": gelu,
        "GLU": glu,
        "Hardtanh": hardtanh,
        "LogSoftmax": along,
        "PReLU": prelu,
        "Softmax": along,
        "Softmax2d": lambda r: ({}, channels_last(2)(r)),
        "Softmin": along,
        "Threshold": threshold,
    },
    "dropouts": {
        "AlphaDropout": dropout(),
        "Dropout": dropout(),
        "Dropout1d": dropout(2, 3),
        "Dropout2d": dropout(3, 4),
        "Dropout3d": dropout(4, 5),
        "FeatureAlphaDropout": dropout(2, 3, 4, 5),
    },
    "pools": {
        f"{name}{n}d": of(n)
        for name, of in [("MaxPool", max_pool), ("AvgPool", avg_pool), ("AdaptiveAvgPool", adaptive), ("AdaptiveMaxPool", adaptive)]
        for n in (1, 2, 3)
    },
    "places": {
        **{f"ConstantPad{n}d": pad(n, value=True) for n in (1, 2, 3)},
        **{f"ZeroPad{n}d": pad(n) for n in (1, 2, 3)},
        **{f"{mode}Pad{n}d": pad(n) for mode in ("Reflection", "Replication", "Circular") for n in (1, 2, 3)},
        "ChannelShuffle": channel_shuffle,
        "Flatten": flatten,
        "Fold": fold,
        "PixelShuffle": pixel_shuffle,
        "PixelUnshuffle": pixel_unshuffle,
        "Unflatten": unflatten,
        "Unfold": unfold,
    },
    "convolutions": {f"Conv{n}d": conv(n) for n in (1, 2, 3)} | {f"ConvTranspose{n}d": conv_transpose(n) for n in (1, 2, 3)},
    "normalizations": {
        "BatchNorm1d": batch_norm(0, 1),
        "BatchNorm2d": batch_norm(2),
        "BatchNorm3d": batch_norm(3),
        **{f"InstanceNorm{n}d": instance_norm(n) for n in (1, 2, 3)},
        "GroupNorm": group_norm,
        "LayerNorm": shape_norm(bias=True),
        "RMSNorm": shape_norm(),
    },
    "embeddings": {
        "Embedding": embedding,
        "Embedding.from_pretrained": pretrained(embedding),
        "EmbeddingBag": embedding_bag,
        "EmbeddingBag.from_pretrained": pretrained(embedding_bag),
    },
    "of two tensors": {
        "Bilinear": bilinear,
        "CosineSimilarity": cosine_similarity,
        "PairwiseDistance": pairwise_distance,
        **{f"MaxUnpool{n}d": max_unpool(n) for n in (1, 2, 3)},
    },
    "resampling": {
        **{f"LPPool{n}d": lp_pool(n) for n in (1, 2, 3)},
        **{f"FractionalMaxPool{n}d": fractional_max_pool(n) for n in (2, 3)},
        "LocalResponseNorm": local_response_norm,
        "Upsample": upsample,
        "UpsamplingBilinear2d": upsampling,
        "UpsamplingNearest2d": upsampling,
    },
    "recurrent": {
        "GRU": recurrent(),
        "GRUCell": cell(),
        "LSTM": recurrent(proj=True),
        "LSTMCell": cell(),
        "RNN": recurrent(nonlinearity=True),
        "RNNCell": cell(nonlinearity=True),
    },
}
# Options that a layer does not take though its signature has them.
NOT_OF = {
    ("ConvTranspose1d", "padding_mode"): "Python refuses all but zeros",
    ("ConvTranspose2d", "padding_mode"): "Python refuses all but zeros",
    ("ConvTranspose3d", "padding_mode"): "Python refuses all but zeros",
    ("RNN", "proj_size"): "of LSTM alone",
    ("GRU", "proj_size"): "of LSTM alone",
}
