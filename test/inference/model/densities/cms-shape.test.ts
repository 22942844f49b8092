/** The CMS shape where it is all but an exponential density, and what it refuses. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { close } from "../../../support/close.js";
import { logProbOf } from "./evaluate-density.js";
import { parameter } from "./samples.js";

const compositionOf = (alpha: number, beta: number, gamma: number, range: readonly [number, number] = [60, 120]) =>
  checkedComposition({
    columns: { x: { range }, above: { range: [80, 120] } },
    parameters: [parameter("gamma", gamma)],
    densities: {
      shape: { kind: "cms-shape", x: "x", alpha, beta, gamma: "gamma" },
      decay: { kind: "exponential", x: "x", c: "gamma" },
      later: { kind: "exponential", x: "above", c: "gamma" },
    },
  });

const x = Float64Array.of(60, 71.3, 90, 120);

test("far above its threshold it is an exponential density, rising, falling or flat", async () => {
  for (const gamma of [0.1, 0.0003, 0, -0.2]) {
    const composition = compositionOf(-1e4, 0.05, gamma);
    const found = await logProbOf(referenceBackend(), composition, "shape", { x });
    const wanted = await logProbOf(referenceBackend(), composition, "decay", { x });
    close(found, wanted, { absolute: 1e-12, relative: 0 }, `gamma = ${gamma}`);
  }
});

test("a steep threshold is a step, behind which it is an exponential density", async () => {
  const composition = compositionOf(80, 1e4, 0.1);
  const above = Float64Array.of(80.1, 93, 120);
  const found = await logProbOf(referenceBackend(), composition, "shape", { x: above });
  const wanted = await logProbOf(referenceBackend(), composition, "later", { above });
  // The step takes as much from above as it gives to below, up to gamma² / 4 beta² = 2.5e-11 of a decay length.
  close(found, wanted, { absolute: 1e-10, relative: 0 });
  const [below] = await logProbOf(referenceBackend(), composition, "shape", { x: Float64Array.of(79.9) });
  assert.ok(below! < -1e5 && Number.isFinite(below), `${below}`);
});

test("a range with an open end is refused", () => {
  assert.throws(
    () => compositionOf(70, 0.05, 0.1, [60, Number.POSITIVE_INFINITY]),
    /density shape: expected a range of x with a low and a high end, got \[60, Infinity\]/,
  );
});

test.run();
