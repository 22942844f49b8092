/** Polynomials of every length are the same by each of their schemes, to rounding. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { lanesOf } from "../../../../engine/cpu/assembly/lanes.js";
import { longPolynomial, polynomial, wholePolynomial } from "../../../../engine/cpu/functions/float-format.js";
import { compileOne } from "../assembly/compile-one.js";

const lanes = lanesOf("f64", { relaxed: false, wide: "none" });

/** Exact in f64, whatever the order: small whole numbers. */
const coefficients = (count: number) => Array.from({ length: count }, (_, i) => ((7 * i) % 11) - 5 || 6);
const value = (x: number, own: readonly number[]) => own.reduceRight((sum, c) => sum * x + c, 0);

for (const [name, scheme, from] of [
  ["polynomial", polynomial, 1],
  ["wholePolynomial", wholePolynomial, 1],
  ["longPolynomial", longPolynomial, 2],
] as const) {
  test(`${name} has all its coefficients in their places, for any number of them`, () => {
    for (let count = from; count <= 18; count++) {
      const own = coefficients(count);
      const { call, memory } = compileOne([], [], (f) => {
        const x = f.local("v128");
        f.i32(0).memory(lanes.load).set(x).i32(16);
        scheme(f, lanes, x, own);
        f.memory(lanes.store);
      });
      const numbers = new Float64Array(memory, 0, 4);
      numbers.set([2, -3]);
      call();
      assert.equal([...numbers.slice(2)], [value(2, own), value(-3, own)], `${count} coefficients`);
    }
  });
}

test.run();
