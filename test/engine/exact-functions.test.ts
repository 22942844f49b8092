/**
 * Functions of additions, multiplications and divisions alone: against `Math`, in V8 below one unit in the last place; and the bits of
 * what is stored, which do not depend on the version of Node, against hashes that Node 20.20.2 and Node 26.12.1 gave on 2026-11-29.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cos, exp, log, log1p, power, sin, tanh } from "../../engine/exact-functions.js";
import { fillNormal, normalQuantile, randomKey } from "../../engine/random/random.js";
import { Tape } from "../../engine/tape/tape.js";
import { sampleToy } from "../../examples/doi-toy/generator.js";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../flows/architecture/architecture.js";
import { warmUpCosine } from "../../flows/training/learning-rate.js";
import { adam, optimise, radam } from "../../flows/training/optimiser.js";
import { randomNumbers } from "../support/random-numbers.js";

/** Unit in the last place at |value|. */
const unit = (value: number) => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -1022) - 52);

interface Sweep {
  readonly f: (x: number) => number;
  readonly wanted: (x: number) => number;
  readonly low: number;
  readonly high: number;
  /** What engine/exact-functions.ts states, and one more for `Math`. */
  readonly units: number;
}

const sweeps: Readonly<Record<string, Sweep>> = {
  exp: { f: exp, wanted: Math.exp, low: -708, high: 709.78, units: 2.5 },
  log: { f: log, wanted: Math.log, low: 2 ** -1022, high: 4, units: 2.5 },
  "log of large numbers": {
    f: (x) => log(2 ** x),
    wanted: (x) => Math.log(2 ** x),
    low: -1022,
    high: 1023.9,
    units: 2.5,
  },
  log1p: { f: log1p, wanted: Math.log1p, low: 0, high: 1, units: 3 },
  tanh: { f: tanh, wanted: Math.tanh, low: -25, high: 25, units: 4 },
  sin: { f: sin, wanted: Math.sin, low: -1e4, high: 1e4, units: 3 },
  cos: { f: cos, wanted: Math.cos, low: -1e4, high: 1e4, units: 3 },
};

for (const [name, { f, wanted, low, high, units }] of Object.entries(sweeps)) {
  test(`${name} agrees with Math on its whole range, and logarithmically near 0`, () => {
    const draw = randomNumbers(7);
    for (let i = 0; i < 40_000; i++) {
      const far = low + (high - low) * draw();
      const x = i % 2 === 0 ? far : far * 10 ** (-12 * draw());
      if (x < low) continue;
      const exact = wanted(x);
      assert.ok(Math.abs(f(x) - exact) <= units * unit(exact), `${name}(${x}) = ${f(x)}, Math gives ${exact}`);
    }
  });
}

test("ends of the ranges are those of Math", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf, MAX_VALUE: largest } = Number;
  for (const x of [0, -0, inf, -inf, nan, largest, -largest]) {
    assert.ok(Object.is(exp(x), Math.exp(x)), `exp(${x})`);
    assert.ok(Object.is(log(x), Math.log(x)), `log(${x})`);
    assert.ok(Object.is(tanh(x), Math.tanh(x)), `tanh(${x})`);
  }
  assert.is(exp(709.8), inf);
  assert.is(exp(-745.2), 0);
});

test("power is a product", () => {
  for (const x of [0.9, 0.999, -1.5, 0]) {
    let product = 1;
    for (let n = 0; n <= 200; n++) {
      assert.ok(Math.abs(power(x, n) - product) <= 200 * 2 ** -53 * Math.abs(product), `${x}^${n}`);
      product *= x;
    }
  }
});

const hashOf = (numbers: Float64Array) =>
  createHash("sha256")
    .update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    .digest("hex")
    .slice(0, 16);

const concatenated = (parts: readonly ArrayLike<number>[]) =>
  Float64Array.from(parts.flatMap((part) => Array.from(part)));

const STEPS = 2000;

function schedules(): Float64Array {
  const rate = warmUpCosine({ warmUpSteps: 100, final: 0.01 });
  return concatenated(
    [adam({ learningRate: 1e-3 }), radam({ learningRate: 1e-3 })].flatMap((optimiser) => {
      const tape = new Tape();
      const parameter = tape.parameter("p");
      const { schedule } = optimise(parameter, [{ parameters: [parameter], optimiser }]);
      return Object.values(schedule(0, STEPS, (step) => rate(step, STEPS)));
    }),
  );
}

function weights(): Float64Array {
  const common = { features: 3, context: 2, hidden: [32, 32] };
  const flows = [
    autoregressiveFlow({ ...common, transforms: 2, transform: { kind: "spline", bins: 8, bound: 5 } }),
    factorizableFlow({ ...common, layers: 2, nuisances: [{}, { linearOnly: true }] }),
  ];
  return concatenated(flows.flatMap((flow) => [...initialise(flow, 7).values()].map(({ data }) => data)));
}

function normals(): Float64Array {
  const out = new Float64Array(20_000);
  fillNormal(randomKey(3, "exact functions"), 0, out);
  return out;
}

function toy(): Float64Array {
  const request = {
    seed: 5,
    purpose: "exact functions",
    start: 0,
    count: 5000,
    classes: "both",
    distorted: true,
  } as const;
  const { x, y } = sampleToy({ ...request, nu: [0.5, -0.5] });
  return concatenated([x, y]).map(Math.fround);
}

const stored: Readonly<Record<string, readonly [() => Float64Array, string]>> = {
  "initial weights": [weights, "8c0e21628359fdaf"],
  "numbers of optimisers' steps under a cosine": [schedules, "8d257a2560db851b"],
  "random normals": [normals, "acda3d423acd6c47"],
  "events of the toy": [toy, "5f2f33d243e49858"],
};

for (const [name, [make, hash]] of Object.entries(stored)) {
  test(`${name} have the same bits in every version of Node`, () => {
    assert.is(hashOf(make()), hash);
  });
}

test("the cosine of learning rates and normal quantiles are those that Math gives, to rounding", () => {
  const rate = warmUpCosine();
  for (let step = 0; step < STEPS; step++) {
    const wanted = 0.5 * (1 + Math.cos((Math.PI * step) / STEPS));
    assert.ok(Math.abs(rate(step, STEPS) - wanted) < 3e-16, `step ${step}`);
  }
  // Φ⁻¹(0.975), Φ⁻¹(10^-6): R 4.2, qnorm.
  assert.ok(Math.abs(normalQuantile(0.975) - 1.959963984540054) < 4e-15);
  assert.ok(Math.abs(normalQuantile(1e-6) + 4.753424308822899) < 1e-14);
});

const root = fileURLToPath(new URL("../../../", import.meta.url));

test("what makes stored numbers has no power, nor a function of Math where engines may round differently", () => {
  const inFolder = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((file) => `${folder}/${file}`)
      .filter((file) => file.endsWith(".ts"));
  const code = (file: string) => readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const drawn = [
    "engine/random/random.ts",
    "flows/training/learning-rate.ts",
    "flows/training/optimiser.ts",
    "inference/model/sampling/toys.ts",
  ];
  for (const file of [...drawn, ...inFolder("examples/doi-toy")]) {
    assert.is(
      code(file).match(/Math\.(?:exp|log|log1p|expm1|sin|cos|tan|tanh|pow|cbrt|hypot)\(/)?.[0],
      undefined,
      file,
    );
  }
  for (const file of [...drawn, ...inFolder("flows"), ...inFolder("examples/doi-toy")]) {
    // Powers of two are exact, and V8 takes squares for products.
    const powers = [...code(file).matchAll(/(\S+) \*\* (\d*)/g)].filter(
      ([, base, exponent]) => base !== "2" && exponent !== "2",
    );
    assert.equal(
      powers.map(([text]) => text),
      [],
      file,
    );
  }
});

test.run();
