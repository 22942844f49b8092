/** Sums over categories: events with a negative coefficient, and what no sum can be made of. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { Value } from "../../../../inference/model/language/environment.js";
import { parameter } from "./samples.js";

const compositionOf = (coefficients: readonly Value[], over = "k") =>
  checkedComposition({
    parameters: [parameter("a", 1)],
    columns: { m: { range: [-9, 9] }, t: { range: [0, 3] }, k: { values: [1, 2] } },
    functions: { mean: { kind: "choice", column: "k", choices: [-5, 5] } },
    densities: {
      m: { kind: "gaussian", x: "m", mean: "mean", sigma: 0.5 },
      t: { kind: "uniform", x: "t" },
      both: { kind: "product", factors: ["m", "t"] },
      sum: { kind: "categories", density: "both", over, coefficients },
      own: { kind: "conditional", density: "sum", given: ["t"] },
    },
  });

test("a category with a negative coefficient has no events, given other columns or not", async () => {
  const composition = compositionOf([-0.1, "a"]);
  const common = { composition, count: 200, seed: 3, purpose: "test" };
  const given = { t: new Float64Array(200).fill(0.4) };
  for (const request of [
    { ...common, density: "sum" },
    { ...common, density: "own", given },
  ])
    assert.ok((await drawEvents(request)).m!.every((value) => value > 0));
  const half = await drawEvents({ ...common, composition: compositionOf([1, "a"]), density: "own", given });
  const low = half.m!.filter((value) => value < 0).length;
  assert.ok(low > 60 && low < 140, `${low} of 200 where 100 are expected`);
});

test("a sum over no category, or with too few coefficients, is refused", () => {
  assert.throws(() => compositionOf([1]), /expected a coefficient for each of 2 values of k, got "?1/);
  assert.throws(() => compositionOf([1, 2], "t"), /expected a categorical column, one with values, got "?t/);
});

test.run();
