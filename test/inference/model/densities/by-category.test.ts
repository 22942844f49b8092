/** Integrals made once for each combination of categories are those that each event would have of its own. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { parseExpression } from "../../../../inference/expressions/parse.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import { close } from "../../../support/close.js";
import { withLikelihood } from "./evaluate-density.js";
import { parameter } from "./samples.js";

const text = (written: string) => parseExpression(written, "a test");

/** A Voigt profile whose width depends on two columns with few values: as categories, or as numbers. */
async function compositionOf(isOfCategories: boolean, more: Readonly<Record<string, DensityForm>> = {}) {
  const values = (own: readonly number[]) => (isOfCategories ? { values: own } : {});
  return checkedComposition({
    parameters: [parameter("narrow", 0.3), parameter("wide", 0.7), parameter("shift", 0.1)],
    columns: { m: { range: [1, 4] }, pass: values([0, 1]), region: values([-1, 0, 2]) },
    functions: {
      sigma: { kind: "expression", expression: await text("narrow + (wide - narrow) * pass") },
      peak: { kind: "expression", expression: await text("2.2 + shift * region") },
    },
    densities: {
      v: { kind: "voigt", x: "m", mean: "peak", width: 0.2, sigma: "sigma" },
      cut: {
        kind: "truncated",
        density: "v",
        region: {
          m: [
            [1.5, 2],
            [2.4, 3.9],
          ],
        },
      },
      ...more,
    },
  });
}

const columns = {
  m: Float64Array.of(1.6, 1.9, 2.5, 3.8, 2.41, 1.51, 3.3),
  pass: Float64Array.of(0, 1, 1, 0, 0, 1, 1),
  region: Float64Array.of(-1, -1, 0, 0, 2, 2, 2),
};

for (const density of ["v", "cut"]) {
  test(`${density}: log p, gradient, Hessian and gradients of events are the same with categories as with numbers`, async () => {
    const backend = await cpuBackend({ precision: "f64", threads: 1 });
    const evaluated = async (isOfCategories: boolean) =>
      withLikelihood(backend, await compositionOf(isOfCategories), density, columns, async (likelihood, theta) => {
        const { gradient, hessian } = await likelihood.evaluate(Float64Array.from(theta), 2);
        const [logs, scores] = [
          await likelihood.logProb("events", theta),
          await likelihood.eventScores("events", theta),
        ];
        return [logs, gradient!, hessian!, scores].flatMap((own) => [...own]);
      });
    try {
      const [found, wanted] = [await evaluated(true), await evaluated(false)];
      assert.is(found.length, 7 + 3 + 9 + 21);
      // The same sums of the same terms, in another order.
      close(found, wanted, { absolute: 1e-11, relative: 1e-11 });
    } finally {
      await backend.close();
    }
  });
}

test("a mixture over a category, and a product with it, integrate as before", async () => {
  const composition = await compositionOf(true, {
    sum: { kind: "categories", density: "v", over: "pass", coefficients: [0.4, 0.6] },
    which: { kind: "bernoulli", x: "pass", p: 0.6 },
    both: { kind: "product", factors: ["which", "v"] },
  });
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  const given = { m: columns.m, region: columns.region };
  const logs = (density: string, pass: number) =>
    withLikelihood(
      backend,
      composition,
      density,
      { ...given, pass: new Float64Array(7).fill(pass) },
      (likelihood, theta) => likelihood.logProb("events", theta),
    );
  try {
    const [failed, passed] = [await logs("both", 0), await logs("both", 1)];
    const sums = failed.map((own, i) => Math.log(Math.exp(own) + Math.exp(passed[i]!)));
    close(await logs("sum", 0), sums, { absolute: 1e-12, relative: 0 });
  } finally {
    await backend.close();
  }
});

test.run();
