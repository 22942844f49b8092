import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type BinnedEvents,
  binEvents,
  chiSquareTest,
} from "../../../../inference/statistics/goodness/goodness-of-fit.js";
import { close } from "../objectives.js";

const histogram = (sums: number[], squares: number[]): BinnedEvents => ({
  edges: sums.map((_, i) => i).concat(sums.length),
  sums,
  squares,
  outside: [0, 0],
});

test("events fall into bins that contain their lower edge, the last one both", () => {
  const binned = binEvents([-1, 0, 0.5, 1, 2.5, 3, 4], [0, 1, 2, 3], [1, 2, 3, -4, 5, 6, 7]);
  assert.equal(binned.sums, [5, -4, 11]);
  assert.equal(binned.squares, [13, 16, 61]);
  assert.equal(binned.outside, [1, 7]);
});

test("Pearson's χ² of a die: 60 throws, the textbook's sum", () => {
  const thrown = [8, 9, 19, 6, 8, 10];
  const fair = histogram(new Array(6).fill(10), new Array(6).fill(0));
  const result = chiSquareTest(histogram(thrown, thrown), fair, 1);
  close(result.chiSquare, (4 + 1 + 81 + 16 + 4 + 0) / 10, { relative: 1e-14 });
  assert.is(result.ndf, 5);
  // scipy 1.10: stats.chi2.sf(10.6, 5)
  close(result.pValue, 0.05991362580421519, { relative: 1e-12 });
});

test("simulation and weights add their variances", () => {
  const observed = histogram([100], [400]);
  const expected = histogram([130], [50]);
  const result = chiSquareTest(observed, expected, 0);
  close(result.chiSquare, 900 / 450, { relative: 1e-14 });
});

test("bins with too little to expect are joined to their neighbours", () => {
  const thin = [1, 2, 3, 20, 30, 2];
  const result = chiSquareTest(
    histogram(thin, thin),
    histogram(
      thin,
      thin.map((x) => x / 100),
    ),
    0,
  );
  assert.equal(
    result.groups.map(({ first, last, observed }) => [first, last, observed]),
    [
      [0, 2, 6],
      [3, 3, 20],
      [4, 5, 32],
    ],
  );
  assert.is(result.chiSquare, 0);
  assert.is(result.pValue, 1);
});

test("nothing left to test has no p-value", () => {
  const result = chiSquareTest(histogram([50], [50]), histogram([40], [0.1]), 1);
  assert.is(result.ndf, 0);
  assert.is(result.pValue, undefined);
});

test("seed 20261122, 400 toys: p-values of Poisson toys are uniform (Kolmogorov distance below 2.2/√400, false alarm 1e-4)", () => {
  // Park & Miller's generator: enough for a toy.
  let state = 20261122;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const expected = [80, 120, 60, 200, 40, 90, 150, 70];
  const poisson = (mean: number) => {
    let [k, product] = [0, uniform()];
    for (const limit = Math.exp(-mean); product > limit; k++) product *= uniform();
    return k;
  };
  const pValues = Array.from({ length: 400 }, () => {
    const seen = expected.map(poisson);
    return chiSquareTest(
      histogram(seen, seen),
      histogram(
        expected,
        expected.map(() => 0),
      ),
      0,
    ).pValue!;
  }).sort((a, b) => a - b);
  const distance = Math.max(...pValues.map((p, i) => Math.max(Math.abs(p - i / 400), Math.abs(p - (i + 1) / 400))));
  assert.ok(distance < 2.2 / Math.sqrt(400), `${distance}`);
});

test("bad histograms are refused", () => {
  assert.throws(() => binEvents([1], [0]), /binEvents: expected at least two finite edges in ascending order, got 1/);
  assert.throws(() => binEvents([1], [0, 2, 1]), /got 1 at position 2/);
  assert.throws(() => binEvents([1, 2], [0, 1], [1]), /expected 2 weights, got 1/);
  assert.throws(() => binEvents([NaN], [0, 1]), /expected numbers, got NaN at position 0/);
  assert.throws(() => chiSquareTest(histogram([1], [1]), histogram([1, 2], [1, 2]), 0), /same bins, got 1 and 2 bins/);
});

test.run();
