/** Inverse trigonometric functions with their slopes near 0, far out and at their ends, on every backend. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { testBackends } from "../../../support/backends.js";
import { runOn } from "../../../support/run-program.js";

const UNIT = { f32: 2 ** -23, f64: 2 ** -52 } as const;

for (const backend of testBackends()) {
  const { name, precision } = backend;
  const unit = UNIT[precision];

  test(`atan has all its digits near 0 and far out, and so has its slope, on ${name}`, async () => {
    // mpmath 1.2, mp.dps = 40: atan(mpf(x)) of x exact in f32.
    const table = [
      [2 ** -60, 8.673617379884035e-19],
      [0.0009765625, 0.0009765621895593195],
      [0.375, 0.35877067027057225],
      [1, Math.PI / 4],
      [1.0000001192092896, 0.7853982230020895],
      [2.5, 1.1902899496825317],
      [1024, 1.5698197646053373],
      [2 ** 60, 1.5707963267948966],
    ] as const;
    const tape = new Tape();
    const x = tape.column("x");
    const value = o.atan(x);
    const [slope] = gradient(o.sumEvents(value), [x]) as [Var];
    const points = [...table.map(([at]) => at), ...table.map(([at]) => -at), 0];
    const got = await runOn(backend, {
      outputs: { value, slope },
      parameters: {},
      columns: { x: Float64Array.from(points) },
    });
    for (const [e, at] of points.entries()) {
      const answer = table[e % table.length]?.[1] ?? 0;
      const wanted = at === 0 ? 0 : Math.sign(at) * answer;
      // Of divisions and roots in WGSL, which may be off by 2.5 units each.
      const allowed = (name === "webgpu" ? 16 : 6) * unit;
      assert.ok(Math.abs(got.value![e]! - wanted) <= allowed * Math.abs(wanted), `atan(${at}) is ${got.value![e]}`);
      const tangent = 1 / (1 + at * at);
      assert.ok(Math.abs(got.slope![e]! - tangent) <= 2 * allowed * tangent, `slope at ${at} is ${got.slope![e]}`);
    }
  });
}

test.run();
