/** Sources of impacts: where refits take the other nuisances, and what stops them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { impacts } from "../../../../inference/measurements/distribution-of-interest/impacts/impacts.js";
import { namedVector } from "../../../../inference/statistics/objective.js";
import {
  C,
  ESTIMATE,
  EXACT,
  H,
  impactOf,
  NAMES,
  requestOf,
  SIGMA,
  tableOf,
  V,
} from "../../measurements/distribution-of-interest/impacts/small-fits.js";
import { close, objectiveOf, quadratic } from "../objectives.js";

test("what a fit stopped short of is no impact", async () => {
  const short = ESTIMATE.map((value, k) => value + 0.01 * (k + 1));
  const gradient = V.map((_, i) => short.reduce((sum, x, j) => sum + H[3 * i + j]! * (x - ESTIMATE[j]!), 0));
  const request = requestOf(quadratic(H, ESTIMATE), H, short);
  const fit = { ...request.fit, gradient: namedVector(NAMES, gradient) };
  const { tables } = await impacts({ ...request, fit });
  for (const definition of ["shift", "auxiliary"]) {
    const { up, down } = impactOf(tableOf(tables, definition, "nu0"), "nu2");
    close(up, definition === "shift" ? C[0]![2]! / SIGMA[2]! : C[0]![2]!, EXACT, definition);
    close(down, -up, EXACT, definition);
  }
});

/**
 * ½ (mu - theta²)² / τ² + ½ (theta - t)²: wherever theta is fixed, or the mean of its constraint moved to, mu follows at theta². At the minimum
 * σ(theta) = 1, and cov(mu, theta) = 2 t.
 */
const TAU = 0.5;
const T = 1.5;
const bent = objectiveOf(["mu", "theta"], ([mu, theta]) => {
  const [d, slope] = [mu! - theta! ** 2, 2 * theta!];
  return {
    nll: (0.5 * d ** 2) / TAU ** 2 + 0.5 * (theta! - T) ** 2,
    gradient: [d / TAU ** 2, (-d * slope) / TAU ** 2 + theta! - T],
    hessian: [1 / TAU ** 2, -slope / TAU ** 2, -slope / TAU ** 2, (slope ** 2 - 2 * d) / TAU ** 2 + 1],
  };
});
const bentHessian = [1 / TAU ** 2, (-2 * T) / TAU ** 2, (-2 * T) / TAU ** 2, (4 * T ** 2) / TAU ** 2 + 1];

test("refits follow a likelihood that is not Gaussian to unequal ends", async () => {
  const found = await impacts(requestOf(bent, bentHessian, [T ** 2, T], { tolerance: 1e-14 }));
  const onMu = (definition: string) => impactOf(tableOf(found.tables, definition, "mu"), "theta");
  for (const definition of ["shift", "auxiliary"]) {
    const { up, down, size } = onMu(definition);
    close(up, (T + 1) ** 2 - T ** 2, { absolute: 1e-6 }, `${definition} up`);
    close(down, (T - 1) ** 2 - T ** 2, { absolute: 1e-6 }, `${definition} down`);
    close(size, Math.sqrt(0.5 * (4 ** 2 + 2 ** 2)), { absolute: 1e-6 }, `${definition} size`);
  }
  close(onMu("covariance").up, 2 * T, EXACT);
  close(onMu("covariance").down, -2 * T, EXACT);
  close(tableOf(found.tables, "shift", "mu").total, Math.sqrt(TAU ** 2 + 4 * T ** 2), EXACT, "total");
  // √10 of theta alone is more than the total.
  assert.is(tableOf(found.tables, "auxiliary", "mu").statistical, undefined);
  // mu has no constraint whose mean could move.
  const constrained = found.sources.map(({ sources }) => sources.find(({ name }) => name === "theta"));
  assert.equal(
    constrained.flatMap((source) => source?.problems ?? []),
    [],
  );
});

test("ends beyond the bounds, and refits that a bound stops, are named as problems", async () => {
  const bounds = { nu0: [-0.1, 0.9], nu1: [-5, 5], nu2: [0.45, 0.6] } as const;
  const { sources } = await impacts(requestOf(quadratic(H, ESTIMATE), H, ESTIMATE, { bounds, definitions: ["shift"] }));
  const problems = sources[0]!.sources.flatMap((source) => source.problems);
  assert.ok(problems.includes("nu0, up: nu0 = 1.083 lies beyond [-0.1, 0.9], where the fit may look."));
  assert.ok(
    problems.some((text) => /^nu0, up: at-bound: nu2 is at its upper bound 0\.6/.test(text)),
    `${problems}`,
  );
  assert.ok(problems.some((text) => /^nu1, down: at-bound: nu2 is at its lower bound/.test(text)));
});

test("progress counts the nuisances refitted; an abort ends all", async () => {
  const seen: string[] = [];
  const control = new AbortController();
  const request = requestOf(quadratic(H, ESTIMATE), H, ESTIMATE, {
    onProgress: (stage, done, total) => seen.push(`${stage} ${done}/${total}`),
    signal: control.signal,
  });
  await impacts(request);
  assert.equal(
    seen,
    [1, 2, 3, 4, 5, 6].map((done) => `refits ${done}/6`),
  );
  const late = impacts({ ...request, onProgress: (_, done) => done === 2 && control.abort() });
  await late.then(
    () => assert.unreachable("an abort"),
    (error: Error) => assert.is(error.name, "AbortError"),
  );
});

test.run();
