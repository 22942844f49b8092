/** Verdicts of closure, from tests with numbers that are easy to check. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type ClosureTest,
  closureVerdicts,
  significantChiSquare,
  visibleDifference,
} from "../../../../inference/model/predictions/closure-verdicts.js";

const sample: ClosureTest = {
  of: "x",
  part: "morph",
  by: "bins",
  process: 0,
  at: [1],
  features: [{ of: "x", feature: 0 }],
  result: { chiSquare: 200, ndf: 23, pValue: 1e-20 },
  difference: { lambda: 0, error: 0.1 },
};

test("a morph fails by what it misses of an effect: half where data see it at all, a quarter where they see it clearly, less nowhere", () => {
  const passes = (lambda: number, variation: number) =>
    closureVerdicts([
      { ...sample, difference: { lambda, error: 0.1 }, variation: { lambda: variation, error: 0.1 } },
    ])[0]!.passed;
  assert.equal([passes(2, 7.9), passes(2, 8.1), passes(0.9, 1)], [false, true, true]);
  assert.equal([passes(26, 410), passes(26, 420), passes(24, 380)], [false, true, true]);
});

test("tests by a classifier have a verdict of their own, by the same rule and with their own number of tests", () => {
  const nominal = { ...sample, part: "nominal", difference: { lambda: 26, error: 0.1 } } as const;
  const result = { ...sample.result, pValue: 0.0009 };
  const one = { ...nominal, by: "classifier", result } as const;
  const bins = { ...nominal, difference: { lambda: 24, error: 0.1 } } as const;
  const verdictsOf = (tests: readonly ClosureTest[]) =>
    closureVerdicts(tests).map(({ by, tests: count, passed }) => [by, count, passed]);
  assert.equal(verdictsOf([bins, one]), [
    ["bins", 1, true],
    ["classifier", 1, false],
  ]);
  // Of two tests, one has such a p-value by chance with a probability of 0.0018.
  assert.equal(verdictsOf([one, { ...one, process: 1 }]), [["classifier", 2, true]]);
});

test("the χ² that is significant is that of its formula for one and three degrees of freedom", () => {
  assert.ok(Math.abs(significantChiSquare(1, 1) - 10.8276) < 1e-3);
  // Q = erfc √(x/2) + √(2 x / π) e^(-x/2) is 0.001, and 1 - 0.999^(1/2), there.
  assert.ok(Math.abs(significantChiSquare(3, 1) - 16.26624) < 1e-4);
  assert.ok(Math.abs(significantChiSquare(3, 2) - 17.72947) < 1e-4);
});

test("a difference is visible where χ² is significant on average, but a nominal density may differ by five, and a morph by one", () => {
  const visible = (part: ClosureTest["part"], error: number) =>
    visibleDifference({ ...sample, part, result: { ...sample.result, ndf: 3 }, difference: { lambda: 0, error } }, 2);
  // χ² exceeds its 3 degrees of freedom by λ/error standard deviations √6.
  const wanted = (error: number) => Math.sqrt((error * 14.72947) / Math.sqrt(6));
  assert.ok(Math.abs(visible("nominal", 16) - wanted(16)) < 1e-4);
  assert.is(visible("nominal", 0.25), 5);
  assert.ok(Math.abs(visible("morph", 0.25) - wanted(0.25)) < 1e-4);
  assert.is(visible("morph", 0.01), 1);
});

test.run();
