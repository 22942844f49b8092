import { test } from "uvu";
import * as assert from "uvu/assert";
import { chooseTransform, type FeatureRequest } from "../../../../inference/model/features/choose-transform.js";
import { weightedSample } from "../../../../inference/model/features/weighted-sample.js";
import { distributions, exactValues } from "./exact-samples.js";

const COUNT = 20_000;

function chosen(values: Float64Array, more: Partial<FeatureRequest> = {}) {
  const sample = weightedSample(values, new Float64Array(values.length).fill(1));
  const extremes = [sample.values[0]!, sample.values[values.length - 1]!] as const;
  return chooseTransform({ choice: "auto", sample, extremes, edges: [undefined, undefined], ...more });
}

const WANTED: { readonly [N in keyof typeof distributions]: string } = {
  "log-normal": "log",
  exponential: "rank",
  "Student t": "rank",
  Pareto: "rank",
  Gaussian: "none",
  uniform: "rank",
};

for (const [name, kind] of Object.entries(WANTED)) {
  const values = exactValues(distributions[name as keyof typeof distributions], COUNT);
  test(`auto takes ${kind} for the ${name} distribution`, () => assert.is(chosen(values)?.kind, kind));
}

const gaussian = exactValues(distributions.Gaussian, COUNT);
const logNormal = exactValues(distributions["log-normal"], COUNT);

test("two Gaussian processes side by side, and a narrow one in a wide one, are no reason for a transformation", () => {
  const joined = (mean: number, sigma: number) =>
    Float64Array.from([...gaussian, ...gaussian], (z, i) => (i < COUNT ? z : mean + sigma * z));
  assert.is(chosen(joined(4, 1))?.kind, "none");
  assert.is(chosen(joined(0.3, 0.9))?.kind, "none");
});

test("one event that is larger than all others together hides no heavy tails", () => {
  const cubes = exactValues(distributions["Student t"], COUNT).map((x, i) => (i === 0 ? -1e9 : x ** 3));
  assert.is(chosen(cubes)?.kind, "rank");
});

test("a cube of a log-normal feature is log-normal", () => {
  assert.is(chosen(logNormal.map((x) => x ** 3))?.kind, "log");
});

test("where a variation is not positive there is no logarithm", () => {
  const extremes = [-0.1, logNormal.at(-1)!] as const;
  assert.is(chosen(logNormal, { extremes })?.kind, "rank");
});

test("a given edge makes a rank", () => {
  const transform = chosen(gaussian, { edges: [-6, undefined] });
  assert.ok(transform?.kind === "rank" && transform.lower.kind === "edge");
  assert.is(transform.lower.end, -6);
});

test("integers and spikes stay as they are", () => {
  assert.is(chosen(Float64Array.from({ length: COUNT }, (_, i) => (i % 13) ** 2))?.kind, "none");
  const spike = exactValues(distributions.Pareto, COUNT).map((x, i) => (i % 50 === 0 ? 1 : x));
  assert.is(chosen(spike)?.kind, "none");
});

test("a choice by name is what is taken", () => {
  assert.is(chosen(gaussian, { choice: "rank" })?.kind, "rank");
  assert.is(chosen(logNormal, { choice: "none" })?.kind, "none");
  const asinh = chosen(exactValues(distributions["Student t"], COUNT), { choice: "asinh" });
  assert.ok(asinh?.kind === "asinh" && Math.abs(asinh.centre) < 1e-3 && asinh.width > 0.05 && asinh.width < 5);
});

test("a rank of too few events is none", () => {
  assert.is(chosen(gaussian.subarray(0, 20), { choice: "rank" }), undefined);
});

test.run();
