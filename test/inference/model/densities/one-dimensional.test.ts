/** Intervals on both sides of a centre, integrals that may be none, and ranges that are refused. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import { mul } from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { logSum, sidesOf, unlessNone } from "../../../../inference/model/densities/one-dimensional.js";
import type { BoundInterval } from "../../../../inference/model/language/region.js";
import { testBackends } from "../../../support/backends.js";
import { runOn } from "../../../support/run-program.js";

const { NEGATIVE_INFINITY: minus, POSITIVE_INFINITY: inf } = Number;

test("an interval lies below, above, or on both sides of a centre, in units of each side", async () => {
  const cases: readonly (readonly [interval: BoundInterval, below: readonly number[], above: readonly number[]])[] = [
    [
      [1, 7],
      [0, 1],
      [0, 8],
    ],
    [
      [4, 7],
      [0, 0],
      [2, 8],
    ],
    [
      [-5, 1],
      [1, 4],
      [0, 0],
    ],
    [[minus, 1], [1], [0, 0]],
    [[minus, inf], [0], [0]],
  ];
  for (const backend of testBackends()) {
    for (const [interval, ...wanted] of cases) {
      const tape = new Tape();
      const centre = tape.parameter("centre");
      const sides = sidesOf(interval, centre, [tape.constant(2, []), tape.constant(0.5, [])]);
      for (const [i, { from, to }] of sides.entries()) {
        const outputs: Record<string, Var> = { from: mul(from, 1), ...(to && { to }) };
        const found = await runOn(backend, { outputs, parameters: { centre: [3] }, columns: {} });
        assert.equal(
          Object.values(found).map(([own]) => own),
          wanted[i],
          `${interval} on ${backend.name}`,
        );
      }
    }
  }
});

test("an integral that is none is log 0 in a sum, and leaves its derivative alone", async () => {
  for (const backend of testBackends()) {
    const tape = new Tape();
    const [a, isNone] = [tape.parameter("a"), tape.parameter("isNone")];
    const sum = logSum([a, unlessNone(isNone, mul(a, 3))]);
    const [slope] = gradient(sum, [a]) as [Var];
    const at = (none: number) =>
      runOn(backend, { outputs: { sum, slope }, parameters: { a: [0.5], isNone: [none] }, columns: {} });
    const [without, both] = [await at(1), await at(0)];
    assert.equal([without.sum![0], without.slope![0]], [0.5, 1], backend.name);
    // log(e^a + e^3a) and (e^a + 3 e^3a) / (e^a + e^3a) at a = 1/2.
    const wanted = [Math.log(Math.exp(0.5) + Math.exp(1.5)), (1 + 3 * Math.E) / (1 + Math.E)];
    for (const [i, own] of [both.sum![0]!, both.slope![0]!].entries())
      assert.ok(Math.abs(own - wanted[i]!) < 1e-6, `${own} on ${backend.name}`);
  }
});

test("a range with numbers below 0 is refused where the density has none there", () => {
  const composition = {
    columns: { x: { range: [-1, 2] as const } },
    parameters: [],
    densities: { l: { kind: "lognormal", x: "x", mu: 0, sigma: 1 } as const },
  };
  assert.throws(
    () => checkedComposition(composition),
    /density l: expected a range of x from 0 or above, got \[-1, 2\]\. Give the column its range: columns: \{ x: \{ range: \[0, high\] \} \}/,
  );
});

test.run();
