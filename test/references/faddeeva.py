"""Writes test/references/faddeeva.json: log Re w(x + iy) of the Faddeeva function with its first and second derivatives, correctly rounded to f64.

Usage: file=test/references/faddeeva.json; /usr/bin/python3 test/references/faddeeva.py > $file && npx biome format --write $file

w(z) = e^(-z^2) erfc(-iz) with mpmath's complex erfc, of enough digits for both factors; far out the series of Abramowitz and Stegun 7.1.23 to its least term. Derivatives by
w' = -2 z w + 2i / sqrt(pi). All x and y are exact in f32. At and between the nodes 0, 1/4, 1/2, … of the engine's rule, and where it changes its formula: y = 2 pi, x or y = 1000.
"""
import datetime
import json
import platform
import struct

import mpmath
from mpmath import mp, mpc, mpf

mp.dps = 60
single = lambda x: struct.unpack("f", struct.pack("f", x))[0]

X = (0, 1e-3, 0.1, 0.12, 0.125, 0.13, 0.25, 0.375, 0.5, 0.7, 1, 1.3, 2, 2.5, 3, 4, 5, 5.9, 6.1, 6.25, 6.5, 6.75, 7, 7.3, 9, 12, 30, 100, 999, 1001, 1e5)
Y = (0, 1e-6, 1e-3, 0.01, 0.1, 0.3, 0.5, 1, 2, 3, 5, 6.25, 6.3, 10, 100, 999, 1001, 1e5)


def w(z):
    if abs(z) > 13:
        u, term, total, k = 1 / (z * z), mpc(1), mpc(0), 0
        while abs(term) > mpf(10) ** -58:
            total, k = total + term, k + 1
            term *= (2 * k - 1) * u / 2
        return mpc(0, 1) * total / (z * mp.sqrt(mp.pi))
    with mp.workdps(60 + int(abs(z) ** 2)):
        return mp.exp(-z * z) * mp.erfc(mpc(0, -1) * z)


def row(x, y):
    z = mpc(x, y)
    value = w(z)
    first = -2 * z * value + mpc(0, 2) / mp.sqrt(mp.pi)
    second = -2 * value - 2 * z * first
    real = value.real
    of_x, of_y = first.real / real, -first.imag / real
    return [x, y, *map(float, (mp.log(real), of_x, of_y, second.real / real - of_x**2, -second.imag / real - of_x * of_y, -second.real / real - of_y**2))]


# At y = 0 the mixed derivative in f32 ends where e^(-x^2) squared does.
rows = [row(x, y) for x in map(single, X) for y in map(single, Y) if y > 0 or x < 5.95]
print(
    json.dumps(
        {
            "provenance": f"test/references/faddeeva.py, Python {platform.python_version()}, mpmath {mpmath.__version__}, {datetime.date.today()}",
            "columns": ["x", "y", "value", "ofX", "ofY", "ofXX", "ofXY", "ofYY"],
            "rows": rows,
        }
    )
)
