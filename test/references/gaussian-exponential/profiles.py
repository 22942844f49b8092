"""Makes profiles.json: impacts and profiles of the fits of answers.py, each by fits of iminuit.

impacts  of `scale` on nsig and of `constrained` on nflat, [up, down]: the estimate of that parameter less its estimate in the fit, where
    shift      the other parameter is fixed at its estimate +- sigma (Hesse's), the rest fitted again
    auxiliary  the outcome of its auxiliary measurement is one standard deviation away, all fitted again:
               1 +- 0.002 of scale, 0.02 * 1.05^(+-1) of c, 9 +- 3 of nflat
pairs    -2 Delta ln L of `peak` with nsig and sigma fixed at their estimates + (-1.5, -0.5, 0.5, 1.5) of their sigma, the rest fitted again
         [nsig][sigma]

Run: /usr/bin/python3 profiles.py > profiles.json   (Debian 12: python3-iminuit, python3-scipy)
"""

import datetime
import json
import platform
from math import fsum

import iminuit
import numpy as np
from answers import FITS, data, expo, fit_peak, terms
from iminuit import Minuit


def scale(nsig, nbkg, scale, sigma, c, outcome=1.0):
    return np.append(terms(data, nsig, nbkg, 125 * scale, sigma, c), 0.5 * ((scale - outcome) / 0.002) ** 2)


def constrained(nflat, nbkg, c, outcome=0.02, count=9.0):
    events = -np.log(nflat / 80 + nbkg * expo(data, c))
    normal = 0.5 * (np.log(c / outcome) / np.log(1.05)) ** 2
    return np.concatenate([events, [nflat + nbkg, normal, 0.03 * nflat - count * np.log(0.03 * nflat)]])


def fitted(function, start, fixed=(), **outcomes):
    zero = function(*start.values())
    m = Minuit(lambda *theta: fsum(function(*theta, **outcomes) - zero), *start.values(), name=list(start))
    m.errordef = Minuit.LIKELIHOOD
    m.strategy = 2
    m.tol = 1e-6
    m.precision = 1e-15
    for name in fixed:
        m.fixed[name] = True
    for _ in range(4):
        m.migrad(ncall=100000)
    m.hesse()
    return m


def impacts(function, start, target, outcomes):
    best = fitted(function, start)
    at = dict(zip(start, best.values))
    moved = lambda m: m.values[target] - best.values[target]
    shift = {
        name: [moved(fitted(function, at | {name: at[name] + side * best.errors[name]}, [name])) for side in (1, -1)]
        for name in start
        if name != target
    }
    auxiliary = {name: [moved(fitted(function, at, **{key: value}) ) for value in ends] for name, (key, ends) in outcomes.items()}
    return {"target": target, "sigma": best.errors[target], "shift": shift, "auxiliary": auxiliary}


def pairs():
    _, start = FITS["peak"]
    best = fitted(fit_peak, start)
    at = dict(zip(start, best.values))
    zero = fit_peak(*best.values)

    def rise(a, b):
        moved = {"nsig": at["nsig"] + a * best.errors["nsig"], "sigma": at["sigma"] + b * best.errors["sigma"]}
        found = fitted(fit_peak, at | moved, list(moved))
        return 2 * fsum(fit_peak(*found.values) - zero)

    steps = (-1.5, -0.5, 0.5, 1.5)
    return {
        "values": [[at[name] + a * best.errors[name] for a in steps] for name in ("nsig", "sigma")],
        "deltaTwoNll": [[rise(a, b) for b in steps] for a in steps],
    }


print(
    json.dumps(
        {
            "command": "/usr/bin/python3 profiles.py > profiles.json",
            "date": datetime.date.today().isoformat(),
            "versions": {"python": platform.python_version(), "iminuit": iminuit.__version__, "numpy": np.__version__},
            "impacts": {
                "scale": impacts(scale, FITS["scale"][1], "nsig", {"scale": ("outcome", [1.002, 0.998])}),
                "constrained": impacts(
                    constrained,
                    FITS["constrained"][1],
                    "nflat",
                    {"c": ("outcome", [0.021, 0.02 / 1.05]), "nflat": ("count", [12, 6])},
                ),
            },
            "pairs": pairs(),
        },
        indent=2,
    )
)
