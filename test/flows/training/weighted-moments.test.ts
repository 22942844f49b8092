/** Means and standard deviations with weights. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { weightedMoments } from "../../../flows/training/weighted-moments.js";
import { close } from "../../support/close.js";

test("weighted moments are those of the definition, also far from zero and with a negative weight", () => {
  // By hand: mean (1 + 2 · 4)/3 = 3, variance (4 + 2 · 1)/3 = 2.
  const x = Float64Array.of(1, 4, 1e9 + 1, 1e9 + 4);
  const { mean, standardDeviation } = weightedMoments(x, 2, Float64Array.of(1, 2));
  assert.equal(mean, Float64Array.of(3, 1e9 + 3));
  assert.equal(standardDeviation, Float64Array.of(Math.SQRT2, Math.SQRT2));
  const negative = weightedMoments(Float32Array.of(1, 4, 4, 4), 4, Float32Array.of(1, 2, 1, -1));
  assert.equal(negative, { mean: Float64Array.of(3), standardDeviation: Float64Array.of(Math.SQRT2) });
  for (const [shift, scale] of [
    [2 ** 50, 1],
    [-(2 ** 44), 2 ** -6],
    [0, 2 ** -600],
    [2 ** 620, 2 ** 600],
  ] as const) {
    const far = weightedMoments(
      Float64Array.from([1, 2, 3, 4, 5, 6], (value) => shift + scale * value),
      6,
    );
    assert.equal([...far.mean], [shift + 3.5 * scale]);
    // √(35/12)
    close(far.standardDeviation, [scale * Math.sqrt(35 / 12)], { absolute: 0, relative: 1e-14 });
  }
  const equal = weightedMoments(Float64Array.of(1, 2, 3, 4), 4);
  assert.equal(equal, { mean: Float64Array.of(2.5), standardDeviation: Float64Array.of(Math.sqrt(1.25)) });
});

test("moments of NaN, constant and misshapen columns are refused with what to do", () => {
  assert.throws(
    () => weightedMoments(Float64Array.of(1, 2, 3, Number.NaN), 2),
    /weightedMoments: expected finite values .* got feature 1 with NaN in event 1. Remove such events first/,
  );
  assert.throws(
    () => weightedMoments(Float64Array.of(0.1, 0.1, 0.1), 3),
    /got feature 0 with mean .* and variance .*. Leave out features that are constant/,
  );
  assert.throws(() => weightedMoments(Float64Array.of(1, 2, 3), 2), /a column \[features, count\] .* got 3 numbers/);
});

test.run();
