/** Results of a composition as data. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { covariance } from "../../../inference/statistics/fit/covariance.js";
import type { LikelihoodOutcome } from "../../../workflow/recipes/composition.js";
import { compositionArrays, compositionResults, parameterRows } from "../../../workflow/report/composition-results.js";
import { close } from "../../support/close.js";
import { analysis, outcome, verdict } from "./composition-sample.js";

test("a row for every parameter: fixed at its start, at a limit without an error, constrained with its pull", () => {
  const [a, b, c] = parameterRows(outcome);
  assert.equal(a, {
    name: "a",
    start: 1,
    range: [0, 10],
    constraint: null,
    fixed: false,
    estimate: 0,
    sigma: null,
    minos: { lower: null, upper: 2.5 },
    pull: null,
  });
  assert.equal([b!.fixed, b!.estimate, b!.sigma, b!.minos], [true, 40, null, null]);
  assert.equal([c!.start, c!.estimate, c!.sigma], [0.02, 0.0212345, 0.003]);
  assert.ok(Math.abs(c!.pull! - 0.0012345 / 0.004) < 1e-12);
});

test("results have selections, expected events, tests and what failed; no folder of this machine", () => {
  const results = compositionResults(
    analysis,
    { name: "cpu", precision: "f64" },
    { trainings: [], noise: [], likelihoods: [outcome], verdicts: [verdict, { ...verdict, failed: false }] },
    ["a warning"],
  );
  const { fit } = results.likelihoods as Record<string, (typeof results.likelihoods)[string]>;
  assert.equal(fit!.channels.fit, {
    density: "model",
    sample: "data",
    file: "data.npz",
    extended: true,
    region: {},
    eventsInFile: 5,
    events: 3,
    leftOut: [{ reason: "m outside of 0 to 4", count: 2 }],
    cutFlow: [
      { after: "read", events: 5, sumOfWeights: 5 },
      { after: "without m outside of 0 to 4", events: 3, sumOfWeights: 3 },
    ],
    expected: 40,
  });
  assert.equal(fit!.projections, [
    { channel: "fit", column: "m", method: "integral", chiSquare: 1.5, ndf: 2, pValue: 0.4 },
  ]);
  assert.equal([fit!.nll, fit!.edm, fit!.status], [12.5, 1e-12, "at-bound"]);
  assert.equal([results.failed.length, results.warnings], [1, ["a warning"]]);
  assert.not.match(JSON.stringify(results), /\/where/);
});

test("arrays have every number of the pictures", () => {
  const arrays = compositionArrays({ trainings: [], noise: [], likelihoods: [outcome], verdicts: [] });
  const numbers = (name: string) => Array.from(arrays.get(`fit/${name}`)!.data as Float64Array);
  assert.equal(numbers("estimate"), [0, 0.0212345]);
  assert.equal(arrays.get("fit/covariance")!.shape, [1, 1]);
  assert.equal(numbers("scans/c/delta_two_nll"), [9, 0, 9]);
  assert.equal(numbers("projections/fit/m/observed"), [2, 1]);
  assert.equal(numbers("projections/fit/m/before"), [21, 20]);
  assert.equal(numbers("projections/fit/m/expected"), [20.5, 19.5]);
  assert.equal(numbers("projections/fit/m/summands/falling"), [20.5, 19.5]);
  assert.equal(numbers("projections/fit/m/sigma"), [0.5, 0.25]);
});

test("scans of weighted events are in units of their level: how much larger the sandwich's variance is", () => {
  const { fit, events, scans } = outcome;
  const names = ["c", "d"];
  const rows = (c: number, d: number) => [
    [c, 0],
    [0, d],
  ];
  const curvature = covariance([1, 0, 0, 1], names);
  if (curvature.status !== "positive-definite") throw new Error("expected a covariance");
  const data = { ...events[0]!.data, weights: Float64Array.of(2, 1, 3) };
  const weighted: LikelihoodOutcome = {
    ...outcome,
    events: [{ ...events[0]!, data }],
    fit: {
      ...fit,
      fit: { ...fit.fit, covariance: curvature },
      errors: { ...fit.errors, names, estimator: "sandwich", covariance: rows(4, 9), sigma: [2, 3] },
    },
    pairs: [
      {
        ...scans[0]!,
        names: ["c", "d"],
        values: [
          [0, 1],
          [0, 1],
        ],
        deltaTwoNll: [
          [0, 6],
          [undefined, 12],
        ],
      },
    ],
  };
  const arrays = compositionArrays({ trainings: [], noise: [], likelihoods: [weighted], verdicts: [] });
  const numbers = (name: string) => Array.from(arrays.get(`fit/scans/${name}`)!.data as Float64Array);
  assert.equal([numbers("c/level"), numbers("c/delta_two_nll")], [[4], [2.25, 0, 2.25]]);
  // √(4 · 9), for the area.
  close(numbers("c,d/level"), [6], { absolute: 0, relative: 1e-12 });
  const [none, one, missing, two] = numbers("c,d/delta_two_nll");
  close([none!, one!, two!], [0, 1, 2], { absolute: 0, relative: 1e-12 });
  assert.ok(Number.isNaN(missing));
});

test.run();
