"""Trajectories of torch.optim on a small fixed problem, in f64. Run: /usr/bin/python3 optimisers.py > optimisers.json

loss(a, b) = mean over events of (tanh(a . x) + b_0 exp(b_1 x_0) - y)^2, all five events in every step.
"""
import datetime
import json
import platform

import torch

torch.set_default_dtype(torch.float64)
X = torch.tensor([[0.5, -1.2, 0.3, 1.7, -0.4], [1.1, 0.2, -0.9, 0.6, -1.5]])  # [features, events]
Y = torch.tensor([0.3, -0.8, 1.1, 0.4, -0.2])
STEPS = 25


def run(make, rate=None):
    a = torch.tensor([0.4, -0.7], requires_grad=True)
    b = torch.tensor([0.9, -0.3], requires_grad=True)
    optimisers = make(a, b)
    schedulers = [rate(o) for o in optimisers] if rate else []
    steps = []
    for _ in range(STEPS):
        loss = ((torch.tanh(a @ X) + b[0] * torch.exp(b[1] * X[0]) - Y) ** 2).mean()
        for o in optimisers:
            o.zero_grad()
        loss.backward()
        for o in optimisers:
            o.step()
        for s in schedulers:
            s.step()
        steps.append([loss.item(), *a.tolist(), *b.tolist()])
    return steps


optim = torch.optim
print(json.dumps({
    "made": {"by": "optimisers.py", "torch": torch.__version__, "python": platform.python_version(),
             "date": datetime.date.today().isoformat()},
    "columns": ["loss before the step", "a_0", "a_1", "b_0", "b_1"],
    "x": X.flatten().tolist(), "y": Y.tolist(), "steps": STEPS,
    "trajectories": {
        "adam": run(lambda a, b: [optim.Adam([a, b], lr=0.05)]),
        "adam, other betas and epsilon": run(lambda a, b: [optim.Adam([a, b], lr=0.05, betas=(0.8, 0.95), eps=1e-3)]),
        "adamw": run(lambda a, b: [optim.AdamW([a, b], lr=0.05)]),
        "adamw, weight decay 0.3": run(lambda a, b: [optim.AdamW([a, b], lr=0.05, weight_decay=0.3)]),
        "radam": run(lambda a, b: [optim.RAdam([a, b], lr=0.05)]),
        "radam, beta2 0.9": run(lambda a, b: [optim.RAdam([a, b], lr=0.05, betas=(0.9, 0.9))]),
        "radam on a, adamw on b, cosine": run(
            lambda a, b: [optim.RAdam([a], lr=0.02), optim.AdamW([b], lr=0.1)],
            lambda o: optim.lr_scheduler.CosineAnnealingLR(o, T_max=STEPS),
        ),
    },
}, indent=1))
