"""zuko and nflows as rivals of the bench: `library_flows.py FOLDER LIBRARY THREADS`, eager. Their flows have the sizes of ours and weights
of their own: nothing to compare, but the same work to time.
"""

import os
import sys

import torch

from exchange import read_safetensors, serve

FOLDER, LIBRARY, THREADS = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(THREADS)
torch.manual_seed(1)


class Zuko(torch.nn.Module):
    def __init__(self, features, context, transforms, hidden, bins):
        super().__init__()
        import zuko

        sizes = {"transforms": transforms, "hidden_features": hidden}
        self.flow = zuko.flows.NSF(features, context, bins=bins, **sizes) if bins else zuko.flows.MAF(features, context, **sizes)

    def log_prob(self, y, x):
        return self.flow(x).log_prob(y)

    def sample(self, z, x):
        return self.flow(x).transform.inv(z)


class Nflows(torch.nn.Module):
    def __init__(self, features, context, transforms, hidden, bins):
        super().__init__()
        from nflows.distributions import StandardNormal
        from nflows.flows import Flow
        from nflows.transforms import (
            CompositeTransform,
            MaskedAffineAutoregressiveTransform,
            MaskedPiecewiseRationalQuadraticAutoregressiveTransform,
            ReversePermutation,
        )

        # Its first layer is not among the blocks.
        sizes = {"hidden_features": hidden[0], "context_features": context, "num_blocks": len(hidden) - 1}
        sizes["use_residual_blocks"] = False
        spline = {"num_bins": bins, "tails": "linear", "tail_bound": 5.0}
        layers = []
        for _ in range(transforms):
            own = (
                MaskedPiecewiseRationalQuadraticAutoregressiveTransform(features, **spline, **sizes)
                if bins
                else MaskedAffineAutoregressiveTransform(features, **sizes)
            )
            layers += [own, ReversePermutation(features)]
        self.transform = CompositeTransform(layers)
        self.flow = Flow(self.transform, StandardNormal([features]))

    def log_prob(self, y, x):
        return self.flow.log_prob(y, context=x)

    def sample(self, z, x):
        return self.transform.inverse(z, context=x)[0]


def load(case):
    arrays, description = read_safetensors(os.path.join(FOLDER, f"{case}.safetensors"))
    own = description["architecture"]
    hidden = [sum(units) for units in own["layers"][0]["hidden"]]
    kind = {"zuko": Zuko, "nflows": Nflows}[LIBRARY]
    flow = kind(own["features"], own["context"], len(own["layers"]), hidden, own["transform"].get("bins"))
    return flow, [torch.from_numpy(arrays[f"data.{name}"]).t().contiguous() for name in ("y", "x")]


def run_once(run):
    def check():
        run()
        return {}

    return check


def evaluation(case, name):
    flow, columns = load(case)
    body = getattr(flow, name)

    def run():
        with torch.no_grad():
            return body(*columns)

    return run, run_once(run)


def training_step(case):
    flow, columns = load(case)
    optimiser = torch.optim.Adam(flow.parameters(), lr=1e-4, foreach=True)

    def run():
        order = torch.randperm(len(columns[0]))
        optimiser.zero_grad(set_to_none=True)
        loss = -flow.log_prob(*(column[order] for column in columns)).mean()
        loss.backward()
        optimiser.step()

    return run, run_once(run)


serve(
    {
        "logProb": lambda case: evaluation(case, "log_prob"),
        "sampling": lambda case: evaluation(case, "sample"),
        "trainingStep": training_step,
    }
)
