"""Random options and inputs of every layer, for layers.py."""

from attention_cases import ATTENTION
from function_cases import FUNCTIONS
from layer_draws import any_shape, between, channels_last, flag, given, inplace, number, pick, places, size, some
from pair_cases import PAIRS, embedding_bag

DTYPES = ["float32", "float32", "float64", "float16", "bfloat16"]

# Options that are not in this crate, each with its reason.
LEFT_OUT = {
    "args": "no options: a class without an __init__",
    "kwargs": "no options: a class without an __init__",
    "device": "parameters are drawn on the CPU and moved by `to`",
    "return_indices": "`forward_with_indices` returns them",
    "_weight": "private",
    "_random_samples": "private",
    "size_average": "deprecated",
    "reduce": "deprecated",
    "name": "the weight alone",
    "generator": "draws are the default generator's",
    "custom_encoder": "a module of one's own",
    "custom_decoder": "a module of one's own",
    "_freeze": "private",
    "min_value": "deprecated",
    "max_value": "deprecated",
}


def activation(**options):
    def draw(r):
        return some(r, **{name: (lambda of=of: of(r)) for name, of in options.items()}), any_shape(r)

    return draw


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


def pretrained(draw):
    def of(r):
        options, given = draw(r)
        size = (options.pop("num_embeddings"), options.pop("embedding_dim"))
        return {"embeddings": size} | options | some(r, freeze=flag(r)), given

    return of


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
    **PAIRS,
    **ATTENTION,
    **FUNCTIONS,
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
