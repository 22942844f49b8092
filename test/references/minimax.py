"""Writes engine/cpu/functions/minimax.ts: minimax polynomials and split constants of the cpu backend's scalar functions.

Usage: file=engine/cpu/functions/minimax.ts; /usr/bin/python3 test/references/minimax.py > $file && npx biome format --write $file

Remez exchange in 60 digits (mpmath); `error` is the largest weighted error of the polynomial with its coefficients as
stored, i.e. after rounding them to f64 or f32. What each polynomial is for, and why its weight is what it is, stands beside its entry.
"""
import datetime
import platform
import struct

import mpmath
from mpmath import mp, mpf

mp.dps = 60
GRID = 1500


def horner(coefficients, x):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def remez(g, weight, low, high, degree):
    count = degree + 2
    middle, half = (low + high) / 2, (high - low) / 2
    nodes = [middle - half * mp.cos(mp.pi * (i + mpf("0.503")) / count) for i in range(count)]
    grid = [middle - half * mp.cos(mp.pi * (i + mpf("0.5003")) / GRID) for i in range(GRID)]
    values = [(x, g(x), weight(x)) for x in grid]
    for _ in range(30):
        rows = mp.matrix(count, count)
        right = mp.matrix(count, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                rows[i, j] = x**j
            rows[i, degree + 1] = (-1) ** i / weight(x)
            right[i] = g(x)
        solution = mp.lu_solve(rows, right)
        coefficients = list(solution[: degree + 1])
        errors = [(x, (horner(coefficients, x) - gx) * wx) for x, gx, wx in values]
        # One extremum per run of equal sign.
        extrema = []
        for x, e in errors:
            if extrema and (extrema[-1][1] > 0) == (e > 0):
                if abs(e) > abs(extrema[-1][1]):
                    extrema[-1] = (x, e)
            else:
                extrema.append((x, e))
        while len(extrema) > count:
            extrema.pop(0 if abs(extrema[0][1]) < abs(extrema[-1][1]) else -1)
        if len(extrema) < count:
            raise SystemExit(f"Remez: {len(extrema)} extrema of {count}")
        sizes = [abs(e) for _, e in extrema]
        nodes = [x for x, _ in extrema]
        if max(sizes) < min(sizes) * mpf("1.01"):
            break
    return coefficients


def rounded(value, precision):
    return struct.unpack("f", struct.pack("f", float(value)))[0] if precision == "f32" else float(value)


def fit(g, weight, low, high, degree, precision):
    low, high = mpf(low), mpf(high)
    stored = [rounded(c, precision) for c in remez(g, weight, low, high, degree)]
    grid = [low + (high - low) * (i + mpf("0.5")) / GRID for i in range(GRID)]
    error = max(abs((horner([mpf(c) for c in stored], x) - g(x)) * weight(x)) for x in grid)
    return stored, float(error)


def mean_excess(x):
    """ierfc(x) / erfc(x) = 1 / (sqrt(pi) e^(x^2) erfc(x)) - x for x >= 0."""
    if x < 20:
        return 1 / (mp.sqrt(mp.pi) * mp.exp(x * x) * mp.erfc(x)) - x
    # sqrt(pi) x e^(x^2) erfc(x) - 1: Abramowitz and Stegun 7.1.23, whose least term is below e^(-x^2).
    term, total, k = mpf(1), mpf(0), 0
    while abs(term) > mpf(10) ** -50 * abs(total):
        k += 1
        term *= -(2 * k - 1) / (2 * x * x)
        total += term
    return -x * total / (1 + total)


ln2 = mp.log(2)
R = ln2 / 2 * mpf("1.0001")
Z_LOG = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.0001")
Z_TRIG = (mp.pi / 4) ** 2 * mpf("1.0001")

entries = []


def add(name, text, degrees, make):
    for precision in ("f32", "f64"):
        g, weight, low, high, extra = make(precision)
        coefficients, error = fit(g, weight, low, high, degrees[precision], precision)
        entries.append((name, text, precision, coefficients, error, extra))


def atanh_tail(z):
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) - 2 * s) / s**3


add("exp", "(e^r - 1 - r) / r^2 for |r| <= ln(2)/2; error relative to e^r - 1, which is the harder use (expm1)",
    {"f32": 4, "f64": 10},
    lambda p: (lambda r: (mp.exp(r) - 1 - r) / r**2, lambda r: r**2 / abs(mp.exp(r) - 1), -R, R, {}))
add("log", "(2 atanh(s) - 2s) / s^3 in z = s^2, s = f / (2 + f), 1 + f in [sqrt(1/2), sqrt(2)]; error relative to 2 atanh(s)",
    {"f32": 2, "f64": 6},
    lambda p: (atanh_tail, lambda z: z / 2, mpf("1e-20"), Z_LOG, {}))
add("sin", "(sin(r) - r) / r^3 in z = r^2, |r| <= pi/4; error relative to sin(r)",
    {"f32": 2, "f64": 5},
    lambda p: (lambda z: (mp.sin(mp.sqrt(z)) - mp.sqrt(z)) / mp.sqrt(z)**3,
               lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z)), mpf("1e-20"), Z_TRIG, {}))
add("cos", "(cos(r) - 1 + r^2/2) / r^4 in z = r^2, |r| <= pi/4; error relative to cos(r)",
    {"f32": 2, "f64": 5},
    lambda p: (lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
               lambda z: z**2 / mp.cos(mp.sqrt(z)), mpf("1e-15"), Z_TRIG, {}))
add("erf", "erf(x)/x - 1 in z = x^2, |x| <= 1/2; error relative to erf(x)",
    {"f32": 4, "f64": 8},
    lambda p: (lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1,
               lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)), mpf("1e-20"), mpf("0.2501"), {}))


# The change of variable of Shepherd and Laframboise 1981; of 2, 9/4, 5/2, 11/4 and 3 the offsets with the least error at this degree.
OFFSETS = {"f32": 2, "f64": 2.5}


def mean_excess_by(precision):
    offset = mpf(OFFSETS[precision])

    def g(v):
        w = (v + 1) / (2 * offset)
        return mean_excess(1 / w - offset) / w

    # v = -1 is x = infinity.
    return g, lambda v: 1 / g(v), mpf("1e-20") - 1, mpf(1), {"offset": OFFSETS[precision]}


add("meanExcess", "ierfc(x) / (w erfc(x)) in v = 2 offset w - 1, w = 1 / (x + offset), x >= 0; error relative",
    {"f32": 12, "f64": 26}, mean_excess_by)


def pieces(value, widths):
    """Leading pieces of so many bits each, and the rest rounded to f64."""
    result = []
    for width in widths:
        scale = mpf(2) ** (width - 1 - mp.floor(mp.log(value, 2)))
        piece = mp.floor(value * scale) / scale
        result.append(float(piece))
        value -= piece
    return result + [float(value)]


print("/**")
print(" * Minimax polynomials, lowest power first. Written by test/references/minimax.py (which holds the derivation):")
print(f" * Python {platform.python_version()}, mpmath {mpmath.__version__}, {datetime.date.today()}. Do not edit.")
print(" */")
print('import type { Precision } from "../assembly/lanes.js";\n')
print("export interface Minimax {\n  readonly coefficients: readonly number[];")
print("  /** Largest error, weighted as the entry says. */\n  readonly error: number;\n}\n")
print("/** In v = 2 offset w - 1 with w = 1 / (x + offset). */")
print("export interface MinimaxOfReciprocal extends Minimax {\n  readonly offset: number;\n}\n")
for name in dict.fromkeys(entry[0] for entry in entries):
    mine = [entry for entry in entries if entry[0] == name]
    kind = "MinimaxOfReciprocal" if mine[0][5] else "Minimax"
    print(f"/** {mine[0][1]}. */")
    print(f"export const {name}Polynomial: Readonly<Record<Precision, {kind}>> = {{")
    for _, _, precision, coefficients, error, extra in mine:
        fields = "".join(f"{key}: {value!r}, " for key, value in extra.items())
        print(f"  {precision}: {{ {fields}error: {error:.1e}, coefficients: [{', '.join(map(repr, coefficients))}] }},")
    print("};\n")
print("/** ln 2 in two pieces, the first short enough for its product with any binary exponent to be exact. */")
print("export const LN2: Readonly<Record<Precision, readonly [number, number]>> = {")
high, low = pieces(ln2, [24 - 8])
print(f"  f32: [{high!r}, {rounded(low, 'f32')!r}],")
print(f"  f64: {pieces(ln2, [53 - 11])!r},\n}};\n")
print("/** pi/2 in pieces, all but the last of 33 bits: their products with integers below 2^20 are exact in f64. */")
print(f"export const HALF_PI: readonly number[] = {pieces(mp.pi / 2, [33, 33, 33])!r};")
