"""State dicts of zuko's flows and their answers, by a twin of zuko in plain PyTorch, in float64.

    /usr/bin/python3 zuko-flows.py && npx biome check --write zuko-flows.json

writes zuko-flows.json beside itself; README.md there describes it.

zuko itself is not installed: modules, names and defaults are written anew after its documentation and source (1.6.0, and
0.2 for the older names), so that names, masks and the order of parameters come out as `flow.state_dict()` gives them.
Weights and inputs are rounded, so that the file holds them exactly and stays small.
"""

import datetime
import json
import math
import pathlib
import platform

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

EVENTS = 12


def rounded(tensor, digits=2):
    return torch.round(tensor * 10**digits) / 10**digits


# Networks -------------------------------------------------------------------------------------------------------


class MaskedLinear(nn.Linear):
    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask)

    def forward(self, x):
        return nn.functional.linear(x, self.weight * self.mask, self.bias)


def masked_mlp(adjacency, hidden, activation):
    """Hidden units go round the kinds of output that see anything; outputs that see the same are one kind."""
    kinds, kind_of_output = torch.unique(adjacency, dim=0, return_inverse=True)
    sees_no_more = ((kinds[None, :, :] & ~kinds[:, None, :]).sum(-1)) == 0  # [a, b]: b sees nothing that a does not
    layers, units = [], None
    for width in hidden:
        mask = kinds if units is None else sees_no_more[:, units]
        alive = mask.any(1).nonzero()[:, 0]
        chosen = alive[torch.arange(width) % len(alive)]
        layers += [MaskedLinear(mask[chosen]), activation()]
        units = chosen
    last = kinds if units is None else sees_no_more[:, units]
    return nn.Sequential(*layers, MaskedLinear(last[kind_of_output]))


def mlp(inputs, outputs, hidden, activation):
    sizes = [inputs, *hidden, outputs]
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), activation()]
    return nn.Sequential(*layers[:-1])


# Maps of one feature --------------------------------------------------------------------------------------------


class Affine:
    """zuko's MonotonicAffineTransform: (shift, scale)."""

    def __init__(self, slope=1e-3):
        self.shapes, self.slope = [(), ()], slope

    def __call__(self, x, shift, scale):
        log_scale = scale / (1 + (scale / math.log(self.slope)).abs())
        return x * log_scale.exp() + shift, log_scale.expand(x.shape)


class Spline:
    """zuko's MonotonicRQSTransform: (widths, heights, derivatives). arXiv:1906.04032, softly clipped."""

    def __init__(self, bins, bound=5.0, slope=1e-3):
        self.shapes, self.bound, self.slope = [(bins,), (bins,), (bins - 1,)], bound, slope

    def knots(self, raw):
        clipped = raw / (1 + (2 * raw / math.log(self.slope)).abs())
        sizes = torch.softmax(clipped, -1).cumsum(-1)
        return self.bound * (2 * torch.cat([torch.zeros_like(sizes[..., :1]), sizes], -1) - 1)

    def __call__(self, x, widths, heights, derivatives):
        xs, ys = self.knots(widths), self.knots(heights)
        inner = derivatives / (1 + (derivatives / math.log(self.slope)).abs())
        slopes = torch.cat([torch.ones_like(xs[..., :1]), inner.exp(), torch.ones_like(xs[..., :1])], -1)
        inside = (x > -self.bound) & (x <= self.bound)
        safe = torch.where(inside, x, torch.zeros_like(x))
        k = (xs[..., 1:-1] < safe[..., None]).sum(-1, keepdim=True)
        at = lambda table, i: table.expand(*x.shape, table.shape[-1]).gather(-1, i)[..., 0]
        x0, x1, y0, y1 = at(xs, k), at(xs, k + 1), at(ys, k), at(ys, k + 1)
        d0, d1 = at(slopes, k), at(slopes, k + 1)
        s, z = (y1 - y0) / (x1 - x0), (safe - x0) / (x1 - x0)
        below = s + (d0 + d1 - 2 * s) * z * (1 - z)
        y = y0 + (y1 - y0) * (s * z * z + d0 * z * (1 - z)) / below
        slope = s * s * (2 * s * z * (1 - z) + d0 * (1 - z) ** 2 + d1 * z * z) / below**2
        return torch.where(inside, y, x), torch.where(inside, slope.log(), torch.zeros_like(x))


def per_feature(univariate):
    return sum(math.prod(shape) for shape in univariate.shapes)


def unpacked(univariate, phi):
    """[..., features, numbers] -> the parameters, in the order of their shapes."""
    sizes = [math.prod(shape) for shape in univariate.shapes]
    parts = phi.split(sizes, -1)
    return [part.reshape(*part.shape[:-1], *shape) for part, shape in zip(parts, univariate.shapes)]


# Transforms -----------------------------------------------------------------------------------------------------


class MaskedAutoregressive(nn.Module):
    def __init__(self, features, context, univariate, hidden, activation, order, passes=None):
        super().__init__()
        self.univariate = univariate
        order = torch.as_tensor(order) // math.ceil(features / (passes or features))
        self.register_buffer("order", order)
        seen = torch.cat([order, torch.full((context,), -1)])
        adjacency = order.repeat_interleave(per_feature(univariate))[:, None] > seen
        self.hyper = masked_mlp(adjacency, hidden, activation)

    def forward(self, x, c):
        phi = self.hyper(torch.cat([x, c], -1)).unflatten(-1, (x.shape[-1], -1))
        y, log_slope = self.univariate(x, *unpacked(self.univariate, phi))
        return y, log_slope.sum(-1)


class ElementWise(nn.Module):
    """What zuko puts in the place of the others where there is one feature."""

    def __init__(self, features, context, univariate, hidden, activation, **_):
        super().__init__()
        self.univariate = univariate
        if context > 0:
            self.hyper = mlp(context, features * per_feature(univariate), hidden, activation)
        else:
            self.phi = nn.ParameterList(nn.Parameter(torch.randn(features, *shape)) for shape in univariate.shapes)

    def forward(self, x, c):
        if hasattr(self, "phi"):
            parameters = list(self.phi)
        else:
            parameters = unpacked(self.univariate, self.hyper(c).unflatten(-1, (x.shape[-1], -1)))
        y, log_slope = self.univariate(x, *parameters)
        return y, log_slope.sum(-1)


class Coupling(nn.Module):
    """Features where the mask is true pass; they and the context decide what happens to the others."""

    def __init__(self, features, context, univariate, hidden, activation, mask):
        super().__init__()
        self.univariate = univariate
        self.register_buffer("mask", mask)
        passing = int(mask.sum())
        self.hyper = mlp(passing + context, (features - passing) * per_feature(univariate), hidden, activation)

    def forward(self, x, c):
        moving = x[:, ~self.mask]
        phi = self.hyper(torch.cat([x[:, self.mask], c], -1)).unflatten(-1, (moving.shape[-1], -1))
        y, log_slope = self.univariate(moving, *unpacked(self.univariate, phi))
        out = x.clone()
        out[:, ~self.mask] = y
        return out, log_slope.sum(-1)


# Flows ----------------------------------------------------------------------------------------------------------


class Base(nn.Module):
    """A diagonal normal of buffers."""

    def __init__(self, features, names):
        super().__init__()
        for name, value in zip(names, (torch.zeros(features), torch.ones(features))):
            self.register_buffer(name, value)


class Composed(nn.Module):
    def __init__(self, transforms):
        super().__init__()
        self.transforms = nn.ModuleList(transforms)


class Flow(nn.Module):
    """Names of the state dict as in zuko since 0.3: transform.transforms.<i>, base._0 and base._1."""

    def __init__(self, transforms, features, base_names=("_0", "_1")):
        super().__init__()
        self.transform = Composed(transforms)
        self.base = Base(features, base_names)

    def steps(self):
        return self.transform.transforms

    def forward(self, x, c):
        total = torch.zeros(len(x))
        for step in self.steps():
            x, log_det = step(x, c)
            total = total + log_det
        return x, total - 0.5 * (x * x).sum(-1) - 0.5 * x.shape[-1] * math.log(2 * math.pi)


class OldFlow(Flow):
    """Names before 0.3: transforms.<i>."""

    def __init__(self, transforms, features):
        nn.Module.__init__(self)
        self.transforms = nn.ModuleList(transforms)
        self.base = Base(features, ("_0", "_1"))

    def steps(self):
        return self.transforms


class SingleFlow(Flow):
    """A flow of one transform that was not given as a list."""

    def __init__(self, transforms, features):
        nn.Module.__init__(self)
        (self.transform,) = transforms
        self.base = Base(features, ("_0", "_1"))

    def steps(self):
        return [self.transform]


def autoregressive(features, context, univariate, activation=nn.ReLU, hidden=(8, 6), passes=None, orders=None, flow=Flow):
    orders = orders or [list(range(features)), list(reversed(range(features)))]
    kind = MaskedAutoregressive if features > 1 else ElementWise
    return flow(
        [kind(features, context, univariate, hidden, activation, order=order, passes=passes) for order in orders],
        features,
    )


def nice(features, context, univariate, transforms=2):
    masks = [torch.arange(features) % 2 == i % 2 for i in range(transforms)]
    return Flow([Coupling(features, context, univariate, (8, 6), nn.ReLU, mask) for mask in masks], features)


def with_base_names(transforms, features):
    return Flow(transforms, features, ("loc", "scale"))


# The file -------------------------------------------------------------------------------------------------------


def array(tensor):
    data = tensor.detach()
    data = data.int() if data.dtype == torch.bool else data
    return {"shape": list(tensor.shape), "data": data.reshape(-1).tolist()}


def answers(name, seed, features, context, make, stated=None):
    """stated: what the state dict does not hold, where it is not zuko's default."""
    torch.manual_seed(seed)
    flow = make(features, context)
    with torch.no_grad():
        for parameter in flow.parameters():
            gain = 0.7 if parameter.dim() == 2 else 0.5
            parameter.copy_(rounded(torch.randn(parameter.shape) * gain))
    x = rounded(torch.randn(EVENTS, features) * 1.5)
    c = rounded(torch.randn(EVENTS, context))
    latent, log_prob = flow(x, c)
    return {
        "name": name,
        "features": features,
        "context": context,
        "stated": stated or {},
        "tensors": {key: array(tensor) for key, tensor in flow.state_dict().items()},
        "x": array(x.T),
        "contextOfEvents": array(c.T),
        "latent": array(latent.T),
        "logProb": array(log_prob),
    }


def main():
    def nsf(bins=4, bound=5.0, slope=1e-3, **others):
        return lambda features, context: autoregressive(features, context, Spline(bins, bound, slope), **others)

    def maf(slope=1e-3, **others):
        return lambda features, context: autoregressive(features, context, Affine(slope), **others)

    flows = [
        answers("NSF", 1, 3, 2, nsf()),
        answers("NSF of ELU", 1, 3, 2, nsf(activation=nn.ELU), {"activation": "elu"}),
        answers("NSF of tanh, bound 3", 2, 2, 1, nsf(activation=nn.Tanh, bound=3.0), {"activation": "tanh", "bound": 3}),
        answers("NSF of least slope 1e-4", 1, 3, 2, nsf(slope=1e-4), {"leastSlope": 1e-4}),
        answers("NSF without context", 3, 3, 0, nsf()),
        answers("NSF of random orders", 4, 4, 1, nsf(orders=[[2, 0, 3, 1], [1, 3, 0, 2]])),
        answers("NSF of two passes", 5, 5, 2, nsf(passes=2)),
        answers("NSF of two passes without context", 5, 4, 0, nsf(passes=2, orders=[[2, 0, 3, 1], [3, 2, 1, 0]])),
        answers("NSF of one feature", 6, 1, 2, nsf()),
        answers("NSF of one feature without context", 7, 1, 0, nsf()),
        answers("NSF without hidden layers", 8, 2, 1, nsf(hidden=())),
        answers("NSF of zuko 0.2", 9, 2, 1, nsf(flow=OldFlow)),
        answers("NSF of a single transform", 10, 2, 1, nsf(orders=[[1, 0]], flow=SingleFlow)),
        answers("NSF with a base of named parameters", 10, 2, 1, nsf(flow=with_base_names)),
        answers("MAF", 11, 3, 2, maf()),
        answers("MAF of SiLU, least slope 1e-4", 12, 2, 1, maf(1e-4, activation=nn.SiLU), {"activation": "silu", "leastSlope": 1e-4}),
        answers("MAF of one feature", 13, 1, 1, maf()),
        answers("MAF of one feature without context", 14, 1, 0, maf()),
        answers("NICE", 15, 3, 2, lambda features, context: nice(features, context, Affine())),
        answers("NICE of splines without context", 16, 4, 0, lambda features, context: nice(features, context, Spline(3))),
    ]
    provenance = {
        "script": pathlib.Path(__file__).name,
        "command": "/usr/bin/python3 zuko-flows.py && npx biome check --write zuko-flows.json",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }
    path = pathlib.Path(__file__).with_name("zuko-flows.json")
    path.write_text(json.dumps({"provenance": provenance, "flows": flows}, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
