"""Makes iminuit-minos.json: MINOS errors of asymmetric, bounded and multimodal likelihoods.

counts     s, b, e: n ~ Poisson(e s + b), m ~ Poisson(tau b), e with a Gaussian constraint
               NLL = e s + b - n log(e s + b) + tau b - m log(tau b) + 1/2 ((e - 0.8) / 0.15)^2
bounded    the same with few events and s >= 0: the lower end of s is beyond its limit
wells      a, c: NLL = h (a^2 - 1)^2 - t a + 1/2 (c - a)^2 / 0.5^2, from its minimum at a > 0
               high: h = 4, t = 0.3; the other well is a second minimum behind a wall
               low: h = 0.3, t = -0.1; on the way down from a = 0.9 lies the deeper well at a < 0

Run: /usr/bin/python3 iminuit-minos.py > iminuit-minos.json   (Debian 12: python3-iminuit)
"""

import datetime
import json
import platform
from math import inf, log

import iminuit
from iminuit import Minuit


def counts(n, m, tau):
    def nll(s, b, e):
        expected = e * s + b
        return expected - n * log(expected) + tau * b - m * log(tau * b) + 0.5 * ((e - 0.8) / 0.15) ** 2

    return nll


def wells(h, t):
    def nll(a, c):
        return h * (a * a - 1) ** 2 - t * a + 0.5 * ((c - a) / 0.5) ** 2

    return nll


def errors(nll, start, limits, level):
    m = Minuit(nll, *start)
    m.errordef = Minuit.LIKELIHOOD * level
    m.strategy = 2
    m.tol = 1e-5
    for name, limit in limits.items():
        m.limits[name] = limit
    m.migrad(ncall=100000)
    m.minos()
    found = {
        name: {
            "lower": e.lower if e.lower_valid else None,
            "upper": e.upper if e.upper_valid else None,
            "at_lower_limit": e.at_lower_limit,
            "lower_new_min": e.lower_new_min,
        }
        for name, e in m.merrors.items()
    }
    return {"start": start, "level": level, "valid": m.valid, "values": list(m.values), "nll": m.fval, "errors": found}


positive = {"b": (1e-6, inf), "e": (1e-3, inf)}
few, more = {"n": 4, "m": 6, "tau": 2.0}, {"n": 15, "m": 6, "tau": 2.0}
high, low = {"h": 4.0, "t": 0.3}, {"h": 0.3, "t": -0.1}
print(
    json.dumps(
        {
            "made_by": "iminuit-minos.py",
            "date": datetime.date.today().isoformat(),
            "versions": {"iminuit": iminuit.__version__, "python": platform.python_version()},
            "counts": {**more, "fits": [errors(counts(**more), [10.0, 3.0, 0.8], positive, level) for level in (1, 4)]},
            "bounded": {**few, "fits": [errors(counts(**few), [1.0, 3.0, 0.8], {**positive, "s": (0, inf)}, 1)]},
            "high": {**high, "fits": [errors(wells(**high), [1.0, 1.0], {}, level) for level in (1, 4)]},
            "low": {**low, "fits": [errors(wells(**low), [1.0, 1.0], {}, 1)]},
        },
        indent=1,
    )
)
