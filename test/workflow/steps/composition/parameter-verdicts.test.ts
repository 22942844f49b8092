/** What a Hessian and a gradient say of parameters: those without effect, those that are alike, pulls. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { Parameter } from "../../../../inference/model/parameters/parameter.js";
import { covariance } from "../../../../inference/statistics/fit/covariance.js";
import type { LikelihoodPlan } from "../../../../workflow/configuration/composition/likelihood-plans.js";
import type { CompositionFit } from "../../../../workflow/steps/composition/fit.js";
import { parameterVerdicts, pullOf, withoutEffect } from "../../../../workflow/steps/composition/parameter-verdicts.js";

const parameters: readonly Parameter[] = [
  { name: "a", start: 100 },
  { name: "b", start: 0.01 },
  { name: "c", start: 1, constraint: { kind: "normal", observed: 1, sigma: 0.1 } },
];

const composition = checkedComposition({
  parameters,
  columns: { m: { range: [0, 1] } },
  densities: { u: { kind: "uniform", x: "m" } },
});
const plan: LikelihoodPlan = { name: "fit", composition, channels: [], parameters: ["a", "b", "c"] };

/** @param gradient  [3] @param hessian  rows [3][3] */
function fitOf(
  gradient: readonly number[],
  hessian: readonly (readonly number[])[],
  values = [100, 0.01, 1],
): CompositionFit {
  const names = ["a", "b", "c"];
  const found = covariance(hessian.flat(), names);
  const errors =
    found.status === "positive-definite"
      ? { sigma: found.sigma, correlation: found.correlation }
      : { sigma: null, correlation: null };
  return {
    fit: {
      status: "converged",
      reason: "Converged.",
      estimate: { names, values },
      nll: 1,
      gradient: { names, values: gradient },
      hessian,
      edm: 0,
      covariance: undefined,
      boundary: [],
      evaluations: 1,
      other: undefined,
    },
    errors: {
      names,
      transport: "none",
      estimator: "inverse Hessian",
      covariance: null,
      modes: [],
      problem: null,
      crossCheck: null,
      ...errors,
    },
    atLimit: [],
    expected: {},
    expectedBefore: {},
    effectiveEvents: 1,
    uncertain: [],
  };
}

const verdictsOf = (fit: CompositionFit) =>
  parameterVerdicts("likelihood fit", plan, fit, 1e-10).map(({ check, failed, text }) => `${check} ${failed}: ${text}`);

/** Errors of 10, 0.001 and 0.1. */
const PLAIN = [
  [0.01, 0, 0],
  [0, 1e6, 0],
  [0, 0, 100],
];

test("parameters that the likelihood follows have no verdict, whatever their units", () => {
  assert.equal(verdictsOf(fitOf([0, 0, 0], PLAIN)), []);
});

test("neither slope nor curvature: no effect; a slope alone is one", () => {
  const flat = PLAIN.map((row, i) => row.map((value) => (i === 1 ? 0 : value)));
  assert.equal(withoutEffect(parameters, fitOf([0, 0, 0], flat)), ["b"]);
  assert.equal(withoutEffect(parameters, fitOf([0, 5, 0], flat)), []);
  assert.equal(verdictsOf(fitOf([0, 0, 0], flat)), [
    "parameters without effect true: likelihood fit: b has no effect on the likelihood",
  ]);
});

test("a direction along which nothing changes names those that are part of it", () => {
  // Along (10, -0.001, 0) the two errors cancel.
  const alike = [
    [0.01, 100, 0],
    [100, 1e6, 0],
    [0, 0, 100],
  ];
  assert.equal(verdictsOf(fitOf([0, 0, 0], alike)), [
    "degenerate parameters true: likelihood fit: the data do not distinguish a and b: -ln L does not change along a common direction",
  ]);
});

test("a correlation above 0.99 and a pull beyond 3.5 widths are worth a word, and fail nothing", () => {
  const rho = 0.995;
  const close = [
    [0.01, 100 * rho, 0],
    [100 * rho, 1e6, 0],
    [0, 0, 100],
  ];
  assert.equal(verdictsOf(fitOf([0, 0, 0], close, [100, 0.01, 1.4])), [
    "correlation false: likelihood fit: the data hardly distinguish a and b (correlation -0.9950)",
    "pull false: likelihood fit: the data pull c by 4.0 standard deviations of the constraint away from its outcome",
  ]);
});

test("pulls are in widths of the constraint where it is likeliest", () => {
  assert.is(pullOf(parameters[0]!, 90), undefined);
  const poisson: Parameter = { name: "n", start: 3, constraint: { kind: "poisson", observed: 9, scale: 3 } };
  assert.is(pullOf(poisson, 5), 2);
});

test("parameters at an end of their range are named, and fail nothing", () => {
  const ranged = composition.parameters.map((own) => (own.name === "b" ? { ...own, range: [0.01, 1] as const } : own));
  const own = { ...plan, composition: { ...composition, parameters: ranged } };
  const found = fitOf(
    [0, -5, 0],
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  );
  const said = (status: CompositionFit["fit"]["status"]) =>
    parameterVerdicts("fit", own, { ...found, fit: { ...found.fit, status } }, 1e-12)
      .filter(({ check }) => check === "limit")
      .map(({ failed, text }) => `${failed}: ${text}`);
  for (const status of ["not-positive-definite", "at-bound"] as const) {
    assert.equal(said(status), ["false: fit: the fit ended with b at 0.01, the limit of its range"]);
  }
});

test("errors away from limits are those that there are", () => {
  const ranged = composition.parameters.map((own) =>
    own.name === "c" ? own : { ...own, range: [own.start, 1000] as const },
  );
  const own = { ...plan, composition: { ...composition, parameters: ranged } };
  const limit = (name: string, upper: number | null) => ({
    name,
    minos: { name, lower: null, upper, problem: upper === null ? "no level" : null },
    level: upper === null ? null : 1,
  });
  const said = (a: number | null, b: number | null) =>
    parameterVerdicts("fit", own, { ...fitOf([1, 1, 0], PLAIN), atLimit: [limit("a", a), limit("b", b)] }, 1e-12).find(
      ({ check }) => check === "limit",
    )!.advice;
  assert.match(
    said(2, 3),
    /^Their errors are those away from the limits, and those of the others are with these fixed/,
  );
  assert.match(said(2, null), /^The error of a is that away from the limits, and those of the others are with these/);
  assert.match(said(null, null), /^The errors of the others are with these fixed there\. Widen/);
});

test.run();
