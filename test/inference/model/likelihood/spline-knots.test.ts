/** Curvature that sits in knots: the median of Laplace-distributed events, for which second derivatives see none at all. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { crossesKnots } from "../../../../inference/model/likelihood/crossed-knots.js";
import { likelihood } from "../../../../inference/model/likelihood/likelihood.js";
import {
  finiteDifferenceHessian,
  withHessian,
  withOuterProduct,
} from "../../../../inference/model/likelihood/spline-knots.js";
import { F64_PRECISION } from "../../../../inference/statistics/fit/covariance.js";
import { minimise } from "../../../../inference/statistics/fit/minimise.js";
import type { Objective } from "../../../../inference/statistics/objective.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { torchEvents, torchModel } from "../../torch-mixture.js";
import { withBackend } from "../../with-backend.js";

const N = 2001;

/** Quantiles of p(x) = ½ exp(-|x - 0.3|): as many events as scatter leaves on average. */
const events = Array.from({ length: N }, (_, i) => {
  const u = (i + 0.5) / N;
  return 0.3 + (u < 0.5 ? Math.log(2 * u) : -Math.log(2 * (1 - u)));
});

/** NLL = Σ |x - a|; every score is ±1, so that their outer product is N, which is the expected curvature 2 N p(a) = N too. */
const laplace = (hessian: number): Objective => ({
  names: ["a"],
  async evaluate([a]) {
    const sum = (of: (x: number) => number) => events.reduce((total, x) => total + of(x), 0);
    const gradient = sum((x) => Math.sign(a! - x));
    return {
      nll: sum((x) => Math.abs(x - a!)),
      gradient: Float64Array.of(gradient),
      hessian: Float64Array.of(hessian),
    };
  },
});

/** The curvature of two parameters with these errors. */
const uncorrelated = (a: number, b: number) => [
  [1 / a ** 2, 0],
  [0, 1 / b ** 2],
];

test("slopes a standard deviation to either side find the curvature of knots", async () => {
  const sigma = 1 / Math.sqrt(N);
  const curvature = await finiteDifferenceHessian(laplace(0), [0.3], [[1 / sigma ** 2]]);
  // Between the two points the density falls by σ/2 on average; one event more or less.
  close(curvature, [N * (1 - sigma / 2)], { absolute: 1 / sigma, relative: 0 });
});

test("the symmetric part is taken, [K, K] row-major", async () => {
  const matrix = [5, 1, 3, 4];
  const skew: Objective = {
    names: ["a", "b"],
    evaluate: async ([a, b]) => ({
      nll: 0,
      gradient: Float64Array.of(matrix[0]! * a! + matrix[1]! * b!, matrix[2]! * a! + matrix[3]! * b!),
    }),
  };
  close(await finiteDifferenceHessian(skew, [0.2, -1], uncorrelated(0.1, 2)), [5, 2, 2, 4], {
    absolute: 1e-12,
    relative: 0,
  });
});

test("points of the finite-difference Hessian stay within the bounds, on one side where the estimate is at one", async () => {
  // NLL = a⁴ + a² b + b², of slope (4 a³ + 2 a b, a² + 2 b).
  const seen: number[][] = [];
  const quartic: Objective = {
    names: ["a", "b"],
    async evaluate(nu, order) {
      assert.is(order, 1);
      seen.push(Array.from(nu));
      const [a, b] = nu as unknown as [number, number];
      return { nll: 0, gradient: Float64Array.of(4 * a ** 3 + 2 * a * b, a ** 2 + 2 * b) };
    },
  };
  const exact = { absolute: 1e-12, relative: 1e-12 };
  const bounds = { a: [-1, 1.25] as const };
  // The cubes of 1.25 and 0.5 over 0.75, and their squares; b is not bounded.
  const [aa, ab] = [(4 * (1.25 ** 3 - 0.5 ** 3)) / 0.75 + 2 * 2, (1.25 ** 2 - 0.5 ** 2) / 0.75];
  close(
    await finiteDifferenceHessian(quartic, [1, 2], uncorrelated(0.5, 3), bounds),
    [aa, (ab + 2) / 2, (ab + 2) / 2, 2],
    exact,
  );
  assert.equal(seen, [
    [1.25, 2],
    [0.5, 2],
    [1, 5],
    [1, -1],
  ]);
  seen.length = 0;
  const atBound = await finiteDifferenceHessian(quartic, [-1, 2], uncorrelated(0.5, 3), bounds);
  assert.equal(seen.slice(0, 2), [
    [-0.5, 2],
    [-1, 2],
  ]);
  close([atBound[0]!], [(4 * (1 - 0.5 ** 3)) / 0.5 + 2 * 2], exact);
});

/** NLL of this curvature whose gradient jumps by twice `jump` at knots, as many as fit into `spacing`, of every parameter. */
function kinked(curvature: readonly (readonly number[])[], jump: number, spacing: readonly number[]): Objective {
  const triangle = (value: number, k: number) => 2 * Math.abs((value / spacing[k]!) % 1) - 1;
  return {
    names: spacing.map((_, k) => `p${k}`),
    evaluate: async (nu) => ({
      nll: 0,
      gradient: Float64Array.from(
        curvature,
        (row, k) => row.reduce((sum, value, l) => sum + value * nu[l]!, 0) + jump * triangle(nu[k]! + 0.1, k),
      ),
    }),
  };
}

test("of parameters that are all but degenerate the large errors come out, in units of any size, in spite of knots", async () => {
  // Correlation -0.99 of parameters with errors 1 and 1000: the small eigenvalue of the scaled curvature is a hundredth of the other.
  const [rho, other] = [0.99, 1000];
  const exact = [
    [1, rho / other],
    [rho / other, 1 / other ** 2],
  ];
  const objective = kinked(exact, 0.02, [1.1, 1e9]);
  // What the fit knows of the curvature need not be right.
  const roughly = exact.map((row, k) => row.map((value, l) => value * (k === l ? 1 : 0.97)));
  const found = await finiteDifferenceHessian(objective, [0.3, -200], roughly);
  const variance = (h: ArrayLike<number>) => h[3]! / (h[0]! * h[3]! - h[1]! * h[2]!);
  const expected = variance(exact.flat());
  // The weak mode moves p0 by 5 to either side, where slopes of p0 that are wrong by up to 0.02 change a curvature of 1 by up to 0.1.
  close([variance(found)], [expected], { absolute: 0, relative: 0.15 });
  // One after another they would not have told it.
  const alone = await finiteDifferenceHessian(objective, [0.3, -200], uncorrelated(1, other));
  assert.ok(Math.abs(variance(alone) / expected - 1) > 0.2, `${variance(alone)} of ${expected}`);
});

test("steps along modes end at a bound, and a smooth curvature comes out exactly", async () => {
  const exact = [
    [4, 1.9, 0],
    [1.9, 1, 0.3],
    [0, 0.3, 2],
  ];
  const seen: number[][] = [];
  const smooth = kinked(exact, 0, [1, 1, 1]);
  const objective: Objective = {
    ...smooth,
    evaluate: (nu, order) => {
      seen.push(Array.from(nu));
      return smooth.evaluate(nu, order);
    },
  };
  // p1 moves by some 3 in the weak mode, and by 1 alone; p2 is at its bound.
  const bounds = { p1: [-1.5, 2] as const, p2: [0, 5] as const };
  const found = await finiteDifferenceHessian(objective, [0, 0, 0], exact, bounds);
  close(found, exact.flat(), { absolute: 1e-12, relative: 1e-12 });
  const ofP1 = seen.map((nu) => nu[1]!);
  assert.is(Math.min(...ofP1), -1.5);
  assert.is(Math.max(...ofP1), 2);
  assert.is(Math.min(...seen.map((nu) => nu[2]!)), 0);
});

test("a fit whose minimum is at a knot converges, with the outer product of gradients as its Hessian", async () => {
  const fit = await minimise(laplace(N), { start: [-0.5], secondStart: [1.2] });
  assert.is(fit.status, "converged", fit.reason);
  assert.match(fit.reason, "as far as knots");
  // The median, to a tenth of σ = 1/√N.
  close(fit.estimate.values, [0.3], { absolute: 0.1 / Math.sqrt(N), relative: 0 });
  assert.ok(fit.evaluations < 30, `${fit.evaluations} evaluations`);
});

test("another Hessian brings its own errors and edm, or says why there are none", async () => {
  const fit = await minimise(laplace(N), { start: [0.1] });
  const slope = fit.gradient!.values[0]!;
  const wider = withHessian(fit, Float64Array.of(N / 4), F64_PRECISION);
  close(wider.covariance!.sigma, [2 / Math.sqrt(N)], { absolute: 0, relative: 1e-12 });
  close([wider.edm!], [(2 * slope ** 2) / N], { absolute: 1e-15, relative: 1e-12 });
  const none = withHessian(fit, Float64Array.of(-1), F64_PRECISION);
  assert.is(none.status, "not-positive-definite");
  assert.is(none.covariance, undefined);
  assert.match(none.reason, "not positive definite");
});

test("splines have knots that a nuisance moves events across", () => {
  const model = torchModel({ hasTransport: true, hasRates: false });
  assert.is(model.x.nominal.architecture.transform.kind, "spline");
  assert.is(crossesKnots(model, true), true);
  const { morph: _x, ...xAsItIs } = model.x;
  const { morph: _y, ...yAsItIs } = model.y!;
  assert.is(crossesKnots({ ...model, x: xAsItIs, y: yAsItIs }, true), model.response !== undefined);
  assert.is(crossesKnots({ ...model, x: xAsItIs }, false), false);
});

test("a response with splines has knots that nuisances move, where y is looked at", () => {
  const { transport: _, ...model } = torchModel({ hasTransport: true, hasRates: false });
  const affine = autoregressiveFlow({
    features: 2,
    context: 3,
    hidden: [3],
    transforms: 1,
    transform: { kind: "affine" },
  });
  const smooth = { architecture: affine, weights: initialise(affine, 1) };
  const still = { ...model, x: { nominal: model.x.nominal }, y: { nominal: smooth } };
  const withResponse = (spline: { kind: "spline"; bins: number; bound: number } | undefined) => {
    const architecture = factorizableFlow({
      features: 2,
      context: 3,
      hidden: [3],
      layers: 1,
      nuisances: [{}, {}],
      spline,
    });
    return { ...still, response: { architecture, weights: initialise(architecture, 1) } };
  };
  assert.is(crossesKnots(withResponse(undefined), true), false);
  assert.is(
    crossesKnots({ ...withResponse(undefined), y: { nominal: model.y!.nominal } }, true),
    true,
    "moves y in simulation",
  );
  assert.is(crossesKnots(withResponse({ kind: "spline", bins: 4, bound: 5 }), true), true);
  assert.is(crossesKnots(withResponse({ kind: "spline", bins: 4, bound: 5 }), false), false);
});

test("a response that acts on data moves events across the knots of T", () => {
  const model = torchModel({ hasTransport: true, hasRates: false });
  const affine = autoregressiveFlow({
    features: 2,
    context: 3,
    hidden: [3],
    transforms: 1,
    transform: { kind: "affine" },
  });
  const architecture = factorizableFlow({ features: 2, context: 3, hidden: [3], layers: 1, nuisances: [{}, {}] });
  const response = { architecture, weights: initialise(architecture, 1) };
  const smooth = {
    ...model,
    x: { nominal: model.x.nominal },
    y: { nominal: { architecture: affine, weights: initialise(affine, 1) } },
    response,
  };
  assert.is(model.transport!.architecture.transform.kind, "spline");
  assert.is(crossesKnots(smooth, true), false);
  const inFront = { ...smooth, response: { ...response, actsOn: "data" as const } };
  assert.is(crossesKnots(inFront, true), true);
  assert.is(crossesKnots(inFront, false), false);
});

test("a morph with splines has knots that nuisances move", () => {
  const { transport: _, ...model } = torchModel({ hasTransport: true, hasRates: false });
  const common = { features: 2, hidden: [3] };
  const smooth = (context: number) => {
    const architecture = autoregressiveFlow({ ...common, context, transforms: 1, transform: { kind: "affine" } });
    return { architecture, weights: initialise(architecture, 1) };
  };
  const morph = (context: number, spline: { kind: "spline"; bins: number; bound: number } | undefined) => {
    const architecture = factorizableFlow({ ...common, context, layers: 1, nuisances: [{}, {}], spline });
    return { architecture, weights: initialise(architecture, 1) };
  };
  const spline = { kind: "spline", bins: 4, bound: 5 } as const;
  const of = (ofX: typeof spline | undefined, ofY: typeof spline | undefined) => ({
    ...model,
    x: { nominal: smooth(2), morph: morph(2, ofX) },
    y: { nominal: smooth(4), morph: morph(4, ofY) },
  });
  assert.is(crossesKnots(of(undefined, undefined), true), false);
  assert.is(crossesKnots(of(spline, undefined), false), true);
  assert.is(crossesKnots(of(undefined, spline), true), true);
  assert.is(crossesKnots(of(undefined, spline), false), false);
});

test("with weights, scores count with the weight in the outer product of gradients and with its square in the product", async () => {
  const nu = [0.5, -0.5, 0.3, -0.8];
  const model = torchModel({ hasTransport: true, hasRates: true });
  const double = Float32Array.from(torchEvents.weights!, () => 2);
  for (const { create } of testBackends()) {
    await withBackend(create, async (backend) => {
      const of = (weights: Float32Array | undefined) =>
        likelihood({ backend, model, data: { ...torchEvents, weights }, form: "joint", extended: true });
      const [plain, doubled] = [await of(undefined), await of(double)];
      const [product, once, twice] = [
        await plain.scoreProduct(nu),
        await plain.outerProduct(nu),
        await doubled.outerProduct(nu),
      ];
      const tolerance = { absolute: 1e-5, relative: 1e-5 };
      close(once.matrix, product, tolerance, backend.name);
      const unit = (i: number) => (i % 5 === 0 ? 1 : 0);
      const expected = product.map((value, i) => unit(i) + 2 * (value - unit(i)));
      close(twice.matrix, expected, tolerance, backend.name);
      close(
        twice.scatter,
        once.scatter.map((value) => 2 * value),
        tolerance,
        backend.name,
      );
      // Σ g⁴ lies between (Σ g²)²/N and (Σ g²)², by Cauchy and Schwarz.
      for (const [k, scatter] of once.scatter.entries()) {
        const squares = product[5 * k]! - 1;
        assert.ok(scatter <= squares && scatter >= squares / Math.sqrt(torchEvents.count), `${k}: ${scatter}`);
      }
      const { hessian } = await withOuterProduct(plain).evaluate(Float64Array.from(nu), 2);
      assert.equal(hessian, once.matrix);
    });
  }
});

test.run();
