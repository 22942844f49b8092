import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  averagedCurvature,
  fitMembers,
  type RebasedAverage,
  rebasedAverage,
} from "../../../../inference/statistics/ensembles/averaging.js";
import type { Covariance, NoCovariance } from "../../../../inference/statistics/fit/covariance.js";
import { minimise } from "../../../../inference/statistics/fit/minimise.js";
import { minos } from "../../../../inference/statistics/intervals/minos.js";
import { scan1d } from "../../../../inference/statistics/intervals/scan.js";
import type { Objective } from "../../../../inference/statistics/objective.js";
import { close, gram, namesOf, objectiveOf, quadratic } from "../objectives.js";

async function averageOf(members: readonly Objective[], start: readonly number[]): Promise<RebasedAverage> {
  return rebasedAverage(members, await fitMembers(members, { start, tolerance: 1e-14 }));
}

/** One nuisance: ½ (ν - centre)² / σ² + depth. */
const bowl = (centre: number, sigma: number, depth = 0) => quadratic([sigma ** -2], [centre], depth);

/** Not quadratic in anything: a softplus wall beside a bowl. */
function skewed(centre: readonly [number, number], wall: readonly [number, number], depth: number) {
  return objectiveOf(namesOf(2), (nu) => {
    const d = centre.map((c, i) => nu[i]! - c) as [number, number];
    const inner = wall[0] * nu[0]! + wall[1] * nu[1]!;
    const sigmoid = 1 / (1 + Math.exp(-inner));
    const bend = sigmoid * (1 - sigmoid);
    return {
      nll: 2 * d[0] ** 2 + d[0] * d[1] + 3 * d[1] ** 2 + 5 * Math.log1p(Math.exp(inner)) + depth,
      gradient: [4 * d[0] + d[1] + 5 * sigmoid * wall[0], d[0] + 6 * d[1] + 5 * sigmoid * wall[1]],
      hessian: [
        4 + 5 * bend * wall[0] ** 2,
        1 + 5 * bend * wall[0] * wall[1],
        1 + 5 * bend * wall[0] * wall[1],
        6 + 5 * bend * wall[1] ** 2,
      ],
    };
  });
}

const skewedMembers = [
  skewed([0.3, -0.2], [2, 1], 1000),
  skewed([-0.1, 0.4], [-1, 2], -300),
  skewed([0.2, 0.1], [0.5, -3], 120),
];

function sigmaOf(errors: Covariance | NoCovariance): readonly number[] {
  if (errors.status !== "positive-definite") throw new Error(errors.reason);
  return errors.sigma;
}

test("Gaussian members of any centre, width and depth: the closed form", async () => {
  const sigmas = [0.5, 0.7, 1.2];
  const centres = [0.2, -0.4, 0.9];
  const members = centres.map((centre, b) => bowl(centre, sigmas[b]!, [50, -200, 7][b]));
  const average = await averageOf(members, [0]);
  for (const nu of [-1.3, 0, 0.4, 2]) {
    // The mean of unnormalised Gaussians M, with M' and M'' of them.
    const z = centres.map((centre, b) => (nu - centre) / sigmas[b]! ** 2);
    const terms = centres.map((centre, b) => Math.exp(-0.5 * ((nu - centre) / sigmas[b]!) ** 2) / 3);
    const mean = terms.reduce((sum, term) => sum + term, 0);
    const first = terms.reduce((sum, term, b) => sum - term * z[b]!, 0);
    const second = terms.reduce((sum, term, b) => sum + term * (z[b]! ** 2 - 1 / sigmas[b]! ** 2), 0);
    const { nll, gradient, hessian } = await average.evaluate(Float64Array.of(nu), 2);
    close(nll, -Math.log(mean), { absolute: 1e-10 }, `NLL at ${nu}`);
    close(gradient![0], -first / mean, { absolute: 1e-10 }, `slope at ${nu}`);
    close(hessian![0], (first / mean) ** 2 - second / mean, { absolute: 1e-10 }, `curvature at ${nu}`);
  }
});

test("two equal members at ±d: mode between them, curvature 1/σ² - d²/σ⁴", async () => {
  const average = await averageOf([bowl(0.7, 0.5, 100), bowl(1.1, 0.5)], [0]);
  const fit = await minimise(average, { start: [0.8], tolerance: 1e-12 });
  close(fit.estimate.values[0], 0.9, { absolute: 1e-6 });
  close(fit.hessian![0]![0], 1 / 0.25 - 0.04 / 0.0625, { relative: 1e-9 });
  const { exact, newtonShift, at } = await averagedCurvature(average, [0.9]);
  close(exact.within[0]![0], 4, { relative: 1e-12 });
  close(exact.between[0]![0], 0.64, { relative: 1e-9 });
  close(exact.total[0]![0], 3.36, { relative: 1e-9 });
  close(sigmaOf(exact.withinCovariance)[0], 0.5, { relative: 1e-12 });
  close(sigmaOf(exact.covariance)[0], Math.sqrt(1 / 3.36), { relative: 1e-9 });
  assert.equal(at.values, [0.9]);
  close(exact.effectiveMembers, 2, { relative: 1e-9 });
  assert.is(newtonShift.status, "at-minimum");
});

test("a Gaussian spread of members: σ² = σ_b² + spread²", async () => {
  // Gauss-Hermite nodes for a spread of 0.2: moments of a Gaussian up to the fifth, the rest is of order (spread / σ_b)⁶.
  const away = 0.2 * Math.sqrt(3);
  const centres = [-away, 0, 0, 0, 0, away];
  const average = await averageOf(
    centres.map((centre, b) => bowl(2 + centre, 1, 30 * b)),
    [0],
  );
  const { exact, quadratic: published } = await averagedCurvature(average, [2]);
  close(sigmaOf(exact.covariance)[0]! ** 2, 1 + 0.2 ** 2, { relative: 2e-4 });
  close(sigmaOf(published!.covariance)[0]! ** 2, 1 + 0.2 ** 2, { relative: 2e-4 });
  // And so for the whole curve.
  const { nll: lowest } = await average.evaluate(Float64Array.of(2), 0);
  const { nll } = await average.evaluate(Float64Array.of(3.5), 0);
  close(nll - lowest, (0.5 * 1.5 ** 2) / 1.04, { relative: 1e-3 });
});

test("a bootstrap whose spread is the members' own σ counts it twice: σ → √2 σ", async () => {
  // Sums of four Gauss-Hermite triplets of variance ¼ each.
  const triplet = [-1, 0, 0, 0, 0, 1].map((sign) => (sign * Math.sqrt(3)) / 2);
  const twice = triplet.flatMap((x) => triplet.map((y) => x + y));
  const centres = twice.flatMap((x) => twice.map((y) => x + y));
  const average = await averageOf(
    centres.map((centre) => bowl(centre, 1)),
    [0],
  );
  const { exact } = await averagedCurvature(average, [0]);
  close(sigmaOf(exact.covariance)[0], Math.SQRT2, { relative: 0.01 });
  close(sigmaOf(exact.withinCovariance)[0], 1, { relative: 1e-12 });
});

test("derivatives are those of the value", async () => {
  const average = await averageOf(skewedMembers, [0, 0]);
  for (const nu of [
    [0.1, 0.2],
    [-0.5, 0.3],
    [0.9, -0.7],
  ]) {
    const { gradient, hessian } = await average.evaluate(Float64Array.from(nu), 2);
    for (let k = 0; k < 2; k++) {
      const moved = (step: number) => Float64Array.from(nu, (value, i) => (i === k ? value + step : value));
      const h = 1e-4;
      const [above, below] = [await average.evaluate(moved(h), 1), await average.evaluate(moved(-h), 1)];
      close((above.nll - below.nll) / (2 * h), gradient![k]!, { absolute: 1e-6, relative: 1e-6 }, `slope ${k}`);
      for (let l = 0; l < 2; l++) {
        const difference = (above.gradient![l]! - below.gradient![l]!) / (2 * h);
        close(difference, hessian![2 * l + k]!, { absolute: 1e-6, relative: 1e-6 }, `Hessian ${l}, ${k}`);
      }
    }
  }
});

test("nothing hangs on the order of the members, nor on their depths", async () => {
  const nu = Float64Array.of(0.3, -0.4);
  const plain = await averageOf(skewedMembers, [0, 0]);
  const shuffled = await averageOf(
    [2, 0, 1].map((b) => skewedMembers[b]!),
    [0, 0],
  );
  const shifted = await averageOf(
    skewedMembers.map((member, b) => ({
      names: member.names,
      evaluate: async (at: Float64Array, order: 0 | 1 | 2) => {
        const found = await member.evaluate(at, order);
        return { ...found, nll: found.nll + 1e3 * (b - 1) };
      },
    })),
    [0, 0],
  );
  const wanted = await plain.evaluate(nu, 2);
  for (const other of [shuffled, shifted]) {
    const got = await other.evaluate(nu, 2);
    close(got.nll, wanted.nll, { absolute: 1e-9 });
    for (const [k, value] of got.gradient!.entries()) close(value, wanted.gradient![k]!, { absolute: 1e-9 });
    for (const [k, value] of got.hessian!.entries()) close(value, wanted.hessian![k]!, { absolute: 1e-9 });
  }
});

test("one member is itself less its depth; so are many equal ones", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 9, maxLength: 9 }),
      fc.integer({ min: 1, max: 5 }),
      async (b, count) => {
        const matrix = gram(b, 3);
        const member = quadratic(matrix, [0.1, 0.2, 0.3], 77);
        const average = await averageOf(new Array(count).fill(member), [0, 0, 0]);
        const nu = Float64Array.of(0.5, -0.1, 0.2);
        const [got, own] = [await average.evaluate(nu, 2), await member.evaluate(nu, 2)];
        close(got.nll, own.nll - 77, { absolute: 1e-9 });
        for (let k = 0; k < 3; k++) close(got.gradient![k], own.gradient![k]!, { absolute: 1e-12, relative: 1e-12 });
        for (let k = 0; k < 9; k++) close(got.hessian![k], matrix[k]!, { absolute: 1e-12, relative: 1e-12 });
      },
    ),
    { seed: 1, numRuns: 20 },
  );
});

test("members whose depths differ by hundreds count alike, members far away by hundreds not at all", async () => {
  const average = await averageOf([bowl(0, 1, 0), bowl(1, 1, 700), bowl(2, 1, -700)], [0]);
  const { exact, heights } = await averagedCurvature(average, [1]);
  close(exact.weights[0], exact.weights[2]!, { relative: 1e-9 });
  close(exact.weights[1]! / exact.weights[0]!, Math.exp(0.5), { relative: 1e-9 });
  close(heights[0], 0.5, { absolute: 1e-9 });

  const apart = await averageOf([bowl(0, 1), bowl(100, 1)], [0]);
  for (const [nu, nearest] of [
    [0.5, 0.125],
    [99, 0.5],
  ] as const) {
    const { nll, gradient, hessian } = await apart.evaluate(Float64Array.of(nu), 2);
    close(nll, nearest + Math.log(2), { relative: 1e-12 });
    close(gradient![0], nu < 50 ? nu : nu - 100, { relative: 1e-12 });
    close(hessian![0], 1, { relative: 1e-12 });
  }
});

test("a member that is not finite so far out has no say, one that is nowhere defined is not hidden", async () => {
  const cliff = (value: number) =>
    objectiveOf(["nu0"], ([x]) =>
      x! > 1 ? { nll: value, gradient: [NaN], hessian: [NaN] } : { nll: x! * x!, gradient: [2 * x!], hessian: [2] },
    );
  const withInfinity = await averageOf([bowl(0, 1), cliff(Infinity)], [0.5]);
  const { nll, gradient } = await withInfinity.evaluate(Float64Array.of(2), 2);
  close(nll, 2 + Math.log(2), { relative: 1e-12 });
  close(gradient![0], 2, { relative: 1e-12 });
  const withNaN = await averageOf([bowl(0, 1), cliff(NaN)], [0.5]);
  assert.ok(Number.isNaN((await withNaN.evaluate(Float64Array.of(2), 0)).nll));
});

test("exact and quadratic weights agree for quadratic members and part for others", async () => {
  const quadratics = [
    quadratic([4, 1, 1, 3], [0.2, 0.1], 5),
    quadratic([2, -0.5, -0.5, 5], [-0.3, 0.4], -5),
    quadratic([3, 0, 0, 3], [0.1, -0.2], 0),
  ];
  const same = await averagedCurvature(await averageOf(quadratics, [0, 0]), [0.1, 0]);
  for (let b = 0; b < 3; b++) close(same.quadratic!.weights[b], same.exact.weights[b]!, { relative: 1e-9 });
  const other = await averagedCurvature(await averageOf(skewedMembers, [0, 0]), [-0.3, -0.5]);
  assert.ok(other.exact.weights[2]! > 2 * other.quadratic!.weights[2]!);
  const [first, , third] = await Promise.all(
    skewedMembers.map(async (member) => {
      const { gradient, hessian } = await member.evaluate(Float64Array.of(-0.3, -0.5), 2);
      const [[g, h], [a, c, , d]] = [gradient!, hessian!] as unknown as [[number, number], number[]];
      return (0.5 * (d! * g * g - 2 * c! * g * h + a! * h * h)) / (a! * d! - c! * c!);
    }),
  );
  const ratio = other.quadratic!.weights[2]! / other.quadratic!.weights[0]!;
  close(ratio, Math.exp(first! - third!), { relative: 1e-9 });
});

test("no quadratic weights where a member has no curvature to speak of", async () => {
  const flatTop = objectiveOf(["nu0"], ([x]) => ({
    nll: x! ** 4 - x! ** 2,
    gradient: [4 * x! ** 3 - 2 * x!],
    hessian: [12 * x! ** 2 - 2],
  }));
  const found = await averagedCurvature(await averageOf([bowl(0, 0.2), flatTop], [0.5]), [0.1]);
  assert.is(found.quadratic, undefined);
  assert.is(found.exact.weights.length, 2);
});

test("the Newton shift recognises a point that is not the minimum", async () => {
  const average = await averageOf([bowl(0, 1), bowl(0.2, 1)], [0]);
  const { newtonShift } = await averagedCurvature(average, [0.6]);
  assert.is(newtonShift.status, "off-minimum");
  close(newtonShift.inSigma!.values[0], -0.5, { relative: 0.02 });
  assert.match(newtonShift.reason, /^A Newton step would move nu0 by -0.5\d sigma, more than 0.1/);
  const far = await averagedCurvature(await averageOf([bowl(-3, 1), bowl(3, 1)], [0]), [0]);
  assert.is(far.newtonShift.status, "no-covariance");
  assert.is(far.exact.covariance.status, "indefinite");
});

test("fits, scans and MINOS take the average as any likelihood", async () => {
  const average = await averageOf([bowl(-0.5, 1, 3), bowl(0.5, 1, 90)], [0]);
  const bestFit = await minimise(average, { start: [0.4] });
  const [error] = await minos(average, bestFit);
  const scan = await scan1d(average, "nu0", [-1, 0, error!.estimate + error!.upper!], { bestFit, profile: false });
  close(scan.deltaTwoNll[2], 1, { absolute: 2e-4 });
  // S(ν) = -½ ν² + log cosh(½ ν) up to a constant
  const end = error!.estimate + error!.upper!;
  close(end ** 2 - 2 * Math.log(Math.cosh(end / 2)), 1, { absolute: 2e-4 });
});

test("members without a minimum, or of other nuisances, are refused", async () => {
  const members = [bowl(0, 1), bowl(5, 1)];
  const fits = await fitMembers(members, { start: [0] });
  assert.equal(
    fits.map(({ status }) => status),
    ["converged", "converged"],
  );
  const slope = objectiveOf(["nu0"], ([x]) => ({ nll: x!, gradient: [1], hessian: [0] }));
  const [lost] = await fitMembers([slope], { start: [0], maxEvaluations: 3 });
  assert.throws(
    () => rebasedAverage([members[0]!, slope], [fits[0]!, lost!]),
    /expected the minimum of every member, got iteration-limit for member 1: .* Fit this member again/,
  );
  assert.throws(() => rebasedAverage([], []), /expected at least one member, got none/);
  assert.throws(() => rebasedAverage(members, [fits[0]!]), /expected a fit of each of 2 members, got 1/);
  const other = { ...bowl(0, 1), names: ["shift"] };
  assert.throws(
    () => rebasedAverage([members[0]!, other], fits),
    /expected members and fits of the nuisances nu0, got shift for member 1/,
  );
  const average = rebasedAverage(members, fits);
  const error = await averagedCurvature(average, [0, 0]).catch((reason) => reason);
  assert.match(error.message, "averagedCurvature: expected 1 nuisances, got 2");
});

test.run();
