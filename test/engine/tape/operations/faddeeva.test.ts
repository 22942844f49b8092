/** log Re w(z) with its first and second derivatives on every backend, against mpmath (test/references/faddeeva.py). */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { type TestBackend, testBackends } from "../../../support/backends.js";
import { runOn } from "../../../support/run-program.js";

type Row = readonly [
  x: number,
  y: number,
  value: number,
  ofX: number,
  ofY: number,
  ofXX: number,
  ofXY: number,
  ofYY: number,
];

const { rows } = JSON.parse(
  readFileSync(new URL("../../../../../test/references/faddeeva.json", import.meta.url), "utf8"),
) as { readonly rows: readonly Row[] };

const UNIT = { f32: 2 ** -23, f64: 2 ** -52 } as const;

/** In units of 1 and of the number itself, what the operation states: its own of 4, of first derivatives 200, of second ones 4000; on webgpu 8 times as much, for divisions and exponentials of WGSL. */
const UNITS = { value: 4, ofX: 200, ofY: 200, ofXX: 4000, ofXY: 4000, ofYY: 4000 } as const;

async function derivatives(backend: TestBackend, points: readonly (readonly [number, number])[]) {
  const tape = new Tape();
  const [x, y] = [tape.column("x"), tape.column("y")];
  const value = o.logFaddeeva(x, y);
  const [ofX, ofY] = gradient(o.sumEvents(value), [x, y]) as [Var, Var];
  const [ofXX, ofXY] = gradient(o.sumEvents(ofX), [x, y]) as [Var, Var];
  const [ofYY] = gradient(o.sumEvents(ofY), [y]) as [Var];
  const columns = { x: Float64Array.from(points, ([own]) => own), y: Float64Array.from(points, ([, own]) => own) };
  return runOn(backend, { outputs: { value, ofX, ofY, ofXX, ofXY, ofYY }, parameters: {}, columns });
}

for (const backend of testBackends()) {
  const { name, precision } = backend;
  const unit = UNIT[precision];

  test(`log Re w has the digits that it states, and so have its derivatives, on ${name}`, async () => {
    const got = await derivatives(
      backend,
      rows.map(([x, y]) => [x, y]),
    );
    for (const [e, [x, y, ...answers]] of rows.entries()) {
      for (const [i, what] of (["value", "ofX", "ofY", "ofXX", "ofXY", "ofYY"] as const).entries()) {
        const [found, wanted] = [got[what]![e]!, answers[i]!];
        // Where y is small beside x, the logarithm of y is in it: what is mixed is off by units of 1 / y.
        const size = Math.max(1, Math.abs(wanted), what === "ofXY" ? Math.abs(answers[2]) : 0);
        const allowed = (name === "webgpu" ? 8 : 1) * UNITS[what] * unit * size;
        assert.ok(Math.abs(found - wanted) <= allowed, `${what} at ${x}, ${y} is ${found}, wanted ${wanted}`);
      }
    }
  });

  test(`log Re w is even in x, and no number for y below 0, on ${name}`, async () => {
    const got = await derivatives(backend, [
      [-1.3, 0.4],
      [1.3, 0.4],
      [1, -1e-3],
      [2000, -1],
    ]);
    assert.is(got.value![0], got.value![1]);
    assert.is(got.ofX![0], -got.ofX![1]!);
    assert.ok(got.value!.slice(2).every(Number.isNaN));
  });

  test(`no square overflows in log Re w: values and slopes are finite far out, on ${name}`, async () => {
    const far = precision === "f64" ? 1e160 : 1e19;
    const got = await derivatives(backend, [
      [far, 1],
      [1, far],
      [far, far],
      [900, 900],
      [0, 900],
    ]);
    for (const what of ["value", "ofX", "ofY"] as const)
      assert.ok(got[what]!.every(Number.isFinite), `${what}: ${got[what]}`);
    // log(y / (√π x²))
    const wanted = -2 * Math.log(far) - 0.5 * Math.log(Math.PI);
    assert.ok(Math.abs(got.value![0]! - wanted) <= 4 * unit * Math.abs(wanted), `${got.value![0]}, wanted ${wanted}`);
  });
}

test.run();
