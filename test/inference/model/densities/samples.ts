/** A composition for every kind of density, away from symmetry: the laws hold for all of them, and a kind without one does not compile. */
import { autoregressiveFlow, couplingFlow, factorizableFlow } from "../../../../flows/architecture/architecture.js";
import { parseExpression } from "../../../../inference/expressions/parse.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import type { FlowForm } from "../../../../inference/model/densities/flow.js";
import type { NetworkModel } from "../../../../inference/model/functions/network.js";
import { networkTensors } from "../../../../inference/model/functions/network.js";
import { randomNumbers } from "../../../support/random-numbers.js";
import { random } from "../likelihood/mixture-samples.js";
import { type Columns, type DensitySample, sample } from "./density-sample.js";
import { parametricSamples } from "./parametric-samples.js";

export { type DensitySample, parameter } from "./density-sample.js";

const spline = { kind: "spline", bins: 5, bound: 4 } as const;
const hidden = [12, 12];

/** A smooth flow, or one of splines. */
const flowOf = (features: number, context: number, seed: number, isSpline = true) =>
  random(
    autoregressiveFlow({
      features,
      context,
      transforms: 2,
      hidden,
      activation: "tanh",
      transform: isSpline ? spline : { kind: "affine" },
    }),
    seed,
  );

const morphOf = (features: number, context: number, seed: number) =>
  random(
    factorizableFlow({
      features,
      context,
      layers: 1,
      hidden: [8],
      nuisances: [{}, { nominal: 0.5, scale: 2 }],
      pairs: [[0, 1]],
    }),
    seed,
  );

/** Random weights of a dense network. */
export function networkOf(inputs: number, outputs: number, seed: number): NetworkModel {
  const architecture = { inputs, hidden: [6, 5], outputs, activation: "tanh" } as const;
  const next = randomNumbers(seed);
  const weights = networkTensors(architecture).map(({ name, shape }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    return [name, { shape, data: Float64Array.from({ length: size }, () => 1.6 * (next() - 0.5)) }] as const;
  });
  return { architecture, weights: new Map(weights) };
}

const mass: Columns = { m: { range: [1, 4] } };
const sides = { m: [[1, 1.7] as const, [2.9, 4] as const] };
const twoFlows = { flow: flowOf(2, 0, 21) };
const openFlow: FlowForm = { kind: "flow", of: ["m", "n"], ...twoFlows };
const open: Columns = { m: {}, n: {} };
const openBox = { m: [-9, 9], n: [-9, 9] } as const;

const squared = await parseExpression("(1 + a * (m - 2)) ^ 2 + 0.1", "a test");
const peak = await parseExpression("0.2 + 1 / (1 + ((m - t) / width) ^ 2)", "a test");

export const densitySamples: { readonly [K in DensityForm["kind"]]: readonly DensitySample[] } = {
  gaussian: [
    sample(
      "gaussian",
      { m: {} },
      { mean: 0.7, sigma: 1.3 },
      { g: { kind: "gaussian", x: "m", mean: "mean", sigma: "sigma" } },
      {
        region: {
          m: [
            [-1, 0.2],
            [1.1, 3],
          ],
        },
        box: { m: [-12, 14] },
      },
    ),
    sample(
      "gaussian whose mean lies outside of the range",
      mass,
      { mean: -0.4, sigma: 0.9 },
      { g: { kind: "gaussian", x: "m", mean: "mean", sigma: "sigma" } },
      { region: sides },
    ),
    sample(
      "gaussian with a mean for each event",
      { m: {}, t: {} },
      { slope: 0.6, sigma: 0.8 },
      { g: { kind: "gaussian", x: "m", mean: "centre", sigma: "sigma" } },
      {
        functions: { centre: { kind: "product", factors: ["slope", "t"] } },
        region: { m: [[-1, 0.2]] },
        box: { m: [-9, 9] },
        given: [{ t: -1 }, { t: 2 }],
      },
    ),
  ],
  exponential: [
    ...[0.7, 0, 0.004, -0.8].map((c) =>
      sample(
        `exponential with c = ${c}`,
        mass,
        { c },
        { e: { kind: "exponential", x: "m", c: "c" } },
        { region: sides },
      ),
    ),
    sample(
      "exponential on a half line",
      { m: { range: [2, Number.POSITIVE_INFINITY] } },
      { c: 1.7 },
      { e: { kind: "exponential", x: "m", c: "c" } },
      { region: { m: [[2.2, 3]] }, box: { m: [2, 26] } },
    ),
  ],
  johnson: [
    sample(
      "Johnson's S_U",
      { m: {} },
      { mu: 0.7, lambda: 0.8, gamma: -0.4, delta: 1.3 },
      { j: { kind: "johnson", x: "m", mu: "mu", lambda: "lambda", gamma: "gamma", delta: "delta" } },
      {
        region: {
          m: [
            [-1, 0.2],
            [1.1, 3],
          ],
        },
        box: { m: [-90, 150] },
      },
    ),
    sample(
      "Johnson's S_U whose peak lies outside of the range",
      mass,
      { mu: -0.4, lambda: 0.9, gamma: 0.3, delta: 1.1 },
      { j: { kind: "johnson", x: "m", mu: "mu", lambda: "lambda", gamma: "gamma", delta: "delta" } },
      { region: sides },
    ),
    sample(
      "Johnson's S_U with a place for each event, on a half line",
      { m: { range: [Number.NEGATIVE_INFINITY, 2.5] }, t: {} },
      { slope: 0.6, lambda: 0.8, delta: 1.7 },
      { j: { kind: "johnson", x: "m", mu: "centre", lambda: "lambda", gamma: 0.5, delta: "delta" } },
      {
        functions: { centre: { kind: "product", factors: ["slope", "t"] } },
        region: { m: [[-1, 0.2]] },
        box: { m: [-40, 2.5] },
        given: [{ t: -1 }, { t: 2 }],
      },
    ),
  ],
  generic: [
    sample(
      "generic, the square of a line",
      mass,
      { a: 0.8 },
      { g: { kind: "generic", x: "m", expression: squared } },
      { region: sides },
    ),
    sample(
      "generic with a peak for each event",
      { m: { range: [1, 4] }, t: {} },
      { width: 0.3 },
      { g: { kind: "generic", x: "m", expression: peak } },
      { region: sides, given: [{ t: 1.5 }, { t: 3.2 }] },
    ),
  ],
  ...parametricSamples,
  uniform: [sample("uniform", mass, {}, { u: { kind: "uniform", x: "m" } }, { region: sides })],
  mixture: [
    sample(
      "mixture by a fraction",
      mass,
      { fraction: 0.3, c: 0.9 },
      {
        e: { kind: "exponential", x: "m", c: "c" },
        u: { kind: "uniform", x: "m" },
        model: { kind: "mixture", summands: ["e", "u"], coefficients: ["fraction"] },
      },
      { region: sides },
    ),
    sample(
      "mixture by numbers of events",
      mass,
      { one: 3, other: 5, c: 0.9 },
      {
        e: { kind: "exponential", x: "m", c: "c" },
        u: { kind: "uniform", x: "m" },
        model: { kind: "mixture", summands: ["e", "u"], coefficients: ["one", "other"] },
      },
      { region: sides, isExtended: true },
    ),
    sample(
      "mixture with fractions of each event from a softmax",
      { m: { range: [1, 4] }, t: {}, pass: { values: [0, 1] } },
      { c: 0.9, shift: 0.4 },
      {
        e: { kind: "exponential", x: "m", c: "c" },
        u: { kind: "uniform", x: "m" },
        f: { kind: "exponential", x: "m", c: -1.1 },
        model: { kind: "mixture", summands: ["e", "u", "f"], coefficients: ["part.e", "part.u"] },
      },
      {
        functions: {
          part: {
            kind: "network",
            of: ["t", "pass"],
            parameters: ["shift"],
            output: "softmax",
            labels: ["e", "u", "f"],
            network: networkOf(4, 3, 5),
          },
        },
        region: sides,
        given: [
          { t: -1, pass: 0 },
          { t: 1.5, pass: 1 },
        ],
      },
    ),
    sample(
      "mixture with a fraction of each event from a sigmoid",
      { m: { range: [1, 4] }, t: {} },
      { c: 0.9, scale: 1.4 },
      {
        e: { kind: "exponential", x: "m", c: "c" },
        u: { kind: "uniform", x: "m" },
        model: { kind: "mixture", summands: ["e", "u"], coefficients: ["fraction"] },
      },
      {
        functions: {
          fraction: {
            kind: "network",
            of: ["t"],
            parameters: ["scale"],
            frame: { shift: [0.5], scale: [2] },
            output: "sigmoid",
            network: networkOf(2, 1, 6),
          },
        },
        region: sides,
        given: [{ t: -1 }, { t: 1.5 }],
      },
    ),
  ],
  bernoulli: [
    sample(
      "efficiency that follows from a column",
      { pass: { values: [0, 1] }, t: {} },
      { a: 0.7, b: -0.4 },
      { model: { kind: "bernoulli", x: "pass", logit: "logit" } },
      {
        functions: { logit: { kind: "expression", expression: await parseExpression("a + b * t", "logit") } },
        region: { pass: [[1, 1]] },
        given: [{ t: 0.5 }, { t: -2 }],
      },
    ),
    sample(
      "probability of the second value",
      { pass: { values: [3, -1] } },
      { p: 0.2 },
      { model: { kind: "bernoulli", x: "pass", p: "p" } },
      { region: { pass: [[3, 3]] } },
    ),
  ],
  categories: [
    sample(
      "mixture over a category of a morphed flow, with numbers of events",
      { m: { range: [-1.5, 2.5] }, process: { values: [0, 1, 2] } },
      { one: 0.6, other: -0.7, first: 30, second: 50 },
      {
        f: { kind: "flow", of: ["m"], given: ["process"], flow: flowOf(1, 3, 61, false) },
        bent: {
          kind: "morphed",
          density: "f",
          of: ["m"],
          given: ["process"],
          nuisances: ["acting", "other"],
          morph: morphOf(1, 3, 62),
        },
        model: { kind: "categories", density: "bent", over: "process", coefficients: ["first", "second", 20] },
      },
      {
        functions: { acting: { kind: "choice", column: "process", choices: ["one", 0, "one"] } },
        region: {
          m: [
            [-1, 0.3],
            [1, 2],
          ],
        },
        isFlow: true,
        isExtended: true,
      },
    ),
  ],
  product: [
    sample(
      "efficiency with a mass that differs between passed and failed",
      { pass: { values: [0, 1] }, m: { range: [1, 4] } },
      { p: 0.8, c: 0.7, d: -0.3 },
      {
        which: { kind: "bernoulli", x: "pass", p: "p" },
        mass: { kind: "exponential", x: "m", c: "slope" },
        model: { kind: "product", factors: ["which", "mass"] },
      },
      {
        functions: { slope: { kind: "choice", column: "pass", choices: ["c", "d"] } },
        region: { pass: [[0, 0]] },
      },
    ),
    sample(
      "product of different columns",
      { m: { range: [1, 4] }, n: { range: [0, 2] } },
      { c: 0.7, d: -0.4 },
      {
        a: { kind: "exponential", x: "m", c: "c" },
        b: { kind: "exponential", x: "n", c: "d" },
        model: { kind: "product", factors: ["a", "b"] },
      },
      {
        region: {
          m: [
            [1, 2],
            [2.5, 3],
          ],
          n: [[0.3, 1.1]],
        },
      },
    ),
    sample(
      "product with a factor that is conditional on a column of the other",
      { m: { range: [1, 4] }, n: {} },
      { c: 0.7, slope: 0.5, sigma: 0.6 },
      {
        b: { kind: "gaussian", x: "n", mean: "centre", sigma: "sigma" },
        a: { kind: "exponential", x: "m", c: "c" },
        model: { kind: "product", factors: ["b", "a"] },
      },
      {
        functions: { centre: { kind: "product", factors: ["slope", "m"] } },
        region: {
          m: [
            [1, 2],
            [2.5, 3],
          ],
        },
        box: { n: [-4, 7] },
      },
    ),
  ],
  truncated: [
    sample(
      "sidebands",
      mass,
      { c: 0.7 },
      { e: { kind: "exponential", x: "m", c: "c" }, side: { kind: "truncated", density: "e", region: sides } },
      { region: { m: [[1.2, 3.3]] } },
    ),
    sample(
      "sidebands of a mixture with numbers of events",
      mass,
      { c: 0.7, one: 40, other: 20 },
      {
        e: { kind: "exponential", x: "m", c: "c" },
        u: { kind: "uniform", x: "m" },
        model: { kind: "mixture", summands: ["e", "u"], coefficients: ["one", "other"] },
        side: { kind: "truncated", density: "model", region: sides },
      },
      { region: { m: [[1.2, 3.3]] }, isExtended: true },
    ),
  ],
  ensemble: [
    sample(
      "ensemble with weights",
      mass,
      { c: 0.7, d: -0.3 },
      {
        a: { kind: "exponential", x: "m", c: "c" },
        b: { kind: "exponential", x: "m", c: "d" },
        u: { kind: "uniform", x: "m" },
        model: { kind: "ensemble", members: ["a", "b", "u"], weights: [1, 3, 0.5] },
      },
      { region: sides },
    ),
    sample(
      "ensemble of flows",
      { m: { range: [-2, 3] } },
      {},
      {
        a: { kind: "flow", of: ["m"], flow: flowOf(1, 0, 31) },
        b: { kind: "flow", of: ["m"], flow: flowOf(1, 0, 32) },
        model: { kind: "ensemble", members: ["a", "b"] },
      },
      {
        region: {
          m: [
            [-1, 0.3],
            [1, 2],
          ],
        },
        isFlow: true,
      },
    ),
  ],
  flow: [
    sample(
      "flow of a column within a range, given a category and a number",
      { m: { range: [-1.5, 2.5] }, pass: { values: [-1, 1] }, t: {} },
      {},
      { f: { kind: "flow", of: ["m"], given: ["pass", "t"], flow: flowOf(1, 3, 11) } },
      {
        region: {
          m: [
            [-1, 0.3],
            [1, 2],
          ],
        },
        given: [
          { pass: -1, t: 0.4 },
          { pass: 1, t: -1.3 },
        ],
        isFlow: true,
      },
    ),
    sample(
      "flow in a frame that transforms its column",
      { m: {}, t: {} },
      {},
      {
        f: {
          kind: "flow",
          of: ["m"],
          given: ["t"],
          frame: { transforms: [{ kind: "asinh", centre: 2, width: 0.5 }], shift: [0.5], scale: [2] },
          givenFrame: { shift: [1], scale: [4] },
          flow: flowOf(1, 1, 12, false),
        },
      },
      {
        region: {
          m: [
            [1, 2.5],
            [3, 6],
          ],
        },
        box: { m: [-6e3, 6e3] },
        given: [{ t: 2 }],
        isFlow: true,
      },
    ),
    sample(
      "flow of two columns",
      open,
      {},
      { f: openFlow },
      { region: { m: [[-1, 0.5]], n: [[-0.3, 1]] }, box: openBox, isFlow: true },
    ),
    sample(
      "flow of two columns within ranges",
      { m: { range: [-1.5, 2] }, n: {} },
      {},
      { f: { kind: "flow", of: ["n", "m"], flow: flowOf(2, 0, 23, false) } },
      {
        region: {
          m: [
            [-1, 0.5],
            [0.7, 1.5],
          ],
          n: [[-0.3, 1]],
        },
        box: { n: [-9, 9] },
        isFlow: true,
      },
    ),
    sample(
      "coupling flow of two columns, given a number",
      { ...open, t: {} },
      {},
      {
        f: {
          kind: "flow",
          of: ["m", "n"],
          given: ["t"],
          flow: random(
            couplingFlow({
              features: 2,
              context: 1,
              transforms: 2,
              hidden,
              activation: "tanh",
              transform: { kind: "affine" },
            }),
            24,
          ),
        },
      },
      { region: {}, box: openBox, given: [{ t: 0.7 }], isFlow: true },
    ),
  ],
  conditional: [
    sample(
      "mixture of products by numbers of events, given one of its columns",
      { ...mass, t: { range: [0, 3] } },
      { slope: 0.5, sigma: 0.4, c: 0.7, signal: 6, background: 9 },
      {
        peak: { kind: "gaussian", x: "m", mean: "centre", sigma: "sigma" },
        late: { kind: "exponential", x: "t", c: -0.6 },
        falling: { kind: "exponential", x: "m", c: "c" },
        early: { kind: "exponential", x: "t", c: "c" },
        s: { kind: "product", factors: ["peak", "late"] },
        b: { kind: "product", factors: ["early", "falling"] },
        both: { kind: "mixture", summands: ["s", "b"], coefficients: ["signal", "background"] },
        model: { kind: "conditional", density: "both", given: ["t"] },
      },
      {
        functions: {
          part: { kind: "product", factors: ["slope", "t"] },
          centre: { kind: "sum", summands: [2, "part"] },
        },
        region: sides,
        given: [{ t: 0.2 }, { t: 2.7 }],
        isExtended: true,
      },
    ),
    sample(
      "mixture of products in a region of both, given one of its columns",
      { ...mass, t: { range: [0, 3] } },
      { sigma: 0.4, c: 0.7, signal: 0.4 },
      {
        peak: { kind: "gaussian", x: "m", mean: 1.2, sigma: "sigma" },
        late: { kind: "exponential", x: "t", c: -0.6 },
        falling: { kind: "exponential", x: "m", c: "c" },
        early: { kind: "exponential", x: "t", c: "c" },
        s: { kind: "product", factors: ["peak", "late"] },
        b: { kind: "product", factors: ["early", "falling"] },
        both: { kind: "mixture", summands: ["s", "b"], coefficients: ["signal"] },
        inRegion: { kind: "truncated", density: "both", region: { ...sides, t: [[0.5, 2.5]] } },
        model: { kind: "conditional", density: "inRegion", given: ["t"] },
      },
      {
        region: {
          m: [
            [1.2, 2],
            [3, 3.5],
          ],
        },
        given: [{ t: 0.6 }, { t: 2.4 }],
      },
    ),
    sample(
      "average of sums over categories of products, given two of three columns, one of which is given to another",
      { ...mass, t: { range: [0, 3] }, u: {}, k: { values: [1, 2] } },
      { a: 1.3, c: 0.7 },
      {
        peak: { kind: "gaussian", x: "m", mean: "mean", sigma: 0.5 },
        time: { kind: "exponential", x: "t", c: "rate" },
        place: { kind: "gaussian", x: "u", mean: "t", sigma: "width" },
        three: { kind: "product", factors: ["peak", "place", "time"] },
        sum: { kind: "categories", density: "three", over: "k", coefficients: ["a", 2] },
        other: { kind: "categories", density: "three", over: "k", coefficients: [3, 0.5] },
        all: { kind: "ensemble", members: ["sum", "other"], weights: [2, 1] },
        model: { kind: "conditional", density: "all", given: ["t", "u"] },
      },
      {
        functions: {
          mean: { kind: "choice", column: "k", choices: ["a", 3] },
          rate: { kind: "choice", column: "k", choices: [-0.5, "c"] },
          width: { kind: "choice", column: "k", choices: [1, 2.5] },
        },
        region: sides,
        given: [
          { t: 0.3, u: -1 },
          { t: 2.4, u: 3 },
        ],
      },
    ),
  ],
  morphed: [
    sample(
      "morphed flow within a range, given a number",
      { m: { range: [-1.5, 2.5] }, t: {} },
      { one: 0.6, other: -0.7 },
      {
        f: { kind: "flow", of: ["m"], given: ["t"], flow: flowOf(1, 1, 41) },
        model: {
          kind: "morphed",
          density: "f",
          of: ["m"],
          given: ["t"],
          nuisances: ["one", "other"],
          morph: morphOf(1, 1, 42),
        },
      },
      {
        region: {
          m: [
            [-1, 0.3],
            [1, 2],
          ],
        },
        given: [{ t: 0.4 }, { t: -1.3 }],
        isFlow: true,
      },
    ),
    sample(
      "morphed flow of two columns in a frame",
      open,
      { one: 0.6, other: -0.7 },
      {
        f: { ...openFlow, flow: flowOf(2, 0, 43, false), frame: { shift: [1, 0], scale: [0.5, 2] } },
        model: {
          kind: "morphed",
          density: "f",
          of: ["m", "n"],
          frame: { shift: [1, 0], scale: [0.5, 2] },
          nuisances: ["one", "other"],
          morph: morphOf(2, 0, 44),
        },
      },
      { region: { m: [[0, 1.5]], n: [[-0.3, 1]] }, box: { m: [-4, 6], n: [-18, 18] }, isFlow: true },
    ),
  ],
  transported: [
    sample(
      "exponential that is shifted and scaled within its range",
      mass,
      { shift: 0.4, scale: 1.2, c: 0.7, fraction: 0.3 },
      {
        e: { kind: "exponential", x: "m", c: "c" },
        u: { kind: "uniform", x: "m" },
        both: { kind: "mixture", summands: ["e", "u"], coefficients: ["fraction"] },
        model: { kind: "transported", density: "both", affine: { m: { shift: "shift", scale: "scale" } } },
      },
      { region: sides },
    ),
    sample(
      "Chebychev polynomial that is shifted and scaled: its range stays where it was",
      mass,
      { shift: 0.4, scale: 1.2, a: -0.4 },
      {
        c: { kind: "chebychev", x: "m", coefficients: ["a", 0.2] },
        model: { kind: "transported", density: "c", affine: { m: { shift: "shift", scale: "scale" } } },
      },
      { region: sides },
    ),
    sample(
      "flow that is shifted by events and scaled within its range",
      { m: { range: [-1.5, 2.5] }, t: {} },
      { slope: 0.4, scale: 1.2 },
      {
        f: { kind: "flow", of: ["m"], flow: flowOf(1, 0, 51) },
        model: { kind: "transported", density: "f", affine: { m: { shift: "shift", scale: "scale" } } },
      },
      {
        functions: { shift: { kind: "product", factors: ["slope", "t"] } },
        region: {
          m: [
            [-1, 0.3],
            [1, 2],
          ],
        },
        given: [{ t: 0.4 }, { t: -1.3 }],
        isFlow: true,
      },
    ),
    sample(
      "morphed flow behind a flow, both in a frame that transforms the column",
      { m: {}, t: {} },
      { one: 0.6, other: -0.7 },
      {
        f: {
          kind: "flow",
          of: ["m"],
          frame: { transforms: [{ kind: "asinh", centre: 2, width: 0.5 }], shift: [0.5], scale: [2] },
          flow: flowOf(1, 0, 52, false),
        },
        bent: {
          kind: "morphed",
          density: "f",
          of: ["m"],
          frame: { transforms: [{ kind: "asinh", centre: 2, width: 0.5 }], shift: [0.5], scale: [2] },
          nuisances: ["one", "other"],
          morph: morphOf(1, 0, 53),
        },
        model: {
          kind: "transported",
          density: "bent",
          of: ["m"],
          given: ["t"],
          frame: { transforms: [{ kind: "asinh", centre: 2, width: 0.5 }], shift: [0.5], scale: [2] },
          flow: flowOf(1, 1, 54, false),
        },
      },
      { region: {}, box: { m: [-1e30, 1e30] }, given: [{ t: 0.6 }], isFlow: true },
    ),
    sample(
      "flow of two columns behind a flow",
      open,
      {},
      {
        f: { ...openFlow, flow: flowOf(2, 0, 55, false) },
        model: { kind: "transported", density: "f", of: ["m", "n"], flow: flowOf(2, 0, 56, false) },
      },
      { region: { m: [[-1, 0.5]], n: [[-0.3, 1]] }, box: openBox, isFlow: true },
    ),
  ],
};

export const allSamples = Object.values(densitySamples).flat();

export const checkedSample = ({ composition }: DensitySample) => checkedComposition(composition);
