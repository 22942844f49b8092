/** What the steps of a small run might have left, with numbers that are easy to check: no step has run. */

import { covariance } from "../../../inference/statistics/fit/covariance.js";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { RunContext } from "../../../workflow/context.js";
import { errorsOf } from "../../../workflow/likelihood/covariance-summary.js";
import type { Outcome } from "../../../workflow/recipes/outcome.js";
import { frameOf } from "../../../workflow/report/measurement/analysis.js";
import { measurementNumbers, measurementPage } from "../../../workflow/report/measurement/leaves.js";
import { reportOf } from "../../../workflow/report/page.js";
import type { Picture } from "../../../workflow/store/drawings.js";

const SOURCE = `
name: Small run
seed: 7
observables: { x: { features: 2 }, y: { features: 2, labels: [energy, angle] } }
processes: { A: { label: signal }, B: }
nuisances: { shift: { label: Δ }, squeeze: }
truth: { shift: 0.5 }
simulation: { generator: doi-toy }
data: { generator: doi-toy, events: 1000 }
`;

const NAMES = ["shift", "squeeze"];

export const warnings: string[] = [];

/** Of all that steps share, what results and report look at. */
export const setting = {
  analysis: { file: "small.yaml", configuration: readConfiguration(SOURCE, "small.yaml") },
  events: { data: { count: 1000 } },
  sizes: { x: 2, y: 2, processes: 2, shapes: 2 },
  backend: { name: "cpu", precision: "f64" },
  warn: (text: string) => warnings.push(text),
} as unknown as RunContext;

/** @param sigma  of both nuisances, which are not correlated */
function namedFit(label: string, estimate: readonly [number, number], sigma: number, estimator = "inverse Hessian") {
  const found = covariance([sigma ** -2, 0, 0, sigma ** -2], NAMES);
  if (found.status !== "positive-definite") throw new Error("expected a covariance");
  const reason = "Converged after 3 evaluations.";
  const summary = {
    names: NAMES,
    status: "converged",
    reason,
    estimate,
    nll: 1234.56789,
    effectiveEvents: 1000,
    estimator,
    ...errorsOf(found),
    problem: null,
    crossCheck: {
      hessianSigma: [sigma, sigma],
      information: [
        [1 / (2 * sigma) ** 2, 0],
        [0, 1 / sigma ** 2],
      ],
      scoreSigma: [2 * sigma, sigma],
      scatter: [0.02, 0.02],
      doubt: null,
    },
  };
  return { label, summary, fit: { status: "converged", reason, estimate: { names: NAMES, values: estimate } } };
}

const binned = (sums: readonly number[]) => ({
  edges: sums.map((_, i) => i).concat(sums.length),
  sums,
  squares: sums,
  outside: [0, 0],
});

const result = (pValue: number) => ({ chiSquare: 4.5, ndf: 3, pValue, groups: [] });

/** @param anchors  points at which each process was simulated, the nominal one first */
const closureTests = (anchors: number) =>
  ["x", "y"].flatMap((of) =>
    [0, 1].flatMap((process) =>
      Array.from({ length: anchors }, (_, i) => i).flatMap((i) =>
        [0, 1].map((feature) => ({
          of,
          part: i === 0 ? "nominal" : "morph",
          by: "bins",
          process,
          features: [{ of, feature }],
          at: [i === 0 ? 0 : -i, 0],
          histogram: { observed: binned([10, 20, 12]), expected: binned([11, 19, 12]) },
          result: result(i === 1 ? 0.9 : 0.1),
          difference: { lambda: i === 1 ? 25 : 0.5, error: 0.25 },
          ...(i > 0 && { variation: { lambda: 100, error: 1 } }),
        })),
      ),
    ),
  );

const projection = (of: "x" | "y", feature: number) => ({
  of,
  feature,
  observed: binned([10, 20, 12]),
  predictions: [0.01, 0.5].map((pValue) => ({
    expected: binned([11, 19, 12]),
    processes: [
      [6, 9, 6],
      [5, 10, 6],
    ],
    result: result(pValue),
  })),
  quantiles: { observed: binned([4, 34, 4]), expected: binned([5, 32, 5]), result: result(0.25) },
});

/** Of T at the fit, without an ensemble. */
const fieldErrors = {
  central: [
    [0.1, 0],
    [0, 0.2],
  ],
  statistical: null,
  nuisances: {
    lower: [
      [0.01, 0.02],
      [0.03, 0.04],
    ],
    upper: [
      [0.03, 0.02],
      [0.01, 0.04],
    ],
  },
  total: null,
};

const profiled = namedFit("fit with T profiled", [0.5, -0.25], 0.1);

const replicas = [
  [0.4, -0.2],
  [0.6, -0.3],
].map((nu, index) => ({ replica: { index, nu }, fit: { status: "converged" } }));

const parabola = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

export const outcome = {
  closure: {
    tests: closureTests(10),
    verdicts: [
      { of: "x", part: "nominal", by: "bins", tests: 2, worst: closureTests(1)[0], pValue: 0.2, passed: true },
      { of: "y", part: "morph", by: "bins", tests: 36, worst: closureTests(2).at(-1), pValue: 0.0004, passed: false },
    ],
  },
  biases: [
    {
      of: "x and y",
      estimates: [
        { at: [0, 0], events: 9000 },
        { at: [1, 0], events: 8000 },
      ],
      verdict: {
        points: [
          [
            { nuisance: 0, bias: 0.05, error: 0.1, pValue: 1 },
            { nuisance: 1, bias: -0.1, error: 0.1, pValue: 0.8 },
          ],
          [
            { nuisance: 0, bias: 0.9, error: 0.12, pValue: 1e-12 },
            { nuisance: 1, bias: 0.02, error: 0.11, pValue: 1 },
          ],
        ],
        fit: [
          { nuisance: 0, bias: 0.6, error: 0.11, pValue: 1e-7 },
          { nuisance: 1, bias: -0.03, error: 0.1, pValue: 1 },
        ],
        visible: [0.55, 0.5],
        passed: false,
      },
    },
  ],
  fitted: {
    fits: {
      xAlone: namedFit("fit of x alone", [0.45, -0.2], 0.12),
      fixed: namedFit("fit with T fixed", [0.55, -0.3], 0.08),
      profiled,
    },
    replicas,
    model: {},
  },
  best: profiled,
  simulationErrors: {},
  noise: [],
  acceptance: [],
  yields: [
    { name: "signal", before: 400, after: 420, sigma: 10 },
    { name: "B", before: 600, after: 580 },
  ],
  projections: { projections: [projection("x", 0), projection("y", 0), projection("y", 1)], processes: [] },
  goodness: { tests: 6, pValue: 0.8, passed: true },
  bands: undefined,
  sensitivity: undefined,
  fields: [0, 1].map((mode) => ({
    process: 0,
    features: [0, 1],
    mode,
    side: mode,
    points: [
      [0, 0],
      [1, 1],
    ],
    displacements: [
      [0.1, 0],
      [0, 0.2],
    ],
    replicas: null,
    errors: mode === 0 ? fieldErrors : null,
  })),
  scans: [
    {
      name: "profiled",
      label: "T profiled",
      summary: profiled.summary,
      found: {
        single: [
          {
            name: "shift",
            values: parabola,
            deltaTwoNll: parabola.map((value) => ((value - 0.5) / 0.1) ** 2),
            problems: [],
          },
        ],
        pairs: [],
      },
    },
  ],
  impacts: undefined,
  trainings: [
    {
      label: "p(x), nominal",
      of: "x",
      recipe: "flows.x.training",
      summary: {
        stopped: "epochs",
        message: "all 2 epochs are done",
        keptEpoch: 2,
        bestEpoch: 2,
        initialValidationLoss: 3,
        convergence: {
          status: "still falling",
          reason: "the loss is still falling",
          change: -0.05,
          gain: 0.04,
          gainError: 0.004,
        },
        history: [
          { epoch: 1, trainingLoss: 2.5, validationLoss: 2.6 },
          { epoch: 2, trainingLoss: 2.25, validationLoss: 2.3 },
        ],
      },
    },
  ],
  verdicts: [],
  leftOut: [],
  cutFlows: [],
  influence: [],
  warnings,
  missing: new Map(),
} as unknown as Outcome;

/** The same with the part of the simulation in the errors of the result. */
export const withSimulation = (more: object = {}) =>
  ({
    ...outcome,
    simulationErrors: {
      profiled: {
        simulation: {
          estimator: "first order",
          sigma: [0.05, 0.02],
          covariance: [
            [0.0025, 0],
            [0, 0.0004],
          ],
          replicas: 0,
          precision: null,
          noise: null,
          ...more,
        },
        total: {
          sigma: [Math.sqrt(0.0125), Math.sqrt(0.0104)],
          covariance: [
            [0.0125, 0],
            [0, 0.0104],
          ],
        },
      },
    },
  }) as unknown as Outcome;

/** The same with a sandwich as the errors of one of its fits. */
export const withSandwich = {
  ...outcome,
  fitted: {
    ...outcome.fitted,
    fits: { ...outcome.fitted.fits, fixed: namedFit("fit with T fixed", [0.55, -0.3], 0.08, "sandwich") },
  },
} as unknown as Outcome;

/** What all of a union are at once. */
type Joined<U> = (U extends unknown ? (of: U) => void : never) extends (of: infer All) => void ? All : never;

type Numbers = ReturnType<typeof measurementNumbers>[number];

/** The entries of results.json, by their types. */
export const resultsOf = (of: Outcome) =>
  Object.assign({}, ...measurementNumbers(setting, of).map((own) => ("results" in own ? own.results : {}))) as Joined<
    Extract<Numbers, { readonly results: object }>["results"]
  >;

export const pageOf = (of: Outcome, pictures: readonly Picture[]) =>
  reportOf(frameOf(setting, of, []), measurementPage(setting, of), pictures, setting.warn);
