import { test } from "uvu";
import * as assert from "uvu/assert";
import { fitUpperTail } from "../../../../inference/model/features/tail-fit.js";
import type { Tail } from "../../../../inference/model/features/tails.js";
import { mirroredSample, weightedSample } from "../../../../inference/model/features/weighted-sample.js";
import { distributions, exactSample } from "./exact-samples.js";

const COUNT = 50_000;
const upper = (name: keyof typeof distributions) => fitUpperTail(exactSample(distributions[name], COUNT), undefined);

const indexOf = (tail: Tail) => ("index" in tail ? tail.index : undefined);

test("an exponential tail from the largest part", () => {
  const { tail, knot, probability } = upper("exponential");
  assert.is(probability, 0.1);
  assert.ok(Math.abs(knot - Math.log(10)) < 1e-3);
  assert.is(indexOf(tail), 0);
  assert.ok(tail.kind === "pareto" && Math.abs(tail.scale - 1) < 0.01);
});

test("a Pareto tail has its index", () => {
  const { tail } = upper("Pareto");
  assert.is(tail.kind, "pareto");
  assert.ok(Math.abs(indexOf(tail)! - 1 / 3) < 0.01, `${indexOf(tail)}`);
});

test("Student's t reaches its power slowly: a law of its own has the index", () => {
  const { tail } = upper("Student t");
  assert.is(tail.kind, "power");
  assert.ok(Math.abs(indexOf(tail)! - 1 / 4) < 0.03, `${indexOf(tail)}`);
});

test("a Gaussian tail is linear in z, with its slope", () => {
  const { tail, slope } = upper("Gaussian");
  assert.is(tail.kind, "linear");
  assert.ok(Math.abs(slope! - 1) < 0.01, `${slope}`);
});

test("the cube of a Gaussian feature has the tail of a Gaussian one", () => {
  const values = exactSample(distributions.Gaussian, COUNT).values.map((x) => x ** 3);
  const { tail } = fitUpperTail(weightedSample(values, new Float64Array(COUNT).fill(1)), undefined);
  assert.ok(tail.kind === "box-cox" && Math.abs(tail.power - 1 / 3) < 0.05, JSON.stringify(tail));
});

test("a constant density up to a given end is an edge of power 1", () => {
  const found = fitUpperTail(exactSample(distributions.uniform, COUNT), 3);
  assert.equal(found.tail, { kind: "edge", end: 3, power: 1, bend: 0 });
});

test("a density that falls towards its end is described, from a smaller part or by its bend", () => {
  // The lower end of the exponential distribution, seen from below: the density rises by 10% over a tenth of the events.
  const found = fitUpperTail(mirroredSample(exactSample(distributions.exponential, 400_000)), 0);
  assert.ok(found.tail.kind === "edge" && Math.abs(found.tail.power - 1) < 0.02);
});

test("events that are nearly all equal have a tail as wide as they are", () => {
  const values = Float64Array.from({ length: 1000 }, (_, i) => (i === 0 ? -10 : 0));
  const found = fitUpperTail(weightedSample(values, new Float64Array(1000).fill(1)), undefined);
  assert.is(found.tail.kind, "linear");
  assert.ok(found.slope! > 0 && Number.isFinite(found.slope!));
});

test.run();
