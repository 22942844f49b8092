/** Bootstrap weights, and likelihoods of several models that share their programs. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import {
  bootstrapWeights,
  ensembleSpread,
  replicaModel,
} from "../../../../inference/measurements/distribution-of-interest/ensemble.js";
import { likelihood, likelihoods } from "../../../../inference/model/likelihood/likelihood.js";
import { chiSquarePValue } from "../../../../inference/statistics/goodness/special-functions.js";
import { close } from "../../../support/close.js";
import { torchEvents, torchModel } from "../../torch-mixture.js";

const data = { count: 20_000, x: new Float32Array(20_000) };

test("bootstrap weights are Poisson(1), seeds 1 and 2, false alarm 1e-4 each", () => {
  const factorial = [1, 1, 2, 6, 24, 120];
  for (const seed of [1, 2]) {
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (const weight of bootstrapWeights(data, seed, 3)) counts[Math.min(weight, 6)]! += 1;
    const expected = factorial.map((product) => (data.count * Math.exp(-1)) / product);
    expected.push(data.count - expected.reduce((sum, value) => sum + value, 0));
    const chiSquared = counts.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);
    assert.ok(chiSquarePValue(chiSquared, counts.length - 1) > 1e-4, `seed ${seed}: ${chiSquared}`);
  }
});

test("replicas have independent weights, which multiply those of the events", () => {
  const [first, second] = [0, 1].map((replica) => bootstrapWeights(data, 1, replica)) as [Float32Array, Float32Array];
  const product = first.reduce((sum, weight, i) => sum + (weight - 1) * (second[i]! - 1), 0) / data.count;
  // Of two independent weights of variance 1: 4 standard deviations, false alarm 6e-5.
  assert.ok(Math.abs(product) < 4 / Math.sqrt(data.count), `${product}`);
  const halves = { ...data, weights: new Float32Array(data.count).fill(-0.5) };
  assert.equal(
    [...bootstrapWeights(halves, 1, 0)].slice(0, 50),
    [...first.slice(0, 50)].map((weight) => -0.5 * weight),
  );
});

test("likelihoods that share programs keep their own weights, also when asked at once", async () => {
  const backend = referenceBackend();
  const model = torchModel({ hasTransport: true, hasRates: true });
  const moved = new Map(
    [...model.transport!.weights].map(([name, { shape, data: own }]) => [
      name,
      { shape, data: name.startsWith("standardisation.") ? own : own.map((value, i) => value + 0.1 * Math.sin(i)) },
    ]),
  );
  const other = replicaModel(model, { index: 0, nu: [], transport: moved });
  const request = { backend, model, data: torchEvents, form: "joint", extended: true } as const;
  const points = [
    [0.3, -0.2, 0.5, 0.1],
    [-0.4, 0.6, 0.0, -0.3],
  ];
  const alone: number[] = [];
  for (const [i, own] of [model, other, model].entries()) {
    const single = await likelihood({ ...request, model: own });
    alone.push((await single.evaluate(Float64Array.from(points[i % 2]!), 1)).nll);
    await single.close();
  }
  assert.ok(Math.abs(alone[0]! - alone[1]!) > 0.1);
  const [first, second] = await likelihoods(request, [model, other]);
  const together = await Promise.all(
    [first!, second!, first!].map((of, i) => of.evaluate(Float64Array.from(points[i % 2]!), 1)),
  );
  close(
    together.map(({ nll }) => nll),
    alone,
    { absolute: 1e-12, relative: 1e-13 },
    "nll",
  );
  await first!.close();
});

test("the spread of replicas against an error, by hand", () => {
  const replicas = [1, 2, 3, 6].map((value, index) => ({ index, nu: [value, 0.1 * value], transport: new Map() }));
  const { mean, spread, pValues } = ensembleSpread(replicas, [2, 2]);
  close(mean, [3, 0.3], { absolute: 1e-12, relative: 0 }, "mean");
  // Squares about the mean: 4 + 1 + 0 + 9 = 14.
  close(spread, [Math.sqrt(14 / 3), Math.sqrt(0.14 / 3)], { absolute: 1e-12, relative: 0 }, "spread");
  // scipy: chi2.sf(3.5, 3) = 0.3207621, chi2.cdf(0.035, 3) = 0.0017233.
  close(pValues, [2 * 0.3207621, 2 * 0.0017233], { absolute: 2e-7, relative: 0 }, "p values");
  assert.throws(
    () => ensembleSpread(replicas.slice(1, 2), [2, 2]),
    /ensembleSpread: expected at least two replicas, got 1/,
  );
});

test.run();
