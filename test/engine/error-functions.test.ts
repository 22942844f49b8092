/** The definitions in f64 over their whole range, against mpmath (test/references/erf.py). */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { erf, erfc, erfcMeanExcess, erfcx } from "../../engine/error-functions.js";

interface Sweep {
  readonly x: readonly number[];
  readonly y: readonly number[];
}
const table = JSON.parse(
  readFileSync(new URL("../../../test/references/erf.json", import.meta.url), "utf8"),
) as Readonly<Record<string, Sweep>>;

/** What engine/error-functions.ts states, in units of the last place. */
const forms = {
  erf: { f: erf, units: 3 },
  erfc: { f: erfc, units: 4 },
  erfcx: { f: erfcx, units: 5 },
  erfcMeanExcess: { f: erfcMeanExcess, units: 6 },
} as const;

/** Unit in the last place at |value|. */
const unit = (value: number) => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -1022) - 52);

for (const [name, { f, units }] of Object.entries(forms)) {
  test(`${name} has the digits that it states on its whole range`, () => {
    const { x, y } = table[name]!;
    x.forEach((at, i) => {
      const exact = y[i]!;
      assert.ok(Math.abs(f(at) - exact) <= units * unit(exact), `${name}(${at}) = ${f(at)}, mpmath gives ${exact}`);
    });
  });
}

test("ends of the ranges, zeros and NaN", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf, MIN_VALUE: least } = Number;
  for (const [f, x, wanted] of [
    [erf, 0, 0],
    [erf, -0, -0],
    [erf, least, least],
    [erf, -inf, -1],
    [erf, inf, 1],
    [erf, nan, nan],
    [erfc, -0, 1],
    [erfc, -inf, 2],
    [erfc, 27, 0],
    [erfc, inf, 0],
    [erfc, nan, nan],
    [erfcx, -0, 1],
    [erfcx, -26.63, inf],
    [erfcx, -1e300, inf],
    [erfcx, -inf, inf],
    [erfcx, inf, 0],
    [erfcx, nan, nan],
    [erfcMeanExcess, -1e300, 1e300],
    [erfcMeanExcess, -inf, inf],
    [erfcMeanExcess, inf, 0],
    [erfcMeanExcess, nan, nan],
  ] as const) {
    assert.ok(Object.is(f(x), wanted), `${f.name}(${x}) = ${f(x)}`);
  }
});

test.run();
