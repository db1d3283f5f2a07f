"""Random options and inputs, for the cases of layers.py."""


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


def inplace(r):
    return r.random() < 0.5


def between(low, high):
    return lambda r: number(r, low, high)


def channels_last(n):
    """An input of `n` dimensions behind the channels, with a batch or without."""

    def shape(r):
        return places(r, r.choice([1, 2]), 1, 3) + places(r, n)

    return shape


def several(r, *tensors, call=None, **named):
    """Several tensors: the shape of a float, what `layers.py` makes a tensor of, or the number of one before."""
    names = [None] * len(tensors) + list(named)
    tensors = [{"shape": of, "grad": r.random() < 0.8} if isinstance(of, list) else of for of in (*tensors, *named.values())]
    return {"tensors": tensors, "names": names, "call": call or {}, "no_grad": r.random() < 0.7}


def mask(r, shape, p=0.3):
    """None, a mask of bools or one of floats."""
    kind = r.random()
    if kind < 0.5:
        return None
    if kind < 0.6:
        return {"shape": shape, "grad": False}
    count = 1
    for n in shape:
        count *= n
    values = [int(r.random() < p and i % shape[-1] != 0) for i in range(count)]
    return {"values": values, "dtype": "bool", "shape": shape}


def given(**options):
    """Those that are not None."""
    return {name: value for name, value in options.items() if value is not None}


def sides(r, shape):
    """Targets of 1 and -1, in the case's dtype."""
    count = 1
    for n in shape:
        count *= n
    return {"values": [pick(r, 1, -1) for _ in range(count)], "dtype": "case", "shape": shape}


def uniform(shape):
    return {"shape": shape, "grad": True, "uniform": True}
