"""The mixture of processes, and training steps of the map T of data to simulation and of its response to the nuisances: R6,
arXiv:2602.13184.

Processes are stacked along the events, so that every network is called once for all of them. What has no trained parameter
before it is computed without history.
"""

import torch

from torch_flows import Flow, MaskedNetwork


class Factorizable(torch.nn.Module):
    """A morph of several layers, observed to nominal."""

    def __init__(self, architecture, tensors):
        super().__init__()
        features, context = architecture["features"], architecture["context"]
        self.damping = architecture["quadraticDamping"]
        self.nominal = torch.tensor([float(own["nominal"]) for own in architecture["nuisances"]])
        self.scale = torch.tensor([float(own["scale"]) for own in architecture["nuisances"]])
        self.reversed = [layer["order"] != sorted(layer["order"]) for layer in architecture["layers"]]
        self.networks = [
            [
                MaskedNetwork(tensors, f"transforms.{at}.nuisances.{k}", features, context, layer["hidden"], 4, "elu")
                for k in range(len(self.nominal))
            ]
            for at, layer in enumerate(architecture["layers"])
        ]

    def masked(self):
        return [[network.masked() for network in layer] for layer in self.networks]

    def coefficients(self, at, known, context, masked):
        """Of one layer, its features in the order in which they become known: [events, features, (s, t), (linear, quadratic)]
        of each nuisance."""
        inputs = torch.cat([context, known[:, :-1]], -1)
        return [
            network(inputs, own).unflatten(-1, (2, 2)) for network, own in zip(self.networks[at], masked[at])
        ]

    def ordered(self, at, y):
        return y.flip(-1) if self.reversed[at] else y

    def forward(self, y, context, nu, masked, first=None):
        """nu [K] or [events, K]; `first` are the coefficients of the first layer where they are known."""
        u = ((nu - self.nominal) / self.scale).unbind(-1)
        total = 0
        for at in range(len(self.networks)):
            known = self.ordered(at, y)
            own = first if at == 0 and first is not None else self.coefficients(at, known, context, masked)
            s = t = 0
            for raw, distance in zip(own, u):
                distance = distance.reshape(-1, 1, 1)
                both = raw[..., 0] * distance + raw[..., 1] * (self.damping * distance * distance)
                s, t = s + both[..., 0], t + both[..., 1]
            y = self.ordered(at, known * torch.exp(s) + t)
            total = total + s.sum(-1)
        return y, total


class Density:
    def __init__(self, architectures, tensors, name):
        part = lambda of: {k[len(of) :]: v for k, v in tensors.items() if k.startswith(of)}
        self.nominal = Flow(architectures[f"{name}.nominal"], part(f"{name}.nominal."))
        self.morph = Factorizable(architectures[f"{name}.systematics"], part(f"{name}.systematics."))
        self.masked_nominal, self.masked_morph = self.nominal.masked(), self.morph.masked()

    def first(self, y, context):
        """What the first layer of the morph needs to know of the events: no nuisance."""
        return self.morph.coefficients(0, self.morph.ordered(0, y), context, self.masked_morph)

    def log_prob(self, y, context, nu, first=None):
        y, log_det = self.morph(y, context, nu, self.masked_morph, first)
        return self.nominal.log_prob(y, context, self.masked_nominal) + log_det


class Mixture(torch.nn.Module):
    def __init__(self, tensors, description, trained=None):
        super().__init__()
        architectures = description["parts"]
        self.log_yields = torch.tensor(description["logYields"])[:, None]
        self.trained = torch.nn.ParameterList()
        part = {}
        for name, tensor in tensors.items():
            is_trained = trained is not None and name.startswith(f"{trained}.")
            part[name] = torch.nn.Parameter(tensor) if is_trained else tensor
            if is_trained:
                self.trained.append(part[name])
        of = lambda prefix: {k[len(prefix) :]: v for k, v in part.items() if k.startswith(prefix)}
        self.x, self.y = (Density(architectures, part, name) for name in ("x", "y"))
        self.transport = Flow(architectures["transfer"], of("transfer."))
        self.response = Factorizable(architectures["response"], of("response.")) if "response" in architectures else None

    def stacked(self, x, y):
        """Contexts of p(x) and p(y | x), and x and y, once for each process."""
        processes = len(self.log_yields)
        one_hot = torch.eye(processes).repeat_interleave(len(x), 0)
        every = x.repeat(processes, 1)
        return one_hot, torch.cat([one_hot, every], -1), every, y.repeat(processes, 1)


class StepOne(Mixture):
    def __init__(self, tensors, description):
        super().__init__(tensors, description, "transfer")
        self.observed = description["observed"]
        self.nu = torch.nn.Parameter(torch.tensor(description["nu"]))

    def groups(self):
        return [{"params": list(self.trained), "lr": 1e-4}, {"params": [self.nu], "lr": 4e-3}]

    def forward(self, x, y):
        one_hot, context, every_x, every_y = self.stacked(x, y)
        simulated, log_det = self.transport.to_latent(every_y, context, self.transport.masked())
        log_p = self.x.log_prob(every_x, one_hot, self.nu) + self.y.log_prob(simulated, context, self.nu) + log_det
        terms = self.log_yields + log_p.view(-1, len(x))
        loss = -(torch.logsumexp(terms, 0) - torch.logsumexp(self.log_yields, 0)).mean()
        return loss + 0.5 * (self.nu * self.nu).sum() / self.observed


class StepTwo(Mixture):
    """The response: what y tells of a nuisance, squared, at a point of each event's own and its mirror image."""

    def __init__(self, tensors, description):
        super().__init__(tensors, description, "response")
        self.masked_transport = self.transport.masked()

    def groups(self):
        return [{"params": list(self.trained), "lr": 1e-4}]

    def forward(self, x, y, delta):
        nominal = self.response.nominal
        with torch.no_grad():
            one_hot, context, every_x, every_y = self.stacked(x, y)
            simulated, log_det = self.transport.to_latent(every_y, context, self.masked_transport)
            signs = [delta, -delta]
            at_origin = self.log_conditional(
                self.prior(every_x, one_hot, nominal, len(x)),
                self.y.log_prob(simulated, context, nominal) + log_det,
            )
            priors = [self.prior(every_x, one_hot, (nominal + own).repeat(2, 1), len(x)) for own in signs]
        masked = self.response.masked()
        loss = 0
        for own, prior in zip(signs, priors):
            moved, further = self.response(simulated, context, (nominal + own).repeat(2, 1), masked)
            log_p = self.y.log_prob(moved, context, nominal) + log_det + further
            loss = loss + 0.5 * ((self.log_conditional(prior, log_p) - at_origin) ** 2).mean()
        return loss

    def prior(self, every_x, one_hot, nu, events):
        return self.log_yields + self.x.log_prob(every_x, one_hot, nu).view(-1, events)

    def log_conditional(self, prior, log_p):
        return torch.logsumexp(prior + log_p.view(prior.shape), 0) - torch.logsumexp(prior, 0)


STEPS = {"stepOne": StepOne, "stepTwo": StepTwo}
