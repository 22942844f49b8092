/** Coverage: binomial intervals against scipy, and toys whose coverage is known. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import { binomialPValue, clopperPearson } from "../../../../inference/statistics/goodness/binomial.js";
import { coverageOf, type ToyFit } from "../../../../inference/statistics/toys/coverage.js";
import { close } from "../../../support/close.js";

interface Case {
  readonly k: number;
  readonly n: number;
  readonly p: number;
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
}

const file = new URL("../../../../../test/references/scipy-binomial.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] };

test("binomial intervals and tests are scipy's", () => {
  for (const { k, n, p, low, high, pValue } of cases) {
    // scipy finds the ends of its intervals to 1e-9.
    close(clopperPearson(k, n, 0.683), [low, high], { absolute: 1e-8, relative: 0 }, `${k} of ${n}`);
    close([binomialPValue(k, n, p)], [pValue], { absolute: 1e-12, relative: 1e-9 }, `${k} of ${n} at ${p}`);
  }
});

test("counts that are none are refused", () => {
  assert.throws(() => clopperPearson(3, 2, 0.683), /expected 0 to n successes of n >= 1 trials, got 3 of 2/);
  assert.throws(() => binomialPValue(0, 0, 0.5), /got 0 of 0/);
});

const TRUTH = [0.5, -0.5];

/** Normal estimates of correlation 0.6 and standard deviations 0.01 and 0.02, that quote errors larger by `quoted`. */
function toys(count: number, quoted: number, bias = 0): ToyFit[] {
  const drawn = new Float64Array(2 * count);
  fillNormal(randomKey(4, "coverage test"), 0, drawn);
  const [a, b, rho] = [0.01, 0.02, 0.6];
  return Array.from({ length: count }, (_, i) => {
    const [u, v] = [drawn[2 * i]!, drawn[2 * i + 1]!];
    const second = rho * u + Math.sqrt(1 - rho ** 2) * v;
    return {
      truth: TRUTH,
      estimate: [TRUTH[0]! + a * (u + bias), TRUTH[1]! + b * second],
      covariance: [
        [(quoted * a) ** 2, rho * quoted ** 2 * a * b],
        [rho * quoted ** 2 * a * b, (quoted * b) ** 2],
      ],
    };
  });
}

const of = (fits: readonly ToyFit[]) => coverageOf(["first", "second"], fits);

test("honest errors cover, in one dimension and in two (seed 4, 2000 toys, false alarm 8e-4 in all)", () => {
  const { nuisances, pairs, toys: count } = of(toys(2000, 1));
  assert.is(count, 2000);
  for (const { intervals, meanPValue, widthPValue, calibration, spread, meanSigma } of nuisances) {
    for (const { pValue } of intervals) assert.ok(pValue > 1e-4);
    assert.ok(meanPValue > 1e-4 && widthPValue > 1e-4);
    assert.ok(Math.abs(calibration - 1) < 0.08);
    assert.ok(Math.abs(spread / meanSigma - 1) < 0.06);
  }
  const [{ names, ellipses }] = pairs as [(typeof pairs)[number]];
  assert.equal(names, ["first", "second"]);
  close(
    ellipses.map(({ nominal }) => nominal),
    [0.682689, 0.9545],
    { absolute: 1e-6, relative: 0 },
    "nominal",
  );
  for (const { pValue } of ellipses) assert.ok(pValue > 1e-4);
});

test("errors too small by a third are found out, and the calibration says by how much", () => {
  const { nuisances, pairs } = of(toys(2000, 2 / 3));
  for (const { intervals, widthPValue, calibration, pullWidth } of nuisances) {
    // P(|z| < 2/3) = 0.495
    assert.ok(Math.abs(intervals[0]!.covered / 2000 - 0.495) < 0.045);
    assert.ok(intervals[0]!.pValue < 1e-10 && widthPValue < 1e-10);
    assert.ok(Math.abs(calibration - 1.5) < 0.12 && Math.abs(pullWidth - 1.5) < 0.1);
  }
  // P(χ²_2 < 2.2957 · 4/9) = 1 - e^(-0.5102) = 0.400
  assert.ok(Math.abs(pairs[0]!.ellipses[0]!.covered / 2000 - 0.4) < 0.045);
});

test("a bias of half an error shows in the mean of the pulls alone", () => {
  const [first, second] = of(toys(2000, 1, 0.5)).nuisances;
  assert.ok(first!.meanPValue < 1e-10 && first!.widthPValue > 1e-4);
  assert.ok(Math.abs(first!.bias - 0.005) < 4 * first!.biasError);
  assert.ok(second!.meanPValue > 1e-4);
});

test("one toy measures nothing", () => {
  assert.throws(() => of(toys(1, 1)), /coverage: expected at least two toys whose fits gave errors, got 1/);
});

test.run();
