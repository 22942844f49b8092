"""JAX as a rival of the bench: `jax_flows.py FOLDER MODE THREADS`, then one request a line on stdin. Each task is one `jit`, a
training step with its optimiser; what does not change is a constant of it.
"""

import os
import sys

FOLDER, THREADS = sys.argv[1], int(sys.argv[3])
# XLA has no number of threads to ask for: it takes the cores that it may run on.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy

from exchange import read_safetensors, serve

CLIP = -numpy.log(1e-3)
HALF_LOG_2PI = 0.5 * numpy.log(2 * numpy.pi)
CHECKED_STEPS = 8
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-4, 0.9, 0.999, 1e-8


def soft_clip(x, limit):
    return x / (1 + jnp.abs(x) * (1 / limit))


def spline(x, raw, bins, bound, inverse):
    """Rational-quadratic spline, arXiv:1906.04032: eq. 4, 5 forward, eq. 6-8 inverse. What a bin needs is gathered."""
    sizes = jax.nn.softmax(soft_clip(raw[..., : 2 * bins].reshape(*raw.shape[:-1], 2, bins), CLIP / 2), -1)
    zero = [(0, 0)] * (raw.ndim - 1)
    knots = jnp.pad(jnp.cumsum(sizes, -1), [*zero, (0, 0), (1, 0)]) * (2 * bound) - bound
    logits = jnp.pad(raw[..., 2 * bins :], [*zero, (1, 1)])
    inside = (x > -bound) & (x <= bound)
    # Two wheres: what lies outside must not reach the spline, or gradients are NaN.
    safe = jnp.where(inside, x, 0)
    side = knots[..., 1 if inverse else 0, 1:-1]
    left = (safe[..., None] > side).sum(-1, keepdims=True)
    both = jnp.concatenate([left, left + 1], -1)
    ends = jnp.take_along_axis(knots, both[..., None, :], -1)
    slopes = jnp.exp(soft_clip(jnp.take_along_axis(logits, both, -1), CLIP))
    d0, d1 = slopes[..., 0], slopes[..., 1]
    x0, y0 = ends[..., 0, 0], ends[..., 1, 0]
    width, height = ends[..., 0, 1] - x0, ends[..., 1, 1] - y0
    mean = height / width
    q = d0 + d1 - 2 * mean
    if inverse:
        u = safe - y0
        a, b, c = height * (mean - d0) + u * q, height * d0 - u * q, -mean * u
        zeta = 2 * c / (-b - jnp.sqrt(b * b - 4 * a * c))
        product = zeta * (1 - zeta)
        value = x0 + zeta * width
    else:
        zeta = (safe - x0) / width
        product = zeta * (1 - zeta)
        value = y0 + height * (mean * zeta * zeta + d0 * product) / (mean + q * product)
    slope = mean / (mean + q * product)
    rest = 1 - zeta
    log_slope = jnp.log((d1 * zeta * zeta + 2 * mean * product + d0 * rest * rest) * slope * slope)
    return jnp.where(inside, value, x), jnp.where(inside, -log_slope if inverse else log_slope, 0)


def affine(x, raw, inverse):
    s, t = soft_clip(raw[..., 0], numpy.log(1000)), raw[..., 1]
    return ((x - t) * jnp.exp(-s), -s) if inverse else (x * jnp.exp(s) + t, s)


class Flow:
    def __init__(self, architecture):
        self.transform = architecture["transform"]
        self.features, context = architecture["features"], architecture["context"]
        self.is_affine = self.transform["kind"] == "affine"
        self.outputs = 2 if self.is_affine else 3 * self.transform["bins"] - 1
        self.reversed = [layer["order"] != sorted(layer["order"]) for layer in architecture["layers"]]
        inputs = numpy.array([0] * context + list(range(1, self.features)))
        self.masks, self.ends = [], []
        for layer in architecture["layers"]:
            counts = [*layer["hidden"], [self.outputs] * self.features]
            degrees = [inputs, *(numpy.repeat(numpy.arange(self.features), own) for own in counts)]
            pairs = zip(degrees, degrees[1:])
            self.masks.append([(own[:, None] >= before[None, :]).astype(numpy.float32) for before, own in pairs])
            self.ends.append([[0, *numpy.cumsum(own).tolist()] for own in counts])

    def masked(self, weights):
        """(weight, bias) of each layer: once per step, or once and for all where nothing is trained."""
        return [
            [(weights[f"transforms.{t}.{at}.weight"] * mask, weights[f"transforms.{t}.{at}.bias"]) for at, mask in enumerate(own)]
            for t, own in enumerate(self.masks)
        ]

    def scalar(self, x, raw, inverse):
        if self.is_affine:
            return affine(x, raw, inverse)
        return spline(x, raw, self.transform["bins"], self.transform["bound"], inverse)

    def log_prob(self, y, x, masked):
        total = 0
        for layers, is_reversed in zip(masked, self.reversed):
            known = y[:, ::-1] if is_reversed else y
            h = jnp.concatenate([x, known[:, :-1]], -1)
            for at, (weight, bias) in enumerate(layers):
                h = h @ weight.T + bias
                h = jax.nn.relu(h) if at < len(layers) - 1 else h.reshape(len(y), self.features, self.outputs)
            known, log_slope = self.scalar(known, h, False)
            y = known[:, ::-1] if is_reversed else known
            total = total + log_slope.sum(-1)
        return total - 0.5 * (y * y).sum(-1) - self.features * HALF_LOG_2PI

    def sample(self, z, x, masked):
        """Each hidden unit once, as soon as what it sees is known."""
        for layers, ends, is_reversed in reversed(list(zip(masked, self.ends, self.reversed))):
            given = z[:, ::-1] if is_reversed else z
            known, values = [x] + [None] * (len(layers) - 1), []
            for d in range(self.features):
                for at, (weight, bias) in enumerate(layers):
                    own = slice(ends[at][d], ends[at][d + 1])
                    new = known[at] @ weight[own, : known[at].shape[-1]].T + bias[own]
                    if at < len(layers) - 1:
                        new = jax.nn.relu(new)
                        known[at + 1] = new if d == 0 else jnp.concatenate([known[at + 1], new], -1)
                values.append(self.scalar(given[:, d], new, True)[0])
                known[0] = jnp.concatenate([known[0], values[-1][:, None]], -1)
            z = jnp.stack(values[::-1] if is_reversed else values, -1)
        return z


def load(case):
    arrays, description = read_safetensors(os.path.join(FOLDER, f"{case}.safetensors"))
    weights = {name[5:]: array for name, array in arrays.items() if name.startswith("flow.")}
    y, x = (jnp.asarray(numpy.ascontiguousarray(arrays[f"data.{name}"].T)) for name in ("y", "x"))
    return Flow(description["architecture"]), weights, y, x


def evaluation(name, body, case):
    flow, weights, y, x = load(case)
    masked = flow.masked(weights)
    call = jax.jit(lambda y, x: body(flow)(y, x, masked))
    run = lambda: call(y, x).block_until_ready()
    return run, lambda: {name: numpy.asarray(run()).T.flatten().tolist()}


def training_step(case):
    flow, weights, y, x = load(case)
    zeros = {name: jnp.zeros_like(weight) for name, weight in weights.items()}
    loss = lambda weights, y, x: -flow.log_prob(y, x, flow.masked(weights)).mean()

    def step(state, y, x):
        weights, first, second, t, key = state
        t, (key, own) = t + 1, jax.random.split(key)
        order = jax.random.permutation(own, len(y))
        value, g = jax.value_and_grad(loss)(weights, y[order], x[order])
        first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, g)
        second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, g)
        rate, root = LEARNING_RATE / (1 - BETA1**t), 1 / jnp.sqrt(1 - BETA2**t)
        move = lambda w, m, v: w - rate * m / (jnp.sqrt(v) * root + EPSILON)
        return (jax.tree.map(move, weights, first, second), first, second, t, key), value

    # Its memory is the new state's: nothing is copied.
    step = jax.jit(step, donate_argnums=0)
    state = ({name: jnp.asarray(weight) for name, weight in weights.items()}, zeros, jax.tree.map(jnp.copy, zeros))
    state = (*state, jnp.float32(0), jax.random.key(1))

    def run():
        nonlocal state
        state, value = step(state, y, x)
        return value.block_until_ready()

    return run, lambda: {"losses": [run().item() for _ in range(CHECKED_STEPS)]}


TASKS = {
    "logProb": lambda case: evaluation("logProb", lambda flow: flow.log_prob, case),
    "sampling": lambda case: evaluation("sample", lambda flow: flow.sample, case),
    "trainingStep": training_step,
}

serve(TASKS)
