/** log |Γ| with its first four derivatives on every backend, against mpmath (test/references/gamma.py). */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { testBackends } from "../../../support/backends.js";
import { runOn } from "../../../support/run-program.js";

const { rows } = JSON.parse(
  readFileSync(new URL("../../../../../test/references/gamma.json", import.meta.url), "utf8"),
) as { readonly rows: readonly (readonly number[])[] };

const UNIT = { f32: 2 ** -23, f64: 2 ** -52 } as const;
const ORDERS = ["value", "first", "second", "third", "fourth"] as const;
/** For x > 0, in units of the number itself; of derivatives also in units of 1. On webgpu 8 times as much, for logarithms and divisions of WGSL. */
const UNITS = [4, 8, 16, 200, 8000] as const;

for (const backend of testBackends()) {
  const { name, precision } = backend;

  test(`log Γ has the digits that it states, and so have its derivatives, on ${name}`, async () => {
    const tape = new Tape();
    const x = tape.column("x");
    const nodes: Var[] = [o.lgamma(x)];
    for (let order = 1; order < ORDERS.length; order++) {
      nodes.push(...gradient(o.sumEvents(nodes.at(-1)!), [x]));
    }
    const found = await runOn(backend, {
      outputs: Object.fromEntries(ORDERS.map((own, i) => [own, nodes[i]!])),
      parameters: {},
      columns: { x: Float64Array.from(rows, ([own]) => own!) },
    });
    for (const [e, [at, ...answers]] of rows.entries()) {
      ORDERS.forEach((order, i) => {
        const [got, wanted] = [found[order]![e]!, answers[i]!];
        // Numbers of f32 end at 2^128.
        if (precision === "f32" && !(Math.abs(wanted) < 1e30 && Math.abs(wanted) > 1e-30)) return;
        // Below 0 the angle is rounded, which its distance from a pole divides; numbers of the size of the parts are added.
        const besidePole = at! < 0 ? Math.abs(at! - Math.round(at!)) : 1;
        const ofParts = at! < 0 ? 8 * (1 + Math.abs(at!) + besidePole ** -i) : i > 0 ? 1 : 0;
        const units = (name === "webgpu" ? 8 : 1) * UNITS[i]!;
        const allowed = units * UNIT[precision] * (Math.abs(wanted) + ofParts);
        assert.ok(
          Math.abs(got - wanted) <= allowed,
          `${order} at ${at} is ${got}, wanted ${wanted}, allowed ${allowed}`,
        );
      });
    }
  });

  test(`log Γ is infinite at 0 and the negative whole numbers, on ${name}`, async () => {
    const tape = new Tape();
    const x = tape.column("x");
    const poles = [0, -1, -2, -17, -(2 ** 30)];
    const { value } = await runOn(backend, {
      outputs: { value: o.lgamma(x) },
      parameters: {},
      columns: { x: Float64Array.of(...poles, Number.NaN) },
    });
    assert.ok(poles.every((_, i) => value![i] === Number.POSITIVE_INFINITY));
    assert.ok(name === "webgpu" || Number.isNaN(value!.at(-1)));
  });
}

test.run();
