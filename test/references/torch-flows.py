"""Answers of plain PyTorch to small flows, factorizable flows and mixtures, in float64.

    python3 torch-flows.py && npx biome check --write torch-*.json

writes torch-*.json beside itself; README.md there describes them.

Written from the formulas of arXiv:1906.04032 (splines), arXiv:1502.03509 (masks), arXiv:2606.30489 (factorizable
flows) and arXiv:2602.13184 (likelihood); shares nothing with the package it checks. Weights and inputs are rounded to
few digits, so that the files hold them exactly and stay small.
"""

import datetime
import json
import math
import pathlib
import platform

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

BOUND = 5.0
LEAST_SLOPE = 1e-3
EVENTS = 24
EDGE_EVENTS = 3
INVERSE_EVENTS = 8


def rounded(tensor, digits=3):
    return torch.round(tensor * 10**digits) / 10**digits


# Masked networks ------------------------------------------------------------------------------------------------


class Network:
    """Linear layers with fixed masks; events are rows here, and columns in the files."""

    def __init__(self, activation, masks, gain, last_gain, is_masked=True):
        self.activation, self.masks, self.is_masked = activation, masks, is_masked
        self.weights, self.biases = [], []
        for k, mask in enumerate(self.masks):
            scale = (last_gain if k == len(self.masks) - 1 else gain) / math.sqrt(float(mask.sum(1).mean()))
            self.weights.append(rounded(torch.randn(mask.shape) * scale))
            self.biases.append(rounded(torch.randn(mask.shape[0]) * 0.3))

    def __call__(self, rows):
        for k, (weight, mask, bias) in enumerate(zip(self.weights, self.masks, self.biases)):
            if k > 0:
                rows = torch.relu(rows) if self.activation == "relu" else torch.nn.functional.elu(rows)
            rows = rows @ (weight * mask).T + bias
        return rows

    def tensors(self, folder):
        named = {}
        for k, (weight, mask, bias) in enumerate(zip(self.weights, self.masks, self.biases)):
            named |= {f"{folder}.{2 * k}.weight": weight, f"{folder}.{2 * k}.bias": bias}
            if self.is_masked:
                named[f"{folder}.{2 * k}.mask"] = mask.bool()
        return named


def made_masks(order, n_context, hidden, per_feature, sort=False):
    """Degree d of a hidden unit: it sees the features with order < d. Degrees go round 0 ... D-1, or are sorted."""
    features = len(order)
    seen = torch.tensor(list(order) + [-1] * n_context)
    masks = []
    for width in hidden:
        degrees = torch.arange(width) % features
        degrees = degrees.sort()[0] if sort else degrees
        if not masks:
            masks.append((seen[None, :] < degrees[:, None]).double())
        else:
            masks.append((previous[None, :] <= degrees[:, None]).double())
        previous = degrees
    wanted = torch.tensor(order).repeat_interleave(per_feature)
    masks.append((previous[None, :] <= wanted[:, None]).double())
    return masks


# Monotone maps of one feature -----------------------------------------------------------------------------------


def spline_tables(parameters, bins, free_right_edge):
    """Knots x_k, y_k and slopes from [..., 3K - 1] numbers, or [..., 3K + 1] where the slope at the right edge is free."""
    limit = math.log(LEAST_SLOPE)
    w, h, d = parameters[..., :bins], parameters[..., bins : 2 * bins], parameters[..., 2 * bins :]
    w = w / (1 + (2 * w / limit).abs())
    h = h / (1 + (2 * h / limit).abs())
    d = d / (1 + (d / limit).abs())
    edge = torch.zeros_like(w[..., :1])

    def knots(u):
        return BOUND * (2 * torch.cat([edge, torch.cumsum(torch.softmax(u, -1), -1)], -1) - 1)

    slopes = [edge + 1, torch.exp(d[..., :bins])] if free_right_edge else [edge + 1, torch.exp(d), edge + 1]
    return knots(w), knots(h), torch.cat(slopes, -1)


def at_bin(table, bin_index):
    return torch.gather(table, -1, bin_index[..., None])[..., 0]


def spline(x, parameters, bins, free_right_edge, inverse=False):
    xs, ys, slopes = spline_tables(parameters, bins, free_right_edge)
    along = ys if inverse else xs
    inside = (x > -BOUND) & (x <= BOUND)
    safe = torch.where(inside, x, torch.zeros_like(x))
    k = (along[..., 1:-1] < safe[..., None]).sum(-1)
    x0, x1, y0, y1 = at_bin(xs, k), at_bin(xs, k + 1), at_bin(ys, k), at_bin(ys, k + 1)
    d0, d1 = at_bin(slopes, k), at_bin(slopes, k + 1)
    height = y1 - y0
    sigma = height / (x1 - x0)
    q = d1 + d0 - 2 * sigma
    if inverse:
        u = safe - y0
        a = height * (sigma - d0) + u * q
        b = height * d0 - u * q
        c = -sigma * u
        zeta = 2 * c / (-b - torch.sqrt(b * b - 4 * a * c))
        out = x0 + zeta * (x1 - x0)
    else:
        zeta = (safe - x0) / (x1 - x0)
        out = y0 + height * (sigma * zeta**2 + d0 * zeta * (1 - zeta)) / (sigma + q * zeta * (1 - zeta))
    log_det = (
        torch.log(sigma**2)
        + torch.log(d1 * zeta**2 + 2 * sigma * zeta * (1 - zeta) + d0 * (1 - zeta) ** 2)
        - 2 * torch.log(sigma + q * zeta * (1 - zeta))
    )
    log_det = -log_det if inverse else log_det
    return torch.where(inside, out, x), torch.where(inside, log_det, torch.zeros_like(x))


def affine(x, parameters, inverse=False):
    """y = x e^l + t, (t, s) = parameters as in zuko, l = s / (1 + |s / ln 1e-3|)."""
    t, s = parameters[..., 0], parameters[..., 1]
    log_scale = s / (1 + (s / math.log(LEAST_SLOPE)).abs())
    if inverse:
        return (x - t) * torch.exp(-log_scale), -log_scale
    return x * torch.exp(log_scale) + t, log_scale


class Map:
    """kind: "affine", "spline", or "spline-free-right-edge"."""

    def __init__(self, kind, bins=0):
        self.kind, self.bins = kind, bins
        self.numbers = {"affine": 2, "spline": 3 * bins - 1, "spline-free-right-edge": 3 * bins + 1}[kind]

    def __call__(self, x, parameters, inverse=False):
        if self.kind == "affine":
            return affine(x, parameters, inverse)
        return spline(x, parameters, self.bins, self.kind == "spline-free-right-edge", inverse)


# Transforms of all features, observed -> latent -----------------------------------------------------------------


class Autoregressive:
    def __init__(self, order, n_context, hidden, map_, last_gain):
        self.order, self.map = order, map_
        self.network = Network("relu", made_masks(order, n_context, hidden, map_.numbers), 1.5, last_gain)

    def parameters_of(self, x, context):
        out = self.network(torch.cat([x, context], 1))
        return out.reshape(len(x), len(self.order), self.map.numbers)

    def __call__(self, x, context):
        y, log_det = self.map(x, self.parameters_of(x, context))
        return y, log_det.sum(1)

    def inverse(self, y, context):
        x = torch.zeros_like(y)
        for _ in self.order:
            x, log_det = self.map(y, self.parameters_of(x, context), inverse=True)
        return x, log_det.sum(1)

    def tensors(self, folder):
        return {f"{folder}.order": torch.tensor(self.order), **self.network.tensors(f"{folder}.hyper")}


class Coupling:
    """Features of `passive` pass unchanged and, with the context, choose the maps of the others."""

    def __init__(self, passive, features, n_context, hidden, map_, last_gain):
        self.passive, self.map = passive, map_
        self.moved = [j for j in range(features) if j not in passive]
        sizes = [len(passive) + n_context, *hidden, len(self.moved) * map_.numbers]
        everything = [torch.ones(o, i) for i, o in zip(sizes, sizes[1:])]
        self.network = Network("relu", everything, 1.5, last_gain, is_masked=False)

    def both_ways(self, x, context, inverse):
        out = self.network(torch.cat([x[:, self.passive], context], 1))
        parameters = out.reshape(len(x), len(self.moved), self.map.numbers)
        moved, log_det = self.map(x[:, self.moved], parameters, inverse)
        columns = {j: x[:, j] for j in self.passive} | {j: moved[:, k] for k, j in enumerate(self.moved)}
        return torch.stack([columns[j] for j in range(x.shape[1])], 1), log_det.sum(1)

    def __call__(self, x, context):
        return self.both_ways(x, context, False)

    def inverse(self, y, context):
        return self.both_ways(y, context, True)

    def tensors(self, folder):
        return {f"{folder}.passive": torch.tensor(self.passive), **self.network.tensors(f"{folder}.hyper")}


class Flow:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, x, context):
        total = torch.zeros(len(x))
        for transform in self.transforms:
            x, log_det = transform(x, context)
            total = total + log_det
        return x, total

    def inverse(self, z, context):
        total = torch.zeros(len(z))
        for transform in reversed(self.transforms):
            z, log_det = transform.inverse(z, context)
            total = total + log_det
        return z, total

    def log_prob(self, x, context):
        z, log_det = self(x, context)
        return log_det - 0.5 * (z * z).sum(1) - 0.5 * x.shape[1] * math.log(2 * math.pi)

    def tensors(self, folder):
        return merged(t.tensors(f"{folder}.{i}") for i, t in enumerate(self.transforms))

    def density_tensors(self, folder, features):
        base = {f"{folder}base._0": torch.zeros(features), f"{folder}base._1": torch.ones(features)}
        return self.tensors(f"{folder}transform.transforms") | base


# Factorizable flow ----------------------------------------------------------------------------------------------


class Fnf:
    """Layers observed -> nominal; features reversed between them, and once more at the end where their number is even."""

    def __init__(self, features, n_context, hidden, layers, centre, scale, pairs, q, r, gain):
        self.features, self.centre, self.scale = features, torch.tensor(centre), torch.tensor(scale)
        self.pairs, self.q, self.r = pairs, q, r
        order = list(range(features))

        def networks(count, outputs):
            masks = made_masks(order, n_context, hidden, outputs, sort=True)
            return [Network("elu", masks, 1.5, gain) for _ in range(count)]

        self.layers = [(networks(len(centre), 4), networks(len(pairs), 2)) for _ in range(layers)]

    def layer_coefficients(self, layer, y, context, nu):
        single, double = self.layers[layer]
        u = (nu - self.centre) / self.scale
        rows = torch.cat([y, context], 1)
        s, t = torch.zeros_like(y), torch.zeros_like(y)
        for k, network in enumerate(single):
            out = network(rows).reshape(*y.shape, 4)
            s = s + out[..., 0] * u[k] + self.q * out[..., 1] * u[k] ** 2
            t = t + out[..., 2] * u[k] + self.q * out[..., 3] * u[k] ** 2
        for (k, l), network in zip(self.pairs, double):
            out = network(rows).reshape(*y.shape, 2)
            s = s + self.r * out[..., 0] * u[k] * u[l]
            t = t + self.r * out[..., 1] * u[k] * u[l]
        return s, t

    def is_reversed_after(self, layer):
        last = layer == len(self.layers) - 1
        return not last or len(self.layers) % 2 == 0

    def __call__(self, y, context, nu):
        total = torch.zeros(len(y))
        for layer in range(len(self.layers)):
            s, t = self.layer_coefficients(layer, y, context, nu)
            y, total = y * torch.exp(s) + t, total + s.sum(1)
            if self.is_reversed_after(layer):
                y = y.flip(1)
        return y, total

    def inverse(self, z, context, nu):
        total = torch.zeros(len(z))
        for layer in reversed(range(len(self.layers))):
            if self.is_reversed_after(layer):
                z = z.flip(1)
            y = torch.zeros_like(z)
            for _ in range(self.features):
                s, t = self.layer_coefficients(layer, y, context, nu)
                y = (z - t) * torch.exp(-s)
            z, total = y, total - s.sum(1)
        return z, total

    def tensors(self, folder):
        """Published names; pair_nets is our own."""
        settings = {"central_nuisance_values": self.centre, "nuisance_scales": self.scale}
        named = {f"{folder}{name}": value for name, value in settings.items()}
        entry = 0
        for layer, (single, double) in enumerate(self.layers):
            own = f"{folder}transforms.{entry}"
            named |= {f"{own}.{name}": value for name, value in settings.items()}
            named[f"{own}.cross_term_pairs"] = torch.tensor(self.pairs, dtype=torch.int64).reshape(-1, 2)
            named |= merged(net.tensors(f"{own}.nuisance_nets.{k}") for k, net in enumerate(single))
            named |= merged(net.tensors(f"{own}.pair_nets.{k}") for k, net in enumerate(double))
            entry += 1
            if self.is_reversed_after(layer):
                indices = torch.arange(self.features).flip(0)
                named |= {f"{folder}transforms.{entry}.{name}": indices for name in ("indices", "inv_indices")}
                entry += 1
        return named


# Files ----------------------------------------------------------------------------------------------------------


def array(tensor):
    """Row-major, as {"shape", "data"}; truth values as 0 and 1."""
    tensor = tensor.detach()
    data = tensor.int() if tensor.dtype == torch.bool else tensor
    return {"shape": list(tensor.shape), "data": data.reshape(-1).tolist()}


def named_arrays(tensors):
    return {name: array(tensor) for name, tensor in tensors.items()}


def merged(parts):
    return {name: tensor for part in parts for name, tensor in part.items()}


def columns(rows):
    """[events, features] here -> [features, events] in the file."""
    return array(rows.T if rows.dim() == 2 else rows)


def write(name, content):
    provenance = {
        "script": pathlib.Path(__file__).name,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }
    path = pathlib.Path(__file__).with_name(f"torch-{name}.json")
    path.write_text(json.dumps({"provenance": provenance, **content}, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def sample_inputs(features, n_context, upper_edge):
    """Events inside the box, but for EDGE_EVENTS: 0 beyond both bounds, 1 far out, 2 on the bounds."""
    x = rounded(torch.randn(EVENTS, features).clamp(-2.7, 2.7) * 1.8)
    assert x.abs().max() < BOUND
    x[0] = torch.tensor([6.5, -5.25, 0.4])[:features]
    x[1] = torch.tensor([-5000.0, 1.5, 5000.0])[:features]
    x[2] = torch.tensor([upper_edge, -5.0, upper_edge])[:features]
    return x, rounded(torch.randn(EVENTS, n_context))


def check_inverse(flow, x, context, y, log_det):
    back, inverse_log_det = flow.inverse(y, context)
    inner = x.abs().amax(1) < BOUND
    assert torch.allclose(back[inner], x[inner], atol=1e-9), "inverse of the forward direction"
    assert torch.allclose(inverse_log_det[inner], -log_det[inner], atol=1e-9)


def check_jacobian(flow, x, context, log_det):
    for i in range(3, 6):
        jacobian = torch.autograd.functional.jacobian(lambda v: flow(v[None], context[i : i + 1])[0][0], x[i])
        assert abs(float(torch.linalg.slogdet(jacobian)[1] - log_det[i])) < 1e-9, "logDet of the Jacobian"


def flow_answers(name, flow, features, n_context, settings, upper_edge=BOUND):
    x, context = sample_inputs(features, n_context, upper_edge)
    z, log_det = flow(x, context)
    check_inverse(flow, x, context, z, log_det)
    check_jacobian(flow, x, context, log_det)
    log_prob = flow.log_prob(x, context)

    inner_x, inner_context = x[EDGE_EVENTS:], context[EDGE_EVENTS:]
    layer = flow.transforms[0].network
    wanted = [inner_x.requires_grad_(), layer.weights[1].requires_grad_(), layer.biases[1].requires_grad_()]
    gradients = torch.autograd.grad(flow.log_prob(inner_x, inner_context).sum(), wanted)

    latent = rounded(torch.randn(INVERSE_EVENTS, features) * 1.8)
    observed, inverse_log_det = flow.inverse(latent, context[:INVERSE_EVENTS])
    write(
        name,
        {
            "features": features,
            "context": n_context,
            **settings,
            "tensors": named_arrays(flow.density_tensors("", features)),
            "forward": {
                "x": columns(x),
                "context": columns(context),
                "latent": columns(z),
                "logDet": array(log_det),
                "logProb": array(log_prob),
            },
            "gradient": {
                "firstEvent": EDGE_EVENTS,
                "x": columns(gradients[0]),
                "transform.transforms.0.hyper.2.weight": array(gradients[1]),
                "transform.transforms.0.hyper.2.bias": array(gradients[2]),
            },
            "inverse": {
                "latent": columns(latent),
                "context": columns(context[:INVERSE_EVENTS]),
                "x": columns(observed),
                "logDet": array(inverse_log_det),
            },
        },
    )


def fnf_answers():
    features, n_context = 3, 2
    base = Flow([Autoregressive(order, n_context, [8, 8], Map("spline", 4), 1.0) for order in ([0, 1, 2], [2, 1, 0])])
    fnf = Fnf(features, n_context, [6, 6], 2, [0.1, -0.2], [1.0, 0.7], [(0, 1)], 0.01, 0.1, 0.12)
    y = rounded(torch.randn(EVENTS, features) * 1.5)
    context = rounded(torch.randn(EVENTS, n_context))
    first = fnf.layers[0][0][0].weights[1].requires_grad_()
    first_pair = fnf.layers[0][1][0].weights[1].requires_grad_()

    def log_prob(nu):
        moved, log_det = fnf(y, context, nu)
        return base.log_prob(moved, context) + log_det

    at = []
    for values in ([0.1, -0.2], [1.0, 0.0], [-0.7, 0.9], [0.4, -1.3]):
        nu = torch.tensor(values)
        moved, log_det = fnf(y, context, nu)
        back, inverse_log_det = fnf.inverse(moved, context, nu)
        assert torch.allclose(back, y, atol=1e-10) and torch.allclose(inverse_log_det, -log_det, atol=1e-10)
        per_event = log_prob(nu)
        weights = torch.autograd.grad(per_event.sum(), [first, first_pair])
        total = lambda v: log_prob(v).sum()
        observed, observed_log_det = fnf.inverse(y[:INVERSE_EVENTS], context[:INVERSE_EVENTS], nu)
        at.append(
            {
                "nu": values,
                "nominal": columns(moved),
                "logDet": array(log_det),
                "logProb": array(per_event),
                "gradientInNu": array(torch.autograd.functional.jacobian(total, nu)),
                "hessianInNu": array(torch.autograd.functional.hessian(total, nu)),
                "gradientInWeights": {
                    "transforms.0.nuisance_nets.0.2.weight": array(weights[0]),
                    "transforms.0.pair_nets.0.2.weight": array(weights[1]),
                },
                "inverse": {"y": columns(observed), "logDet": array(observed_log_det)},
            }
        )
    write(
        "fnf",
        {
            "features": features,
            "context": n_context,
            "bins": 4,
            "bound": BOUND,
            "q": fnf.q,
            "r": fnf.r,
            "tensors": named_arrays(base.density_tensors("base_model.", features) | fnf.tensors("")),
            "y": columns(y),
            "contextOfEvents": columns(context),
            "at": at,
        },
    )


def mixture_answers():
    """Two processes; x in R^1, y in R^2; two shape nuisances, two rates; with and without T."""
    processes, n_events = 2, 30
    spline_map = Map("spline", 4)
    p_x = Flow([Autoregressive([0], processes, [6], spline_map, 0.7) for _ in range(2)])
    p_y = Flow([Autoregressive(order, processes + 1, [8], spline_map, 0.7) for order in ([0, 1], [1, 0])])
    fnf_x = Fnf(1, processes, [4], 1, [0.0, 0.0], [1.0, 1.0], [], 0.01, 0.1, 0.3)
    fnf_y = Fnf(2, processes + 1, [4], 2, [0.0, 0.0], [1.0, 1.0], [], 0.01, 0.1, 0.3)
    free = Map("spline-free-right-edge", 4)
    transfer = Flow([Autoregressive(order, processes + 1, [6], free, 0.3) for order in ([1, 0], [0, 1])])
    nominal_yields, kappa = torch.tensor([14.0, 18.0]), torch.tensor([0.1, 0.25])
    mixing = torch.tensor([[1.0, 0.0], [0.5, -1.0]])

    x, y = rounded(torch.randn(n_events, 1)), rounded(torch.randn(n_events, 2) * 1.3)
    weights = rounded(0.5 + torch.rand(n_events))
    weights[[3, 11, 20]] *= -1

    def per_process(nu, with_transfer):
        """log p_f(x) and log p_f(y | x), each [processes, events]."""
        in_x, in_y = [], []
        for f in range(processes):
            one_hot = torch.nn.functional.one_hot(torch.tensor(f), processes).double().expand(n_events, processes)
            context = torch.cat([one_hot, x], 1)
            moved_x, log_det_x = fnf_x(x, one_hot, nu)
            in_x.append(p_x.log_prob(moved_x, one_hot) + log_det_x)
            simulated, log_det_t = transfer(y, context) if with_transfer else (y, torch.zeros(n_events))
            moved_y, log_det_y = fnf_y(simulated, context, nu)
            in_y.append(p_y.log_prob(moved_y, context) + log_det_y + log_det_t)
        return torch.stack(in_x), torch.stack(in_y)

    def log_yields(theta):
        return torch.log(nominal_yields) + mixing @ (theta * torch.log1p(kappa))

    def log_prob(parameters, form, with_transfer):
        nu, theta = parameters[:2], parameters[2:]
        in_x, in_y = per_process(nu, with_transfer)
        log_n = log_yields(theta)[:, None]
        joint = torch.logsumexp(log_n + in_x + in_y, 0)
        if form == "joint":
            return joint - torch.logsumexp(log_n, 0)
        return joint - torch.logsumexp(log_n + in_x, 0)

    def data_nll(parameters, form, with_transfer):
        return -(weights * log_prob(parameters, form, with_transfer)).sum()

    def extended(parameters):
        expected, n = torch.exp(log_yields(parameters[2:])).sum(), weights.sum()
        return (expected - n * torch.log(expected)) - (n - n * torch.log(n))

    def total_nll(parameters, form, with_transfer):
        constraint = 0.5 * (parameters**2).sum()
        return data_nll(parameters, form, with_transfer) + extended(parameters) + constraint

    def derivatives(f, point):
        value = f(point)
        jacobian = torch.autograd.functional.jacobian(f, point)
        return {"nll": float(value), "gradient": array(jacobian), "hessian": array(torch.autograd.functional.hessian(f, point))}

    answers = []
    for form in ("joint", "conditional"):
        for with_transfer in (False, True):
            for values in ([0.0, 0.0, 0.0, 0.0], [0.5, -0.5, 0.3, -0.8], [-1.2, 0.7, -0.4, 1.1]):
                point = torch.tensor(values)
                answers.append(
                    {
                        "form": form,
                        "withTransfer": with_transfer,
                        "parameters": values,
                        "logProb": array(log_prob(point, form, with_transfer)),
                        "extended": float(extended(point)),
                        "data": derivatives(lambda v: data_nll(v, form, with_transfer), point),
                        "total": derivatives(lambda v: total_nll(v, form, with_transfer), point),
                    }
                )
    write(
        "mixture",
        {
            "processes": processes,
            "xFeatures": 1,
            "yFeatures": 2,
            "bins": 4,
            "bound": BOUND,
            "q": fnf_x.q,
            "mixture_model": named_arrays(
                {
                    "log_norm_factors": torch.log(nominal_yields),
                    "m_vector": torch.zeros(2),
                    "norm_nuisance": torch.zeros(2),
                    "lnN_constraints": kappa,
                    "lnN_mix_matrix": mixing,
                }
                | p_x.density_tensors("kin_model.base_model.", 1)
                | fnf_x.tensors("kin_model.")
                | p_y.density_tensors("scores_model.base_model.", 2)
                | fnf_y.tensors("scores_model.")
            ),
            "transfer_model": named_arrays(transfer.tensors("T.transforms")),
            "x": columns(x),
            "y": columns(y),
            "weights": array(weights),
            "answers": answers,
        },
    )


def main():
    hidden, context, features = [16, 16], 2, 3
    orders = ([0, 1, 2], [2, 1, 0])
    torch.manual_seed(1)
    nsf = Flow([Autoregressive(order, context, hidden, Map("spline", 5), 1.0) for order in orders])
    flow_answers("nsf", nsf, features, context, {"bins": 5, "bound": BOUND})
    torch.manual_seed(2)
    maf = Flow([Autoregressive(order, context, hidden, Map("affine"), 0.7) for order in orders])
    flow_answers("maf", maf, features, context, {})
    torch.manual_seed(3)
    passive = ([0], [1, 2])
    coupling = Flow([Coupling(list(h), features, context, hidden, Map("spline", 5), 1.0) for h in passive])
    flow_answers("coupling", coupling, features, context, {"bins": 5, "bound": BOUND})
    torch.manual_seed(4)
    free = Map("spline-free-right-edge", 5)
    transfer = Flow([Autoregressive(order, context, hidden, free, 1.0) for order in reversed(orders)])
    # With a slope other than 1 at the bound, rounding in the first map would decide the second one's side of it.
    flow_answers("transfer", transfer, features, context, {"bins": 5, "bound": BOUND}, upper_edge=4.99)
    torch.manual_seed(5)
    fnf_answers()
    torch.manual_seed(6)
    mixture_answers()


if __name__ == "__main__":
    main()
