import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  curveForward,
  curveInverse,
  curveLogSlope,
  intervalOf,
  type Knots,
  slopesOf,
} from "../../../../inference/model/features/monotone-curve.js";

const knots: Knots = { x: [-3, 1, 1.5, 40], z: [-1.2, 0.3, 0.4, 2], slope: [0.2, 0.6, 0.05, 0.001] };
const points = [-3, -2.9, -1, 0.99, 1, 1.2, 1.5, 1.7, 20, 39.9, 40];
const close = (found: number, wanted: number, tolerance: number) =>
  assert.ok(Math.abs(found - wanted) <= tolerance, `${found}, expected ${wanted}`);

test("the curve goes through its knots with their slopes, from both sides", () => {
  for (const [i, x] of Array.from(knots.x).entries()) {
    close(curveForward(knots, x), knots.z[i]!, 1e-15);
    close(Math.exp(curveLogSlope(knots, x)), knots.slope[i]!, 1e-15);
    if (i > 0) close(Math.exp(curveLogSlope(knots, x - 1e-9)), knots.slope[i]!, 1e-7);
  }
});

test("it increases, with an inverse and the slope of its differences", () => {
  for (const [i, x] of points.entries()) {
    const z = curveForward(knots, x);
    if (i > 0) assert.ok(z > curveForward(knots, points[i - 1]!));
    close(curveInverse(knots, z), x, 1e-12);
    const isInside = i > 0 && i + 1 < points.length && !Array.from(knots.x).includes(x);
    const step = 1e-6;
    const difference = (curveForward(knots, x + step) - curveForward(knots, x - step)) / (2 * step);
    if (isInside) close(Math.exp(curveLogSlope(knots, x)), difference, 1e-8);
  }
});

test("slopes of a straight line are its own, whatever the widths; those of ends are what is given", () => {
  const x = [0, 1, 5, 6.5];
  for (const slope of slopesOf(
    x,
    x.map((value) => 3 * value - 1),
    [undefined, undefined],
  ))
    close(slope, 3, 1e-14);
  const ends = slopesOf([0, 1, 2], [0, 1, 3], [0.5, undefined]);
  // The geometric mean of 1 and 2, weighted with the other width in z: 2 and 1.
  assert.equal([ends[0], ends[2]], [0.5, 2]);
  close(ends[1]!, 2 ** (1 / 3), 1e-15);
});

test("the interval of a value, beyond the knots the outer one", () => {
  assert.equal(
    [-9, -3, 0, 1, 39, 40, 99].map((value) => intervalOf(knots.x, value)),
    [0, 0, 0, 1, 2, 2, 2],
  );
});

test.run();
