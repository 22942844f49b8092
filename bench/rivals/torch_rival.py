"""PyTorch as a rival of the bench: `torch_rival.py FOLDER MODE THREADS`, then one request a line on stdin.

Modes: eager; trace (torch.jit.trace, frozen where nothing is trained); compile (torch.compile, where this PyTorch has it); cuda
and cuda-compile, eager and with graphs captured on a GPU.
"""

import os
import sys
import time

import torch

from exchange import read_safetensors, serve
from torch_flows import Flow
from torch_hessian import HESSIANS
from torch_likelihood import LIKELIHOODS
from torch_mixture import STEPS

FOLDER, MODE, THREADS = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(THREADS)
torch.manual_seed(1)
DEVICE = "cuda" if MODE.startswith("cuda") else "cpu"
if DEVICE == "cuda":
    torch.set_default_device(DEVICE)
CHECKED_STEPS = 8
# Events of a batch where there are more than anybody takes at once.
PORTION = 16384
# A product of matrices that takes long enough for all that surrounds it to count little.
PEAK_SIZE = 4096 if DEVICE == "cuda" else 1024


def load(case):
    arrays, description = read_safetensors(os.path.join(FOLDER, f"{case}.safetensors"))
    tensors = {name: torch.from_numpy(array).to(DEVICE) for name, array in arrays.items()}
    return tensors, description


def of_model(tensors, prefix):
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def columns(tensors):
    """Events first, and contiguous."""
    return [tensors[f"data.{name}"].t().contiguous() for name in ("y", "x")]


def faster(function, examples, is_trained):
    """The function in this process's mode."""
    if MODE == "compile":
        return torch.compile(function, dynamic=False)
    if MODE == "cuda-compile":
        return torch.compile(function, dynamic=False, mode="reduce-overhead")
    if MODE != "trace":
        return function
    traced = torch.jit.trace(function, examples, check_trace=False)
    return traced if is_trained else torch.jit.optimize_for_inference(torch.jit.freeze(traced.eval()))


class Evaluation(torch.nn.Module):
    """A module of no parameters, so that a trace of it can be frozen."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, *inputs):
        return self.body(*inputs)


def log_prob(case):
    tensors, description = load(case)
    flow = Flow(description["architecture"], of_model(tensors, "flow."))
    y, x = columns(tensors)
    masked = flow.masked()
    with torch.no_grad():
        call = faster(Evaluation(lambda y, x: flow.log_prob(y, x, masked)), (y, x), False)

    def run():
        with torch.no_grad():
            return call(y, x)

    return run, lambda: {"logProb": run().tolist()}


def nll(case):
    tensors, description = load(case)
    flow = Flow(description["architecture"], of_model(tensors, "flow."))
    portions = list(zip(*(column.split(PORTION) for column in columns(tensors))))
    masked = flow.masked()

    def run():
        with torch.no_grad():
            return -sum(flow.log_prob(y, x, masked).sum().double() for y, x in portions)

    return run, lambda: {"nll": [run().item()]}


def sampling(case, is_staged):
    tensors, description = load(case)
    flow = Flow(description["architecture"], of_model(tensors, "flow."))
    z, x = columns(tensors)
    masked = flow.masked()
    body = flow.sample_staged if is_staged else flow.sample
    with torch.no_grad():
        call = faster(Evaluation(lambda z, x: body(z, x, masked)), (z, x), False)

    def run():
        with torch.no_grad():
            return call(z, x)

    return run, lambda: {"sample": run().t().flatten().tolist()}


def adam(groups):
    # All parameters of a step at once, the best that each version has.
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    return torch.optim.Adam(groups, lr=1e-4, **({"fused": True} if version >= (2, 4) else {"foreach": True}))


class Loss(torch.nn.Module):
    def __init__(self, architecture, tensors):
        super().__init__()
        own = {name: torch.nn.Parameter(tensor) for name, tensor in tensors.items()}
        self.trained = torch.nn.ParameterList(own.values())
        self.flow = Flow(architecture, own)

    def forward(self, y, x):
        return -self.flow.log_prob(y, x, self.flow.masked()).mean()


def training(module, groups, data):
    loss_of = faster(module, data, True)
    optimiser = adam(groups)

    def run():
        shuffled = torch.randperm(len(data[0]))
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(*(column[shuffled] for column in data))
        loss.backward()
        optimiser.step()
        return loss

    # The batch is all events: whatever their order, the losses of the first steps are determined.
    return run, lambda: {"losses": [run().item() for _ in range(CHECKED_STEPS)]}


def training_step(case):
    tensors, description = load(case)
    module = Loss(description["architecture"], of_model(tensors, "flow."))
    return training(module, module.parameters(), tuple(columns(tensors)))


def mixture_step(case, name):
    tensors, description = load(case)
    module = STEPS[name](tensors, description)
    names = ["x", "y"] + (["delta"] if name == "stepTwo" else [])
    data = tuple(tensors[f"data.{own}"].t().contiguous() for own in names)
    return training(module, module.groups(), data)


TASKS = {
    "logProb": log_prob,
    "trainingStep": training_step,
    "nll": nll,
    "sampling": lambda case: sampling(case, False),
    "stagedSampling": lambda case: sampling(case, True),
    **{name: (lambda case, own=name: mixture_step(case, own)) for name in STEPS},
    **{name: (lambda case, own=own: own(*load(case))) for name, own in HESSIANS.items()},
    **{name: (lambda case, own=own: own(*load(case), faster)) for name, own in LIKELIHOODS.items()},
}


def settle():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def peak():
    """Billions of floating-point operations per second of a product of matrices, the best of a few."""
    a = torch.ones(PEAK_SIZE, PEAK_SIZE)
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        a @ a
        settle()
        seconds.append(time.perf_counter() - start)
    return 2 * PEAK_SIZE**3 / min(seconds) / 1e9


serve(TASKS, settle, peak)
