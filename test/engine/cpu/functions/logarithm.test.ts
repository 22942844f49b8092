/** Logarithms at powers of two, across the change of the mantissa's range, and of subnormal numbers. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { scalarFunctions } from "../../../../engine/cpu/functions/scalar-functions.js";
import { allLanes, compileMap } from "./compile-map.js";

for (const { lanes, label } of allLanes) {
  const { precision } = lanes;
  const exact = precision === "f32" ? Math.fround : (x: number) => x;
  const unit = precision === "f32" ? 2 ** -24 : 2 ** -53;
  const log = compileMap("log", lanes, "inline");
  const log1p = compileMap("log1p", lanes, "inline");

  test(`log ${label}: of 2^k it is k ln 2, from the least subnormal number to the largest power`, () => {
    const [low, high] = precision === "f32" ? [-149, 127] : [-1074, 1023];
    const exponents = Array.from({ length: high - low + 1 }, (_, i) => low + i);
    const got = log(exponents.map((k) => 2 ** k));
    for (const [i, k] of exponents.entries()) {
      const allowed = 2 * scalarFunctions.log.ulps[precision] * unit * Math.abs(k * Math.LN2);
      assert.ok(Math.abs(got[i]! - k * Math.LN2) <= allowed, `2^${k}: ${got[i]}`);
    }
  });

  test(`log ${label}: it never falls across sqrt(1/2), where the exponent changes`, () => {
    const step = 2 * unit;
    const x = Array.from({ length: 400 }, (_, i) => exact(Math.SQRT1_2 + (i - 200) * step));
    const y = log(x);
    for (const [i, value] of y.entries()) if (i > 0) assert.ok(value >= y[i - 1]!, `at ${x[i]}`);
  });

  test(`log1p ${label}: near 0 it is its argument, and far above the logarithm`, () => {
    const tiny = [1e-30, -1e-30, 2 ** -60, -(2 ** -100)].map(exact);
    assert.equal(log1p(tiny), tiny);
    const large = [1e20, 3e25, 2 ** 100].map(exact);
    assert.equal(log1p(large), log(large));
  });
}

test.run();
