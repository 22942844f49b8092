"""Writes test/references/densities.json: log densities with gradient and Hessian in their parameters, cut to ranges, in 34 digits.

Usage: file=test/references/densities.json; /usr/bin/python3 test/references/densities.py > $file && npx biome format --write $file

The formulas are those that HS3, RooFit and scipy document, written here by themselves, and every normalisation is a numerical integral (tanh-sinh rule of mpmath over
pieces between kinks and around peaks): no closed form of an integral is taken from anywhere. Derivatives of log f are central differences of mpmath, those of the logarithm of the
normalisation central differences with a step of 1e-8 of integrals to some 1e-30: their error is of the order of 1e-16. Voigt's profile is Re w(z), w(z) =
e^(-z^2) erfc(-iz) with mpmath's complex erfc, and w' = -2 z w + 2i / sqrt(pi): its derivatives and those of its integral follow without differences. `slope` is the derivative of log p in x.

Of each case 20 points, the far tails among them. With names of kinds or cases, only these.
"""
import datetime
import json
import platform
import sys

import mpmath
from mpmath import mp, mpf

mp.dps = 34
INF = mp.inf
STEP = mpf(10) ** -8


def normal(z):
    return mp.exp(-z * z / 2)


def gaussian(x, mean, sigma):
    return normal((x - mean) / sigma)


def exponential(x, c):
    return mp.exp(-c * x)


def johnson(x, mu, lam, gamma, delta):
    u = (x - mu) / lam
    return normal(gamma + delta * mp.asinh(u)) / mp.sqrt(1 + u * u)


def lognormal(x, mu, sigma):
    return mp.exp(-((mp.log(x) - mu) / sigma) ** 2 / 2) / x


def generalized_normal(x, mean, alpha, beta):
    return mp.exp(-((abs(x - mean) / alpha) ** beta))


def crystalball(m, m0, sigma_L, sigma_R, alpha_L, alpha_R, n_L, n_R):
    z = (m - m0) / (sigma_L if m < m0 else sigma_R)
    alpha, n = (alpha_L, n_L) if m < m0 else (alpha_R, n_R)
    if abs(z) <= alpha:
        return normal(z)
    return (n / alpha) ** n * normal(alpha) * (n / alpha - alpha + abs(z)) ** -n


def breit_wigner(x, mass, Gamma):
    return x / ((x * x - mass * mass) ** 2 + (mass * Gamma) ** 2)


def faddeeva(z):
    """w(z) and its first two derivatives."""
    return far_w(z) if abs(z) > 7 else near_w(z)


def near_w(z):
    value = mp.exp(-z * z) * mp.erfc(mp.mpc(0, -1) * z)
    first = -2 * z * value + mp.mpc(0, 2) / mp.sqrt(mp.pi)
    return value, first, -2 * value - 2 * z * first


def far_w(z):
    """Abramowitz and Stegun 7.1.23, term by term to the least of them, below e^-49."""
    u, factor, power, totals = 1 / z, mp.mpc(0, 1) / mp.sqrt(mp.pi), 1 / z, [mp.mpc(0)] * 3
    for k in range(49):
        n = 2 * k + 1
        totals = [total + factor * part for total, part in zip(totals, (power, -n * power * u, n * (n + 1) * power * u * u))]
        factor *= mpf(n) / 2
        power *= u * u
        if abs(factor * power) < mpf(10) ** -30 * abs(totals[0]):
            break
    return totals


def voigt(x, mean, width, sigma):
    return voigt_derivatives(x, mean, width, sigma)[0]


def voigt_derivatives(m, mean, width, sigma):
    """Re w((m - mean + i width/2) / (sigma sqrt 2)) with gradient and Hessian, by the chain rule; w' is analytic, so d/dy is i d/dx."""
    root = sigma * mp.sqrt(2)
    x, y = (m - mean) / root, width / 2 / root
    w, first, second = faddeeva(mp.mpc(x, y))
    of_x, of_y = first.real, -first.imag
    of_xx, of_xy, of_yy = second.real, -second.imag, -second.real
    dx, dy = [-1 / root, mpf(0), -x / sigma], [mpf(0), 1 / (2 * root), -y / sigma]
    ddx, ddy = [[mpf(0)] * 3 for _ in range(3)], [[mpf(0)] * 3 for _ in range(3)]
    ddx[0][2] = ddx[2][0] = 1 / (root * sigma)
    ddx[2][2] = 2 * x / sigma**2
    ddy[1][2] = ddy[2][1] = -1 / (2 * root * sigma)
    ddy[2][2] = 2 * y / sigma**2
    gradient = [of_x * dx[i] + of_y * dy[i] for i in range(3)]
    hessian = [
        [of_xx * dx[i] * dx[j] + of_xy * (dx[i] * dy[j] + dx[j] * dy[i]) + of_yy * dy[i] * dy[j] + of_x * ddx[i][j] + of_y * ddy[i][j] for j in range(3)]
        for i in range(3)
    ]
    return w.real, gradient, hessian


def argus(m, resonance, slope, power):
    v = 1 - (m / resonance) ** 2
    return m * v**power * mp.exp(slope * v) if v > 0 else mpf(0)


def cms_shape(x, alpha, beta, gamma):
    return mp.erfc((alpha - x) * beta) * mp.exp(-gamma * x)


def polynomial(x, *a):
    return sum(own * x**i for i, own in enumerate(a))


def chebychev(low, high):
    return lambda x, *a: 1 + sum(own * mp.chebyt(k + 1, 2 * (x - low) / (high - low) - 1) for k, own in enumerate(a))


def bernstein(low, high):
    def value(x, *c):
        t, n = (x - low) / (high - low), len(c) - 1
        return sum(own * mp.binomial(n, i) * t**i * (1 - t) ** (n - i) for i, own in enumerate(c))

    return value


def spread(low, high, count=20):
    """From end to end, ends included where they are finite."""
    return [low + (high - low) * mpf(i) / (count - 1) for i in range(count)]


def far(centre, width, low=-INF, high=INF):
    distances = [mpf(d) for d in ("0", "0.01", "0.4", "1.1", "1.9", "2.7", "4", "7", "15", "60", "400", "1e4", "1e6")]
    all_places = sorted({centre + sign * width * d for d in distances for sign in (-1, 1)})
    # At the centre the second derivative of a density with two widths jumps, and differences see it.
    inside = [x for x in all_places if low <= x <= high and x != centre]
    step = max(1, len(inside) / 20)
    return [inside[int(i * step)] for i in range(min(20, len(inside)))]


# kind, name of the case, f, parameters, range, pieces of the integral (between kinks, around peaks) at parameters, points, what the steps of differences are in proportion to
CASES = []


def case(kind, name, f, parameters, domain, pieces, points, unit=1):
    CASES.append((kind, name, f, {key: mpf(float(value)) for key, value in parameters.items()}, [mpf(float(end)) if end not in (INF, -INF) else end for end in domain], pieces, points, mpf(unit)))


def around(centre, width, factors=(1, 3, 10, 100, 1e4)):
    return lambda domain, *p: [centre(*p) + sign * width(*p) * mpf(k) for sign in (-1, 1) for k in factors] + [centre(*p)]


none = lambda domain, *p: []
even = lambda domain, *p: [domain[0] + (domain[1] - domain[0]) * mpf(i) / 8 for i in range(1, 8)]

GAUSS = dict(mean="0.7", sigma="1.3")
gauss_pieces = around(lambda m, s: m, lambda m, s: s, (0.5, 1, 2, 3, 5, 8, 12))
case("gaussian", "everywhere", gaussian, GAUSS, (-INF, INF), gauss_pieces, spread(mpf(-12), mpf(13)))
case("gaussian", "in a range", gaussian, GAUSS, (-1, 2), gauss_pieces, spread(mpf(-1), mpf(2)))
case("gaussian", "in its lower tail, 30 sigma away", gaussian, GAUSS, (-40, -39), even, spread(mpf(-40), mpf(-39)))
case("gaussian", "in its upper tail", gaussian, GAUSS, (9, INF), lambda d, *p: [9.3, 10, 11, 13, 17], spread(mpf(9), mpf(14)))
case("gaussian", "narrow, sigma = 1e-6", gaussian, dict(GAUSS, sigma="1e-6"), (0, 2), gauss_pieces, spread(mpf("0.699992"), mpf("0.700008")), unit="1e-6")
case("gaussian", "wider than its range, sigma = 1e4", gaussian, dict(GAUSS, sigma="1e4"), (0, 2), even, spread(mpf(0), mpf(2)))
case("exponential", "in a range", exponential, dict(c="0.05"), (100, 180), even, spread(mpf(100), mpf(180)))
case("exponential", "rising", exponential, dict(c="-0.3"), (100, 180), even, spread(mpf(100), mpf(180)))
case("exponential", "c = 0", exponential, dict(c="0"), (100, 180), even, spread(mpf(100), mpf(180)))
case("exponential", "c = 1e-5, where a series stands", exponential, dict(c="1e-5"), (100, 180), even, spread(mpf(100), mpf(180)))
case("exponential", "steep, c = 40", exponential, dict(c="40"), (0, 100), lambda d, c: [k / c for k in (1, 3, 10, 30, 100)], spread(mpf(0), mpf(100)))
case("exponential", "steep and rising, c = -40", exponential, dict(c="-40"), (0, 100), lambda d, c: [100 + k / c for k in (1, 3, 10, 30, 100)], spread(mpf(0), mpf(100)))
case("exponential", "on a half line", exponential, dict(c="0.7"), (3, INF), lambda d, c: [3 + k / c for k in (1, 3, 10, 30, 100)], spread(mpf(3), mpf(100)))

JOHNSON = {"mu": "0.7", "lambda": "0.8", "gamma": "-0.4", "delta": "1.3"}
johnson_pieces = lambda d, mu, lam, gamma, delta: [mu + lam * mp.sinh((k - gamma) / delta) for k in (-12, -8, -5, -3, -2, -1, 0, 1, 2, 3, 5, 8, 12)]
case("johnson", "everywhere", johnson, JOHNSON, (-INF, INF), johnson_pieces, far(mpf("0.7"), mpf("0.8")))
case("johnson", "in a range", johnson, JOHNSON, (-1, 2), johnson_pieces, spread(mpf(-1), mpf(2)))
case("johnson", "in its upper tail", johnson, JOHNSON, (30, 90), even, spread(mpf(30), mpf(90)))
case("johnson", "long tails, delta = 0.3", johnson, dict(JOHNSON, delta="0.3"), (-INF, INF), johnson_pieces, far(mpf("0.7"), mpf("0.8")))
case("johnson", "all but normal, delta = 30", johnson, dict(JOHNSON, delta="30", **{"lambda": "25"}), (-INF, INF), johnson_pieces, spread(mpf(-6), mpf(7)))

LOG = dict(mu="0.4", sigma="0.6")
log_pieces = lambda domain, mu, sigma: [mp.exp(mu + sigma * k) for k in (-12, -8, -5, -3, -1, 0, 1, 3, 5, 8, 12)]
case("lognormal", "on the half line", lognormal, LOG, (0, INF), log_pieces, [mpf(10) ** e for e in spread(mpf(-6), mpf(6))])
case("lognormal", "in a range", lognormal, LOG, (1, 4), log_pieces, spread(mpf(1), mpf(4)))
case("lognormal", "in its upper tail", lognormal, LOG, (200, INF), lambda d, *p: [250, 300, 500, 1000, 1e4], spread(mpf(200), mpf(700)))
case("lognormal", "narrow", lognormal, dict(mu="0.4", sigma="0.001"), (0, INF), log_pieces, spread(mpf("1.47"), mpf("1.52")))
case("lognormal", "wide, sigma = 3", lognormal, dict(mu="0.4", sigma="3"), (0, INF), log_pieces, [mpf(10) ** e for e in spread(mpf(-9), mpf(9))])

GEN = dict(mean="0.7", alpha="1.3", beta="1.7")
gen_pieces = lambda domain, mean, alpha, beta: [mean + alpha * k for k in (-60, -20, -8, -5, -3, -2, -1.2, -1, -0.8, -0.3, 0, 0.3, 0.8, 1, 1.2, 2, 3, 5, 8, 20, 60)]
case("generalized-normal", "everywhere", generalized_normal, GEN, (-INF, INF), gen_pieces, spread(mpf(-9), mpf("11.3")))
case("generalized-normal", "in a range beside its mean", generalized_normal, GEN, (1, 4), gen_pieces, spread(mpf(1), mpf(4)))
case("generalized-normal", "far out", generalized_normal, GEN, (9, INF), lambda d, *p: [9.5, 10, 11, 13, 17, 25], spread(mpf(9), mpf(14)))
case("generalized-normal", "flat, beta = 8", generalized_normal, dict(GEN, beta="8"), (-INF, 2), gen_pieces, spread(mpf("-1.6"), mpf(2)))
case("generalized-normal", "all but a box, beta = 40", generalized_normal, dict(GEN, beta="40"), (-2, 4), lambda d, mean, alpha, beta: [mean + sign * alpha * mpf(k) for k in ("0.8", "0.9", "0.95", "1", "1.03", "1.06", "1.1", "1.15") for sign in (-1, 1)], spread(mpf("-0.7"), mpf("2.1")))
case("generalized-normal", "a cusp, beta = 0.8", generalized_normal, dict(GEN, beta="0.8"), (-INF, INF), lambda d, mean, alpha, beta: [mean + sign * alpha * mpf(k) for k in (0, 1e-6, 1e-3, 0.1, 1, 5, 20, 60, 200) for sign in (-1, 1)], spread(mpf(-30), mpf("31.3")))

CB = dict(m0="0.7", sigma_L="0.8", sigma_R="0.5", alpha_L="1.3", alpha_R="1.8", n_L="4.4", n_R="3.3")
cb_pieces = lambda domain, m0, sL, sR, aL, aR, nL, nR: [m0, m0 - sL * aL, m0 + sR * aR] + [m0 - sL * (aL + k) for k in (1, 5, 30, 300, 1e4)] + [m0 + sR * (aR + k) for k in (1, 5, 30, 300, 1e4)]
case("crystalball", "everywhere", crystalball, CB, (-INF, INF), cb_pieces, far(mpf("0.7"), mpf("0.6")))
case("crystalball", "in a range", crystalball, CB, (-1, 2), cb_pieces, spread(mpf(-1), mpf(2)))
case("crystalball", "in its upper tail", crystalball, CB, (3, 40), cb_pieces, spread(mpf(3), mpf(40)))
case("crystalball", "a tail that falls as 1 / distance", crystalball, dict(CB, n_L="1"), (-20, 3), cb_pieces, spread(mpf(-20), mpf(3)))
case("crystalball", "powers of 120 and 0.4", crystalball, dict(CB, n_L="120", n_R="0.4"), (-20, 30), cb_pieces, spread(mpf(-20), mpf(30)))
case("crystalball", "all but normal, alpha = 7", crystalball, dict(CB, alpha_L="7", alpha_R="7"), (-8, 8), cb_pieces, spread(mpf(-8), mpf(8)))
case("crystalball", "all but its tails, alpha = 0.02", crystalball, dict(CB, alpha_L="0.02", alpha_R="0.02"), (-20, 30), cb_pieces, spread(mpf(-20), mpf(30)))

BW = dict(mass="91.19", Gamma="2.495")
bw_pieces = around(lambda M, G: M, lambda M, G: G, (0.5, 1, 3, 10, 30))
case("relativistic-breit-wigner", "in a range", breit_wigner, BW, (60, 120), bw_pieces, spread(mpf(60), mpf(120)))
case("relativistic-breit-wigner", "on the half line", breit_wigner, BW, (0, INF), lambda d, M, G: [M + G * k for k in (-30, -10, -3, -1, 0, 1, 3, 10, 100, 1e3, 1e5)], [mpf(10) ** e for e in spread(mpf(-3), mpf(7))])
case("relativistic-breit-wigner", "in its upper tail", breit_wigner, BW, (1000, 1001), none, spread(mpf(1000), mpf(1001)))
case("relativistic-breit-wigner", "narrow", breit_wigner, dict(mass="3.0969", Gamma="9.26e-5"), (2, 4), around(lambda M, G: M, lambda M, G: G, (0.5, 1, 3, 10, 100, 1e3)), spread(mpf("3.09"), mpf("3.1038")), unit="1e-5")
case("relativistic-breit-wigner", "wider than its mass", breit_wigner, dict(mass="3", Gamma="40"), (0, 50), lambda d, M, G: [mpf(k) for k in ("0.1", "0.3", 1, 3, 10, 20)], spread(mpf("0.01"), mpf(50)))

VOIGT = dict(mean="91.19", width="2.495", sigma="1.3")
voigt_pieces = around(lambda m, w, s: m, lambda m, w, s: s + w / 2, (0.5, 1, 2, 3, 5, 10, 100, 1e4))
case("voigt", "everywhere", voigt, VOIGT, (-INF, INF), voigt_pieces, far(mpf("91.19"), mpf(2)))
case("voigt", "in a range", voigt, VOIGT, (60, 120), voigt_pieces, spread(mpf(60), mpf(120)))
case("voigt", "above a low end", voigt, VOIGT, (80, INF), voigt_pieces, spread(mpf(80), mpf(400)))
case("voigt", "in its lower tail", voigt, VOIGT, (10, 12), none, spread(mpf(10), mpf(12)))
case("voigt", "all but normal", voigt, dict(mean="0.5", width="1e-6", sigma="1"), (-8, 9), around(lambda m, w, s: m, lambda m, w, s: s, (0.5, 1, 2, 3, 4, 5, 6, 7)), spread(mpf(-8), mpf(9)))
case("voigt", "all but a resonance", voigt, dict(mean="0.5", width="2", sigma="1e-3"), (-50, 60), around(lambda m, w, s: m, lambda m, w, s: w, (0.5, 1, 3, 10)), spread(mpf(-50), mpf(60)))
case("voigt", "narrow in a wide range", voigt, dict(mean="3.0969", width="9.26e-5", sigma="1e-4"), (2, 4), around(lambda m, w, s: m, lambda m, w, s: s, (1, 2, 3, 5, 7, 10, 30, 100, 1e3, 4e3)), spread(mpf("3.096"), mpf("3.0978")), unit="1e-5")

ARGUS = dict(resonance="5.29", slope="-20.5", power="0.5")
argus_pieces = lambda domain, end, c, p: [end] + [end * mp.sqrt(1 - v) for v in (mpf("1e-4"), mpf("1e-3"), mpf("0.01"), mpf("0.05"), mpf("0.2"))]
case("argus", "up to its end", argus, ARGUS, (5.2, 5.3), argus_pieces, spread(mpf("5.2"), mpf("5.2899")), unit="1e-4")
case("argus", "beyond its end", argus, ARGUS, (4, 6), argus_pieces, spread(mpf(4), mpf("5.28")))
case("argus", "rising, power 1.7", argus, dict(ARGUS, slope="3.3", power="1.7"), (0, 5), argus_pieces, spread(mpf("0.01"), mpf(5)))
case("argus", "steep, slope -800", argus, dict(ARGUS, slope="-800", power="0.3"), (5, 5.3), argus_pieces, spread(mpf(5), mpf("5.2899")), unit="1e-4")

CMS = dict(alpha="60", beta="0.05", gamma="0.1")
case("cms-shape", "of tag and probe", cms_shape, CMS, (60, 120), even, spread(mpf(60), mpf(120)))
case("cms-shape", "below its threshold", cms_shape, dict(CMS, alpha="150", beta="0.3", gamma="-0.2"), (60, 120), even, spread(mpf(60), mpf(120)))
case("cms-shape", "far above its threshold", cms_shape, dict(CMS, alpha="0", gamma="1.5"), (60, 120), even, spread(mpf(60), mpf(120)))
case("cms-shape", "gamma = 0", cms_shape, dict(CMS, alpha="70", gamma="0"), (60, 120), even, spread(mpf(60), mpf(120)))
case("cms-shape", "gamma = 0.00034, where the closed form begins", cms_shape, dict(CMS, alpha="70", gamma="0.00034"), (60, 120), even, spread(mpf(60), mpf(120)))
case("cms-shape", "beta = 0.01, gamma = 2", cms_shape, dict(CMS, beta="0.01", gamma="2"), (60, 120), even, spread(mpf(60), mpf(120)))
case("cms-shape", "a step, beta = 5", cms_shape, dict(CMS, alpha="80.3", beta="5"), (60, 120), lambda d, a, b, g: [a + k / b for k in (-10, -6, -4, -2, -1, 0, 1, 2, 4, 6, 10)] + [90, 100, 110], spread(mpf("78"), mpf(83)))

case("argus", "power 0, slope 0.001", argus, dict(ARGUS, slope="0.001", power="0"), (0, 5), argus_pieces, spread(mpf("0.01"), mpf(5)))
case("polynomial", "of degree 3", polynomial, dict(a="1.2", b="-0.4", c="0.3", d="0.01"), (1, 4), none, spread(mpf(1), mpf(4)))
case("polynomial", "far from 0", polynomial, dict(a="80", b="-1.1", c="0.004"), (100, 180), none, spread(mpf(100), mpf(180)))
case("chebychev", "of degree 4", chebychev(mpf(100), mpf(180)), dict(a="-0.6", b="0.2", c="0.05", d="-0.03"), (100, 180), none, spread(mpf(100), mpf(180)))
case("bernstein", "of degree 5", bernstein(mpf(100), mpf(180)), dict(a="1.4", b="0.2", c="0.6", d="0.01", e="0.3", f="0.7"), (100, 180), none, spread(mpf(100), mpf(180)))
case("polynomial", "all but 0 in the middle", polynomial, dict(a="6.25000001", b="-5", c="1"), (1, 4), none, spread(mpf(1), mpf(4)))
case("chebychev", "of degree 9", chebychev(mpf(-2), mpf(3)), {key: value for key, value in zip("abcdefghi", ("0.3", "-0.2", "0.1", "0.05", "-0.1", "0.02", "0.03", "-0.01", "0.015"))}, (-2, 3), none, spread(mpf(-2), mpf(3)))
case("bernstein", "0 at its ends", bernstein(mpf(0), mpf(1)), dict(a="0", b="3", c="0.001", d="2", e="0"), (0, 1), none, spread(mpf("1e-6"), mpf("0.999999")))
case("generic", "exp(-a * x) * (1 + b * x^2)", lambda x, a, b: mp.exp(-a * x) * (1 + b * x * x), dict(a="0.7", b="1.3"), (0, 5), none, spread(mpf(0), mpf(5)))
case("generic", "0.05 + exp(-0.5 * ((x - mean) / sigma)^2)", lambda x, mean, sigma: mpf("0.05") + normal((x - mean) / sigma), dict(mean="2.2", sigma="0.3"), (0, 5), lambda d, mean, sigma: [mean + sigma * k for k in (-8, -4, -2, -1, 0, 1, 2, 4, 8)], spread(mpf(0), mpf(5)))
case("generic", "sqrt(1 + a * x) * erfc((x - b) * 2)", lambda x, a, b: mp.sqrt(1 + a * x) * mp.erfc((x - b) * 2), dict(a="0.6", b="1.1"), (0, 4), lambda d, a, b: [b + mpf(k) / 4 for k in range(-4, 12, 2)], spread(mpf(0), mpf(4)))


def log_integral(f, values, domain, pieces, size):
    """Of what `size` brings to the order of 1: mpmath's rule goes on until an absolute error is small."""
    low, high = domain
    cuts = sorted({mpf(cut) for cut in pieces(domain, *values) if low < cut < high})
    return mp.log(mp.quad(lambda x: f(x, *values) / size, [low, *cuts, high])) + mp.log(size)


def differences(f, values, scales):
    """Value, gradient and Hessian by central differences, with steps in proportion to the scales."""
    steps = [STEP * scale for scale in scales]
    known = {}

    def at(moves):
        key = tuple(sorted(moves.items()))
        if key not in known:
            known[key] = f([value + steps[i] * moves.get(i, 0) for i, value in enumerate(values)])
        return known[key]

    count = range(len(values))
    value = at({})
    gradient = [(at({i: 1}) - at({i: -1})) / (2 * steps[i]) for i in count]

    def second(i, j):
        if i == j:
            return (at({i: 1}) - 2 * value + at({i: -1})) / steps[i] ** 2
        corners = at({i: 1, j: 1}) - at({i: 1, j: -1}) - at({i: -1, j: 1}) + at({i: -1, j: -1})
        return corners / (4 * steps[i] * steps[j])

    return value, gradient, [[second(min(i, j), max(i, j)) for j in count] for i in count]


def of_logarithm(value, gradient, hessian):
    count = range(len(gradient))
    slopes = [own / value for own in gradient]
    return mp.log(value), slopes, [[hessian[i][j] / value - slopes[i] * slopes[j] for j in count] for i in count]


def integrated(derivatives, values, domain, pieces, size):
    """The same of the integral, of the integrals of the derivatives."""
    low, high = domain
    cuts = sorted({mpf(cut) for cut in pieces(domain, *values) if low < cut < high})
    # The integrals look at the same nodes.
    known = {}

    def at(x):
        if x not in known:
            known[x] = derivatives(x, *values)
        return known[x]

    over = lambda part: size * mp.quad(lambda x: part(at(x)) / size, [low, *cuts, high])
    count = range(len(values))
    hessian = {(i, j): over(lambda own: own[2][i][j]) for i in count for j in count if i <= j}
    gradient = [over(lambda own: own[1][i]) for i in count]
    return of_logarithm(over(lambda own: own[0]), gradient, [[hessian[min(i, j), max(i, j)] for j in count] for i in count])


def answers(kind, name, f, parameters, domain, pieces, points, unit):
    values = list(parameters.values())
    # Of what is small itself the step is small.
    scales = [min(unit, abs(value)) if value != 0 else mpf("0.01") for value in values]
    size = max(f(x, *values) for x in points)
    if f is voigt:
        # Without differences, fewer digits do.
        with mp.workdps(21):
            whole = integrated(voigt_derivatives, values, domain, pieces, size)
        at_place = lambda place: of_logarithm(*voigt_derivatives(place, *values))
    else:
        whole = differences(lambda own: log_integral(f, own, domain, pieces, size), values, scales)
        at_place = lambda place: differences(lambda own: mp.log(f(place, *own)), values, scales)
    norm, norm_gradient, norm_hessian = whole
    count = range(len(values))
    rows = []
    for x in points:
        # As the number that a test reads.
        place = mpf(float(x))
        own, gradient, hessian = at_place(place)
        rows.append(
            {
                "x": float(x),
                "logProb": float(own - norm),
                "slope": float(mp.diff(lambda at: mp.log(f(at, *values)), place, h=STEP * min(1, max(abs(place), STEP)))),
                "gradient": [float(gradient[i] - norm_gradient[i]) for i in count],
                "hessian": [[float(hessian[i][j] - norm_hessian[i][j]) for j in count] for i in count],
            }
        )
    end = lambda value: None if value in (INF, -INF) else float(value)
    return {"kind": kind, "name": name, "parameters": {k: float(v) for k, v in parameters.items()}, "range": [end(e) for e in domain], "points": rows}


only = sys.argv[1:]
print(
    json.dumps(
        {
            "provenance": f"test/references/densities.py, Python {platform.python_version()}, mpmath {mpmath.__version__}, {datetime.date.today()}",
            "cases": [answers(*own) for own in CASES if not only or own[0] in only or own[1] in only],
        },
        indent=1,
    )
)
