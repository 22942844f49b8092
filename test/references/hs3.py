"""Files of HS3 with simulated events, and their fits by iminuit: models are written here a second time, with numpy and scipy.

Run with: /usr/bin/python3 test/references/hs3.py  (writes hs3/*.json and hs3.json beside this file)
"""

import json
import math
import os

import iminuit
import numpy as np
import scipy
from scipy.integrate import quad
from scipy.special import ndtr

HERE = os.path.dirname(os.path.abspath(__file__))
LOG_2PI = math.log(2 * math.pi)


def gauss(x, mean, sigma, low, high):
    """log of a normal density cut to a range"""
    inside = ndtr((high - mean) / sigma) - ndtr((low - mean) / sigma)
    return -0.5 * ((x - mean) / sigma) ** 2 - np.log(sigma * math.sqrt(2 * math.pi) * inside)


def expo(x, c, low, high):
    """log of exp(-c x), normalised on a range"""
    return -c * (x - low) - np.log(-np.expm1(-c * (high - low)) / c)


def numerical(shape, x, low, high, points=()):
    """log of a density in proportion to a shape, by quadrature"""
    inner = [p for p in points if low < p < high]
    edges = [low, *inner, high]
    total = sum(quad(shape, a, b, epsabs=0, epsrel=1e-12, limit=400)[0] for a, b in zip(edges, edges[1:]))
    return np.log(shape(x)) - math.log(total)


def crystalball(x, m0, sl, sr, al, nl, ar, nr, low, high):
    """both tails; a tail that is None is not there"""

    def shape(m):
        m = np.asarray(m, float)
        d = np.where(m < m0, (m - m0) / sl, (m - m0) / sr)
        out = np.exp(-0.5 * d * d)
        if al is not None:
            a = (nl / al) ** nl * math.exp(-0.5 * al * al)
            b = nl / al - al
            t = d < -al
            out = np.where(t, a * (b - np.where(t, d, -al - 1)) ** -nl, out)
        if ar is not None:
            a = (nr / ar) ** nr * math.exp(-0.5 * ar * ar)
            b = nr / ar - ar
            t = d > ar
            out = np.where(t, a * (b + np.where(t, d, ar + 1)) ** -nr, out)
        return out

    joints = [m0]
    if al is not None:
        joints.insert(0, m0 - al * sl)
    if ar is not None:
        joints.append(m0 + ar * sr)
    return numerical(shape, x, low, high, joints)


def mixed(fractions, logs):
    """log of a sum of densities"""
    return np.log(sum(f * np.exp(own) for f, own in zip(fractions, logs)))


def extended(yields, logs, weights=1.0):
    """per-event terms of -ln L and the term without events"""
    return np.log(sum(n * np.exp(own) for n, own in zip(yields, logs))), sum(yields)


def fit(nll, start, limits, fixed=()):
    """@param nll  terms per event (arrays) and one number, of the parameters by name"""
    names = list(start)
    first = nll(**start)

    def difference(*values):
        own = nll(**dict(zip(names, values)))
        events = sum(float(np.sum(b - a)) for a, b in zip(first[0], own[0]))
        return own[1] - first[1] + events

    m = iminuit.Minuit(difference, *start.values(), name=names)
    m.errordef = 0.5
    for name, limit in limits.items():
        m.limits[name] = limit
    for name in fixed:
        m.fixed[name] = True
    m.strategy = 2
    m.tol = 1e-5
    m.migrad()
    m.migrad()
    # Without limits errors are those of the second derivatives.
    for name in limits:
        m.limits[name] = None
    m.hesse()
    assert m.valid, m
    free = [name for name in names if name not in fixed]
    total = float(sum(np.sum(a) for a in first[0]) + first[1] + m.fval)
    return {
        "parameters": free,
        "nll": total,
        "estimate": [m.values[name] for name in free],
        "sigma": [m.errors[name] for name in free],
    }


def rounded(x, digits=5):
    return [round(float(v), digits) for v in x]


def domain(name, limits):
    def axis(own, limit):
        low, high = limit
        return {"name": own, **({} if low is None else {"min": low}), **({} if high is None else {"max": high})}

    return {"name": name, "type": "product_domain", "axes": [axis(*own) for own in limits.items()]}


def point(name, start, const=()):
    return {
        "name": name,
        "parameters": [{"name": k, "value": v, **({"const": True} if k in const else {})} for k, v in start.items()],
    }


def peak(rng):
    """HS3 as the standard has it: extended mixture, an auxiliary term with its outcome, an analysis"""
    low, high = 100.0, 160.0
    x = np.concatenate([rng.normal(125, 1.8, 180), low + rng.exponential(40, 1600)])
    x = np.array(rounded(x[(x > low) & (x < high)]))
    start = {"nsig": 150.0, "nbkg": 1000.0, "mass": 124.5, "width": 2.0, "slope": 0.02, "shift": 0.0}
    limits = {
        "nsig": (0, 5000), "nbkg": (0, 5000), "mass": (110, 140), "width": (0.5, 5), "slope": (-0.2, 0.2), "shift": (-5, 5),
    }
    document = {
        "metadata": {"hs3_version": "0.2.9", "authors": ["unbinned"], "description": "a peak on a falling background"},
        "distributions": [
            {"name": "model", "type": "mixture_dist", "summands": ["sig", "bkg"], "coefficients": ["nsig", "nbkg"], "extended": True},
            {"name": "sig", "type": "normal_dist", "x": "m", "mean": "position", "sigma": "width"},
            {"name": "bkg", "type": "exponential_dist", "x": "m", "c": "slope"},
            {"name": "scale", "type": "gaussian_dist", "x": "shift_outcome", "mean": "shift", "sigma": 0.8},
            {"name": "resolution", "type": "gaussian_dist", "x": "width", "mean": 1.9, "sigma": 0.3},
            {"name": "unused", "type": "histfactory_dist"},
        ],
        "functions": [
            {"name": "position", "type": "sum", "summands": ["mass", "moved.value"]},
            {"name": "moved", "type": "product", "factors": [0.5, "shift"]},
        ],
        "data": [{"name": "events", "type": "unbinned", "axes": [{"name": "m", "min": low, "max": high}], "entries": [[v] for v in x]}],
        "likelihoods": [{"name": "L", "distributions": ["model", "scale"], "data": ["events", 0.3], "aux_distributions": ["resolution"]}],
        "domains": [domain("ranges", limits)],
        "parameter_points": [point("begin", start)],
        "analyses": [{"name": "search", "likelihood": "L", "domain": "ranges", "init": "begin", "parameters_of_interest": ["nsig"]}],
        "misc": {"colour": "fuchsia"},
    }

    def nll(nsig, nbkg, mass, width, slope, shift):
        logs, total = extended([nsig, nbkg], [gauss(x, mass + 0.5 * shift, width, low, high), expo(x, slope, low, high)])
        return [-logs], total + 0.5 * ((shift - 0.3) / 0.8) ** 2 + 0.5 * ((width - 1.9) / 0.3) ** 2

    return document, fit(nll, start, limits)


def roofit(rng):
    """As RooFit exports a workspace: two channels, constraints as factors of products, transformed parameters"""
    low, high = 60.0, 120.0
    c = {}
    for name, nsig, nbkg in (("pass", 900, 300), ("fail", 250, 800)):
        x = np.concatenate([rng.normal(91, 2.6, nsig), 88 - rng.exponential(6, nsig // 6), low + rng.exponential(30, nbkg)])
        c[name] = np.array(rounded(x[(x > low) & (x < high)]))
    start = {
        "alpha": 1.0, "eff": 0.75, "m0": 90.5, "n_all": 1200.0, "nb_fail": 700.0, "nb_pass": 350.0, "scale": 0.0,
        "sigma": 2.5, "slope": -0.03, "yield_sf": 1.0,
    }
    limits = {
        "alpha": (0.2, 5), "eff": (0, 1), "m0": (80, 100), "n_all": (0, 10000), "nb_fail": (0, 10000), "nb_pass": (0, 10000),
        "scale": (-5, 5), "sigma": (0.5, 10), "slope": (-1, 1), "yield_sf": (0.1, 3),
    }
    const = {"nom_scale": 0.25, "nom_sf": 1.0, "kappa": 1.04, "one": 1.0}
    axis = {"max": high, "min": low, "name": "x"}

    def channel(name, fraction):
        return [
            {"name": f"model_{name}", "type": "product_dist", "factors": [f"sum_{name}", "scale_constraint", "sf_constraint"]},
            {"name": f"sum_{name}", "type": "mixture_dist", "coefficients": [f"n_{name}", f"nb_{name}"], "extended": True,
             "summands": ["peak", "background"]},
        ], {"name": f"n_{name}", "type": "product", "factors": ["n_all", fraction, "yield_sf"]}

    (pass_dists, n_pass), (fail_dists, n_fail) = channel("pass", "eff"), channel("fail", "inefficiency")
    document = {
        "metadata": {"hs3_version": "0.2", "packages": [{"name": "ROOT", "version": "6.34.02"}]},
        "analyses": [{
            "name": "sim_obsData", "likelihood": "sim_obsData", "parameters_of_interest": ["eff"],
            "domains": ["sim_obsData_nuisance_parameters", "sim_obsData_global_observables", "sim_obsData_parameters_of_interest"],
        }],
        "likelihoods": [{"name": "sim_obsData", "distributions": ["model_pass", "model_fail"], "data": ["obsData_pass", "obsData_fail"]}],
        "distributions": [
            *pass_dists, *fail_dists,
            {"name": "peak", "type": "crystalball_dist", "m": "x", "m0": "mass", "sigma": "sigma", "alpha": "alpha", "n": "2.5"},
            {"name": "background", "type": "exponential_dist", "x": "x", "c": "slope_exponential_inverted"},
            {"name": "scale_constraint", "type": "gaussian_dist", "x": "nom_scale", "mean": "scale", "sigma": "one"},
            {"name": "sf_constraint", "type": "lognormal_dist", "x": "nom_sf", "mu": "yield_sf_lognormal_log", "sigma": "kappa_lognormal_log"},
        ],
        "functions": [
            n_pass, n_fail,
            {"name": "inefficiency", "type": "generic", "expression": "1.0-eff"},
            {"name": "mass", "type": "generic_function", "expression": "m0*(1 + 0.002*scale)"},
            {"name": "slope_exponential_inverted", "type": "generic_function", "expression": "-slope"},
            {"name": "yield_sf_lognormal_log", "type": "generic_function", "expression": "log(yield_sf)"},
            {"name": "kappa_lognormal_log", "type": "generic_function", "expression": "log(kappa)"},
        ],
        "data": [
            {"name": f"obsData_{name}", "type": "unbinned", "axes": [axis], "entries": [[v] for v in c[name]]} for name in ("fail", "pass")
        ],
        "domains": [
            domain("default_domain", {**limits, "x": (low, high), "nom_scale": (-10, 10), "nom_sf": (None, None)}),
            domain("sim_obsData_nuisance_parameters", {k: v for k, v in limits.items() if k != "eff"}),
            domain("sim_obsData_parameters_of_interest", {"eff": (0, 1)}),
            domain("sim_obsData_global_observables", {"nom_scale": (-10, 10)}),
        ],
        "parameter_points": [
            point("default_values", {**start, **const, "x": 90.0}, const=const),
            point("fitResult", {k: v * 1.1 for k, v in start.items()}),
        ],
        "misc": {"ROOT_internal": {"combined_datas": {"obsData": {"index_cat": "c", "indices": [0, 1], "labels": ["pass", "fail"]}}}},
    }

    def nll(alpha, eff, m0, n_all, nb_fail, nb_pass, scale, sigma, slope, yield_sf):
        terms, total = [], 0.5 * (scale - 0.25) ** 2 + 0.5 * (math.log(yield_sf) / math.log(1.04)) ** 2
        for name, part, nb in (("pass", eff, nb_pass), ("fail", 1 - eff, nb_fail)):
            x = c[name]
            shape = crystalball(x, m0 * (1 + 0.002 * scale), sigma, sigma, alpha, 2.5, None, None, low, high)
            logs, own = extended([n_all * part * yield_sf, nb], [shape, expo(x, -slope, low, high)])
            terms.append(-logs)
            total += own
        return terms, total

    return document, fit(nll, start, limits)


def planes(rng):
    """Two axes: products, fractions, a conditional factor, polynomials, expressions, a count beside"""
    n = 1500
    t = rng.uniform(-1, 2, n)
    kind = rng.random(n)
    y = np.where(kind < 0.4, rng.normal(0.5 + 0.3 * t, 0.35, n), rng.uniform(-2, 3, n))
    y = np.where(kind > 0.75, -2 + rng.exponential(0.4, n), y)
    keep = (y > -2) & (y < 3)
    t, y = np.array(rounded(t[keep])), np.array(rounded(y[keep]))
    start = {"f": 0.5, "a": 0.4, "b": 0.2, "s": 0.4, "c1": 0.1, "rate": 1.0, "k": 2.0, "g": 0.6}
    limits = {"f": (0, 1), "a": (-2, 2), "b": (-2, 2), "s": (0.05, 2), "c1": (-0.9, 0.9), "rate": (0.01, 5), "k": (0.5, 9), "g": (0.1, 0.99)}
    document = {
        "metadata": {"hs3_version": "0.2"},
        "distributions": [
            {"name": "model", "type": "product_dist", "factors": ["of_y", "of_t"], "normalization": [{"factors": ["of_y"], "over": ["y"]}]},
            {"name": "of_y", "type": "mixture_dist", "summands": ["sig", "tail", "bkg"], "coefficients": ["fg", "f_tail"], "extended": False},
            {"name": "sig", "type": "gaussian_dist", "x": "y", "mean": "line", "sigma": "s"},
            {"name": "tail", "type": "generic_dist", "expression": "exp(-k * (y + 2)) + 0.001", "x": "y"},
            {"name": "bkg", "type": "chebychev_dist", "x": "y", "coefficients": ["c1", -0.05]},
            {"name": "of_t", "type": "polynomial_dist", "x": "t", "coefficients": [1, "small", 0.01]},
            {"name": "count", "type": "poisson_dist", "x": "n_side", "mean": "expected"},
        ],
        "functions": [
            {"name": "line", "type": "polynomial", "x": "t", "coefficients": ["a", "b"]},
            {"name": "small", "type": "generic_function", "expression": "0.02 * rate"},
            {"name": "expected", "type": "product", "factors": [12.5, "rate"]},
            {"name": "fg", "type": "product", "factors": ["f", "g"]},
            {"name": "f_tail", "type": "generic_function", "expression": "f * (1 - g)"},
        ],
        "data": [{
            "name": "d", "type": "unbinned", "entries": [[u, v] for u, v in zip(t, y)],
            "axes": [{"name": "t", "min": -1, "max": 2}, {"name": "y", "min": -2, "max": 3}],
        }, {"name": "side", "type": "point", "value": 11}],
        "likelihoods": [{"name": "L", "distributions": ["model", "count"], "data": ["d", "side"]}],
        "domains": [domain("D", {**limits, "n_side": (0, 100)})],
        "parameter_points": [point("P", {**start, "n_side": 3.0})],
    }

    def nll(f, a, b, s, c1, rate, k, g):
        u = (2 * y - 1) / 5
        width = 5 * (1 + 0 * c1 + 0.05 / 3)
        cheb = np.log((1 + c1 * u - 0.05 * (2 * u * u - 1)) / width)
        norm_tail = -math.expm1(-5 * k) / k + 0.005
        tail = np.log((np.exp(-k * (y + 2)) + 0.001) / norm_tail)
        of_y = mixed([f * g, f * (1 - g), 1 - f], [gauss(y, a + b * t, s, -2, 3), tail, cheb])
        small = 0.02 * rate
        norm_t = 3 + small * 1.5 + 0.01 * 3
        of_t = np.log((1 + small * t + 0.01 * t * t) / norm_t)
        mean = 12.5 * rate
        return [-(of_y + of_t)], mean - 11 - 11 * math.log(mean / 11)

    return document, fit(nll, start, limits)


def shapes(rng):
    """Other shapes of the standard, with numbers that are constant: Argus, both tails of Crystal Ball, Bernstein, generalised normal"""
    low, high = 5.15, 5.29
    trial = rng.uniform(low, high, 6000)
    v = 1 - (trial / high) ** 2
    background = trial[rng.random(6000) < np.sqrt(v) * np.exp(-20 * v) * 6][:1200]
    x = np.concatenate([rng.normal(5.28, 0.003, 250), background])
    x = np.array(rounded(x[(x > low) & (x < high)]))
    start = {"c": -10.0, "f": 0.2, "m0": 5.279, "s": 0.004}
    limits = {"c": (-100, 0), "f": (0, 1), "m0": (5.26, 5.289), "s": (0.001, 0.02)}
    document = {
        "metadata": {"hs3_version": "0.2"},
        "distributions": [
            {"name": "bkg", "type": "argus_dist", "mass": "m", "resonance": 5.29, "slope": "c", "power": "p"},
            {"name": "sig", "type": "crystalball_dist", "m": "m", "m0": "m0", "sigma": "s", "alpha_L": 1.9, "alpha_R": 2.4, "n": 3},
            {"name": "model", "type": "mixture_dist", "summands": ["sig", "bkg"], "coefficients": ["f"]},
            {"name": "extended_model", "type": "rate_extended_dist", "rate": "n", "dist": "model"},
        ],
        "data": [{"name": "d", "type": "unbinned", "axes": [{"name": "m", "min": low, "max": high}], "entries": [[v] for v in x]}],
        "likelihoods": [{"name": "L", "distributions": ["extended_model"], "data": ["d"]}],
        "domains": [domain("D", {**limits, "n": (0, 10000)})],
        "parameter_points": [point("P", {**start, "n": 1000.0, "p": 0.5}, const=["p"])],
    }

    def nll(c, f, m0, s, n):
        def argus(m):
            v = np.maximum(1 - (m / 5.29) ** 2, 0)
            return m * np.sqrt(v) * np.exp(c * v)

        own = mixed([f, 1 - f], [crystalball(x, m0, s, s, 1.9, 3, 2.4, 3, low, high), numerical(argus, x, low, high)])
        return [-own - math.log(n)], n

    return document, fit(nll, {**start, "n": 1000.0}, {**limits, "n": (0, 10000)})


def main():
    answers = {
        "made_by": "test/references/hs3.py",
        "versions": {"iminuit": iminuit.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "fits": {},
    }
    for seed, own in enumerate((peak, roofit, planes, shapes)):
        document, answer = own(np.random.default_rng(20261201 + seed))
        name = own.__name__
        with open(os.path.join(HERE, "hs3", f"{name}.json"), "w") as out:
            json.dump(document, out, separators=(",", ":"))
            out.write("\n")
        answers["fits"][name] = answer
        print(name, answer)
    with open(os.path.join(HERE, "hs3.json"), "w") as out:
        json.dump(answers, out, indent=1)
        out.write("\n")


main()
