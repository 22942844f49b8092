/** Histograms counted by hand, and yields by their formula. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type MixtureSample, project } from "../../../../inference/model/predictions/projections.js";
import { expectedYields } from "../../../../inference/model/yields.js";
import { close } from "../../../support/close.js";
import { gaussianModel } from "../../../support/gaussian-mixture.js";

const exact = { absolute: 0, relative: 1e-12 };
const repeated = (count: number, value: number) => new Float32Array(count).fill(value);

/** 500 events at -1 and 500 at +1: mean 0, standard deviation 1, so that two bins have their edges at -3, 0 and 3. */
const x = Float64Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? -1 : 1));

/** 400 expected events on the left from 800 of weight ½; 600 on the right from 300 of weight 2, a third of them far outside. */
const sample: MixtureSample = {
  processes: [
    { count: 800, weight: 0.5, x: repeated(800, -0.5), y: undefined },
    { count: 300, weight: 2, x: repeated(300, 2).fill(50, 0, 100), y: undefined },
  ],
};

test("expected and observed events by bin, their variances, and χ²", () => {
  const [projection, ...others] = project({ count: 1000, x }, [sample], 2, 1);
  assert.is(others.length, 0);
  const { of, feature, observed, predictions } = projection!;
  assert.equal([of, feature], ["x", 0]);
  assert.equal(observed.edges, [-3, 0, 3]);
  assert.equal(observed.sums, [500, 500]);
  const { expected, processes, result } = predictions[0]!;
  assert.equal(expected.sums, [400, 600]);
  assert.equal(expected.squares, [800 * 0.25, 300 * 4]);
  assert.equal(processes, [
    [400, 0],
    [0, 600],
  ]);
  // Σ (observed - expected)² / (expected + Σw² of the simulation); its probability from scipy.stats.chi2.sf, SciPy 1.10.1.
  close([result.chiSquare], [100 ** 2 / (400 + 200) + 100 ** 2 / (600 + 1200)], exact);
  assert.is(result.ndf, 1);
  close([result.pValue!], [2.4284674729758432e-6], { absolute: 0, relative: 1e-9 });
});

test("events of the data with weights: Σw² is their variance", () => {
  const weights = new Float64Array(1000).fill(2);
  const [{ observed, predictions }] = project({ count: 1000, x, weights }, [sample], 2, 0) as [
    ReturnType<typeof project>[number],
  ];
  assert.equal(observed.sums, [1000, 1000]);
  assert.equal(observed.squares, [2000, 2000]);
  const { chiSquare, ndf } = predictions[0]!.result;
  close([chiSquare], [600 ** 2 / (2000 + 200) + 400 ** 2 / (2000 + 1200)], exact);
  assert.is(ndf, 2);
});

test("finite simulation adds the variance of a histogram of its events, e Y/n", () => {
  const simulated = [1000, 200];
  const processes = sample.processes.map((own, f) => ({ ...own, simulated: simulated[f] }));
  const [{ predictions, quantiles }] = project({ count: 1000, x }, [{ processes }], 2, 0) as [
    ReturnType<typeof project>[number],
  ];
  // Expected 400 of 400 on the left from 1000 events, 600 of 600 on the right from 200.
  close(predictions[0]!.expected.squares, [200 + (400 * 400) / 1000, 1200 + (600 * 600) / 200], exact);
  close([predictions[0]!.result.chiSquare], [100 ** 2 / (400 + 360) + 100 ** 2 / (600 + 3000)], exact);
  close([quantiles.expected.squares.reduce((a, b) => a + b)], [360 + 3000], exact);
});

test("the last sample in bins of its quartiles and of tails beyond which 10, 30 and 100 events are expected", () => {
  const drawn = Float32Array.from({ length: 4000 }, (_, i) => i);
  const parts = [{ count: 4000, weight: 0.25, x: drawn, y: undefined }];
  const column = Float64Array.from({ length: 1000 }, (_, i) => 2000 + 4 * (i % 500));
  const [{ quantiles }] = project(
    { count: 1000, x: column },
    [{ processes: [] }, { processes: parts }].slice(1),
    4,
    0,
  ) as [ReturnType<typeof project>[number]];
  assert.equal(quantiles.expected.edges, [0, 39, 119, 399, 999, 1999, 3000, 3600, 3880, 3960, 3999]);
  assert.equal(quantiles.expected.sums.map(Math.round), [10, 20, 70, 150, 250, 250, 150, 70, 20, 10]);
  assert.equal(quantiles.observed.sums, [0, 0, 0, 0, 0, 500, 300, 140, 40, 20]);
  assert.ok(quantiles.result.pValue! < 1e-9);
});

test("one projection for each feature of x and y, one prediction for each sample", () => {
  const y = Float64Array.from({ length: 2000 }, (_, i) => (i < 1000 ? 1 : 10) * x[i % 1000]!);
  const processes = sample.processes.map((own) => {
    const drawn = new Float32Array(2 * own.count);
    drawn.set(own.x);
    drawn.set(
      own.x.map((value) => 10 * value),
      own.count,
    );
    return { ...own, y: drawn };
  });
  const projections = project({ count: 1000, x, y }, [{ processes }, { processes }], 2, 1);
  assert.equal(
    projections.map(({ of, feature, observed }) => [of, feature, observed.edges[2]]),
    [
      ["x", 0, 3],
      ["y", 0, 3],
      ["y", 1, 30],
    ],
  );
  for (const { predictions } of projections) {
    assert.is(predictions.length, 2);
    for (const { expected } of predictions) assert.equal(expected.sums, [400, 600]);
  }
});

test("yields: N_f (1 + κ_f)^(θ - nominal)", async () => {
  for (const rate of [0.2, 1.7, -2]) {
    const got = await expectedYields(gaussianModel, [0.3, rate, -1, 2]);
    close(got, [40, 60 * 1.1 ** (rate - 0.2), 100 * 1.1 ** (0.2 - rate)], exact);
  }
});

test.run();
