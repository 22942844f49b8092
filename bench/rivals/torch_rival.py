"""PyTorch as a rival of the bench: `torch_rival.py FOLDER MODE THREADS`, then one request a line on stdin.

Modes: eager; trace (torch.jit.trace, frozen where nothing is trained); compile (torch.compile, where this PyTorch has it).
"""

import os
import sys
import time

import torch

from exchange import read_safetensors, serve
from torch_flows import Flow
from torch_hessian import HESSIANS
from torch_mixture import STEPS

FOLDER, MODE, THREADS = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(THREADS)
torch.manual_seed(1)
CHECKED_STEPS = 8


def load(case):
    arrays, description = read_safetensors(os.path.join(FOLDER, f"{case}.safetensors"))
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
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
    "sampling": lambda case: sampling(case, False),
    "stagedSampling": lambda case: sampling(case, True),
    "stepOne": lambda case: mixture_step(case, "stepOne"),
    "stepTwo": lambda case: mixture_step(case, "stepTwo"),
}

prepared = {}


def task(request):
    """(call, check) of a task; made once, and alone in memory."""
    case, name = request["case"], request["task"]
    if (case, name) not in prepared:
        prepared.clear()
        prepared[case, name] = HESSIANS[name](*load(case)) if name in HESSIANS else TASKS[name](case)
    return prepared[case, name]


def answer(request):
    wanted = request["do"]
    if wanted == "about":
        return {"version": torch.__version__, "canCompile": hasattr(torch, "compile")}
    if wanted == "check":
        return task(request)[1]()
    call = task(request)[0]
    # The first call after the others' finds its threads asleep and its weights out of the caches.
    call()
    start, busy = time.perf_counter(), time.process_time()
    for _ in range(request["calls"]):
        call()
    times = {"milliseconds": time.perf_counter() - start, "processor": time.process_time() - busy}
    return {name: 1000 * seconds / request["calls"] for name, seconds in times.items()}


serve(answer)
