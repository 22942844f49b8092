import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  countBelow,
  mirroredSample,
  momentsOfSample,
  quantilesOf,
  weightedSample,
} from "../../../../inference/model/features/weighted-sample.js";
import { close, tolerances } from "../../../support/close.js";

const values = Float32Array.of(3, -1, 2, 2, 7, -1);
const weights = Float32Array.of(1, 2, -0.5, 1.5, 1, 0.25);
const sample = weightedSample(values, weights);

test("values ascend, each with its weight", () => {
  assert.equal(Array.from(sample.values), [-1, -1, 2, 2, 3, 7]);
  assert.equal(Array.from(sample.weights), [2, 0.25, -0.5, 1.5, 1, 1]);
  // Σ w = 5.25, Σ w² = 4 + 0.0625 + 0.25 + 2.25 + 1 + 1.
  assert.equal(
    Array.from(sample.before, (part) => part * 5.25),
    [0, 2, 2.25, 1.75, 3.25, 4.25, 5.25],
  );
  assert.ok(Math.abs(sample.effectiveEvents - 5.25 ** 2 / 8.5625) < 1e-14);
});

test("moments are weighted", () => {
  const { mean, sigma } = momentsOfSample(sample, -1, 7);
  const wanted = (-2 - 0.25 - 1 + 3 + 3 + 7) / 5.25;
  assert.ok(Math.abs(mean - wanted) < 1e-15);
  const square = (2.25 * (-1 - wanted) ** 2 + (2 - wanted) ** 2 + (3 - wanted) ** 2 + (7 - wanted) ** 2) / 5.25;
  assert.ok(Math.abs(sigma - Math.sqrt(square)) < 1e-15);
});

test("moments of the events between two values", () => {
  const { mean, sigma } = momentsOfSample(sample, 0, 3);
  // Weights -0.5 and 1.5 at 2, 1 at 3.
  assert.ok(Math.abs(mean - 2.5) < 1e-15 && Math.abs(sigma - 0.5) < 1e-15);
});

test("the mirror image has the upper tail below", () => {
  const mirror = mirroredSample(sample);
  const wanted = weightedSample(values.map((value) => -value).toReversed(), weights.toReversed());
  assert.equal([mirror.values, mirror.weights], [wanted.values, wanted.weights]);
  close(mirror.before, wanted.before, tolerances.f64);
  close(mirror.squares, wanted.squares, tolerances.f64);
});

test("quantiles of equal weights lie between the events, at the ends the outermost", () => {
  const quantile = quantilesOf(weightedSample(Float64Array.of(1, 2, 4, 8), Float64Array.of(1, 1, 1, 1)));
  assert.equal([0, 0.125, 0.25, 0.5, 0.75, 1].map(quantile), [1, 1, 1.5, 3, 6, 8]);
});

test("quantiles increase with weights of both signs", () => {
  const count = 2000;
  const spread = Float64Array.from({ length: count }, (_, i) => Math.sin(i) * i);
  const signs = Float64Array.from({ length: count }, (_, i) => (i % 5 === 0 ? -1 : 1.5));
  const quantile = quantilesOf(weightedSample(spread, signs));
  let last = Number.NEGATIVE_INFINITY;
  for (let p = 0.001; p < 1; p += 0.001) {
    assert.ok(quantile(p) >= last);
    last = quantile(p);
  }
});

test("events below a value", () => {
  assert.equal(
    [-2, -1, 0, 2, 7, 8].map((value) => countBelow(sample.values, value)),
    [0, 0, 2, 2, 5, 6],
  );
});

test.run();
