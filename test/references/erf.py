"""Writes test/references/erf.json: erf and erfc, correctly rounded to f64, at arguments exact in f32.

Usage: /usr/bin/python3 test/references/erf.py > test/references/erf.json && npx biome format --write test/references/erf.json
"""
import datetime
import json
import platform
import struct
import sys

import mpmath

mpmath.mp.dps = 60
grid = [i / 64 for i in range(-6 * 16, 6 * 16, 5)] + [2.0**-k for k in (10, 30, 60, 100)] + [-(2.0**-k) for k in (10, 40)]
grid += [0.49999997, 0.5, 0.50000006, -0.5, -0.51, 3.3, 4.1, 5.2, 6.3, 7.7, 8.9, 9.1, 12.3, 17.9, 22.2, 25.1, 26.4, -3.3, -6.5, -9]
exact = [struct.unpack("f", struct.pack("f", x))[0] for x in sorted(set(grid))]
json.dump(
    {
        "provenance": f"test/references/erf.py, Python {platform.python_version()}, mpmath {mpmath.__version__}, {datetime.date.today()}",
        "x": exact,
        "erf": [float(mpmath.erf(mpmath.mpf(x))) for x in exact],
        "erfc": [float(mpmath.erfc(mpmath.mpf(x))) for x in exact],
    },
    fp=sys.stdout,
)
print()
