"""The likelihood of the published toy model, T fixed: R5, arXiv:2602.13184.

Events come in chunks that fit a cache, both processes of a chunk in one batch. What no nuisance changes, the map T and the
coefficients of the first layers of the morphs, is computed once for a scan.
"""

import time

import torch

from torch_mixture import Mixture

CHUNK = 2500
# Of a scan; a timed call is one of them.
POINTS = 21 * 21


class Likelihood(Mixture):
    def __init__(self, tensors, description):
        super().__init__(tensors, description)
        self.masked_transport = self.transport.masked()

    def fixed(self, x, y):
        """What no nuisance changes: contexts, x and T(y), log det T, coefficients of first layers."""
        one_hot, context, every_x, every_y = self.stacked(x, y)
        simulated, log_det = self.transport.to_latent(every_y, context, self.masked_transport)
        return one_hot, context, every_x, simulated, log_det, self.x.first(every_x, one_hot), self.y.first(simulated, context)

    def nll(self, nu, one_hot, context, every_x, simulated, log_det, of_x, of_y):
        log_p = self.x.log_prob(every_x, one_hot, nu, of_x) + self.y.log_prob(simulated, context, nu, of_y) + log_det
        terms = self.log_yields + log_p.view(len(self.log_yields), -1)
        return -(torch.logsumexp(terms, 0) - torch.logsumexp(self.log_yields, 0)).sum()


class OfData(torch.nn.Module):
    """Everything from the data on."""

    def __init__(self, likelihood):
        super().__init__()
        self.likelihood = likelihood

    def forward(self, nu, x, y):
        return self.likelihood.nll(nu, *self.likelihood.fixed(x, y))


class OfFixed(torch.nn.Module):
    def __init__(self, likelihood):
        super().__init__()
        self.likelihood = likelihood

    def forward(self, nu, one_hot, context, every_x, simulated, log_det, of_x, of_y):
        return self.likelihood.nll(nu, one_hot, context, every_x, simulated, log_det, of_x, of_y)


class Bound:
    def __init__(self, tensors, description):
        self.likelihood = Likelihood(tensors, description)
        self.nu = torch.tensor(description["nu"])
        data = [tensors[f"data.{name}"].t().contiguous() for name in ("x", "y")]
        self.chunks = list(zip(*(column.split(CHUNK) for column in data)))

    def fixed(self):
        with torch.no_grad():
            return [self.likelihood.fixed(*chunk) for chunk in self.chunks]

    def value(self, module, chunks, faster):
        with torch.no_grad():
            nll = faster(module, (self.nu, *chunks[0]), False)

        def run():
            with torch.no_grad():
                return sum(nll(self.nu, *chunk).double() for chunk in chunks)

        return run, lambda: {"nll": [run().item()]}


def once(tensors, description, faster):
    bound = Bound(tensors, description)
    return bound.value(OfData(bound.likelihood), bound.chunks, faster)


def plain_scan(tensors, description, faster):
    """Nothing kept from one point to the next."""
    return (*once(tensors, description, faster), 0, POINTS)


def scan(tensors, description, faster):
    bound = Bound(tensors, description)
    start = time.perf_counter()
    chunks = bound.fixed()
    set_up = 1000 * (time.perf_counter() - start)
    return (*bound.value(OfFixed(bound.likelihood), chunks, faster), set_up, POINTS)


def double_backward(nll, nu):
    nu = nu.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(nll(nu), nu, create_graph=True)
    return torch.stack([torch.autograd.grad(entry, nu, retain_graph=True)[0] for entry in gradient])


def hessian(tensors, description, _):
    """Forward over backward, torch.func.hessian of 2.13, takes half as long again and more."""
    bound = Bound(tensors, description)
    chunks = bound.fixed()
    run = lambda: sum(double_backward(lambda nu: bound.likelihood.nll(nu, *own), bound.nu).double() for own in chunks)
    return run, lambda: {"hessian": run().flatten().tolist()}


LIKELIHOODS = {
    "likelihood": once,
    "plainScan": plain_scan,
    "scan": scan,
    "likelihoodHessian": hessian,
}
