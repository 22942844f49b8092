"""Writes test/references/gamma.json: log |Gamma(x)| with its first four derivatives, correctly rounded to f64.

Usage: file=test/references/gamma.json; /usr/bin/python3 test/references/gamma.py > $file && npx biome format --write $file

mpmath's loggamma and polygamma functions. All x are exact in f32: near 0, on both sides of the zeros at 1 and 2, at the joins of the engine's formula (1, 2, …, 8), far out, and between poles.
"""
import datetime
import json
import platform
import struct

import mpmath
from mpmath import mp, mpf

mp.dps = 50
single = lambda x: struct.unpack("f", struct.pack("f", x))[0]

POSITIVE = (1e-30, 1e-8, 1e-3, 0.1, 0.5, 0.9, 0.999, 1 - 2**-20, 1, 1 + 2**-20, 1.001, 1.2, 1.46163, 1.5, 1.8, 1.999, 2, 2.001, 2.3, 2.9999, 3, 3.7, 4.5, 5, 6.2, 7, 7.9999, 8, 8.3, 10, 15, 40, 171, 1e3, 1e6, 1e12, 1e30)
NEGATIVE = (-1e-30, -1e-8, -0.1, -0.5, -0.75, -0.999, -1.001, -1.3, -2.7, -5.5, -20.25, -100.75, -1000.5)


def row(x):
    x = mpf(x)
    return [float(x), float(mp.log(abs(mp.gamma(x))) if x < 1e6 else mp.loggamma(x)), *(float(mp.polygamma(n, x)) for n in range(4))]


print(
    json.dumps(
        {
            "provenance": f"test/references/gamma.py, Python {platform.python_version()}, mpmath {mpmath.__version__}, {datetime.date.today()}",
            "columns": ["x", "value", "first", "second", "third", "fourth"],
            "rows": [row(single(x)) for x in POSITIVE + NEGATIVE],
        }
    )
)
