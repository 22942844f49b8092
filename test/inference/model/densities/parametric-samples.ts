/** Samples of the densities of one column that are written by a formula, beside the first ones. */
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import { type Columns, type DensitySample, sample } from "./density-sample.js";

const { NEGATIVE_INFINITY: minus, POSITIVE_INFINITY: inf } = Number;

const mass: Columns = { m: { range: [1, 4] } };
const sides = { m: [[1, 1.7] as const, [2.9, 4] as const] };
/** With a number for each event. */
const given = [{ t: -1 }, { t: 2 }];
const moving = { centre: { kind: "product", factors: ["slope", "t"] } } as const;

type Parametric = Exclude<
  DensityForm["kind"],
  | "gaussian"
  | "exponential"
  | "johnson"
  | "generic"
  | "uniform"
  | "mixture"
  | "categories"
  | "product"
  | "conditional"
  | "truncated"
  | "bernoulli"
  | "ensemble"
  | "flow"
  | "morphed"
  | "transported"
>;

const crystalball = {
  kind: "crystalball",
  m: "m",
  m0: "m0",
  sigma_L: "sigma_L",
  sigma_R: 0.5,
  alpha_L: "alpha_L",
  alpha_R: 1.8,
  n_L: "n_L",
  n_R: 3.3,
} as const;

export const parametricSamples: { readonly [K in Parametric]: readonly DensitySample[] } = {
  lognormal: [
    sample(
      "log-normal",
      { m: { range: [0, inf] } },
      { mu: 0.4, sigma: 0.6 },
      { l: { kind: "lognormal", x: "m", mu: "mu", sigma: "sigma" } },
      {
        region: {
          m: [
            [0, 0.8],
            [1.5, 3],
          ],
        },
        box: { m: [0, 90] },
      },
    ),
    sample(
      "log-normal whose peak lies below its range, with a place for each event",
      { ...mass, t: {} },
      { slope: 0.2, sigma: 0.7 },
      { l: { kind: "lognormal", x: "m", mu: "centre", sigma: "sigma" } },
      { functions: moving, region: sides, given },
    ),
  ],
  "generalized-normal": [
    sample(
      "generalised normal, flat in the middle",
      { m: {} },
      { mean: 0.7, alpha: 1.3, beta: 5.5 },
      { g: { kind: "generalized-normal", x: "m", mean: "mean", alpha: "alpha", beta: "beta" } },
      {
        region: {
          m: [
            [-1, 0.2],
            [1.1, 2],
          ],
        },
        box: { m: [-3, 4.4] },
      },
    ),
    sample(
      "generalised normal with long tails, whose mean lies outside of the range",
      { ...mass, t: {} },
      { slope: -0.3, alpha: 0.9, beta: 1.3 },
      { g: { kind: "generalized-normal", x: "m", mean: "centre", alpha: "alpha", beta: "beta" } },
      { functions: moving, region: sides, given },
    ),
  ],
  crystalball: [
    sample(
      "Crystal Ball with two tails",
      { m: {} },
      { m0: 0.7, sigma_L: 0.8, alpha_L: 1.3, n_L: 4.4 },
      { c: { ...crystalball, n_R: 5.2 } },
      {
        region: {
          m: [
            [-3, 0.2],
            [1.1, 3],
          ],
        },
        box: { m: [-3e3, 2e3] },
      },
    ),
    sample(
      "Crystal Ball in a range, with a peak for each event and a tail that falls as 1 / distance",
      { ...mass, t: {} },
      { slope: 1.1, sigma_L: 0.4, alpha_L: 0.9, n_L: 1 },
      { c: { ...crystalball, m0: "centre" } },
      { functions: moving, region: sides, given },
    ),
  ],
  "relativistic-breit-wigner": [
    sample(
      "relativistic Breit-Wigner",
      mass,
      { M: 2.2, G: 0.4 },
      { b: { kind: "relativistic-breit-wigner", x: "m", mass: "M", Gamma: "G" } },
      { region: sides },
    ),
    sample(
      "relativistic Breit-Wigner on a half line, with a mass for each event",
      { m: { range: [0.5, inf] }, t: {} },
      { slope: 1.1, G: 0.4 },
      { b: { kind: "relativistic-breit-wigner", x: "m", mass: "centre", Gamma: "G" } },
      { functions: moving, region: { m: [[0.5, 2]] }, box: { m: [0.5, 3e4] }, given: [{ t: 0.8 }, { t: 2 }] },
    ),
  ],
  voigt: [
    sample(
      "Voigt",
      { m: {} },
      { mean: 0.7, width: 0.5, sigma: 0.6 },
      { v: { kind: "voigt", x: "m", mean: "mean", width: "width", sigma: "sigma" } },
      {
        region: {
          m: [
            [-1, 0.2],
            [1.1, 3],
          ],
        },
        box: { m: [-1e7, 1e7] },
      },
    ),
    sample(
      "Voigt in a range",
      mass,
      { mean: 2.2, width: 0.3, sigma: 0.2 },
      { v: { kind: "voigt", x: "m", mean: "mean", width: "width", sigma: "sigma" } },
      { region: sides },
    ),
    // Everywhere: the integral over a range is 900 nodes for each event, whose Hessian 128 MiB of a WebGPU buffer do not hold.
    sample(
      "Voigt with a peak for each event",
      { m: {}, t: {} },
      { slope: 1.1, width: 0.3, sigma: 0.2 },
      { v: { kind: "voigt", x: "m", mean: "centre", width: "width", sigma: "sigma" } },
      { functions: moving, region: sides, given, box: { m: [-1e7, 1e7] } },
    ),
    sample(
      "Voigt on a half line below its peak",
      { m: { range: [minus, 0.2] } },
      { mean: 0.7, width: 0.5, sigma: 0.6 },
      { v: { kind: "voigt", x: "m", mean: "mean", width: "width", sigma: "sigma" } },
      { region: { m: [[-1, -0.2]] }, box: { m: [-1e7, 0.2] } },
    ),
  ],
  argus: [
    sample(
      "Argus",
      mass,
      { end: 4.15, slope: -3.1, power: 0.5 },
      { a: { kind: "argus", mass: "m", resonance: "end", slope: "slope", power: "power" } },
      { region: sides },
    ),
    sample(
      "Argus that ends within the range, where each event says",
      { m: { range: [0, 4] }, t: {} },
      { factor: 1.2, slope: 1.3, power: 1.7 },
      { a: { kind: "argus", mass: "m", resonance: "end", slope: "slope", power: "power" } },
      {
        functions: { end: { kind: "product", factors: ["factor", "t"] } },
        region: { m: [[1, 1.7]] },
        given: [{ t: 2 }, { t: 3 }],
      },
    ),
  ],
  "cms-shape": [
    sample(
      "CMS shape",
      { m: { range: [60, 120] } },
      { alpha: 72, beta: 0.07, gamma: 0.05 },
      { c: { kind: "cms-shape", x: "m", alpha: "alpha", beta: "beta", gamma: "gamma" } },
      {
        region: {
          m: [
            [60, 80],
            [100, 120],
          ],
        },
      },
    ),
    sample(
      "CMS shape that hardly decays, with a threshold for each event",
      { ...mass, t: {} },
      { slope: 0.7, beta: 1.3, gamma: 0.004 },
      { c: { kind: "cms-shape", x: "m", alpha: "centre", beta: "beta", gamma: "gamma" } },
      { functions: moving, region: sides, given },
    ),
  ],
  polynomial: [
    sample(
      "polynomial",
      mass,
      { a: 1.2, b: -0.4 },
      { p: { kind: "polynomial", x: "m", coefficients: ["a", "b", 0.3] } },
      { region: sides },
    ),
    sample(
      "polynomial with a slope for each event",
      { ...mass, t: {} },
      { slope: 0.7, a: 3 },
      { p: { kind: "polynomial", x: "m", coefficients: ["a", "centre"] } },
      { functions: moving, region: sides, given },
    ),
  ],
  chebychev: [
    sample(
      "Chebychev polynomial",
      mass,
      { a: -0.4, b: 0.2 },
      { p: { kind: "chebychev", x: "m", coefficients: ["a", "b", 0.1] } },
      { region: sides },
    ),
  ],
  bernstein: [
    sample(
      "Bernstein polynomial",
      mass,
      { a: 0.4, b: 1.2 },
      { p: { kind: "bernstein", x: "m", coefficients: ["a", 0.3, "b", 0.7] } },
      { region: sides },
    ),
    sample(
      "Bernstein polynomial with a coefficient for each event",
      { ...mass, t: {} },
      { slope: 0.7, a: 3 },
      { p: { kind: "bernstein", x: "m", coefficients: [2, "centre", "a"] } },
      { functions: moving, region: sides, given },
    ),
  ],
};
