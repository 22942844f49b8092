/** The generalised normal density where it has another name, at its mean, and its events. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import { close } from "../../../support/close.js";
import { logProbOf, withLikelihood } from "./evaluate-density.js";
import { parameter } from "./samples.js";

const { NEGATIVE_INFINITY: minus, POSITIVE_INFINITY: inf } = Number;

const compositionOf = (beta: number, range: readonly [number, number] = [minus, inf]) =>
  checkedComposition({
    columns: { m: range.some(Number.isFinite) ? { range } : {} },
    parameters: [parameter("mean", 0.7), parameter("alpha", 1.3)],
    densities: {
      d: { kind: "generalized-normal", x: "m", mean: "mean", alpha: "alpha", beta },
      normal: { kind: "gaussian", x: "m", mean: "mean", sigma: 1.3 / Math.SQRT2 },
    },
  });

test("beta = 2 is normal, in ranges too; beta = 1 is Laplace's", async () => {
  const m = Float64Array.of(-30, -0.9, 0.7, 1.1, 25);
  for (const range of [
    [minus, inf],
    [-40, 30],
    [-40, 0.7],
  ] as const) {
    const inside = m.filter((own) => own >= range[0] && own <= range[1]);
    const found = await logProbOf(referenceBackend(), compositionOf(2, range), "d", { m: inside });
    const wanted = await logProbOf(referenceBackend(), compositionOf(2, range), "normal", { m: inside });
    close(found, wanted, { absolute: 1e-12, relative: 1e-13 }, `${range}`);
  }
  const found = await logProbOf(referenceBackend(), compositionOf(1), "d", { m });
  close(
    found,
    m.map((own) => -Math.abs(own - 0.7) / 1.3 - Math.log(2.6)),
    { absolute: 1e-12, relative: 1e-13 },
  );
});

test("at its mean value and derivatives are numbers, above beta = 1 and below", async () => {
  for (const beta of [0.7, 1, 3]) {
    const m = Float64Array.of(0.7);
    await withLikelihood(referenceBackend(), compositionOf(beta), "d", { m }, async (likelihood, theta) => {
      const { nll, gradient, hessian } = await likelihood.evaluate(Float64Array.from(theta), 2);
      assert.ok([nll, ...gradient!, ...hessian!].every(Number.isFinite), `beta = ${beta}`);
    });
  }
});

test("of 4000 events the mean of (|x - mean| / alpha)^beta is 1 / beta, at any beta (seed 3, false alarms 1 in 10^5 each)", async () => {
  for (const beta of [0.3, 1, 2.5, 12]) {
    const request = { density: "d", count: 4000, given: {}, seed: 3, purpose: `beta ${beta}` };
    const { m } = await drawEvents({ composition: compositionOf(beta), ...request });
    // Of a gamma distribution of shape 1 / beta: mean and variance.
    const mean = m!.reduce((sum, own) => sum + (Math.abs(own - 0.7) / 1.3) ** beta, 0) / 4000;
    assert.ok(Math.abs(mean - 1 / beta) < 4.5 / Math.sqrt(4000 * beta), `${mean} at beta = ${beta}`);
  }
});

test.run();
