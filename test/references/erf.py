"""Writes test/references/erf.json: erf and erfc, correctly rounded to f64, over their whole range.

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

uniform = lambda low, high, count: [low + (high - low) * draw.random() for _ in range(count)]
logarithmic = lambda low, high, count: [10 ** (low + (high - low) * draw.random()) for _ in range(count)]
signed = lambda values: [x * draw.choice((-1, 1)) for x in values]
in_both = lambda values: [x for value in values for x in (value, single(value))]
numbers = lambda values: sorted(set(values))

# The switch at 1/2, and where results leave the normal numbers.
named = [0.49999997, 0.5, 0.50000006, -0.49999997, -0.5, -0.50000006, 1, 5.9, 9.19, 9.2, 9.29, 9.31, 26.5, 26.54, 26.55, 26.59, 26.61]
arguments = {
    "erf": numbers(in_both(named + uniform(-6.5, 6.5, 150) + signed(logarithmic(-30, 0.5, 50)))),
    "erfc": numbers(in_both(named + uniform(-6.5, 10, 120) + uniform(9, 26.6, 80) + signed(logarithmic(-30, 0.5, 50)))),
}


def swept(name):
    x = arguments[name]
    return {"x": x, "y": [float(getattr(mp, name)(mpf(value))) for value in x]}


json.dump(
    {
        "provenance": f"test/references/erf.py, Python {platform.python_version()}, mpmath {mpmath.__version__}, {datetime.date.today()}",
        **{name: swept(name) for name in arguments},
    },
    fp=sys.stdout,
)
print()
