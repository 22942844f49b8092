"""Makes answers.json: fits of a Gaussian peak above an exponential background, as examples/gaussian-exponential has them.

Events, m in [100, 180], by formulas so that both sides read the same numbers; frac is the fractional part, i counts from 0:

    peak(n, mean, width)   u = frac((i + 1/2) 0.7548776662466927), v = frac((i + 1/2) 0.5698402909980532)
                           m = mean + width sqrt(-2 ln u) cos(2 pi v)
    background(n, c, f)    u = frac((i + 1/2) f),  m = 100 - ln(1 - u (1 - e^(-80 c))) / c

    data    peak(300, 124.6, 2.1) and background(5000, 0.021, 0.6180339887498949)
    other   peak(80, 124.6, 2.1) and background(3000, 0.021, 0.5545497331806323)

Densities g(m; mean, sigma) and e(m; c) are normalised over [100, 180]. Every fit is extended: -ln L = N - sum ln(N p(m)), less the same at
the start, by events with exact summation, so that differences of -ln L keep their digits.

peak        nsig g + nbkg e on data: nsig, nbkg, mean, sigma, c free
channels    data and other, each nsig g + nbkg e with yields of its own; mean, sigma and c shared
scale       the peak at 125 scale, scale normal 1 +- 0.002; nsig, nbkg, scale, sigma, c
sidebands   nbkg e on data in [100, 118] and [132, 180], normalised there; nbkg is the number in [100, 180]
constrained nflat u + nbkg e on data, u uniform; c log-normal 0.02 with kappa 1.05, nflat an auxiliary count of 9 at 0.03 per event

Run: /usr/bin/python3 answers.py > answers.json   (Debian 12: python3-iminuit, python3-scipy)
"""

import datetime
import json
import platform
from math import fsum

import iminuit
import numpy as np
from iminuit import Minuit
from scipy.special import log_ndtr, ndtr

LOW, HIGH = 100.0, 180.0


def frac(n, factor):
    return np.modf((np.arange(n) + 0.5) * factor)[0]


def peak(n, mean, width):
    u, v = frac(n, 0.7548776662466927), frac(n, 0.5698402909980532)
    return mean + width * np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)


def background(n, c, factor):
    u = frac(n, factor)
    return LOW - np.log(1 - u * (1 - np.exp(-(HIGH - LOW) * c))) / c


data = np.concatenate([peak(300, 124.6, 2.1), background(5000, 0.021, 0.6180339887498949)])
other = np.concatenate([peak(80, 124.6, 2.1), background(3000, 0.021, 0.5545497331806323)])


def gauss(m, mean, sigma):
    z = (m - mean) / sigma
    within = ndtr((HIGH - mean) / sigma) - ndtr((LOW - mean) / sigma)
    return np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * sigma * within)


def expo(m, c):
    return c * np.exp(-c * (m - LOW)) / -np.expm1(-c * (HIGH - LOW))


def expo_part(low, high, c):
    return (np.exp(-c * (low - LOW)) - np.exp(-c * (high - LOW))) / -np.expm1(-c * (HIGH - LOW))


def terms(m, nsig, nbkg, mean, sigma, c):
    """-ln of the expected density of every event, and the expected number."""
    return np.append(-np.log(nsig * gauss(m, mean, sigma) + nbkg * expo(m, c)), nsig + nbkg)


def fit_peak(nsig, nbkg, mean, sigma, c):
    return terms(data, nsig, nbkg, mean, sigma, c)


def fit_channels(nsig, nbkg, nsig_other, nbkg_other, mean, sigma, c):
    return np.concatenate([terms(data, nsig, nbkg, mean, sigma, c), terms(other, nsig_other, nbkg_other, mean, sigma, c)])


def fit_scale(nsig, nbkg, scale, sigma, c):
    return np.append(terms(data, nsig, nbkg, 125 * scale, sigma, c), 0.5 * ((scale - 1) / 0.002) ** 2)


sidebands = data[(data <= 118) | (data >= 132)]


def fit_sidebands(nbkg, c):
    expected = nbkg * (expo_part(100, 118, c) + expo_part(132, 180, c))
    return np.append(-np.log(nbkg * expo(sidebands, c)), expected)


def fit_constrained(nflat, nbkg, c):
    events = -np.log(nflat / (HIGH - LOW) + nbkg * expo(data, c))
    normal = 0.5 * (np.log(c / 0.02) / np.log(1.05)) ** 2
    count = 0.03 * nflat - 9 * np.log(0.03 * nflat)
    return np.concatenate([events, [nflat + nbkg, normal, count]])


FITS = {
    "peak": (fit_peak, {"nsig": 250, "nbkg": 5000, "mean": 125, "sigma": 2, "c": 0.02}),
    "channels": (
        fit_channels,
        {"nsig": 250, "nbkg": 5000, "nsig_other": 100, "nbkg_other": 3000, "mean": 125, "sigma": 2, "c": 0.02},
    ),
    "scale": (fit_scale, {"nsig": 250, "nbkg": 5000, "scale": 1, "sigma": 2, "c": 0.02}),
    "sidebands": (fit_sidebands, {"nbkg": 5000, "c": 0.02}),
    "constrained": (fit_constrained, {"nflat": 300, "nbkg": 5000, "c": 0.02}),
}


def answer(function, start):
    zero = function(*start.values())

    def nll(*theta):
        return fsum(function(*theta) - zero)

    m = Minuit(nll, *start.values(), name=list(start))
    m.errordef = Minuit.LIKELIHOOD
    m.strategy = 2
    m.tol = 1e-6
    # In units of the errors, so that finite differences are as good for every parameter.
    m.precision = 1e-15
    for _ in range(4):
        m.migrad(ncall=100000)
    m.hesse()
    errors = {name: value for name, value in zip(start, m.errors)}
    covariance = [[float(value) for value in row] for row in m.covariance]
    m.minos()
    return {
        "start": start,
        "valid": bool(m.valid),
        "edm": m.fmin.edm,
        "estimate": dict(zip(start, m.values)),
        "sigma": errors,
        "covariance": covariance,
        "minos": {name: [e.lower, e.upper] for name, e in m.merrors.items()},
    }


if __name__ == "__main__":
    print(
        json.dumps(
            {
                "command": "/usr/bin/python3 answers.py > answers.json",
                "date": datetime.date.today().isoformat(),
                "versions": {"python": platform.python_version(), "iminuit": iminuit.__version__, "numpy": np.__version__},
                "fits": {name: answer(*fit) for name, fit in FITS.items()},
            },
            indent=2,
        )
    )
