"""Hessian of an NLL in the nuisances of one layer of a factorizable flow before a flow: R4."""

import torch
import torch.nn.functional as F

from torch_flows import Flow, MaskedNetwork


def coefficients(architecture, tensors, y, x):
    """[events, features, 4, K]: s linear, s quadratic, t linear, t quadratic. They see no nuisance, so: once, without history.

    Networks have equal shapes: their first layers are one linear map, the others batches of one product.
    """
    features, context = architecture["features"], architecture["context"]
    (layer,) = architecture["layers"]
    nets = [
        MaskedNetwork(tensors, f"transforms.0.nuisances.{k}", features, context, layer["hidden"], 4, "elu")
        for k in range(len(architecture["nuisances"]))
    ]
    weights = [torch.stack(own) for own in zip(*(net.masked() for net in nets))]
    biases = [torch.stack(own) for own in zip(*(net.biases for net in nets))]
    hidden = F.elu(F.linear(torch.cat([x, y[:, :-1]], -1), weights[0].flatten(0, 1), biases[0].flatten()))
    hidden = hidden.unflatten(-1, (len(nets), -1)).transpose(0, 1)
    for weight, bias in zip(weights[1:-1], biases[1:-1]):
        hidden = F.elu(torch.baddbmm(bias.unsqueeze(1), hidden, weight.transpose(1, 2)))
    raw = torch.baddbmm(biases[-1].unsqueeze(1), hidden, weights[-1].transpose(1, 2))
    return raw.permute(1, 2, 0).unflatten(1, (features, 4)).contiguous()


class Likelihood:
    def __init__(self, tensors, description):
        own = lambda prefix: {n[len(prefix) :]: t for n, t in tensors.items() if n.startswith(prefix)}
        self.flow = Flow(description["architecture"], own("flow."))
        self.masked = self.flow.masked()
        self.residual, self.of_residual = description["morph"], own("morph.")
        self.y, self.x = (tensors[f"data.{name}"].t().contiguous() for name in ("y", "x"))
        self.damping = self.residual["quadraticDamping"]
        self.nu = torch.full((len(self.residual["nuisances"]),), 0.1)

    def coefficients(self):
        with torch.no_grad():
            return coefficients(self.residual, self.of_residual, self.y, self.x)

    def log_prob(self, y):
        return self.flow.log_prob(y, self.x, self.masked).sum()


def matmul_nll(likelihood, own):
    """The sum over nuisances is one product of matrices."""
    events, features = likelihood.y.shape
    flat = own.unflatten(2, (2, 2)).reshape(events * features * 2, -1)

    def nll(nu):
        powers = torch.cat([nu, likelihood.damping * nu * nu])
        s, t = (flat @ powers).view(events, features, 2).unbind(-1)
        return -(likelihood.log_prob(likelihood.y * torch.exp(s) + t) + s.sum())

    return nll


def double_backward(tensors, description):
    """One backward pass of the gradient for each nuisance."""
    likelihood = Likelihood(tensors, description)

    def run():
        nll = matmul_nll(likelihood, likelihood.coefficients())
        nu = likelihood.nu.clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(nll(nu), nu, create_graph=True)
        rows = [torch.autograd.grad(entry, nu, retain_graph=True)[0] for entry in gradient]
        return torch.stack(rows)

    return run, lambda: {"hessian": run().flatten().tolist()}


def cut_by_hand(tensors, description):
    """The chain rule through the transformed features, written out for this one layer: a backward pass for each feature."""
    likelihood = Likelihood(tensors, description)

    def run():
        own = likelihood.coefficients()
        q, u = likelihood.damping, likelihood.nu
        a_s, b_s, a_t, b_t = own.unbind(2)
        s, t = a_s @ u + b_s @ (q * u * u), a_t @ u + b_t @ (q * u * u)
        scaled = likelihood.y * torch.exp(s)
        nominal = (scaled + t).requires_grad_(True)
        (gradient,) = torch.autograd.grad(-likelihood.log_prob(nominal), nominal, create_graph=True)
        rows = [torch.autograd.grad(gradient[:, d].sum(), nominal, retain_graph=True)[0] for d in range(gradient.shape[1])]
        gradient, curvature = gradient.detach(), torch.stack(rows, 1)
        ds, dt = a_s + 2 * q * u * b_s, a_t + 2 * q * u * b_t
        move = scaled.unsqueeze(-1) * ds + dt
        flat = lambda x: x.reshape(-1, x.shape[-1])
        matrix = flat(curvature @ move).t() @ flat(move)
        weight = (gradient * scaled).unsqueeze(-1)
        matrix += flat(weight * ds).t() @ flat(ds)
        diagonal = 2 * q * (flat((weight - 1) * b_s) + flat(gradient.unsqueeze(-1) * b_t)).sum(0)
        return matrix + torch.diag(diagonal)

    return run, lambda: {"hessian": run().flatten().tolist()}


HESSIANS = {"hessian": double_backward, "cutByHand": cut_by_hand}
