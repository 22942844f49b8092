/** Toy experiments on a model of shifts, whose events are known in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { likelihood } from "../../../../inference/model/likelihood/likelihood.js";
import { openSampler } from "../../../../inference/model/sampling/sampling.js";
import { drawMixture, drawToy, withAuxiliaryToys } from "../../../../inference/model/sampling/toys.js";
import { close } from "../../../support/close.js";
import { shiftModel } from "../../shift-model.js";

const backend = referenceBackend();

/** T(y) = y + t + r (ν - origin); y + b ν is what simulation at ν = 0 is. */
const [B, T, R, ORIGIN] = [0.4, 0.7, -0.5, 0.3];
const model = shiftModel({ events: 60, a: [0.8], b: [B], t: T, r: [R], origin: [ORIGIN] });
const data = { count: 2, x: Float64Array.of(0.1, -0.4), y: Float64Array.of(0.5, 1.5) };

const TOYS = 400;

test("toys have Poisson counts and events where T undoes itself (seeds 0 to 399, false alarm 2e-4 in all)", async () => {
  let [counts, squares, sumX, sumY, events] = [0, 0, 0, 0, 0];
  const nu = [0.6];
  for (let seed = 0; seed < TOYS; seed++) {
    const toy = await drawToy({ backend, model, nu, withY: true, seed });
    counts += toy.count;
    squares += (toy.count - 60) ** 2;
    events += toy.count;
    for (const x of toy.x) sumX += x;
    for (const y of toy.y!) sumY += y;
  }
  // Mean and variance 60; the variance of (n - 60)² is 60 + 2 · 60².
  assert.ok(Math.abs(counts / TOYS - 60) < 4 * Math.sqrt(60 / TOYS), `${counts / TOYS}`);
  assert.ok(Math.abs(squares / TOYS - 60) < 4 * Math.sqrt((60 + 2 * 60 ** 2) / TOYS), `${squares / TOYS}`);
  const tolerance = 4 / Math.sqrt(events);
  assert.ok(Math.abs(sumX / events + 0.8 * nu[0]!) < tolerance);
  assert.ok(Math.abs(sumY / events + T + R * (nu[0]! - ORIGIN) + B * nu[0]!) < tolerance);
});

test("draws from the mixture are equally many, and others for another purpose", async () => {
  const sampler = await openSampler(backend, model);
  const draw = (purpose: string) => drawMixture(sampler, model, { nu: [0.1], count: 50, seed: 2, purpose });
  const [first, again, other] = [await draw("a"), await draw("a"), await draw("b")];
  assert.is(first.count, 50);
  assert.equal(first, again);
  assert.is(other.count, 50);
  assert.not.equal(first.y, other.y);
  await sampler.close();
});

test("auxiliary measurements of toys scatter by one about the truth, and move the constraint (false alarm 1e-4)", async () => {
  const found = Array.from(
    { length: TOYS },
    (_, seed) => withAuxiliaryToys(model, [0.6], seed).nuisances[0]!.observed!,
  );
  const mean = found.reduce((sum, value) => sum + value, 0) / TOYS;
  const variance = found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (TOYS - 1);
  assert.ok(Math.abs(mean - 0.6) < 4 / Math.sqrt(TOYS) && Math.abs(variance - 1) < 4 * Math.sqrt(2 / TOYS));
  const toy = withAuxiliaryToys(model, [0.6], 7);
  const of = await likelihood({ backend, model: toy, data, form: "joint", extended: false });
  const { penalty } = await of.evaluateParts([0.25], 1);
  close([penalty.nll], [0.5 * (0.25 - found[7]!) ** 2], { absolute: 1e-12, relative: 0 }, "penalty");
  close(penalty.gradient!, [0.25 - found[7]!], { absolute: 1e-12, relative: 0 }, "its slope");
  await of.close();
});

test.run();
