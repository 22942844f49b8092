/** Mixtures: what is refused, what is extended, and how events are shared between summands. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Composition, checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { MixtureForm } from "../../../../inference/model/densities/mixture.js";
import { rejects } from "../../../support/rejects.js";
import { parameter } from "./samples.js";

/** Uniform densities of intervals that have nothing in common: an event says of which it is. */
const apart: Composition["densities"] = {
  u: { kind: "uniform", x: "m" },
  a: { kind: "truncated", density: "u", region: { m: [[0, 1]] } },
  b: { kind: "truncated", density: "u", region: { m: [[1, 2]] } },
  c: { kind: "truncated", density: "u", region: { m: [[2, 3]] } },
  n: { kind: "uniform", x: "n" },
};

const mixed = (form: Partial<MixtureForm>) =>
  checkedComposition({
    parameters: [parameter("mu", 0.2)],
    columns: { m: { range: [0, 3] }, n: { range: [0, 1] }, t: {} },
    functions: { each: { kind: "product", factors: ["mu", "t"] } },
    densities: { ...apart, own: { kind: "mixture", summands: ["a", "b", "c"], coefficients: [1, 1, 1], ...form } },
  });

test("forms that do not fit are refused in one sentence", async () => {
  const wrong: readonly [Partial<MixtureForm>, RegExp][] = [
    [{ summands: [], coefficients: [] }, /density own: expected at least one summand/],
    [{ summands: ["a", "n"], coefficients: [1] }, /densities of the same columns, got .*a of m and n of n/],
    [{ coefficients: [1] }, /a coefficient for each of 3 summands, or fractions of all but the last, got .*1/],
    [{ summands: ["a"], coefficients: [] }, /the coefficient of/],
    [{ coefficients: [1, Number.NaN, 1] }, /finite numbers/],
    [{ coefficients: [1, "none", 1] }, /the name of a parameter/],
    [{ coefficients: [1, "m", 1] }, /numbers that do not look at columns that the density is of/],
  ];
  for (const [form, message] of wrong) await rejects(() => mixed(form), message);
});

test("a mixture expects a number of events where it has all coefficients, and none looks at a column", () => {
  assert.ok(mixed({}).shape("own").isExtended);
  assert.not.ok(mixed({ coefficients: [0.2, 0.3] }).shape("own").isExtended);
  const each = mixed({ coefficients: ["each", 1, 1] }).shape("own");
  assert.equal([each.isExtended, each.given], [false, ["t"]]);
});

async function shares(form: Partial<MixtureForm>, given: Readonly<Record<string, Float64Array>> = {}) {
  const count = 4000;
  const composition = mixed(form);
  const { m } = await drawEvents({ composition, density: "own", count, given, seed: 4, purpose: "shares" });
  return [0, 1, 2].map((k) => m!.filter((x) => x >= k && x < k + 1).length / count);
}

/** 4000 events: 4.5 standard deviations of a part, false alarms 1 in 10⁵. */
const checkShares = (found: readonly number[], wanted: readonly number[]) => {
  for (const [k, share] of wanted.entries()) {
    const allowed = 4.5 * Math.sqrt((share * (1 - share)) / 4000);
    assert.ok(Math.abs(found[k]! - share) <= allowed, `part ${k}: ${found[k]}, wanted ${share} ± ${allowed}`);
  }
};

test("events are shared by numbers, by fractions, and not at all with a negative coefficient (seed 4)", async () => {
  checkShares(await shares({ coefficients: [10, 20, 70] }), [0.1, 0.2, 0.7]);
  checkShares(await shares({ coefficients: ["mu", 0.5] }), [0.2, 0.5, 0.3]);
  checkShares(await shares({ coefficients: [-3, 1, 3] }), [0, 0.25, 0.75]);
  checkShares(await shares({ coefficients: [1, 0, 0] }), [1, 0, 0]);
});

test("fractions of each event share the events of its own columns (seed 4)", async () => {
  const t = Float64Array.from({ length: 4000 }, (_, i) => (i % 2 === 0 ? 1 : 4));
  // Fractions 0.2 and 0.8, half of the events each.
  checkShares(await shares({ coefficients: ["each", 0] }, { t }), [0.5, 0, 0.5]);
});

test.run();
