/** Verdicts on toys of the samples: of a bias at one point, of errors that are too small, and of nothing else. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../engine/random/random.js";
import { coverageOf } from "../../../inference/statistics/toys/coverage.js";
import type { SampledPoint } from "../../../workflow/steps/toy-samples.js";
import { knownCoverage, selectionVerdicts, toyVerdicts } from "../../../workflow/steps/toy-verdicts.js";

const NAMES = ["scale", "tilt"];
const points = (chance: number) =>
  ["nominal", "scale=1"].map((name) => ({ name, chance })) as unknown as readonly SampledPoint[];

/** Toys at two points, of errors 0.1; at the second `scale` is off by `bias` errors, and it scatters by `width` errors. */
function found(seed: number, toys: number, bias: number, width: number) {
  const own = (at: number) => {
    const drawn = new Float64Array(2 * toys);
    fillNormal(randomKey(seed, "toy verdicts test", at), 0, drawn);
    return Array.from({ length: toys }, (_, i) => ({
      truth: [at, 0],
      estimate: [at + 0.1 * (width * drawn[2 * i]! + (at === 1 ? bias : 0)), 0.1 * drawn[2 * i + 1]!],
      covariance: [
        [0.01, 0],
        [0, 0.01],
      ],
    }));
  };
  const parts = [own(0), own(1)];
  const { nuisances } = coverageOf(NAMES, parts.flat());
  const each = parts.map((part, i) => ({
    name: points(0)[i]!.name,
    toys,
    nuisances: coverageOf(NAMES, part).nuisances,
  }));
  return { label: "fit of x alone", toys: 2 * toys, nuisances, points: each };
}

test("right densities have no verdict (seeds 0 to 49, false alarm 5e-3 in all)", () => {
  let alarms = 0;
  for (let seed = 0; seed < 50; seed++) alarms += toyVerdicts(points(0.1), found(seed, 20, 0, 1)).length;
  assert.ok(alarms <= 1, `${alarms}`);
});

test("a bias at one of the points is a verdict there, and names nuisance, point and size (seed 1)", () => {
  const verdicts = toyVerdicts(points(0.1), found(1, 20, 2, 1));
  assert.equal(
    verdicts.map(({ check, nuisance }) => [check, nuisance]),
    [["bias of toys", "scale"]],
  );
  assert.ok(Math.abs(verdicts[0]!.value - 2) < 0.9 && verdicts[0]!.pValue < 0.001);
  assert.match(
    verdicts[0]!.text,
    /in 20 toys of the simulated events at scale=1 the estimates of scale are off by \+?[12]\.\d\d/,
  );
});

test("the same bias may be the fluctuation of samples that are small for their yields", () => {
  assert.equal(toyVerdicts(points(1), found(1, 20, 2, 1)), []);
});

test("a small bias is none, however many toys show it", () => {
  assert.equal(toyVerdicts(points(0), found(1, 500, 0.3, 1)), []);
  // Over both points it is half as large.
  assert.is(toyVerdicts(points(0), found(1, 500, 0.7, 1)).length, 1);
});

test("errors too small by a third are a verdict (seed 2)", () => {
  const verdicts = toyVerdicts(points(0.1), found(2, 40, 0, 1.5));
  assert.equal(
    verdicts.map(({ check, nuisance }) => [check, nuisance]),
    [["errors of toys", "scale"]],
  );
  assert.ok(Math.abs(verdicts[0]!.value - 1.5) < 0.4);
});

test("toys of one point are judged together, toys of no samples not at all", () => {
  const all = found(1, 20, 2, 1);
  const single = { ...all, toys: 20, nuisances: all.points[1]!.nuisances, points: [] };
  assert.is(toyVerdicts(points(0.1).slice(1), single).length, 1);
  assert.equal(toyVerdicts([], single), []);
});

test("where no point has two toys, a bias is that of all points", () => {
  const { points: _, ...all } = found(1, 20, 4, 1);
  const [verdict, ...others] = toyVerdicts(points(0.1), { ...all, points: [] });
  assert.equal(others, []);
  assert.match(verdict!.text, /in 40 toys of the simulated events at all points the estimates of scale/);
});

test("of one toy with errors, or none, nothing is said but that there are too few", () => {
  const one = { truth: [0], estimate: [0.1], covariance: [[0.04]] };
  for (const toys of [[], [one]])
    assert.equal(knownCoverage(["a"], toys), { toys: toys.length, nuisances: [], pairs: [] });
  assert.is(knownCoverage(["a"], [one, one]).nuisances.length, 1);
  const words = { why: "they fell", advice: "Look" };
  const said = (toys: number, withoutErrors: number) =>
    selectionVerdicts(
      "fit",
      knownCoverage(
        ["a"],
        Array.from({ length: toys }, () => one),
      ),
      withoutErrors,
      words,
    ).map(({ failed, text }) => [failed, text]);
  assert.equal(said(1, 0), []);
  assert.equal(said(1, 4), [
    [true, "fit: 4 of 5 toys have no errors, as they fell: whether its errors cover cannot be said"],
  ]);
  assert.equal(said(40, 2), []);
  assert.equal(
    said(40, 4).map(([failed]) => failed),
    [false],
  );
});

test.run();
