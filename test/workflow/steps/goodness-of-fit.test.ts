/** One verdict on the projections of a fit: its rate of false alarms, what it sees, and its words. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Projection, project } from "../../../inference/model/predictions/projections.js";
import { GOODNESS_LEVEL, goodnessOfFit, goodnessVerdicts } from "../../../workflow/steps/goodness-of-fit.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { setting } from "../report/outcome-sample.js";

const normals = (seed: number) => {
  const random = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
};

const COUNT = 2000;

/** Projections of data, two normal features, and of four times as many events of the model. */
function projected(
  seed: number,
  change: (value: number, event: number) => number = (value) => value,
  feature: (value: number) => number = (value) => value,
): Projection[] {
  const normal = normals(seed);
  const x = Float64Array.from({ length: 2 * COUNT }, (_, i) => feature(i < COUNT ? change(normal(), i) : normal()));
  const drawn = Float32Array.from({ length: 8 * COUNT }, () => feature(normal()));
  return project(
    { count: COUNT, x },
    [{ processes: [{ count: 4 * COUNT, weight: 0.25, x: drawn, y: undefined }] }],
    40,
    1,
  );
}

test("a model that describes the data: p-values below 0.05 in 5% of 200 toys, seeds 1 to 200 (false alarm 1e-3)", () => {
  let low = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const { pValue, tests } = goodnessOfFit(projected(seed))!;
    assert.is(tests, 4);
    if (pValue < 0.05) low++;
  }
  // Binomial, 200 and 0.05: P(n > 21) = 4e-4, P(n < 2) = 4e-4.
  assert.ok(low <= 21 && low >= 2, `${low} of 200`);
});

test("fails where 5% of the events pile up, and where a tail is missing (seeds 1 to 3)", () => {
  for (const seed of [1, 2, 3]) {
    const peak = goodnessOfFit(projected(seed, (value, i) => (i % 20 === 0 ? 1.02 + 0.01 * value : value)))!;
    assert.is(peak.least.bins, "narrow");
    assert.not.ok(peak.passed, `peak: ${peak.pValue}`);
    // 45 events beyond 2σ are expected on this side.
    const cut = goodnessOfFit(projected(seed, (value) => (value > 2 ? value - 2 : value)))!;
    assert.not.ok(cut.passed, `cut: ${cut.pValue}`);
  }
});

test("the tails of a feature without a scale, such as pT: 40 events where 10 are expected (seeds 1 to 3)", () => {
  for (const seed of [1, 2, 3]) {
    const found = goodnessOfFit(
      projected(seed, (value, i) => (i % 66 === 0 ? 2.6 + 0.3 * Math.abs(value) : value), Math.exp),
    )!;
    assert.is(found.least.bins, "wide");
    assert.not.ok(found.passed, `${found.pValue}`);
  }
});

test("the least p-value counts with the number of tests, by hand", () => {
  const [first] = projected(1);
  const withP = (narrow: number | undefined, wide: number | undefined): Projection =>
    ({
      ...first,
      predictions: [{ result: { chiSquare: 1, ndf: 1, pValue: narrow } }],
      quantiles: { result: { chiSquare: 1, ndf: 1, pValue: wide } },
    }) as unknown as Projection;
  const found = goodnessOfFit([withP(0.5, 0.01), withP(undefined, 0.2)])!;
  assert.is(found.tests, 3);
  assert.ok(Math.abs(found.pValue - (1 - 0.99 ** 3)) < 1e-12);
  assert.ok(found.passed && found.least.bins === "wide");
  const leastOfFour = (p: number) => goodnessOfFit([withP(p, 0.5), withP(0.5, 0.5)])!;
  assert.ok(leastOfFour(GOODNESS_LEVEL / 3.9).passed);
  assert.not.ok(leastOfFour(GOODNESS_LEVEL / 4.1).passed);
  assert.is(goodnessOfFit([withP(undefined, undefined)]), undefined);
  assert.is(goodnessOfFit([]), undefined);
  assert.equal(goodnessVerdicts(setting, undefined), []);
  assert.equal(goodnessVerdicts(setting, found), []);
});

test("the verdict names feature, χ², both p-values and the bins that differ most", () => {
  const found = goodnessOfFit(projected(1, (value, i) => (i % 20 === 0 ? 1.02 + 0.01 * value : value)));
  const [verdict, ...others] = goodnessVerdicts(setting, found);
  assert.is(others.length, 0);
  assert.equal([verdict!.check, verdict!.about, verdict!.failed], ["goodness of fit", "fit", true]);
  assert.match(
    verdict!.text,
    /^goodness of fit: after the fit, the model does not describe the data: χ² = \d+\.\d\/\d+ \(p-value \S+e-\d+\) for x1 in narrow bins, the worst of 4 tests \(p-value \S+e-\d+ with their number\), most of it with x1 between (?:0\.\d+|1) and 1\.\d+, where [\d.]+ events are expected and \d+ observed$/,
  );
  assert.match(verdict!.advice, /^Look at the projections in the report: is a process missing, .*[^.]$/);
  const tail = goodnessOfFit(
    projected(1, (value, i) => (i % 66 === 0 ? 2.6 + 0.3 * Math.abs(value) : value), Math.exp),
  );
  assert.match(goodnessVerdicts(setting, tail)[0]!.text, /for x1 in wide bins, .* with x1 above [\d.]+, where/);
});

test.run();
