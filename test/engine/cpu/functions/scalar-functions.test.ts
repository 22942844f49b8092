/**
 * Every scalar function over its whole range and at named edges, in both precisions, with and without fused multiply-add,
 * inline and called. Expected: Math.* (below one unit in the last place in V8), for the sigmoid of Math.exp by another form than the
 * function's own, for erf and erfc exact tables of mpmath.
 */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ModuleBuilder } from "../../../../engine/cpu/assembly/assembler.js";
import { type Lanes, lanesOf, type Precision } from "../../../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../../../engine/cpu/assembly/simd.js";
import { wasm } from "../../../../engine/cpu/assembly/webassembly.js";
import {
  defineScalarFunction,
  emitScalarFunction,
  type ScalarFunction,
  scalarFunctionNames,
  scalarFunctions,
} from "../../../../engine/cpu/functions/scalar-functions.js";

const CAPACITY = 4096;
const isRelaxed = await hasRelaxedSimd();

type Apply = (values: readonly number[]) => number[];

/** Runs the function over any number of values; "inline" and "called" print the two ways kernels may use. */
function compileMap(name: ScalarFunction, lanes: Lanes, way: "inline" | "called"): Apply {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { min: 1 });
  const reference = way === "called" ? defineScalarFunction(module, lanes, name) : undefined;
  const f = module.exportedFunction("main", [], []);
  const address = f.local("i32");
  f.range(address, 0, CAPACITY * lanes.bytes, 16, () => {
    f.get(address).get(address).memory(lanes.load);
    if (reference === undefined) emitScalarFunction(f, lanes, name);
    else f.call(reference);
    f.memory(lanes.store);
  });
  const memory = new wasm.Memory({ initial: 1 });
  const instance = new wasm.Instance(new wasm.Module(module.build()), { env: { memory } });
  const buffer = memory.buffer as ArrayBuffer;
  const view = lanes.precision === "f32" ? new Float32Array(buffer) : new Float64Array(buffer);
  return (values) => {
    const results: number[] = [];
    for (let start = 0; start < values.length; start += CAPACITY) {
      const part = values.slice(start, start + CAPACITY);
      view.set(part);
      instance.exports.main!();
      results.push(...view.subarray(0, part.length));
    }
    return results;
  };
}

const LIMITS = {
  f32: { digits: 24, minExponent: -126, max: 2 ** 128 * (1 - 2 ** -24) },
  f64: { digits: 53, minExponent: -1022, max: Number.MAX_VALUE },
} as const;

/** Unit in the last place at |value|. */
function unit(value: number, precision: Precision): number {
  const { digits, minExponent } = LIMITS[precision];
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), minExponent);
  return value === 0 ? 2 ** (minExponent - digits + 1) : 2 ** (exponent - digits + 1);
}

/** Arguments exact in `precision`: logarithmic in magnitude between the limits, both signs, and uniform on [-30, 30]. */
function sweep(precision: Precision, low: number, high: number): number[] {
  const exact = precision === "f32" ? Math.fround : (x: number) => x;
  const values: number[] = [];
  const count = 6000;
  for (let i = 0; i <= count; i++) {
    const magnitude = Math.exp(Math.log(low) + ((Math.log(high) - Math.log(low)) * i) / count);
    values.push(exact(magnitude), exact(-magnitude), exact((60 * i) / count - 30));
  }
  return values.filter((x) => Number.isFinite(x));
}

const erfTable = JSON.parse(
  readFileSync(new URL("../../../../../test/references/erf.json", import.meta.url), "utf8"),
) as {
  readonly x: number[];
  readonly erf: number[];
  readonly erfc: number[];
};

/** Of e^|x|, where the function takes e^-|x|. */
const sigmoid = (x: number) => (x > 0 ? 1 - 1 / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/** Arguments and exact answers. */
function samples(name: ScalarFunction, precision: Precision): { readonly x: number[]; readonly y: number[] } {
  if (name === "erf" || name === "erfc") return { x: erfTable.x, y: erfTable[name] };
  const [low, high] = {
    exp: [1e-20, 800],
    expm1: [1e-37, 800],
    tanh: [1e-37, 1e3],
    sigmoid: [1e-20, 800],
    sin: [1e-37, 1.6e6],
    cos: [1e-37, 1.6e6],
    log: precision === "f32" ? [2 ** -149, 3e38] : [2 ** -1074, 1.7e308],
    log1p: precision === "f32" ? [1e-37, 3e38] : [1e-307, 1.7e308],
  }[name] as [number, number];
  const near =
    name === "log" || name === "log1p" ? sweep(precision, 1e-7, 0.9).map((x) => (name === "log" ? 1 + x : x)) : [];
  const x = [...sweep(precision, low, high), ...near].map((value) =>
    precision === "f32" ? Math.fround(value) : value,
  );
  return { x, y: x.map(name === "sigmoid" ? sigmoid : Math[name]) };
}

const edges: Record<ScalarFunction, readonly (readonly [x: number, y: number])[]> = {
  exp: [
    [0, 1],
    [-0, 1],
    [1000, Infinity],
    [-1000, 0],
    [Infinity, Infinity],
    [-Infinity, 0],
    [1e-300, 1],
  ],
  expm1: [
    [0, 0],
    [-0, -0],
    [1000, Infinity],
    [-1000, -1],
    [Infinity, Infinity],
    [-Infinity, -1],
  ],
  log: [
    [1, 0],
    [0, -Infinity],
    [-0, -Infinity],
    [-1, NaN],
    [-Infinity, NaN],
    [Infinity, Infinity],
  ],
  log1p: [
    [0, 0],
    [-0, -0],
    [-1, -Infinity],
    [-1.5, NaN],
    [-Infinity, NaN],
    [Infinity, Infinity],
  ],
  tanh: [
    [0, 0],
    [-0, -0],
    [50, 1],
    [-50, -1],
    [Infinity, 1],
    [-Infinity, -1],
  ],
  sigmoid: [
    [0, 0.5],
    [-0, 0.5],
    [1000, 1],
    [-1000, 0],
    [Infinity, 1],
    [-Infinity, 0],
  ],
  sin: [
    [0, 0],
    [-0, -0],
    [Infinity, NaN],
    [-Infinity, NaN],
    [1e7, NaN],
  ],
  cos: [
    [0, 1],
    [-0, 1],
    [Infinity, NaN],
    [-Infinity, NaN],
    [-1e7, NaN],
  ],
  erf: [
    [0, 0],
    [-0, -0],
    [7, 1],
    [-7, -1],
    [Infinity, 1],
    [-Infinity, -1],
  ],
  erfc: [
    [0, 1],
    [-0, 1],
    [30, 0],
    [-7, 2],
    [Infinity, 0],
    [-Infinity, 2],
  ],
};

/** A quiet NaN with a payload, as a file may hold it. */
const NAN_BITS = { f32: 0x7fc00001, f64: 0x7ff8000000000001n } as const;

for (const precision of ["f32", "f64"] as const) {
  for (const relaxed of isRelaxed ? [false, true] : [false]) {
    const lanes = lanesOf(precision, { relaxed, wide: "none" });
    const label = `${precision}${relaxed ? " fused" : ""}`;
    const round = precision === "f32" ? Math.fround : (value: number) => value;

    for (const name of scalarFunctionNames) {
      test(`${name} ${label}: within its stated error over the whole range`, () => {
        const { x, y } = samples(name, precision);
        const results = compileMap(name, lanes, "inline")(x);
        let worst = 0;
        let where = 0;
        for (let i = 0; i < x.length; i++) {
          const isTiny = Math.abs(y[i]!) < 2 ** LIMITS[precision].minExponent && y[i] !== 0;
          if (isTiny && (results[i] === 0 || Math.abs(results[i]! - y[i]!) < 2 * unit(0, precision))) continue;
          if (!Number.isFinite(round(y[i]!)) || y[i] === 0) {
            assert.ok(
              Object.is(results[i], round(y[i]!)) || results[i] === y[i],
              `${name}(${x[i]}) = ${y[i]}, got ${results[i]}`,
            );
            continue;
          }
          const error = Math.abs(results[i]! - y[i]!) / unit(y[i]!, precision);
          assert.ok(!Number.isNaN(error), `${name}(${x[i]}) = ${y[i]}, got ${results[i]}`);
          if (error > worst) [worst, where] = [error, x[i]!];
        }
        assert.ok(worst <= scalarFunctions[name].ulps[precision], `${name} is off by ${worst} ulp at ${where}`);
      });

      test(`${name} ${label}: edges by name, inline and called`, () => {
        for (const way of ["inline", "called"] as const) {
          const apply = compileMap(name, lanes, way);
          const results = apply(edges[name].map(([x]) => x));
          edges[name].forEach(([x, y], i) => {
            assert.ok(
              Object.is(results[i], y),
              `${name}(${Object.is(x, -0) ? "-0" : x}) = ${y}, got ${results[i]} (${way})`,
            );
          });
          const payload =
            precision === "f32"
              ? new Float32Array(Uint32Array.of(NAN_BITS.f32).buffer)[0]!
              : new Float64Array(BigUint64Array.of(NAN_BITS.f64).buffer)[0]!;
          for (const result of apply([Number.NaN, payload]))
            assert.ok(Number.isNaN(result), `${name}(NaN) is ${result}`);
        }
      });
    }

    test(`exp ${label}: ends of the range`, () => {
      const apply = compileMap("exp", lanes, "inline");
      // Largest argument with a finite result, and the next number: ln of the largest f32 is 88.722839, of the largest f64 709.7827129.
      const [last, next] =
        precision === "f32" ? [88.72283172607422, 88.72283935546875] : [709.782712893384, 709.7827128933841];
      const [finite, infinite] = apply([last!, next!]);
      assert.ok(Math.abs(finite! / Math.exp(last!) - 1) < (precision === "f32" ? 1e-7 : 1e-15), `${finite}`);
      assert.is(infinite, Infinity);
      const small = precision === "f32" ? -87.33654022216797 : -708.3964185322641;
      assert.ok(Math.abs(apply([small])[0]! / Math.exp(small) - 1) < (precision === "f32" ? 1e-7 : 1e-15));
    });
  }
}

test.run();
