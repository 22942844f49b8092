/** The polynomials keep the errors that they state, by what they stand for in Math. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  cosPolynomial,
  erfPolynomial,
  expPolynomial,
  HALF_PI,
  LN2,
  logPolynomial,
  meanExcessPolynomial,
  sinPolynomial,
} from "../../../../engine/cpu/functions/minimax.js";
import { literal } from "../../../../engine/webgpu/printing/scalar-forms.js";
import { shaderSource } from "../../../../shaders/include.js";

const horner = (coefficients: readonly number[], x: number) => coefficients.reduceRight((sum, c) => sum * x + c, 0);

/** By name: the function on [-reach, reach] from its polynomial, and what it stands for. */
const functions = {
  expm1: {
    polynomial: expPolynomial,
    reach: Math.LN2 / 2,
    value: (r: number, c: readonly number[]) => r + r * r * horner(c, r),
    wanted: Math.expm1,
  },
  "2 atanh": {
    polynomial: logPolynomial,
    reach: (Math.SQRT2 - 1) / (Math.SQRT2 + 1),
    value: (s: number, c: readonly number[]) => 2 * s + s ** 3 * horner(c, s * s),
    wanted: (s: number) => 2 * Math.atanh(s),
  },
  sin: {
    polynomial: sinPolynomial,
    reach: Math.PI / 4,
    value: (r: number, c: readonly number[]) => r + r ** 3 * horner(c, r * r),
    wanted: Math.sin,
  },
  cos: {
    polynomial: cosPolynomial,
    reach: Math.PI / 4,
    value: (r: number, c: readonly number[]) => 1 - (r * r) / 2 + r ** 4 * horner(c, r * r),
    wanted: Math.cos,
  },
} as const;

/** Of Math and of the evaluation, both in f64. */
const ROUNDING = 4 * 2 ** -52;

for (const [name, { polynomial, reach, value, wanted }] of Object.entries(functions)) {
  for (const precision of ["f32", "f64"] as const) {
    test(`${name} in ${precision} is within its stated error`, () => {
      const { coefficients, error } = polynomial[precision];
      let worst = 0;
      for (let i = -1000; i <= 1000; i++) {
        const x = (reach * i) / 1000;
        if (x === 0) continue;
        worst = Math.max(worst, Math.abs(value(x, coefficients) / wanted(x) - 1));
      }
      assert.ok(worst <= 1.05 * error + ROUNDING, `${worst}, stated ${error}`);
      if (error > 1e-12) assert.ok(worst > 0.5 * error, `${worst}: the stated error ${error} is none of this function`);
    });
  }
}

test("the pieces of ln 2 and of pi/2 add up, and products of the first are exact", () => {
  for (const { high, low, bits } of [
    // Times exponents of at most 8 and 11 bits, products have 24 and 53.
    { high: LN2.f32[0], low: LN2.f32[1], bits: 16 },
    { high: LN2.f64[0], low: LN2.f64[1], bits: 42 },
  ]) {
    assert.ok(Number.isInteger(high * 2 ** bits), `${high} has no more than ${bits} bits`);
    assert.ok(Math.abs(high + low - Math.LN2) < 2 ** -24 * low, "the second piece is what the first lacks");
  }
  assert.is(
    HALF_PI.reduceRight((sum, piece) => sum + piece, 0),
    Math.PI / 2,
  );
});

test("shaders have the coefficients of the table", () => {
  const numbers: string[] = shaderSource("shared/error_function.wgsl").match(/-?\b\d+\.\d+/g) ?? [];
  const wanted = [expPolynomial, erfPolynomial, meanExcessPolynomial].flatMap(({ f32 }) => f32.coefficients);
  const missing = [...wanted, ...LN2.f32].map(literal).filter((own) => !numbers.includes(own));
  assert.equal(missing, []);
});

test.run();
