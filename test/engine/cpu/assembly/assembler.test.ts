/** Modules we write run in the engine and compute what the same formulas give in JavaScript. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ModuleBuilder } from "../../../../engine/cpu/assembly/assembler.js";
import { wasm } from "../../../../engine/cpu/assembly/webassembly.js";
import { compileOne } from "./compile-one.js";

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

test("a shared vector is set once, where the function begins, whatever the branch that reads it", () => {
  const vector = Float64Array.of(Math.E, -Math.PI);
  const bytes = [...new Uint8Array(vector.buffer)].join();
  const { call, code, memory } = compileOne(["i32"], [], (f) => {
    const at = f.local("i32");
    f.range(at, 0, f.param(0), 16, () => f.get(at).sharedV128(vector).memory("v128.store"));
    f.get(f.param(0)).sharedV128(vector).memory("v128.store");
    f.get(f.param(0)).sharedV128(new Float64Array(2)).memory("v128.store", 16);
  });
  const numbers = new Float64Array(memory, 0, 8);
  numbers.fill(7);
  call(0);
  assert.equal([...numbers], [Math.E, -Math.PI, 0, 0, 7, 7, 7, 7]);
  call(32);
  assert.equal([...numbers], [Math.E, -Math.PI, Math.E, -Math.PI, Math.E, -Math.PI, 0, 0]);
  assert.is([...code].join().split(bytes).length - 1, 1);
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

test.run();
