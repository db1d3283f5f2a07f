"""The loops of loops.rs in JAX, each step compiled by jax.jit, the parameters donated; other bits than PyTorch's."""

import struct
import sys
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

RANDOM = np.random.default_rng(42)


def normal(*shape):
    return jnp.asarray(RANDOM.standard_normal(shape, dtype=np.float32))


def layer(inputs, outputs):
    bound = inputs**-0.5
    uniform = [RANDOM.uniform(-bound, bound, shape).astype(np.float32) for shape in [(inputs, outputs), (outputs,)]]
    return [*map(jnp.asarray, uniform)]


def line():
    x = jnp.arange(0, 1, 0.025, dtype=jnp.float32)[:, None]
    return x, 0.7 * x + 0.3


def perceptron(layers, x):
    for weight, bias in layers[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def l1(a, b):
    return jnp.abs(a - b).mean()


def mse(a, b):
    return ((a - b) ** 2).mean()


def cross_entropy(logits, classes):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), classes[:, None], 1).mean()


def sgd(model, loss, lr):
    @partial(jax.jit, donate_argnums=0)
    def step(params, x, y):
        value, grads = jax.value_and_grad(lambda params: loss(model(params, x), y))(params)
        return jax.tree.map(lambda p, g: p - lr * g, params, grads), value

    return step


def adam(model, loss, lr):
    @partial(jax.jit, donate_argnums=0)
    def step(state, x, y):
        params, first, second, count = state
        value, grads = jax.value_and_grad(lambda params: loss(model(params, x), y))(params)
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, grads)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, grads)
        one, two = 1 - 0.9**count, 1 - 0.999**count
        update = lambda p, m, v: p - lr * (m / one) / (jnp.sqrt(v / two) + 1e-8)  # noqa: E731
        return (jax.tree.map(update, params, first, second), first, second, count), value

    return step


class Fixed:
    def __init__(self, step, state, x, y):
        self.step, self.state, self.x, self.y = step, state, x, y

    def take(self):
        self.state, loss = self.step(self.state, self.x, self.y)
        return loss


class Epochs:
    def __init__(self, step, state, x, y, size):
        self.step, self.state, self.x, self.y, self.size = step, state, np.asarray(x), np.asarray(y), size

    def take(self):
        order = RANDOM.permutation(len(self.x))
        for start in range(0, len(order), self.size):
            rows = order[start : start + self.size]
            self.state, loss = self.step(self.state, self.x[rows], self.y[rows])
        return loss


def make(name):
    if name == "two_parameters":
        return Fixed(sgd(lambda p, x: p[0] * x + p[1], l1, 0.001), [normal(1), normal(1)], *line())
    if name == "two_layers":
        return Fixed(sgd(perceptron, l1, 0.001), [layer(1, 10), layer(10, 1)], *line())
    if name == "fit":
        return Epochs(sgd(perceptron, mse, 1e-5), [layer(3, 2)], normal(15, 3), normal(15, 2), 5)
    if name == "classifier":
        params = [layer(20, 64), layer(64, 64), layer(64, 4)]
        zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
        state = (params, *zeros, jnp.zeros((), jnp.float32))
        classes = RANDOM.integers(4, size=320).astype(np.int32)
        return Epochs(adam(perceptron, cross_entropy, 1e-3), state, normal(320, 20), classes, 32)
    if name.startswith("step:"):
        rows, features = map(int, name.removeprefix("step:").split("x"))
        return Fixed(sgd(perceptron, mse, 1e-3), [layer(features, 1)], normal(rows, features), normal(rows, 1))
    sys.exit(f"no loop is named {name}")


def take(one, times):
    start = time.perf_counter()
    for _ in range(times):
        last = one.take()
    last.block_until_ready()
    seconds = time.perf_counter() - start
    print(f'{{"seconds": {seconds:e}, "loss": "{struct.pack(">f", float(last)).hex()}"}}', flush=True)


def main():
    if sys.argv[1] == "--run":
        take(make(sys.argv[2]), int(sys.argv[4]))
        return
    going = {}
    for text in sys.stdin:
        name, _, times = text.split()
        if name not in going:
            going[name] = make(name)
        take(going[name], int(times))


if __name__ == "__main__":
    main()
