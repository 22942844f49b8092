/** log erfc and its first and second derivative on every backend, against mpmath (test/references/erf.py). */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { type TestBackend, testBackends } from "../../../support/backends.js";
import { runOn } from "../../../support/run-program.js";

const { logErfc: table } = JSON.parse(
  readFileSync(new URL("../../../../../test/references/erf.json", import.meta.url), "utf8"),
) as { readonly logErfc: Readonly<Record<"x" | "value" | "slope" | "curvature", readonly number[]>> };

async function derivatives(backend: TestBackend, values: readonly number[]) {
  const tape = new Tape();
  const x = tape.column("x");
  const value = o.logErfc(x);
  const [slope] = gradient(o.sumEvents(value), [x]) as [Var];
  const [curvature] = gradient(o.sumEvents(slope), [x]) as [Var];
  const columns = { x: Float64Array.from(values) };
  return runOn(backend, { outputs: { value, slope, curvature }, parameters: {}, columns });
}

/** Relative. Measured: 1.1e-15 and, in f32, 1.3e-6, from the rounding of x² near -6; above 0 half of that at most. */
const TOLERANCE = { f64: 3e-15, f32: 3e-6 } as const;

for (const backend of testBackends()) {
  const { name, precision } = backend;
  const isExact = (x: number) => precision === "f64" || Math.fround(x) === x;

  test(`log erfc has all its digits up to x = 10^4, and so have its derivatives, on ${name}`, async () => {
    const rows = table.x.flatMap((x, i) => (isExact(x) ? [i] : []));
    const got = await derivatives(
      backend,
      rows.map((i) => table.x[i]!),
    );
    for (const what of ["value", "slope", "curvature"] as const) {
      for (const [e, i] of rows.entries()) {
        const [found, wanted] = [got[what]![e]!, table[what][i]!];
        const allowed = TOLERANCE[precision] * Math.abs(wanted);
        assert.ok(Math.abs(found - wanted) <= allowed, `${what} at ${table.x[i]} is ${found}, wanted ${wanted}`);
      }
    }
  });

  test(`guard the input, not the output: log erfc and its derivatives are finite on ${name}`, async () => {
    const far = precision === "f64" ? 1e150 : 1e18;
    const x = [-far, -1e4, -30, -6, -0, 0, 1e-30, 0.5, 30, 1e4, far];
    const got = await derivatives(backend, x);
    for (const what of ["value", "slope", "curvature"] as const) {
      for (const [e, found] of got[what]!.entries())
        assert.ok(Number.isFinite(found), `${what} at ${x[e]} is ${found}`);
    }
    assert.is(got.curvature!.at(-1), -2);
    assert.is(got.value!.at(0), precision === "f64" ? Math.LN2 : got.value!.at(1));
  });
}

test.run();
