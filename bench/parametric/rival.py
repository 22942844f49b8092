"""The bench `parametric` in numpy or numba, and fits by iminuit with either: `rival.py FOLDER MODE THREADS`."""

import math
import sys

import numpy

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/rivals")
from exchange import serve  # noqa: E402

folder, mode = sys.argv[1:3]
RANGE = 10.0
events = numpy.fromfile(f"{folder}/events.f64")
toys = numpy.fromfile(f"{folder}/toys.f64")
sizes = numpy.fromfile(f"{folder}/sizes.f64").astype(int)
ends = numpy.cumsum(sizes)
START = [0.25, 5.1, 0.6, 0.25]
TOY_START = [600.0, 1400.0, 5.0, 0.5, 0.3]
# Of the first so many of them.
FIT_EVENTS = 200_000


def numpy_nll(order):
    log, exp = numpy.log, numpy.exp

    def nll(x, f, m, s, c):
        decay = math.exp(-RANGE * c)
        left = 1 - decay
        z = (x - m) / s
        z2 = z * z
        peak = exp(-0.5 * z2)
        peak *= f / (s * math.sqrt(2 * math.pi))
        p = exp(-c * x)
        p *= (1 - f) * c / left
        p += peak
        value = -log(p).sum()
        if order == 0:
            return [value]
        r = peak / p
        q = 1 - r
        af, bf, am, aw = 1 / f, -1 / (1 - f), z / s, (z2 - 1) / s
        bc = 1 / c - RANGE * decay / left - x
        u = [r * af + q * bf, r * am, r * aw, q * bc]
        slopes = [-one.sum() for one in u]
        if order == 1:
            return [value, *slopes]
        bent = -1 / (c * c) + RANGE * RANGE * decay / (left * left)
        own = {
            (0, 0): 0, (0, 1): u[1] * af, (0, 2): u[2] * af, (0, 3): u[3] * bf,
            (1, 1): r * (am * am - 1 / s**2), (1, 2): r * (am * aw - 2 * am / s), (1, 3): 0,
            (2, 2): r * (aw * aw + (1 - 3 * z2) / s**2), (2, 3): 0, (3, 3): q * (bc * bc + bent),
        }  # fmt: skip
        return [value, *slopes, *((u[k] * u[l] - second).sum() for (k, l), second in own.items())]

    return nll


def numba_nll(order):
    import numba

    @numba.njit(fastmath=True)
    def nll(x, f, m, s, c):
        decay = math.exp(-RANGE * c)
        left = 1 - decay
        a, b = f / (s * math.sqrt(2 * math.pi)), (1 - f) * c / left
        b0 = 1 / c - RANGE * decay / left
        bent = -1 / (c * c) + RANGE * RANGE * decay / (left * left)
        af, bf = 1 / f, -1 / (1 - f)
        t = 0.0
        g0 = g1 = g2 = g3 = h00 = h01 = h02 = h03 = h11 = h12 = h13 = h22 = h23 = h33 = 0.0
        for v in x:
            z = (v - m) / s
            z2 = z * z
            peak = a * math.exp(-0.5 * z2)
            p = peak + b * math.exp(-c * v)
            t -= math.log(p)
            if order > 0:
                r = peak / p
                q = 1 - r
                am, aw, bc = z / s, (z2 - 1) / s, b0 - v
                u0, u1, u2, u3 = r * af + q * bf, r * am, r * aw, q * bc
                g0 -= u0
                g1 -= u1
                g2 -= u2
                g3 -= u3
                if order > 1:
                    h00 += u0 * u0
                    h01 += u0 * u1 - u1 * af
                    h02 += u0 * u2 - u2 * af
                    h03 += u0 * u3 - u3 * bf
                    h11 += u1 * u1 - r * (am * am - 1 / s**2)
                    h12 += u1 * u2 - r * (am * aw - 2 * am / s)
                    h13 += u1 * u3
                    h22 += u2 * u2 - r * (aw * aw + (1 - 3 * z2) / s**2)
                    h23 += u2 * u3
                    h33 += u3 * u3 - q * (bc * bc + bent)
        return (t, g0, g1, g2, g3, h00, h01, h02, h03, h11, h12, h13, h22, h23, h33)

    return lambda *arguments: nll(*arguments)[: (1, 5, 15)[order]]


nlls = [(numba_nll if mode == "numba" else numpy_nll)(order) for order in range(3)]


def derivatives(order):
    def prepare(_case):
        turn = [0]

        def call():
            turn[0] += 1
            return nlls[order](events, 0.3, 5 + 1e-4 * turn[0], 0.5, 0.3)

        return call, lambda: {"answer": [float(v) for v in nlls[order](events, 0.3, 5.0, 0.5, 0.3)]}

    return prepare


def minimum(cost, start, limits, slope=None):
    from iminuit import Minuit

    fit = Minuit(cost, start, grad=slope, name=[f"p{i}" for i in range(len(start))])
    fit.errordef = 0.5
    fit.limits = limits
    fit.migrad()
    fit.hesse()
    return [*fit.values, *fit.errors, fit.nfcn]


def fit(with_gradient):
    def prepare(_case):
        own = events[:FIT_EVENTS]
        slope = (lambda p: numpy.array(nlls[1](own, *p)[1:])) if with_gradient else None

        def call():
            return minimum(lambda p: nlls[0](own, *p)[0], START, [(0, 1), (0, 10), (0.01, 5), (0.001, 5)], slope)

        return call, lambda: {"answer": call()}

    return prepare


def toy_fit(k):
    x = toys[ends[k] - sizes[k] : ends[k]]

    # Extended: yields in place of a fraction.
    def cost(p):
        total = p[0] + p[1]
        return nlls[0](x, p[0] / total, *p[2:])[0] + total - len(x) * math.log(total)

    return minimum(cost, TOY_START, [(0, 2e4), (0, 2e4), (0, 10), (0.01, 5), (0.001, 5)])


def many(_case):
    turn = [0]

    def call():
        turn[0] += 1
        return toy_fit(turn[0] % len(sizes))

    return call, lambda: {"answer": toy_fit(0)}


serve(
    {
        "value": derivatives(0),
        "gradient": derivatives(1),
        "hessian": derivatives(2),
        "fit": fit(False),
        "fitWithGradient": fit(True),
        "toys": many,
    }
)
