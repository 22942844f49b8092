/** What a composition has left, made by hand: one parameter of each sort. */
import type { CompositionOutcome, LikelihoodOutcome } from "../../../workflow/recipes/composition.js";
import { compositionFrame, compositionPage } from "../../../workflow/report/composition-page.js";
import { reportOf } from "../../../workflow/report/page.js";
import type { DrawingGroup, Picture } from "../../../workflow/store/drawings.js";
import type { Verdict } from "../../../workflow/verdicts.js";
import { eventsOf } from "../composition-sample.js";
import { readAs } from "../configuration/composition/sources.js";

/** b is fixed, c constrained, a at its limit. */
export const analysis = await readAs(`name: Sample
columns: { m: { range: [0, 4] } }
samples: { data: data.npz }
parameters:
  a: { start: 1, range: [0, 10] }
  b: { start: 40, fixed: true }
  c: { constraint: { normal: { observed: 0.02, sigma: 0.004 } } }
densities:
  flat: { uniform: m }
  falling: { exponential: { x: m, c: c } }
  model: { mixture: { flat: a, falling: b } }
likelihoods: { fit: { density: model, sample: data } }
`);

const histogram = (sums: readonly number[]) => ({ edges: [0, 2, 4], sums, squares: sums, outside: [0, 0] as const });
const prediction = (sums: readonly number[], pValue: number) => ({
  expected: { ...histogram(sums), squares: [0, 0] },
  result: { chiSquare: 1.5, ndf: 2, pValue, groups: [] },
});

export const outcome: LikelihoodOutcome = {
  plan: analysis.likelihoods[0]!,
  events: [
    {
      ...eventsOf({ m: [0.5, 1, 3] }),
      file: "/where/data.npz",
      total: 5,
      leftOut: [{ file: "/where/data.npz", count: 2, of: 5, sum: 2, reason: "m outside of 0 to 4" }],
    },
  ],
  fit: {
    fit: {
      status: "at-bound",
      reason: "a is at its lower bound 0.",
      estimate: { names: ["a", "c"], values: [0, 0.0212345] },
      nll: 12.5,
      gradient: undefined,
      hessian: undefined,
      edm: 1e-12,
      covariance: undefined,
      boundary: [],
      evaluations: 7,
      other: undefined,
    },
    errors: {
      names: ["c"],
      transport: "none",
      estimator: "inverse Hessian",
      covariance: [[0.003 ** 2]],
      correlation: [[1]],
      sigma: [0.003],
      modes: [],
      problem: null,
      crossCheck: null,
    },
    atLimit: [],
    expected: { fit: 40 },
    expectedBefore: { fit: 41 },
    effectiveEvents: 3,
    uncertain: [],
  },
  minos: [
    { name: "a", lower: null, upper: 2.5, problem: "bound" },
    { name: "c", lower: -0.0029, upper: 0.0031, problem: null },
  ],
  scans: [
    {
      name: "c",
      values: [0.01, 0.0212345, 0.03],
      deltaTwoNll: [9, 0, 9],
      nuisances: [
        [0, 0.01],
        [0, 0.02],
        [0, 0.03],
      ],
      isProfiled: true,
      bestFit: { names: ["a", "c"], values: [0, 0.0212345] },
      belowBestFit: undefined,
      problems: [],
    },
  ],
  pairs: [],
  modes: null,
  impacts: null,
  projections: [
    {
      channel: "fit",
      column: "m",
      method: "integral",
      observed: histogram([2, 1]),
      before: prediction([21, 20], 0.001),
      after: prediction([20.5, 19.5], 0.4),
      summands: [
        { name: "flat", values: [0, 0] },
        { name: "falling", values: [20.5, 19.5] },
      ],
    },
  ],
  bands: [{ channel: "fit", column: "m", sigma: [0.5, 0.25] }],
  goodness: { tests: 1, pValue: 0.4 },
  missing: new Map(),
};

export const verdict: Verdict = {
  check: "fit",
  about: "fit",
  failed: true,
  text: "likelihood fit: it did not converge (at-bound)",
  advice: "Widen it",
};

/** The pictures and the page of a run. */
export const drawingsOf = (own: CompositionOutcome): DrawingGroup[] =>
  compositionPage(analysis, own).flatMap(({ pictures = [] }) => pictures);

export const compositionReport = (
  own: CompositionOutcome,
  pictures: readonly Picture[],
  warnings: readonly string[],
  warn: (text: string) => void,
) => reportOf(compositionFrame(analysis, own, warnings, []), compositionPage(analysis, own), pictures, warn);
