"""Flows in plain PyTorch, as one who knows it well would write them.

Masks are multiplied once per step, widths and heights of a spline go through one softmax and one cumulative sum, and only what
one bin needs is gathered. Events come first here, [events, features], as PyTorch's linear maps want them.
"""

import math

import torch
import torch.nn.functional as F

CLIP = -math.log(1e-3)
HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


def soft_clip(x, limit):
    return x / (1 + x.abs() * (1 / limit))


def spline(x, raw, bins, bound, inverse, free_right=False):
    """Rational-quadratic spline, arXiv:1906.04032: eq. 4, 5 forward, eq. 6-8 inverse.

    x [...], raw [..., 3 bins - 1] (one more where the right slope is free): value and log slope, [...] each.
    """
    sizes = torch.softmax(soft_clip(raw[..., : 2 * bins].unflatten(-1, (2, bins)), CLIP / 2), -1)
    knots = F.pad(torch.cumsum(sizes, -1), (1, 0)) * (2 * bound) - bound
    slope_logits = F.pad(raw[..., 2 * bins :], (1, 0 if free_right else 1))
    inside = (x > -bound) & (x <= bound)
    # Two wheres: what lies outside must not reach the spline, or gradients are NaN.
    safe = torch.where(inside, x, torch.zeros_like(x))
    side = knots[..., 1 if inverse else 0, 1:-1]
    left = (safe.unsqueeze(-1) > side).sum(-1, keepdim=True)
    both = torch.cat([left, left + 1], -1)
    ends = knots.gather(-1, both.unsqueeze(-2).expand(*both.shape[:-1], 2, 2))
    d0, d1 = torch.exp(soft_clip(slope_logits.gather(-1, both), CLIP)).unbind(-1)
    x0, y0 = ends[..., 0].unbind(-1)
    width, height = (ends[..., 1] - ends[..., 0]).unbind(-1)
    mean = height / width
    q = d0 + d1 - 2 * mean
    if inverse:
        u = safe - y0
        uq = u * q
        a, b, c = height * (mean - d0) + uq, height * d0 - uq, -mean * u
        zeta = 2 * c / (-b - torch.sqrt(b * b - 4 * a * c))
        product = zeta * (1 - zeta)
        value = x0 + zeta * width
    else:
        zeta = (safe - x0) / width
        product = zeta * (1 - zeta)
        value = y0 + height * (mean * zeta * zeta + d0 * product) / (mean + q * product)
    slope = mean / (mean + q * product)
    rest = 1 - zeta
    log_slope = torch.log((d1 * zeta * zeta + 2 * mean * product + d0 * rest * rest) * slope * slope)
    if inverse:
        log_slope = -log_slope
    return torch.where(inside, value, x), torch.where(inside, log_slope, torch.zeros_like(x))


def affine(x, raw, inverse):
    s, t = soft_clip(raw[..., 0], math.log(1000)), raw[..., 1]
    if inverse:
        return (x - t) * torch.exp(-s), -s
    return x * torch.exp(s) + t, s


ACTIVATIONS = {"relu": torch.relu, "elu": F.elu, "silu": F.silu, "tanh": torch.tanh}


class MaskedNetwork:
    """MADE, arXiv:1502.03509. Inputs are the context, then all features but the last in their order."""

    def __init__(self, tensors, prefix, features, context, hidden, outputs, activation):
        self.features, self.outputs, self.activation = features, outputs, ACTIVATIONS[activation]
        layers = len(hidden) + 1
        self.weights = [tensors[f"{prefix}.{at}.weight"] for at in range(layers)]
        self.biases = [tensors[f"{prefix}.{at}.bias"] for at in range(layers)]
        counts = [*hidden, [outputs] * features]
        degrees = [torch.repeat_interleave(torch.arange(features), torch.tensor(own)) for own in counts]
        inputs = torch.tensor([0] * context + list(range(1, features)))
        self.masks = [
            (own[:, None] >= before[None, :]).float() for before, own in zip([inputs, *degrees[:-1]], degrees)
        ]

    def masked(self):
        """Effective weights: once per step, or once and for all where nothing is trained."""
        return [weight * mask for weight, mask in zip(self.weights, self.masks)]

    def __call__(self, x, weights):
        """x [events, inputs]: [events, features, outputs]"""
        for at, (weight, bias) in enumerate(zip(weights, self.biases)):
            x = F.linear(x, weight, bias)
            if at < len(weights) - 1:
                x = self.activation(x)
        return x.unflatten(-1, (self.features, self.outputs))

    def one_feature(self, x, weights, feature):
        """[events, outputs] of one feature: of the last layer only its rows."""
        rows = slice(feature * self.outputs, (feature + 1) * self.outputs)
        for weight, bias in zip(weights[:-1], self.biases[:-1]):
            x = self.activation(F.linear(x, weight, bias))
        return F.linear(x, weights[-1][rows], self.biases[-1][rows])


class Flow:
    """Autoregressive flow of an architecture of ours. `tensors` by name; those given as parameters are trained."""

    def __init__(self, architecture, tensors):
        self.transform = architecture["transform"]
        features, context = architecture["features"], architecture["context"]
        self.outputs = 2
        if self.transform["kind"] == "spline":
            self.outputs = 3 * self.transform["bins"] - (0 if self.transform.get("freeRightSlope") else 1)
        # Features of a layer in the order in which they become known; an order of an order gives back the features.
        self.orders = [layer["order"] for layer in architecture["layers"]]
        self.networks = [
            MaskedNetwork(
                tensors, f"transforms.{at}", features, context, layer["hidden"], self.outputs, architecture["activation"]
            )
            for at, layer in enumerate(architecture["layers"])
        ]

    def masked(self):
        return [network.masked() for network in self.networks]

    def scalar(self, x, raw, inverse):
        if self.transform["kind"] == "affine":
            return affine(x, raw, inverse)
        free = self.transform.get("freeRightSlope", False)
        return spline(x, raw, self.transform["bins"], self.transform["bound"], inverse, free)

    def to_latent(self, y, x, masked):
        total = 0
        for network, order, weights in zip(self.networks, self.orders, masked):
            is_reversed = order != sorted(order)
            known = y.flip(-1) if is_reversed else y
            inputs = known[:, :-1] if x is None else torch.cat([x, known[:, :-1]], -1)
            known, log_slope = self.scalar(known, network(inputs, weights), False)
            y = known.flip(-1) if is_reversed else known
            total = total + log_slope.sum(-1)
        return y, total

    def log_prob(self, y, x, masked):
        z, log_det = self.to_latent(y, x, masked)
        return log_det - 0.5 * (z * z).sum(-1) - z.shape[-1] * HALF_LOG_2PI

    def sample(self, z, x, masked):
        """Feature by feature: as many passes as there are features."""
        for network, order, weights in reversed(list(zip(self.networks, self.orders, masked))):
            is_reversed = order != sorted(order)
            given = z.flip(-1) if is_reversed else z
            known = [torch.zeros_like(given[:, 0]) for _ in order]
            for at in range(len(order)):
                raw = network.one_feature(torch.cat([x, torch.stack(known[:-1], -1)], -1), weights, at)
                known[at] = self.scalar(given[:, at], raw, True)[0]
            z = torch.stack(known[::-1] if is_reversed else known, -1)
        return z

    def sample_staged(self, z, x, masked):
        """Each hidden unit once, as soon as what it sees is known: one pass in all, in many small pieces."""
        for network, order, weights in reversed(list(zip(self.networks, self.orders, masked))):
            is_reversed = order != sorted(order)
            given = z.flip(-1) if is_reversed else z
            rows = [[0, *torch.cumsum(mask.sum(1).unique(return_counts=True)[1], 0).tolist()] for mask in network.masks]
            known = [x] + [None] * (len(weights) - 1)
            values = []
            for at in range(len(order)):
                new = None
                for layer, (weight, bias) in enumerate(zip(weights, network.biases)):
                    first, last = rows[layer][at], rows[layer][at + 1]
                    seen = known[layer].shape[-1]
                    new = F.linear(known[layer], weight[first:last, :seen], bias[first:last])
                    if layer < len(weights) - 1:
                        new = network.activation(new)
                        known[layer + 1] = new if at == 0 else torch.cat([known[layer + 1], new], -1)
                values.append(self.scalar(given[:, at], new, True)[0])
                known[0] = torch.cat([known[0], values[-1].unsqueeze(-1)], -1)
            z = torch.stack(values[::-1] if is_reversed else values, -1)
        return z
