/** The Crystal Ball where its tails begin, without tails, far out, and its events there. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { CrystalballForm } from "../../../../inference/model/densities/crystalball.js";
import { close } from "../../../support/close.js";
import { logProbOf } from "./evaluate-density.js";
import { parameter } from "./samples.js";

const { NEGATIVE_INFINITY: minus, POSITIVE_INFINITY: inf } = Number;

const plain: CrystalballForm = {
  kind: "crystalball",
  m: "m",
  m0: "m0",
  sigma_L: 0.8,
  sigma_R: 0.5,
  alpha_L: 1.3,
  alpha_R: 1.8,
  n_L: 4.4,
  n_R: 3.3,
};

const compositionOf = (more: Partial<CrystalballForm> = {}, range: readonly [number, number] = [minus, inf]) =>
  checkedComposition({
    columns: { m: range.some(Number.isFinite) ? { range } : {} },
    parameters: [parameter("m0", 0.7)],
    densities: { c: { ...plain, ...more }, g: { kind: "gaussian", x: "m", mean: "m0", sigma: 0.8 } },
  });

const valuesOf = (composition: ReturnType<typeof compositionOf>, m: readonly number[], density = "c") =>
  logProbOf(referenceBackend(), composition, density, { m: Float64Array.from(m) });

test("value and slope go on where tails begin and where the sides meet", async () => {
  const h = 1e-6;
  for (const joint of [0.7, 0.7 - 0.8 * 1.3, 0.7 + 0.5 * 1.8]) {
    const [below, before, at, after, above] = await valuesOf(
      compositionOf(),
      [-2, -1, 0, 1, 2].map((steps) => joint + steps * h),
    );
    // Slopes on both sides, from differences whose error is h times the second derivative, of 4 at most.
    assert.ok(Math.abs(at! - before! - (before! - below!)) < 8 * h * h, `before ${joint}`);
    assert.ok(Math.abs(above! - after! - (at! - before!)) < 16 * h * h, `after ${joint}`);
  }
});

test("with tails that begin far out it is a normal density, in a range too", async () => {
  for (const range of [
    [minus, inf],
    [-1, 1.5],
  ] as const) {
    const composition = compositionOf({ sigma_R: 0.8, alpha_L: 40, alpha_R: 40 }, range);
    const m = [-0.9, 0.2, 0.7, 1.4];
    close(await valuesOf(composition, m), await valuesOf(composition, m, "g"), { absolute: 1e-13, relative: 0 });
  }
});

test("a tail whose integral to infinity is none has no density, as do numbers out of their ranges", async () => {
  for (const more of [{ n_L: 1 }, { n_R: 0.4 }, { sigma_L: -0.8 }, { alpha_R: -1 }]) {
    const [found] = await valuesOf(compositionOf(more), [0.2]);
    assert.not.ok(Number.isFinite(found), `${JSON.stringify(more)}: ${found}`);
  }
});

test("events far out in a tail are drawn there at once", async () => {
  const composition = compositionOf({}, [1e5, 1e6]);
  const { m } = await drawEvents({ composition, density: "c", count: 4000, given: {}, seed: 5, purpose: "tail" });
  // Of m^-3.3: the part above twice the low end, 2^-2.3 less 10^-2.3 of 1 less 10^-2.3, is .1989 ± .0063.
  const part = m!.filter((own) => own > 2e5).length / 4000;
  assert.ok(Math.abs(part - 0.1989) < 4.5 * 0.0063, `${part} (false alarms 1 in 10^5)`);
});

test.run();
