/** Vectors of both precisions compute what the same formulas give in JavaScript. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FunctionBuilder } from "../../../../engine/cpu/assembly/assembler.js";
import { lanesOf } from "../../../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../../../engine/cpu/assembly/simd.js";
import { compileOne, PAGE } from "./compile-one.js";

const isRelaxed = await hasRelaxedSimd();

for (const precision of ["f32", "f64"] as const) {
  for (const relaxed of isRelaxed ? [false, true] : [false]) {
    const lanes = lanesOf(precision, { relaxed, wide: "none" });
    const ArrayType = precision === "f32" ? Float32Array : Float64Array;
    const label = `${precision}${relaxed ? " relaxed" : ""}`;

    /** Runs a body that finds x at byte 0, y at 16, z at 32 and leaves one vector. */
    const evaluate = (x: number[], y: number[], z: number[], body: (f: FunctionBuilder) => void): number[] => {
      const { call, memory } = compileOne([], [], (f) => {
        f.i32(48);
        body(f);
        f.memory(lanes.store);
      });
      const values = new ArrayType(memory, 0, PAGE / lanes.bytes);
      [x, y, z].forEach((vector, i) => {
        values.set(vector, i * lanes.width);
      });
      call();
      return [...values.subarray(3 * lanes.width, 4 * lanes.width)];
    };
    const load = (f: FunctionBuilder, ...slots: number[]) => {
      for (const slot of slots) f.i32(0).memory(lanes.load, 16 * slot);
      return f;
    };
    const x = [1.5, -2.25, 0.125, 4].slice(0, lanes.width);
    const y = [-0.5, 3, 0.125, -8].slice(0, lanes.width);
    const z = [10, 20, -30, 0.5].slice(0, lanes.width);

    test(`lanes ${label}: arithmetic, comparison, selection`, () => {
      const map = (formula: (a: number, b: number, c: number) => number) => x.map((a, i) => formula(a, y[i]!, z[i]!));
      assert.equal(
        evaluate(x, y, z, (f) => load(f, 0, 1).op(lanes.sub)),
        map((a, b) => a - b),
      );
      assert.equal(
        evaluate(x, y, z, (f) => lanes.madd(load(f, 0, 1, 2))),
        map((a, b, c) => a * b + c),
      );
      assert.equal(
        evaluate(x, y, z, (f) => lanes.nmadd(load(f, 0, 1, 2))),
        map((a, b, c) => c - a * b),
      );
      const smaller = evaluate(x, y, z, (f) => load(f, 0, 1, 0, 1).op(lanes.less, lanes.select));
      assert.equal(
        smaller,
        map((a, b) => Math.min(a, b)),
      );
      const splat = evaluate(x, y, z, (f) => f.i32(0).memory(lanes.splatLoad, 16).op(lanes.neg));
      assert.equal(splat, Array(lanes.width).fill(0.5));
      assert.equal(
        evaluate(x, y, z, (f) => lanes.constant(f, 0.75)),
        Array(lanes.width).fill(0.75),
      );
    });

    test(`lanes ${label}: pmin and pmax keep NaN of the first operand`, () => {
      const nan = x.map(() => Number.NaN);
      assert.equal(
        evaluate(nan, y, z, (f) => load(f, 0, 1).op(lanes.pmax)),
        nan,
      );
      assert.equal(
        evaluate(nan, y, z, (f) => load(f, 1, 0).op(lanes.pmax)),
        y,
      );
    });

    test(`lanes ${label}: addIntoF64 keeps what f32 would lose`, () => {
      const { call, memory } = compileOne([], ["f64"], (f) => {
        const accumulator = f.local("v128");
        lanes.addIntoF64(load(f, 0), accumulator);
        lanes.addIntoF64(load(f, 1), accumulator);
        f.get(accumulator).lane("f64x2.extract_lane", 0).get(accumulator).lane("f64x2.extract_lane", 1).op("f64.add");
      });
      const big = 2 ** 30;
      new ArrayType(memory).set([big, 1, 0, 2].slice(0, lanes.width));
      new ArrayType(memory, 16).set([0.25, 0.5, 0.125, 0].slice(0, lanes.width));
      assert.is(call(), precision === "f32" ? big + 3.875 : big + 1.75);
    });
  }
}

test.run();
