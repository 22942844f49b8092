"""Writes test/references/erf.json: erf, erfc, e^(x^2) erfc x and ierfc x / erfc x, correctly rounded to f64, over their whole range;
and log erfc x with its first and second derivative.

Usage: file=test/references/erf.json; /usr/bin/python3 test/references/erf.py > $file && npx biome format --write $file

Of every function a part of the arguments is exact in f32, the others have all the digits of f64: a square that is rounded shows in
those alone.
"""
import datetime
import json
import platform
import random
import struct
import sys

import mpmath
from mpmath import mp, mpf

mp.dps = 60
draw = random.Random(5)
single = lambda x: struct.unpack("f", struct.pack("f", x))[0]



def mean_excess(x):
    """For large x by Abramowitz and Stegun 7.1.23, where erfc is too small for mpmath."""
    if x < 50:
        return 1 / (mp.sqrt(mp.pi) * mp.exp(x * x) * mp.erfc(x)) - x
    term, total, k = mpf(1), mpf(0), 0
    while abs(term) > mpf(10) ** -50 * abs(total):
        k += 1
        term *= -(2 * k - 1) / (2 * x * x)
        total += term
    return -x * total / (1 + total)


def erfcx(x):
    return mp.exp(x * x) * mp.erfc(x) if x < 50 else 1 / (mp.sqrt(mp.pi) * (x + mean_excess(x)))


uniform = lambda low, high, count: [low + (high - low) * draw.random() for _ in range(count)]
logarithmic = lambda low, high, count: [10 ** (low + (high - low) * draw.random()) for _ in range(count)]
signed = lambda values: [x * draw.choice((-1, 1)) for x in values]
in_both = lambda values: [x for value in values for x in (value, single(value))]
numbers = lambda values: sorted(set(values))

# The switch at 1/2, and where results leave the normal numbers.
named = [0.49999997, 0.5, 0.50000006, -0.49999997, -0.5, -0.50000006, 1, 5.9, 9.19, 9.2, 9.29, 9.31, 26.5, 26.54, 26.55, 26.59, 26.61]
scaled = in_both(uniform(-2, 2, 60) + uniform(2, 40, 40)) + in_both(signed(logarithmic(-30, -1, 20)) + logarithmic(0, 37, 20))
functions = {
    "erf": (mp.erf, in_both(named + uniform(-6.5, 6.5, 150) + signed(logarithmic(-30, 0.5, 50)))),
    "erfc": (mp.erfc, in_both(named + uniform(-6.5, 10, 120) + uniform(9, 26.6, 80) + signed(logarithmic(-30, 0.5, 50)))),
    "erfcx": (erfcx, named + scaled + in_both(uniform(-9.38, 0, 60)) + uniform(-26.62, 0, 60) + logarithmic(38, 300, 30)),
    "erfcMeanExcess": (mean_excess, named + scaled + in_both(uniform(-9.38, 0, 60)) + [-x for x in logarithmic(1, 30, 30)] + logarithmic(38, 300, 30)),
}


def swept(name):
    function, values = functions[name]
    x = sorted(set(values))
    return {"x": x, "y": [float(function(mpf(value))) for value in x]}


def log_erfc(x):
    """Value and derivatives: of log erfc = -x^2 - log(sqrt(pi) (x + K)), with (x + K)' = 2 K (x + K)."""
    excess = mean_excess(x)
    value = mp.log(mp.erfc(x)) if x < 20 else -x * x - mp.log(mp.sqrt(mp.pi) * (x + excess))
    return value, -2 * (x + excess), -4 * excess * (x + excess)


def swept_log_erfc():
    x = sorted(set(in_both(named + uniform(-6, 6, 60) + uniform(6, 40, 30) + logarithmic(0, 4, 60) + signed(logarithmic(-20, 0, 30)))))
    rows = zip(*(map(float, log_erfc(mpf(value))) for value in x))
    return {"x": x, **dict(zip(("value", "slope", "curvature"), map(list, rows)))}


json.dump(
    {
        "provenance": f"test/references/erf.py, Python {platform.python_version()}, mpmath {mpmath.__version__}, {datetime.date.today()}",
        **{name: swept(name) for name in functions},
        "logErfc": swept_log_erfc(),
    },
    fp=sys.stdout,
)
print()
