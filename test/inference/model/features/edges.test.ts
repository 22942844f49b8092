import { test } from "uvu";
import * as assert from "uvu/assert";
import { roundest, upperEdge } from "../../../../inference/model/features/edges.js";
import {
  mirroredSample,
  type WeightedSample,
  weightedSample,
} from "../../../../inference/model/features/weighted-sample.js";
import { distributions, exactSample } from "./exact-samples.js";

test("the roundest decimal of an interval", () => {
  const wanted: readonly (readonly [number, number, number])[] = [
    [99.9993, 100.0058, 100],
    [0.2991, 0.3004, 0.3],
    [-0.001, 0.2, 0],
    [-40.3, -39.2, -40],
    [159.2, 159.7, 159.5],
    [1.7320494, 1.7320533, 1.73205],
    [2.4e-7, 2.6e-7, 2.5e-7],
    [123456.7, 123458.9, 123457],
  ];
  for (const [from, to, value] of wanted) assert.is(roundest(from, to), value, `[${from}, ${to}]`);
});

const largest = ({ values }: WeightedSample) => values[values.length - 1]!;
const edgeAbove = (sample: WeightedSample) => upperEdge(sample, largest(sample));

const COUNT = 20_000;
const wanted: { readonly [N in keyof typeof distributions]: readonly [number | undefined, number | undefined] } = {
  "log-normal": [undefined, undefined],
  exponential: [0, undefined],
  "Student t": [undefined, undefined],
  Pareto: [1, undefined],
  Gaussian: [undefined, undefined],
  uniform: [2, 3],
};

for (const [name, [low, high]] of Object.entries(wanted)) {
  test(`edges of the ${name} distribution`, () => {
    const sample = exactSample(distributions[name as keyof typeof distributions], COUNT);
    assert.is(edgeAbove(sample), high);
    const found = edgeAbove(mirroredSample(sample));
    assert.is(found === undefined ? undefined : 0 - found, low);
  });
}

const even = (values: readonly number[]) =>
  weightedSample(Float64Array.from(values), new Float64Array(values.length).fill(1));
const uniform = exactSample(distributions.uniform, COUNT);

test("a density that vanishes linearly ends at 0, but at no other number", () => {
  const rising = Array.from(uniform.values, (value) => Math.sqrt(value - 2));
  assert.is(edgeAbove(even(rising.map((value) => -value).toReversed())), 0);
  assert.is(edgeAbove(even(rising.map((value) => 5 - value).toReversed())), undefined);
});

test("values that are rounded to the edge itself end there", () => {
  assert.is(edgeAbove(even(Array.from(uniform.values, (value) => Math.round(value * 1000) / 1000))), 3);
});

test("another sample that goes a little further moves the edge, one that goes far has none", () => {
  assert.is(upperEdge(uniform, 3.0201), 3.0205);
  assert.is(upperEdge(uniform, 3.4), undefined);
});

test("a small sample has no edges", () => assert.is(edgeAbove(exactSample(distributions.uniform, 900)), undefined));

test.run();
