/** Steps from one number of a format to the next, counted where the answer is exact: powers of two. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ModelFrame } from "../../../inference/model/feature-frame.js";
import { beyondPrecision, coarseFeatures, type Extreme, extremesOf } from "../../../inference/model/resolution.js";

/** Half of the events at either value: their mean is in the middle, their standard deviation half the distance. */
const halves = (low: number, high: number) => Float64Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? low : high));

const coarse = (x: Float64Array | Float32Array, precision: "f32" | "f64", frame?: ModelFrame) =>
  coarseFeatures({ count: x.length, x }, frame, precision);

const frame = (shift: number, scale: number): ModelFrame => ({ x: { shift: [shift], scale: [scale] } });

// From 2^24 on, f32 has every second integer; from 2^53 on, f64.
const NEAR = 2 ** 24;

test("a standard deviation is counted in steps of the backend's numbers", () => {
  const x = halves(NEAR, NEAR + 16);
  assert.equal(coarse(x, "f32"), [
    { of: "x", feature: 0, mean: NEAR + 8, sigma: 8, format: "f32", isGiven: false, steps: 4 },
  ]);
  assert.equal(coarse(x, "f64"), []);
});

test("what is coarse as it was given is so in any precision and any frame", () => {
  const found = { of: "x", feature: 0, mean: NEAR + 8, sigma: 8, format: "f32", isGiven: true, steps: 4 };
  const x = Float32Array.from(halves(NEAR, NEAR + 16));
  for (const precision of ["f32", "f64"] as const) assert.equal(coarse(x, precision, frame(NEAR + 8, 8)), [found]);
  const [wide] = coarse(halves(2 ** 53, 2 ** 53 + 4), "f64");
  assert.equal([wide?.format, wide?.isGiven, wide?.steps], ["f64", true, 1]);
});

test("the frame of the model brings back the digits that f32 lacks", () => {
  const x = halves(NEAR, NEAR + 16);
  assert.equal(coarse(x, "f32", frame(NEAR + 8, 8)), []);
  // Divided without a shift, the steps are those of 2^21 + 1, a quarter, and the standard deviation 1.
  assert.is(coarse(x, "f32", frame(0, 8))[0]?.steps, 4);
});

test("1024 steps are enough, 1023 are not", () => {
  const steps = (count: number) => coarse(halves(NEAR, NEAR + 4 * count), "f32")[0]?.steps;
  assert.equal([steps(1024), steps(1023)], [undefined, 1023]);
});

test("at both ends of f32: steps of the least numbers, and none beyond the largest", () => {
  assert.is(coarse(halves(0, 2 ** -148), "f32")[0]?.steps, 1);
  assert.is(coarse(halves(2 ** 128, 2 ** 129), "f32")[0]?.steps, 0);
});

test("constant features and values that are no numbers are left out; the others keep their place", () => {
  const count = 64;
  const column = new Float64Array(4 * count);
  column.fill(NEAR, 0, count);
  column.set(halves(NEAR, Number.NaN), count);
  column.set(halves(NEAR, NEAR + 16), 2 * count);
  column.set(halves(0, 1), 3 * count);
  const found = coarseFeatures({ count, x: column.subarray(3 * count), y: column }, undefined, "f32");
  assert.equal(
    found.map(({ of, feature }) => [of, feature]),
    [["y", 2]],
  );
});

test("of many events some are looked at, from the first to near the last", () => {
  const x = new Float64Array(2 ** 18).fill(NEAR);
  for (let i = 0; i < x.length; i += 8) x[i] = NEAR + 16;
  // Every fourth event: half of those at either value.
  assert.equal([coarse(x, "f32")[0]?.mean, coarse(x, "f32")[0]?.sigma], [NEAR + 8, 8]);
});

test("extremes are the least and the largest of every feature, with the first row of each", () => {
  const events = { count: 4, x: Float64Array.of(3, -1, 7, -1), y: Float64Array.of(0, 0, 0, 0, 1, Number.NaN, -2, 9) };
  const of = (found: readonly Extreme[]) => found.map(({ of, feature, value, row }) => [of, feature, value, row]);
  assert.equal(of(extremesOf(events)), [
    ["x", 0, -1, 1],
    ["x", 0, 7, 2],
    ["y", 0, 0, 0],
    ["y", 0, 0, 0],
    ["y", 1, -2, 2],
    ["y", 1, 9, 3],
  ]);
  assert.equal(extremesOf({ count: 0, x: new Float64Array() }), []);
});

test("a value is beyond f32 where it rounds to infinity in the frame of the model", () => {
  const extreme = (value: number): Extreme => ({ of: "x", feature: 0, value, row: 5 });
  // Half a step beyond the largest number, 2^128 - 2^104, rounding goes to infinity.
  const limit = 2 ** 128 - 2 ** 103;
  const least = extreme(-limit);
  assert.is(beyondPrecision([extreme(1), least], undefined, "f32"), least);
  assert.is(beyondPrecision([extreme(2 ** 128 - 2 ** 104)], undefined, "f32"), undefined);
  assert.is(beyondPrecision([least], undefined, "f64"), undefined);
  assert.is(beyondPrecision([least], frame(0, 2), "f32"), undefined);
  assert.is(beyondPrecision([least], frame(-limit, 1), "f32"), undefined);
  const small = extreme(1);
  assert.is(beyondPrecision([small], frame(0, 2 ** -130), "f32"), small);
});

test.run();
