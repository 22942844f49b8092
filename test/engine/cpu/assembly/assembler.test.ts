/** Modules we write run in the engine and compute what the same formulas give in JavaScript. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FunctionBuilder, ModuleBuilder, type ValueType } from "../../../../engine/cpu/assembly/assembler.js";
import { lanesOf } from "../../../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../../../engine/cpu/assembly/simd.js";
import { wasm } from "../../../../engine/cpu/assembly/webassembly.js";

const isRelaxed = await hasRelaxedSimd();
const PAGE = 65536;

/** Compiles one exported function over a fresh memory of one page. */
function compileOne(
  params: readonly ValueType[],
  results: readonly ValueType[],
  body: (f: FunctionBuilder) => void,
): { readonly call: (...values: number[]) => number; readonly memory: ArrayBuffer } {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { min: 1 });
  body(module.exportedFunction("main", params, results));
  const memory = new wasm.Memory({ initial: 1 });
  const instance = new wasm.Instance(new wasm.Module(module.build()), { env: { memory } });
  return { call: instance.exports.main!, memory: memory.buffer as ArrayBuffer };
}

test("constants survive signed LEB128", () => {
  for (const value of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, -8192, 2 ** 31 - 1, -(2 ** 31)]) {
    const { call } = compileOne([], ["i32"], (f) => f.i32(value));
    assert.is(call(), value);
  }
  for (const value of [0n, 63n, 64n, 2n ** 40n + 3n, -(2n ** 62n)]) {
    const { call } = compileOne([], ["f64"], (f) => f.i64(value).op("f64.reinterpret_i64"));
    assert.is(call(), new Float64Array(BigInt64Array.of(value).buffer)[0]);
  }
});

test("offsets above 127 bytes reach their address", () => {
  const { call, memory } = compileOne(["i32"], ["f64"], (f) => f.get(f.param(0)).memory("f64.load", 40_000));
  new Float64Array(memory)[5003] = Math.PI;
  assert.is(call(24), Math.PI);
});

test("range, block, loop, if and branches: primes below n by trial division", () => {
  const { call } = compileOne(["i32"], ["i32"], (f) => {
    const candidate = f.local("i32");
    const divisor = f.local("i32");
    const count = f.local("i32");
    f.range(candidate, 2, f.param(0), 1, () => {
      f.block((composite) => {
        f.range(divisor, 2, candidate, 1, () => {
          f.get(candidate).get(divisor).op("i32.rem_u", "i32.eqz").brIf(composite);
        });
        f.increase(count, 1);
      });
    });
    f.get(count).i32(25).op("i32.eq");
    f.if(
      () => f.i32(-25),
      () => f.get(count),
      "i32",
    );
  });
  assert.is(call(2), 0);
  assert.is(call(30), 10);
  assert.is(call(100), -25);
});

test("functions call imports and each other, also one written later", () => {
  const module = new ModuleBuilder();
  const cosine = module.importFunction("env", "cos", ["f64"], ["f64"]);
  const main = module.exportedFunction("main", ["f64"], ["f64"]);
  const square = module.internalFunction("square", ["f64"], ["f64"]);
  main.get(main.param(0)).call(cosine).call(square);
  square.get(square.param(0)).get(square.param(0)).op("f64.mul");
  const instance = new wasm.Instance(new wasm.Module(module.build()), { env: { cos: Math.cos } });
  assert.is(instance.exports.main!(0.3), Math.cos(0.3) ** 2);
  assert.throws(() => module.importFunction("env", "sin", ["f64"], ["f64"]), /before defining functions/);
});

test("a shared memory is added to atomically and needs a maximum", () => {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { min: 1, max: 4, shared: true });
  const f = module.exportedFunction("main", [], ["i32"]);
  f.i32(8).i32(5).memory("i32.atomic.rmw.add", 4).op("drop");
  f.i32(12).i32(1).memory("memory.atomic.notify").op("drop");
  f.i32(12).memory("i32.atomic.load");
  const memory = new wasm.Memory({ initial: 1, maximum: 4, shared: true });
  const instance = new wasm.Instance(new wasm.Module(module.build()), { env: { memory } });
  new Int32Array(memory.buffer)[3] = 37;
  assert.is(instance.exports.main!(), 42);
  assert.throws(() => new ModuleBuilder().importMemory("env", "m", { min: 1, shared: true }), /needs a maximum/);
});

test("a body of 100 000 instructions is written", () => {
  const { call } = compileOne(["f64"], ["f64"], (f) => {
    f.get(f.param(0));
    for (let i = 0; i < 50_000; i++) f.f64(1).op("f64.add");
  });
  assert.is(call(0.5), 50_000.5);
});

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
