"""Makes iminuit-mixture.json: an unbinned fit of a Gaussian peak on an exponential, by MIGRAD, HESSE, MINOS and MnContours.

    p(x) = fraction N(x; mean, width) + (1 - fraction) rate exp(-rate x)
    NLL  = -sum_i log p(x_i) + 1/2 ((rate - 0.5) / 0.05)^2

Run: /usr/bin/python3 iminuit-mixture.py > iminuit-mixture.json   (Debian 12: python3-iminuit, python3-numpy)
"""

import datetime
import json
import platform

import iminuit
import numpy as np
from iminuit import Minuit

NAMES = ["fraction", "mean", "width", "rate"]
START = [0.3, 3.5, 0.8, 0.4]

generator = np.random.default_rng(20261122)
is_peak = generator.random(400) < 0.4
events = np.where(is_peak, generator.normal(4.0, 0.6, 400), generator.exponential(2.0, 400)).round(4)


def nll(parameters):
    fraction, mean, width, rate = parameters
    peak = np.exp(-0.5 * ((events - mean) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    density = fraction * peak + (1 - fraction) * rate * np.exp(-rate * events)
    return -np.log(density).sum() + 0.5 * ((rate - 0.5) / 0.05) ** 2


def minuit(**fixed):
    m = Minuit(nll, [fixed.get(name, value) for name, value in zip(NAMES, START)], name=NAMES)
    m.errordef = Minuit.LIKELIHOOD
    m.strategy = 2
    m.tol = 1e-4
    m.limits["fraction"] = (1e-6, 1 - 1e-6)
    m.limits["width"] = (1e-3, None)
    m.limits["rate"] = (1e-3, None)
    for name in fixed:
        m.fixed[name] = True
    return m.migrad(ncall=100000)


def profile(m, name, points):
    """-2 Delta log L at each point, every one a fit of its own."""
    fits = [minuit(**{name: point}) for point in points]
    return [{"at": point, "delta_two_nll": 2 * (fit.fval - m.fval), "values": list(fit.values)} for point, fit in zip(points, fits)]


m = minuit()
m.hesse()
m.minos()
points = {name: [m.values[name] + step * m.errors[name] for step in (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)] for name in NAMES}
at_bound = minuit(mean=3.9)
# iminuit takes the probability content in two dimensions: 1 - exp(-level / 2).
contours = {
    str(level): np.asarray(m.mncontour("fraction", "width", cl=1 - np.exp(-level / 2), size=24)).tolist()
    for level in (2.30, 6.18)
}
print(
    json.dumps(
        {
            "made_by": "iminuit-mixture.py",
            "date": datetime.date.today().isoformat(),
            "versions": {"iminuit": iminuit.__version__, "numpy": np.__version__, "python": platform.python_version()},
            "names": NAMES,
            "start": START,
            "events": events.tolist(),
            "valid": bool(m.valid and at_bound.valid),
            "nll": m.fval,
            "nll_at_start": float(nll(START)),
            "values": list(m.values),
            "covariance": np.asarray(m.covariance).tolist(),
            "minos": {name: [m.merrors[name].lower, m.merrors[name].upper] for name in NAMES},
            "profiles": {name: profile(m, name, points[name]) for name in NAMES},
            "mean_at_most_3.9": {"values": list(at_bound.values), "nll": at_bound.fval},
            "contours_fraction_width": contours,
        },
        indent=1,
    )
)
