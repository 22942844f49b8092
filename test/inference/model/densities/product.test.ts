/** Products: the order of conditional factors, and regions whose part is no product. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import { rejects } from "../../../support/rejects.js";
import { logProbOf } from "./evaluate-density.js";
import { parameter } from "./samples.js";

const compositionOf = (densities: Readonly<Record<string, DensityForm>>) =>
  checkedComposition({
    parameters: [parameter("unused", 1)],
    columns: { m: { range: [-50, 50] }, t: { range: [0, 3] }, u: {} },
    densities: {
      t: { kind: "uniform", x: "t" },
      m: { kind: "gaussian", x: "m", mean: "t", sigma: 0.001 },
      ...densities,
    },
  });

test("factors are drawn behind those that they are conditional on; groups say which these are", async () => {
  const composition = compositionOf({ both: { kind: "product", factors: ["m", "t"] } });
  const { of, given, groups } = composition.shape("both");
  assert.equal([of, given], [["m", "t"], []]);
  assert.equal(groups, [
    { of: ["m"], given: ["t"] },
    { of: ["t"], given: [] },
  ]);
  const drawn = await drawEvents({ composition, density: "both", count: 50, seed: 3, purpose: "test" });
  assert.ok(drawn.m!.every((value, i) => Math.abs(value - drawn.t![i]!) < 0.01));
});

test("a region of a factor that depends on another column of the product is refused", async () => {
  const cut: DensityForm = { kind: "truncated", density: "both", region: { m: [[0, 1]] } };
  const composition = compositionOf({ both: { kind: "product", factors: ["m", "t"] }, cut });
  const one = { m: Float64Array.of(0.5), t: Float64Array.of(0.5) };
  await rejects(
    logProbOf(referenceBackend(), composition, "cut", one),
    /both: expected a region of columns whose densities depend on no other column of the product, got a region of m, where m is conditional on t/,
  );
});

test("factors that no order fits, or of one column twice, are refused", () => {
  const turned: DensityForm = { kind: "gaussian", x: "t", mean: "m", sigma: 1 };
  assert.throws(
    () => compositionOf({ turned, both: { kind: "product", factors: ["m", "turned"] } }),
    /expected factors that can be put in an order/,
  );
  assert.throws(
    () => compositionOf({ both: { kind: "product", factors: ["t", "t"] } }),
    /expected factors of different columns, got "?t in two/,
  );
});

test.run();
