/** Bernoulli: digits far out, and what it is not of. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { BernoulliForm } from "../../../../inference/model/densities/bernoulli.js";
import { close } from "../../../support/close.js";
import { logProbOf } from "./evaluate-density.js";
import { parameter } from "./samples.js";

const compositionOf = (numbers: Omit<BernoulliForm, "kind" | "x">, x = "k") =>
  checkedComposition({
    parameters: [parameter("a", 1)],
    columns: { m: { range: [0, 1] }, k: { values: [0, 1] }, three: { values: [0, 1, 2] } },
    densities: { model: { kind: "bernoulli", x, ...numbers } },
  });

test("log p of a logit has all its digits far out", async () => {
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  const logs = (logit: number) => logProbOf(backend, compositionOf({ logit }), "model", { k: Float64Array.of(0, 1) });
  try {
    // log(1 - p) = -log1p(e^logit), log p = that of -logit: mpmath, 50 digits.
    close(await logs(40), [-40, -4.248354255291589e-18], { absolute: 0, relative: 1e-14 });
    close(await logs(-800), [0, -800], { absolute: 0, relative: 1e-14 });
    close(await logs(0.3), [-0.8543552444685272, -0.5543552444685272], { absolute: 0, relative: 1e-14 });
  } finally {
    await backend.close();
  }
});

test("p of 0 and of 1 have no event of the other value", async () => {
  for (const p of [0, 1]) {
    const { k } = await drawEvents({
      composition: compositionOf({ p }),
      density: "model",
      count: 50,
      seed: 1,
      purpose: "test",
    });
    assert.ok(k!.every((value) => value === p));
  }
});

test("one of p and logit, of a column of two values; no density of numbers is of categories", () => {
  assert.throws(() => compositionOf({}), /density model: expected p or logit, got neither/);
  assert.throws(() => compositionOf({ p: 0.5, logit: 0 }), /expected p or logit, got both/);
  assert.throws(
    () => compositionOf({ p: 0.5 }, "m"),
    /expected a categorical column of two values, got m, a column of numbers/,
  );
  assert.throws(() => compositionOf({ p: 0.5 }, "three"), /got 3 values of three/);
  assert.throws(
    () =>
      checkedComposition({
        parameters: [parameter("a", 1)],
        columns: { k: { values: [0, 1] } },
        densities: { model: { kind: "gaussian", x: "k", mean: "a", sigma: 1 } },
      }),
    /density model: expected a density of numbers, got the categorical column k/,
  );
});

test.run();
