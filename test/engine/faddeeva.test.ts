/** w(z) and its derivatives in f64 against mpmath (test/references/faddeeva.py): as the logarithm of the real part has them. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as faddeeva from "../../engine/faddeeva.js";

const { rows } = JSON.parse(
  readFileSync(new URL("../../../test/references/faddeeva.json", import.meta.url), "utf8"),
) as { readonly rows: readonly (readonly [x: number, y: number, value: number, ...others: number[]])[] };

/** Largest errors of log Re w and of its derivatives, in units of 1 and of themselves; of the mixed one in units of 1 / y too. */
const ALLOWED = { value: 1e-15, first: 1e-13, second: 1e-12 } as const;

test("w and its derivatives have their digits from y = 0 to 10^5, on both sides of where the series begins", () => {
  for (const [x, y, value, ofX, ofY, ofXX, ofXY, ofYY] of rows as readonly (readonly number[])[] as [
    ...(readonly [number, number, number, number, number, number, number, number][]),
  ]) {
    const re = faddeeva.reFaddeeva(x, y);
    const [slopeX, slopeY] = [faddeeva.reFaddeevaSlope(x, y) / re, -faddeeva.imFaddeevaSlope(x, y) / re];
    const [curve, mixed] = [faddeeva.reFaddeevaCurvature(x, y) / re, -faddeeva.imFaddeevaCurvature(x, y) / re];
    const check = (what: string, got: number, wanted: number, allowed: number, size = 1) =>
      assert.ok(
        Math.abs(got - wanted) <= allowed * Math.max(size, Math.abs(wanted)),
        `${what} at ${x}, ${y} is ${got}, wanted ${wanted}`,
      );
    check("log Re w", Math.log(re), value, ALLOWED.value);
    check("slope in x", slopeX, ofX, ALLOWED.first);
    check("slope in y", slopeY, ofY, ALLOWED.first);
    check("second derivative in x", curve - slopeX * slopeX, ofXX, ALLOWED.second);
    check("mixed derivative", mixed - slopeX * slopeY, ofXY, ALLOWED.second, Math.max(1, Math.abs(ofY)));
    check("second derivative in y", -curve - slopeY * slopeY, ofYY, ALLOWED.second);
  }
});

test("on the imaginary axis w is erfcx, and it is even in the real part and odd in the imaginary one", () => {
  assert.ok(Math.abs(faddeeva.reFaddeeva(0, 1) - 0.427583576155807) < 1e-15);
  for (const [x, y] of [
    [1.3, 0.4],
    [9, 2],
  ] as const) {
    assert.is(faddeeva.reFaddeeva(-x, y), faddeeva.reFaddeeva(x, y));
    assert.is(faddeeva.imFaddeeva(-x, y), -faddeeva.imFaddeeva(x, y));
  }
});

test.run();
