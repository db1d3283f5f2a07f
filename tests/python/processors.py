"""Prints what operations compute in an arithmetic: usage processors.py ARITHMETIC [--chosen | FILE].

A JSON line for what MKL and ATen chose their code by, and how many of 200,000 square roots are not the nearest float32:
{"branch": ..., "wrong_roots": ..., "capability": ...}; for each operation, with the bits of its result and of its
gradients hashed, {"operation": ..., "bits": ...}; and for views of a tensor that begin at each of its first elements,
{"view": ..., "differ": [offsets with other bits than the same values in a tensor of their own]}. With --chosen the
first of these lines alone. With a file, the
results are kept in it, for NumPy, and how long each operation takes, in seconds, and nothing is printed.
"""

import ctypes
import hashlib
import json
import math
import statistics
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts/reference/tutorial"))
import arithmetic  # noqa: E402

arithmetic.set(sys.argv[1])

import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402

torch.set_num_threads(1)
warnings.simplefilter("ignore")
generator = torch.Generator()
NAMES = {torch.float32: "float32", torch.float64: "float64"}


def normal(*shape):
    return lambda dtype: torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def between(low, high, *shape):
    return lambda dtype: (torch.rand(shape, generator=generator, dtype=torch.float64) * (high - low) + low).to(dtype)


def definite(n):
    def make(dtype):
        a = torch.randn(n, n, generator=generator, dtype=torch.float64)
        return (a @ a.mT / n + torch.eye(n, dtype=torch.float64)).to(dtype)

    return make


MANY = 20_011  # more than a kernel's block, and not a multiple of a vector's length
labels = torch.arange(500) % 10

# Its name, the operation, and what its arguments are made by; gradients are taken to all of them.
OPERATIONS = [
    ("exp", torch.exp, normal(MANY)),
    ("exp2", torch.exp2, normal(MANY)),
    ("expm1", torch.expm1, normal(MANY)),
    ("tanh", torch.tanh, normal(MANY)),
    ("erf", torch.erf, normal(MANY)),
    ("erfc", torch.erfc, normal(MANY)),
    ("sqrt", torch.sqrt, between(0, 9, MANY)),
    ("rsqrt", torch.rsqrt, between(0.1, 9, MANY)),
    ("log", torch.log, between(0.01, 9, MANY)),
    ("log2", torch.log2, between(0.01, 9, MANY)),
    ("log10", torch.log10, between(0.01, 9, MANY)),
    ("log1p", torch.log1p, between(0, 9, MANY)),
    ("sin", torch.sin, normal(MANY)),
    ("cos", torch.cos, normal(MANY)),
    ("tan", torch.tan, normal(MANY)),
    ("asin", torch.asin, between(-1, 1, MANY)),
    ("acos", torch.acos, between(-1, 1, MANY)),
    ("atan", torch.atan, normal(MANY)),
    ("sinh", torch.sinh, normal(MANY)),
    ("cosh", torch.cosh, normal(MANY)),
    ("pow", torch.pow, between(0.1, 3, MANY), normal(MANY)),
    ("atan2", torch.atan2, normal(MANY), normal(MANY)),
    ("lgamma", torch.lgamma, between(0.1, 9, MANY)),
    ("divide", torch.div, normal(MANY), between(1, 2, MANY)),
    ("sigmoid", torch.sigmoid, normal(MANY)),
    ("gelu", F.gelu, normal(MANY)),
    ("gelu tanh", lambda x: F.gelu(x, approximate="tanh"), normal(MANY)),
    ("silu", F.silu, normal(MANY)),
    ("softplus", F.softplus, normal(MANY)),
    ("elu", F.elu, normal(MANY)),
    ("mish", F.mish, normal(MANY)),
    ("softmax", lambda x: x.softmax(-1), normal(201, 101)),
    ("softmax of columns", lambda x: x.softmax(0), normal(201, 101)),
    ("log_softmax", lambda x: x.log_softmax(-1), normal(201, 101)),
    ("logsumexp", lambda x: x.logsumexp(-1), normal(201, 101)),
    ("sum", torch.sum, normal(MANY)),
    ("sum of columns", lambda x: x.sum(0), normal(201, 101)),
    ("mean", torch.mean, normal(MANY)),
    ("var", torch.var, normal(MANY)),
    ("std of rows", lambda x: x.std(-1), normal(201, 101)),
    ("norm", torch.linalg.vector_norm, normal(MANY)),
    ("cumsum", lambda x: x.cumsum(0), normal(MANY)),
    ("cumprod", lambda x: x.cumprod(0), between(0.9, 1.1, 301)),
    ("prod", torch.prod, between(0.9, 1.1, 301)),
    ("dot", torch.dot, normal(MANY), normal(MANY)),
    ("mv", torch.mv, normal(201, 303), normal(303)),
    ("mv of columns", lambda a, x: torch.mv(a.mT, x), normal(303, 201), normal(303)),
    ("outer", torch.outer, normal(201), normal(303)),
    *[(f"mm {n}", torch.mm, normal(n, n), normal(n, n)) for n in (1, 3, 8, 17, 64, 100, 256, 1024)],
    ("mm 1000 by 3", torch.mm, normal(1000, 3), normal(3, 17)),
    ("mm transposed", lambda a, b: torch.mm(a.mT, b.mT), normal(129, 65), normal(33, 129)),
    ("addmm", torch.addmm, normal(65, 33), normal(65, 129), normal(129, 33)),
    ("bmm", torch.bmm, normal(17, 31, 65), normal(17, 65, 33)),
    ("baddbmm", torch.baddbmm, normal(17, 31, 33), normal(17, 31, 65), normal(17, 65, 33)),
    ("linear", F.linear, normal(100, 784), normal(512, 784), normal(512)),
    ("einsum", lambda a, b: torch.einsum("bik,bjk->ij", a, b), normal(5, 31, 65), normal(5, 33, 65)),
    ("svd", torch.linalg.svdvals, normal(40, 30)),
    ("solve", torch.linalg.solve, definite(50), normal(50, 3)),
    # Not by its default driver, gelsy: what it computes depends on memory that PyTorch leaves as it was.
    ("lstsq", lambda a, b: torch.linalg.lstsq(a, b, driver="gelsd").solution, normal(60, 20), normal(60, 3)),
    ("lstsq gels", lambda a, b: torch.linalg.lstsq(a, b, driver="gels").solution, normal(60, 20), normal(60, 3)),
    ("eigh", torch.linalg.eigvalsh, definite(40)),
    ("inv", torch.linalg.inv, definite(50)),
    ("det", torch.linalg.det, definite(30)),
    ("qr", lambda a: torch.linalg.qr(a)[1], normal(40, 30)),
    *[(f"cholesky {n}", torch.linalg.cholesky, definite(n)) for n in (1, 2, 5, 8, 16, 17, 50, 200)],
    ("cholesky upper", lambda a: torch.linalg.cholesky(a, upper=True), definite(13)),
    ("triangular solve", lambda a, b: torch.linalg.solve_triangular(a, b, upper=True), definite(50), normal(50, 3)),
    ("fft", lambda x: torch.view_as_real(torch.fft.fft(x)), normal(7, 1000)),
    ("rfft", lambda x: torch.view_as_real(torch.fft.rfft(x)), normal(1024)),
    ("conv1d", F.conv1d, normal(4, 3, 100), normal(8, 3, 5), normal(8)),
    ("conv2d", lambda x, w, b: F.conv2d(x, w, b, padding=1), normal(8, 3, 28, 28), normal(16, 3, 3, 3), normal(16)),
    ("conv2d of many", F.conv2d, normal(4, 32, 14, 14), normal(64, 32, 3, 3), normal(64)),
    ("avg_pool2d", lambda x: F.avg_pool2d(x, 2), normal(8, 3, 28, 28)),
    ("max_pool2d", lambda x: F.max_pool2d(x, 2), normal(8, 3, 28, 28)),
    ("batch_norm", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), normal(40, 9, 7), normal(9), normal(9)),
    ("layer_norm", lambda x, w, b: F.layer_norm(x, (101,), w, b), normal(201, 101), normal(101), normal(101)),
    ("group_norm", lambda x: F.group_norm(x, 3), normal(20, 9, 31)),
    ("attention", F.scaled_dot_product_attention, *[normal(2, 4, 65, 32)] * 3),
    ("cross_entropy", lambda x: F.cross_entropy(x, labels), normal(500, 10)),
    ("nll_loss", lambda x: F.nll_loss(x, labels), normal(500, 10)),
    ("mse_loss", F.mse_loss, normal(MANY), normal(MANY)),
    ("huber_loss", F.huber_loss, normal(MANY), normal(MANY)),
    ("smooth_l1_loss", F.smooth_l1_loss, normal(MANY), normal(MANY)),
    ("binary_cross_entropy", F.binary_cross_entropy, between(0.1, 0.9, MANY), between(0, 1, MANY)),
    ("bce_with_logits", F.binary_cross_entropy_with_logits, normal(MANY), between(0, 1, MANY)),
    ("kl_div", F.kl_div, normal(MANY), between(0.1, 0.9, MANY)),
    ("cosine_similarity", F.cosine_similarity, normal(201, 101), normal(201, 101)),
    ("embedding", lambda w: F.embedding(labels, w), normal(10, 33)),
    ("interpolate", lambda x: F.interpolate(x, scale_factor=1.7, mode="bilinear"), normal(2, 3, 20, 20)),
]


def lstm(dtype):
    return recurrent(torch.nn.LSTM, dtype)


def gru(dtype):
    return recurrent(torch.nn.GRU, dtype)


def recurrent(kind, dtype):
    module = kind(13, 40, num_layers=2).to(dtype)
    results = module(normal(17, 5, 13)(dtype))[0]
    results.sin().sum().backward()
    return [results, *(parameter.grad for parameter in module.parameters())]


def transformer(dtype):
    module = torch.nn.TransformerEncoderLayer(64, 4, 128, dropout=0.1, batch_first=True).to(dtype)
    results = module(normal(3, 21, 64)(dtype))
    results.sin().sum().backward()
    return [results, *(parameter.grad for parameter in module.parameters())]


def trained(optimizer, **options):
    def train(dtype):
        module = torch.nn.Sequential(torch.nn.Linear(20, 65), torch.nn.Tanh(), torch.nn.Linear(65, 10)).to(dtype)
        steps = optimizer(module.parameters(), lr=0.01, **options)
        x = normal(500, 20)(dtype)
        for _ in range(20):
            steps.zero_grad()
            F.cross_entropy(module(x), labels).backward()
            steps.step()
        return list(module.parameters())

    return train


def drawn(draw):
    return lambda dtype: [draw(dtype)]


# Draws, modules and steps of optimizers: functions of a dtype.
PROGRAMS = {
    "rand": drawn(lambda dtype: torch.rand(MANY, dtype=dtype)),
    "randn": drawn(lambda dtype: torch.randn(MANY, dtype=dtype)),
    "randn of few": drawn(lambda dtype: torch.randn(7, dtype=dtype)),
    "randperm": drawn(lambda dtype: torch.randperm(MANY).to(dtype)),
    "bernoulli": drawn(lambda dtype: torch.bernoulli(between(0, 1, MANY)(dtype))),
    "bernoulli of one": drawn(lambda dtype: torch.empty(MANY, dtype=dtype).bernoulli_(0.3)),
    "multinomial": drawn(lambda dtype: torch.multinomial(between(0, 1, 301)(dtype), 100)),
    "multinomial with": drawn(lambda dtype: torch.multinomial(between(0, 1, 301)(dtype), 1000, True)),
    "exponential": drawn(lambda dtype: torch.empty(MANY, dtype=dtype).exponential_()),
    "cauchy": drawn(lambda dtype: torch.empty(MANY, dtype=dtype).cauchy_()),
    "log_normal": drawn(lambda dtype: torch.empty(MANY, dtype=dtype).log_normal_()),
    "geometric": drawn(lambda dtype: torch.empty(MANY, dtype=dtype).geometric_(0.3)),
    "poisson": drawn(lambda dtype: torch.poisson(between(0, 9, MANY)(dtype))),
    "dropout": drawn(lambda dtype: F.dropout(normal(MANY)(dtype), 0.3)),
    "lstm": lstm,
    "gru": gru,
    "transformer": transformer,
    "Adam": trained(torch.optim.Adam),
    "AdamW": trained(torch.optim.AdamW),
    "RMSprop": trained(torch.optim.RMSprop),
    "Adagrad": trained(torch.optim.Adagrad),
    "SGD": trained(torch.optim.SGD, momentum=0.9),
}

# What is computed of a view, and the shape of it.
VIEWS = {
    "exp": (torch.exp, (1001,)),
    "sqrt": (torch.sqrt, (1001,)),
    "sum": (torch.sum, (1001,)),
    "mean of rows": (lambda x: x.mean(-1), (31, 33)),
    "softmax": (lambda x: x.softmax(-1), (31, 33)),
    "mv": (lambda a: torch.mv(a, a[0]), (65, 65)),
    "dot": (lambda x: torch.dot(x, x), (1001,)),
    "mm 17": (lambda a: torch.mm(a, a), (17, 17)),
    "mm 65": (lambda a: torch.mm(a, a), (65, 65)),
    "mm 256": (lambda a: torch.mm(a, a), (256, 256)),
}


def hashed(tensors):
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def computed(operation, makers, dtype):
    arguments = [make(dtype).requires_grad_() for make in makers]
    result = operation(*arguments)
    # A gradient that is not the same for every element.
    result.backward(torch.linspace(-1, 1, result.numel(), dtype=dtype).reshape(result.shape))
    return [result, *(argument.grad for argument in arguments)]


def differing(operation, shape, dtype, rows):
    """The offsets where a view's result has other bits than that of a tensor of its own."""
    size = torch.Size(shape).numel()
    values = torch.rand(size, generator=generator, dtype=torch.float64).to(dtype).reshape(shape)
    own = hashed([operation(values.clone())])
    differ = []
    for offset in range(17):
        if rows:  # of a wider matrix, so that not only the first row is out of alignment
            view = torch.zeros(shape[0], shape[1] + offset, dtype=dtype)[:, offset:]
        else:
            view = torch.zeros(size + offset, dtype=dtype)[offset:].view(shape)
        view.copy_(values)
        if hashed([operation(view)]) != own:
            differ.append(offset)
    return differ


def say(**what):
    print(json.dumps(what), flush=True)


def keep(file):
    """Results and times, into a file."""
    import numpy

    kept = {}
    for dtype, name in NAMES.items():
        for operation, function, *makers in OPERATIONS:
            generator.manual_seed(20)
            results = computed(function, makers, dtype)
            kept[f"{operation}/{name}"] = numpy.concatenate([r.detach().flatten().numpy() for r in results])
            arguments = [make(dtype) for make in makers]
            function(*arguments)
            seconds = []
            for _ in range(5):
                start = time.perf_counter()
                function(*arguments)
                seconds.append(time.perf_counter() - start)
            kept[f"{operation}/{name}/seconds"] = statistics.median(seconds)
        for operation, program in PROGRAMS.items():
            generator.manual_seed(20), torch.manual_seed(20)
            kept[f"{operation}/{name}"] = numpy.concatenate([r.detach().flatten().numpy() for r in program(dtype)])
    numpy.savez(file, **{key.replace("/", "|"): value for key, value in kept.items()})


if len(sys.argv) > 2 and sys.argv[2] != "--chosen":
    keep(sys.argv[2])
    sys.exit()
library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib/libtorch_cpu.so"))
roots = torch.rand(200_000, generator=generator)
rounded = torch.tensor([math.sqrt(value) for value in roots.tolist()])
say(
    branch=library.mkl_serv_cbwr_get_auto_branch(),
    wrong_roots=int((roots.sqrt() != rounded).sum()),
    capability=torch.backends.cpu.get_cpu_capability(),
)
for dtype, name in NAMES.items() if "--chosen" not in sys.argv else ():
    for operation, function, *makers in OPERATIONS:
        generator.manual_seed(20)
        say(operation=f"{operation} {name}", bits=hashed(computed(function, makers, dtype)))
    for operation, program in PROGRAMS.items():
        generator.manual_seed(20), torch.manual_seed(20)
        say(operation=f"{operation} {name}", bits=hashed(program(dtype)))
    for view, (function, shape) in VIEWS.items():
        generator.manual_seed(20)
        for rows in (False, True)[: len(shape)]:
            kind = "columns" if rows else "elements"
            say(view=f"{view} {name} from {kind}", differ=differing(function, shape, dtype, rows))
