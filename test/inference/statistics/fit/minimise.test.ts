import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type MinimisationProgress, minimise } from "../../../../inference/statistics/fit/minimise.js";
import type { Objective } from "../../../../inference/statistics/objective.js";
import { rejects } from "../../../support/rejects.js";
import { answers, close, gram, objectiveOf, peakOnExponential, quadratic } from "../objectives.js";

const entry = fc.double({ min: -2, max: 2, noNaN: true });

test("a quadratic: minimum, covariance = inverse Hessian, in two evaluations", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }).chain((n) =>
        fc.record({
          b: fc.array(entry, { minLength: n * n, maxLength: n * n }),
          centre: fc.array(entry, { minLength: n, maxLength: n }),
          start: fc.array(entry, { minLength: n, maxLength: n }),
        }),
      ),
      async ({ b, centre, start }) => {
        const n = centre.length;
        const matrix = gram(b, n);
        const objective = quadratic(matrix, centre);
        const fit = await minimise(objective, { start });
        assert.is(fit.status, "converged");
        assert.ok(fit.evaluations <= 2, `${fit.evaluations} evaluations`);
        for (let i = 0; i < n; i++) {
          close(fit.estimate.values[i], centre[i]!, { absolute: 5e-3 * fit.covariance!.sigma[i]! }, `nu${i}`);
          for (let j = 0; j < n; j++) {
            const unit = fit.covariance!.matrix[i]!.reduce((sum, c, k) => sum + c * matrix[k * n + j]!, 0);
            close(unit, i === j ? 1 : 0, { absolute: 1e-9 }, "C A");
          }
        }
      },
    ),
    { seed: 1, numRuns: 50 },
  );
});

test("edm is half gᵀ H⁻¹ g, the distance to the minimum of a quadratic", async () => {
  const matrix = [4, 1, 1, 2];
  const steps: MinimisationProgress[] = [];
  await minimise(quadratic(matrix, [1, 2], 7), { start: [3, -1], onStep: (step) => steps.push(step) });
  const distance = 0.5 * (4 * 2 * 2 + 2 * 1 * 2 * -3 + 2 * 3 * 3);
  close(steps[0]!.nll, 7 + distance, { relative: 1e-14 });
  close(steps[0]!.edm, distance, { relative: 1e-12 });
  close(steps.at(-1)!.edm, 0, { absolute: 1e-20 });
});

const rosenbrock = objectiveOf(["x", "y"], ([x, y]) => ({
  nll: (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2,
  gradient: [-2 * (1 - x!) - 400 * x! * (y! - x! * x!), 200 * (y! - x! * x!)],
  hessian: [2 - 400 * (y! - 3 * x! * x!), -400 * x!, -400 * x!, 200],
}));

test("Rosenbrock's valley, from the usual start and from where the Hessian is indefinite", async () => {
  for (const start of [
    [-1.2, 1],
    [0, 1],
    [-3, -40],
  ]) {
    const fit = await minimise(rosenbrock, { start, tolerance: 1e-12 });
    assert.is(fit.status, "converged", fit.reason);
    for (const value of fit.estimate.values) close(value, 1, { absolute: 1e-5 });
    assert.ok(fit.evaluations < 60, `${fit.evaluations} evaluations`);
  }
});

test("exponential lifetimes: the rate is n / Σt and its variance rate² / n", async () => {
  const [n, total] = [250, 610];
  const fit = await minimise(
    objectiveOf(["rate"], ([rate]) => ({
      nll: rate! > 0 ? rate! * total - n * Math.log(rate!) : NaN,
      gradient: [total - n / rate!],
      hessian: [n / rate! ** 2],
    })),
    { start: [20], tolerance: 1e-10 },
  );
  assert.is(fit.status, "converged");
  close(fit.estimate.values[0], n / total, { relative: 1e-6 });
  close(fit.covariance!.sigma[0], n / total / Math.sqrt(n), { relative: 1e-5 });
});

test("an unbinned mixture with a constraint agrees with iminuit: NLL, minimum, HESSE", async () => {
  const reference = answers("iminuit-mixture.json");
  const objective = peakOnExponential(reference.events);
  close((await objective.evaluate(Float64Array.from(reference.start), 0)).nll, reference.nll_at_start, {
    relative: 1e-13,
  });
  const fit = await minimise(objective, {
    start: reference.start,
    secondStart: [0.6, 4.5, 1, 0.6],
    bounds: { fraction: [1e-6, 1 - 1e-6] },
  });
  assert.is(fit.status, "converged", fit.reason);
  assert.match(fit.reason, "Both starts agree");
  close(fit.nll, reference.nll, { absolute: 2e-6 }, "nll");
  for (let i = 0; i < 4; i++) {
    const sigma = Math.sqrt(reference.covariance[i][i]);
    close(fit.estimate.values[i], reference.values[i], { absolute: 1e-3 * sigma }, reference.names[i]);
    for (let j = 0; j < 4; j++) {
      const scale = sigma * Math.sqrt(reference.covariance[j][j]);
      // HESSE differentiates numerically
      close(fit.covariance!.matrix[i]![j], reference.covariance[i][j], { absolute: 1e-3 * scale }, `C ${i} ${j}`);
    }
  }
});

test("minimum at a bound: which nuisance, which side, the others as iminuit has them with that one fixed", async () => {
  const reference = answers("iminuit-mixture.json");
  const fit = await minimise(peakOnExponential(reference.events), {
    start: [0.3, 3.5, 0.8, 0.4],
    bounds: { mean: [-Infinity, 3.9] },
  });
  assert.is(fit.status, "at-bound");
  assert.match(fit.reason, "mean is at its upper bound 3.9; the NLL still falls beyond it.");
  assert.is(fit.boundary.length, 1);
  assert.is(fit.boundary[0]!.name, "mean");
  assert.is(fit.boundary[0]!.side, "upper");
  assert.ok(fit.boundary[0]!.outwardSlope < 0);
  const expected = reference["mean_at_most_3.9"];
  close(fit.nll, expected.nll, { absolute: 2e-6 });
  assert.is(fit.estimate.values[1], 3.9);
  for (const i of [0, 2, 3]) close(fit.estimate.values[i], expected.values[i], { absolute: 2e-4 });
  assert.equal(fit.covariance!.names, ["fraction", "width", "rate"]);
});

test("minimum at the end of the validity range: a verdict of its own, distinct from that of bounds", async () => {
  const objective = quadratic([1, 0, 0, 1], [2, 3]);
  const at = (bounds: readonly [number, number], range: readonly [number, number]) =>
    minimise(objective, { start: [0, 0], bounds: { nu0: bounds, nu1: [-9, 9] }, validity: { nu0: range } });
  const edge = await at([-5, 5], [-1, 1]);
  assert.is(edge.status, "at-validity-edge");
  assert.is(edge.reason, "nu0 is at the upper end 1 of its validity range; the NLL still falls beyond it.");
  assert.equal(edge.estimate.values, [1, 3]);
  assert.equal(
    edge.boundary.map(({ name, of, side }) => [name, of, side]),
    [["nu0", "validity", "upper"]],
  );
  const bound = await at([-5, 0.5], [-1, 1]);
  assert.is(bound.status, "at-bound");
  assert.is(bound.reason, "nu0 is at its upper bound 0.5; the NLL still falls beyond it.");
  assert.is(bound.boundary[0]!.of, "bounds");
  const both = await minimise(objective, { start: [0, 0], bounds: { nu1: [-1, 1] }, validity: { nu0: [-1, 1] } });
  assert.is(both.status, "at-validity-edge");
  assert.is(
    both.reason,
    "nu0 is at the upper end 1 of its validity range; the NLL still falls beyond it. " +
      "nu1 is at its upper bound 1; the NLL still falls beyond it.",
  );
  assert.is((await at([-5, 5], [-4, 4])).status, "converged");
});

test("two starts that both end at the end of the validity range agree", async () => {
  const objective = quadratic([1, 0, 0, 1], [2, 3]);
  const fit = await minimise(objective, { start: [0, 0], secondStart: [0.5, 1], validity: { nu0: [-1, 1] } });
  assert.is(fit.status, "at-validity-edge");
  assert.match(fit.reason, /Both starts agree\.$/);
});

test("a validity range beside the bounds is refused", async () => {
  try {
    await minimise(quadratic([1], [0]), { start: [0], bounds: { nu0: [-1, 1] }, validity: { nu0: [2, 3] } });
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      "minimise validity: expected a validity range of nu0 that overlaps its bounds [-1, 1], got [2, 3]. Widen the bounds.",
    );
  }
});

test("a non-finite region is stepped back from", async () => {
  // The first Newton step from here, -2·ν, would end at negative ν.
  const fit = await minimise(
    objectiveOf(["rate"], ([rate]) => ({
      nll: 3 * rate! - 2 * Math.log(rate!),
      gradient: [3 - 2 / rate!],
      hessian: [2 / rate! ** 2],
    })),
    { start: [5], tolerance: 1e-12 },
  );
  assert.is(fit.status, "converged");
  close(fit.estimate.values[0], 2 / 3, { absolute: 1e-5 });
});

test("a non-finite start, and a minimum behind a non-finite wall, end as non-finite", async () => {
  const wall = objectiveOf(["a"], ([a]) => ({ nll: a! > 1 ? a! : NaN, gradient: [1], hessian: [0.1] }));
  const atStart = await minimise(wall, { start: [0] });
  assert.is(atStart.status, "non-finite");
  assert.is(atStart.nll, undefined);
  assert.is(atStart.estimate.values[0], 0);
  const behind = await minimise(wall, { start: [3] });
  assert.is(behind.status, "non-finite");
  assert.match(behind.reason, "not finite");
  close(behind.estimate.values[0], 1, { absolute: 1e-2 });
});

test("singular Hessian: two nuisances that only act together are named", async () => {
  const fit = await minimise(quadratic([1, 1, 0, 1, 1, 0, 0, 0, 3], [0.4, 0.1, 2]), { start: [2, -1, 0] });
  assert.is(fit.status, "not-positive-definite");
  assert.is(fit.covariance, undefined);
  assert.is(fit.edm, undefined);
  assert.match(fit.reason, "The Hessian is singular: along 0.707 nu0 - 0.707 nu1 it is flat");
  close(fit.nll, 0, { absolute: 1e-9 });
});

test("an objective that does not depend on its nuisances is not positive definite", async () => {
  const fit = await minimise(quadratic([0, 0, 0, 0], [0, 0], 5), { start: [1, 2] });
  assert.is(fit.status, "not-positive-definite");
});

test("an NLL that falls for ever ends at the limit on evaluations", async () => {
  const slope = objectiveOf(["a"], ([a]) => ({ nll: -a!, gradient: [-1], hessian: [0] }));
  const fit = await minimise(slope, { start: [0], maxEvaluations: 20 });
  assert.is(fit.status, "iteration-limit");
  assert.is(fit.evaluations, 20);
});

test("a gradient that the values contradict stalls", async () => {
  const liar = objectiveOf(["a"], ([a]) => ({ nll: a! + 3, gradient: [2 * a! - 1], hessian: [2] }));
  const fit = await minimise(liar, { start: [-3] });
  assert.is(fit.status, "stalled");
  assert.match(fit.reason, "they disagree");
});

test("one nuisance", async () => {
  const fit = await minimise(quadratic([25], [0.3]), { start: [-1] });
  assert.is(fit.status, "converged");
  close(fit.covariance!.sigma[0], 0.2, { relative: 1e-12 });
});

test("20 correlated nuisances of very different widths", async () => {
  const n = 20;
  // AR(1) correlation times widths: C_ij = 0.8^|i-j| s_i s_j; its inverse is tridiagonal in closed form.
  const width = Array.from({ length: n }, (_, i) => 10 ** (-3 + (4 * i) / n));
  const matrix = Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    const entry = i === j ? (i === 0 || i === n - 1 ? 1 : 1 + 0.64) : Math.abs(i - j) === 1 ? -0.8 : 0;
    return entry / (1 - 0.64) / (width[i]! * width[j]!);
  });
  const centre = width.map((w, i) => 3 * w * Math.sin(i + 1));
  const fit = await minimise(quadratic(matrix, centre), { start: new Array(n).fill(0.5) });
  assert.is(fit.status, "converged", fit.reason);
  for (let i = 0; i < n; i++) {
    close(fit.covariance!.sigma[i], width[i]!, { relative: 1e-9 });
    close(fit.covariance!.correlation[i]![3], 0.8 ** Math.abs(i - 3), { absolute: 1e-9 });
    close(fit.estimate.values[i], centre[i]!, { absolute: 2e-3 * width[i]! });
  }
});

test("an f32 program's values on top of an NLL of 10⁵, slopes off by 10⁻³ / σ, Hessian by 5·10⁻⁵: converges", async () => {
  const exact = peakOnExponential(answers("iminuit-mixture.json").events);
  const coarse: Objective = {
    names: exact.names,
    async evaluate(nu, order) {
      const { nll, gradient, hessian } = await exact.evaluate(nu, order);
      // Errors that look random but belong to the point, as rounding does.
      const error = (k: number) => Math.sin(1e9 * (k + nu[0]! + 2 * nu[1]! + 3 * nu[2]! + 5 * nu[3]!));
      const sigma = [0.034, 0.063, 0.05, 0.029];
      const largest = Math.max(...hessian!);
      return {
        nll: Math.fround(nll + 1e5),
        gradient: gradient!.map((g, i) => g + (1e-3 / sigma[i]!) * error(i)),
        hessian: hessian!.map((h, k) => h + 5e-5 * largest * error(10 + k)),
      };
    },
  };
  const start = [0.3, 3.5, 0.8, 0.4];
  const [want, got] = [await minimise(exact, { start }), await minimise(coarse, { start })];
  assert.is(got.status, "converged", got.reason);
  for (let i = 0; i < 4; i++) {
    close(got.estimate.values[i], want.estimate.values[i]!, { absolute: 1e-2 * want.covariance!.sigma[i]! });
  }
});

test("an abort keeps the best point so far", async () => {
  const controller = new AbortController();
  const fit = await minimise(rosenbrock, {
    start: [-1.2, 1],
    signal: controller.signal,
    onStep: ({ evaluations }) => {
      if (evaluations > 3) controller.abort();
    },
  });
  assert.is(fit.status, "aborted");
  assert.ok(fit.nll! < 24.2);
  assert.is((await minimise(rosenbrock, { start: [0, 0], signal: AbortSignal.abort() })).nll, undefined);
});

test("bad input is refused with what to do", async () => {
  const objective = quadratic([1, 0, 0, 1], [0, 0]);
  const refused = async (options: Parameters<typeof minimise>[1], message: RegExp) => {
    await rejects(() => minimise(objective, options), message);
  };
  await refused({ start: [1] }, /minimise start: expected one number for each of 2 nuisances \(nu0, nu1\), got 1/);
  await refused({ start: [1, NaN] }, /expected a finite number for nu1, got NaN/);
  await refused({ start: [1, 2], bounds: { nu1: [0, 1] } }, /nu1 within its bounds \[0, 1\], got 2. Move the start/);
  await refused({ start: [1, 2], secondStart: [1] }, /minimise secondStart: expected one number/);
  await refused({ start: [1, 2], bounds: { shift: [0, 1] } }, /expected one of nu0, nu1, got "shift"/);
  await refused({ start: [1, 2], bounds: { nu0: [1, 1] } }, /expected lower < upper for nu0, got \[1, 1\]/);
  await refused({ start: [1, 2], tolerance: 0 }, /expected a positive edm, in units of NLL, got 0/);
  await refused({ start: [1, 2], maxEvaluations: 0 }, /maxEvaluations: expected at least 1, got 0/);
});

test.run();
