"""What numpy makes of random expressions, on columns with NaN, infinities and zeros of both signs.

    node dist/test/inference/expressions/numpy-texts.js | python3 test/references/expressions.py > test/references/expressions.json

The texts come from fast-check. Functions are those of docs/expressions.md, written down once more with numpy: `round` goes away from 0,
the angle of atan2 knows no sign of a zero, and == is equal to four units in the last place.
"""
import datetime
import json
import math
import platform
import sys

import numpy as np

np.seterr(all="ignore")
inf, nan = math.inf, math.nan
N = 8
columns = {
    "a": [0.5, -1.25, 3.0, 0.0, nan, 7.5, -0.75, 2.0],
    "b": [1.5, 2.0, -0.5, -0.0, 1.0, inf, -inf, 2.0],
    "c": [-2.25, 0.125, nan, 1.0, 4.0, 2.5, inf, -3.0],
    "d": [0.9, 1.0, 2.1, 3.0, -1.0, 0.0, 1.75, 700.0],
}
a, b, c, d = (np.array(columns[name]) for name in "abcd")


def number(x):
    return np.full(N, float(x))


def truth(x):
    return x.astype(float)


def near(x, y):
    return truth((x == y) | (np.abs(x - y) < 2.0**-50 * np.maximum(np.abs(x), np.abs(y))))


def far(x, y):
    return 1 - near(x, y)


def same(x, y):
    return truth(x == y)


def other(x, y):
    return truth(x != y)


def zero_aware(f, sign):
    """Of zeros of different signs the smaller is -0, the larger +0."""
    return lambda x, y: np.where((x == 0) & (y == 0), sign(np.signbit(x), np.signbit(y)), f(x, y))


f_min = zero_aware(np.minimum, lambda x, y: np.where(x | y, -0.0, 0.0))
f_max = zero_aware(np.maximum, lambda x, y: np.where(x & y, -0.0, 0.0))
f_pow, f_hypot, f_fmod = np.power, np.hypot, np.fmod
f_exp, f_expm1, f_log, f_log1p, f_log10, f_log2 = np.exp, np.expm1, np.log, np.log1p, np.log10, np.log2
f_sqrt, f_abs, f_sin, f_cos, f_tan = np.sqrt, np.abs, np.sin, np.cos, np.tan
f_atan, f_asin, f_acos = np.arctan, np.arcsin, np.arccos
f_sinh, f_cosh, f_tanh = np.sinh, np.cosh, np.tanh
f_asinh, f_acosh, f_atanh = np.arcsinh, np.arccosh, np.arctanh
f_floor, f_ceil, f_trunc = np.floor, np.ceil, np.trunc
f_erf, f_erfc = np.vectorize(math.erf, otypes=[float]), np.vectorize(math.erfc, otypes=[float])


def f_round(x):
    return np.where(x < 0, np.ceil(x - 0.5), np.floor(x + 0.5))


def f_atan2(y, x):
    return np.arctan2(y + 0.0, x + 0.0)


def shown(x):
    return "nan" if math.isnan(x) else "inf" if x == inf else "-inf" if x == -inf else float(f"{x:.12g}")


def values(x):
    return [shown(v) for v in x]


pairs = json.load(sys.stdin)
rows = [[pair["ours"], values(np.broadcast_to(eval(pair["python"]), N))] for pair in pairs]
made = {
    "by": f"numpy {np.__version__}, Python {platform.python_version()}, {datetime.date.today()}",
    "columns": {name: values(np.array(x)) for name, x in columns.items()},
}
print(json.dumps(made)[:-1] + ',\n"rows": [')
print(",\n".join(json.dumps(row, separators=(",", ":")) for row in rows))
print("]}")
