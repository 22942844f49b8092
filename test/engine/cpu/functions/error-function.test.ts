/** Symmetries of the error functions, across the switch at 1/2, and where erfc leaves the normal numbers. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { scalarFunctions } from "../../../../engine/cpu/functions/scalar-functions.js";
import { allLanes, compileMap } from "./compile-map.js";

for (const { lanes, label } of allLanes) {
  const { precision } = lanes;
  const exact = precision === "f32" ? Math.fround : (x: number) => x;
  const unit = precision === "f32" ? 2 ** -23 : 2 ** -52;
  const [erf, erfc] = [compileMap("erf", lanes, "inline"), compileMap("erfc", lanes, "inline")];
  /** On both sides of 1/2, and further. */
  const x = Array.from({ length: 2000 }, (_, i) => exact(i < 1000 ? 0.49 + i / 50_000 : (i - 999) / 150));

  test(`erf ${label} is odd, and erfc its complement on both sides of 0`, () => {
    const minus = x.map((value) => -value);
    assert.equal(
      erf(minus),
      erf(x).map((value) => -value),
    );
    const allowed = (scalarFunctions.erf.ulps[precision] + scalarFunctions.erfc.ulps[precision]) * unit;
    const [values, tails, backs] = [erf(x), erfc(x), erfc(minus)];
    for (const [i, value] of values.entries()) {
      assert.ok(Math.abs(value + tails[i]! - 1) <= allowed, `erf + erfc at ${x[i]}`);
      // Up to 2 a unit in the last place is that of 1.
      assert.ok(Math.abs(backs[i]! - value - 1) <= allowed, `erfc at ${minus[i]}`);
    }
  });

  test(`erfc ${label} falls to 0 below the least normal number, and has no other value there than its own`, () => {
    const [start, end, least] = precision === "f32" ? [9.1, 9.6, 2 ** -126] : [26.5, 27.2, 2 ** -1022];
    const at = Array.from({ length: 4000 }, (_, i) => exact(start + ((end - start) * i) / 4000));
    const values = erfc(at);
    const fallen = values.findIndex((value) => value < least);
    assert.ok(fallen > 0 && values.at(-1) === 0);
    for (const [i, value] of values.entries()) {
      // e^(-2 x d) for a step d, within rounding and the coarseness of numbers below the least normal one.
      if (i === 0) continue;
      const [before, step] = [values[i - 1]!, at[i]! - at[i - 1]!];
      const ratio = Math.exp(-(at[i]! + at[i - 1]!) * step);
      const isClose = Math.abs(value - before * ratio) <= 0.02 * before + 4 * least * unit;
      assert.ok(isClose || (value === 0 && before < least), `${at[i]}: ${value} after ${before}`);
    }
  });
}

test.run();
