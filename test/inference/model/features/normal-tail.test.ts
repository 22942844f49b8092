/** Against scipy 1.11, `norm.logsf`, `norm.cdf`, and the root of `log_ndtr(-z) - l` by `brentq`. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { logNormalTail, normalCumulative, normalTailPoint } from "../../../../inference/model/features/normal-tail.js";

const isNear = (found: number, wanted: number, tolerance: number) =>
  assert.ok(Math.abs(found - wanted) <= tolerance * Math.abs(wanted), `${found}, expected ${wanted}`);

const TAILS: readonly (readonly [z: number, logTail: number])[] = [
  [1, -1.841021645009264],
  [1.3, -2.335103278662442],
  [2, -3.7831843336820317],
  [5, -15.064998393988727],
  [9.5, -48.30601929896523],
  [40, -804.6084420137539],
  [300, -45006.62273211866],
];

for (const [z, logTail] of TAILS) {
  test(`the tail beyond ${z} standard deviations`, () => isNear(logNormalTail(z), logTail, 1e-14));
}

const POINTS: readonly (readonly [logTail: number, z: number])[] = [
  [-1.85, 1.0058778496198202],
  [-2.5, 1.3911828143255687],
  [-13.815510557964274, 4.753424308822899],
  [-800, 39.88469483825668],
  [-123456, 496.8880612223336],
];

for (const [logTail, z] of POINTS) {
  test(`the point with a tail of exp(${logTail})`, () => isNear(normalTailPoint(logTail), z, 1e-13));
}

test("nothing lies beyond the end of an edge", () => assert.is(normalTailPoint(Number.NEGATIVE_INFINITY), Infinity));

for (const [z, p] of [
  [-3.2, 0.0006871379379158471],
  [-0.7, 0.24196365222307303],
  [0.2, 0.579259709439103],
  [1.6, 0.945200708300442],
] as const) {
  test(`the distribution function at ${z}`, () => isNear(normalCumulative(z), p, 1e-14));
}

test.run();
