/**
 * Every scalar function over its whole range and at named edges, in both precisions, with and without fused multiply-add,
 * inline and called. Expected: Math.* (below one unit in the last place in V8), for the sigmoid of Math.exp by another form than the
 * function's own, for the error functions exact tables of mpmath.
 */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Precision } from "../../../../engine/cpu/assembly/lanes.js";
import {
  type ScalarFunction,
  scalarFunctionNames,
  scalarFunctions,
} from "../../../../engine/cpu/functions/scalar-functions.js";
import { allLanes, compileMap } from "./compile-map.js";

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
) as Readonly<Record<"erf" | "erfc" | "erfcx" | "erfcMeanExcess", { readonly x: number[]; readonly y: number[] }>>;

/** Of e^|x|, where the function takes e^-|x|. */
const sigmoid = (x: number) => (x > 0 ? 1 - 1 / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/** Arguments and exact answers. */
function samples(name: ScalarFunction, precision: Precision): { readonly x: number[]; readonly y: number[] } {
  const round = precision === "f32" ? Math.fround : (x: number) => x;
  if (name === "erf" || name === "erfc" || name === "erfcx" || name === "erfcMeanExcess") {
    const { x, y } = erfTable[name];
    const isExact = x.map((value) => round(value) === value);
    return { x: x.filter((_, i) => isExact[i]), y: y.filter((_, i) => isExact[i]) };
  }
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
  const x = [...sweep(precision, low, high), ...near].map(round);
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
  erfcx: [
    [-26.63, Infinity],
    [-1e30, Infinity],
    [Infinity, 0],
    [-Infinity, Infinity],
  ],
  erfcMeanExcess: [
    [-(2 ** 100), 2 ** 100],
    [Infinity, 0],
    [-Infinity, Infinity],
  ],
};

/** A quiet NaN with a payload, as a file may hold it. */
const NAN_BITS = { f32: 0x7fc00001, f64: 0x7ff8000000000001n } as const;

for (const { lanes, label } of allLanes) {
  const { precision } = lanes;
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
        for (const result of apply([Number.NaN, payload])) assert.ok(Number.isNaN(result), `${name}(NaN) is ${result}`);
      }
    });
  }
}

test.run();
