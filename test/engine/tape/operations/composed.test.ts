/** log erfc and asinh with their first and second derivative on every backend, against mpmath (log erfc: test/references/erf.py). */
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

async function derivatives(backend: TestBackend, values: readonly number[], f: (x: Var) => Var = o.logErfc) {
  const tape = new Tape();
  const x = tape.column("x");
  const value = f(x);
  const [slope] = gradient(o.sumEvents(value), [x]) as [Var];
  const [curvature] = gradient(o.sumEvents(slope), [x]) as [Var];
  const columns = { x: Float64Array.from(values) };
  return runOn(backend, { outputs: { value, slope, curvature }, parameters: {}, columns });
}

/** Relative. Measured: 1.1e-15 and, in f32, 1.3e-6, from the rounding of x² near -6; above 0 half of that at most. */
const TOLERANCE = { f64: 3e-15, f32: 3e-6 } as const;

/**
 * [x, asinh x, slope]. f64: mpmath 1.3, mp.dps = 40, of x = mpf(...): asinh(x), 1 / sqrt(1 + x * x); f32: the same of mpf(float(numpy.float32(...))).
 */
const asinhTable = {
  f64: [
    [1e-300, 1e-300, 1],
    [1e-20, 1e-20, 1],
    [1e-5, 9.999999999833334e-6, 0.99999999995],
    [0.3, 0.29567304756342244, 0.9578262852211514],
    [1, 0.881373587019543, Math.SQRT1_2],
    [1.0000000000000002, 0.8813735870195432, 0.7071067811865475],
    [2.5, 1.6472311463710958, 0.3713906763541037],
    [1e4, 9.903487555036127, 9.999999950000001e-5],
    [1e19, 44.44226394744681, 1e-19],
    [1e155, 357.593836594637, 1e-155],
    [1e300, 691.4686750787737, 1e-300],
  ],
  f32: [
    [1e-37, 9.99999991097579e-38, 1],
    [1e-20, 9.999999682655225e-21, 1],
    [1e-5, 9.999999747212084e-6, 0.99999999995],
    [0.3, 0.2956730589816015, 0.9578262820785333],
    [1, 0.881373587019543, Math.SQRT1_2],
    [2.5, 1.6472311463710958, 0.3713906763541037],
    [1e4, 9.903487555036127, 9.999999950000001e-5],
    [1e19, 44.44226394549746, 1.0000000019493552e-19],
    [1e38, 88.19138068236225, 1.0000000319714317e-38],
  ],
} as const;

/** Relative. Measured over e^±80: 4.4e-16 and, in f32, 2.5e-7 on webgpu (llvmpipe). */
const ASINH_TOLERANCE = { f64: 1e-15, f32: 1e-6 } as const;

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

  test(`asinh has all its digits near 0 and far out, and so has its slope, on ${name}`, async () => {
    const rows = asinhTable[precision].flatMap(([x, value, slope]) => [
      { x, value, slope },
      { x: -x, value: -value, slope },
    ]);
    const points = rows.map(({ x }) => (precision === "f64" ? x : Math.fround(x)));
    const got = await derivatives(backend, points, o.asinh);
    for (const what of ["value", "slope"] as const) {
      for (const [e, row] of rows.entries()) {
        const [found, wanted] = [got[what]![e]!, row[what]];
        // In f32 what is below the least normal number may be 0.
        const isSubnormal = precision === "f32" && Math.abs(wanted) < 2 ** -126;
        const allowed = isSubnormal ? Math.abs(wanted) : ASINH_TOLERANCE[precision] * Math.abs(wanted);
        assert.ok(Math.abs(found - wanted) <= allowed, `${what} at ${row.x} is ${found}, wanted ${wanted}`);
      }
    }
  });

  test(`asinh has the derivatives 1 and 0 at 0, on ${name}`, async () => {
    const got = await derivatives(backend, [0, -0], o.asinh);
    assert.equal([...got.value!].map(Math.abs), [0, 0]);
    assert.equal([...got.slope!], [1, 1]);
    assert.equal([...got.curvature!].map(Math.abs), [0, 0]);
  });
}

test.run();
