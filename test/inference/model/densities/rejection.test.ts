/** Events under a curve: what proposals cannot draw is refused. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseExpression } from "../../../../inference/expressions/parse.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import { parameter } from "./samples.js";

const drawn = (form: DensityForm) => {
  const composition = checkedComposition({
    columns: { x: { range: [0, 1] } },
    parameters: [parameter("unused", 1)],
    densities: { d: form },
  });
  return drawEvents({ composition, density: "d", count: 1000, given: {}, seed: 2, purpose: "events" });
};

const complaint = async (form: DensityForm) => {
  try {
    await drawn(form);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
};

test("a curve that is nowhere above 0 is refused: no proposal would stand", async () => {
  assert.match(
    await complaint({ kind: "polynomial", x: "x", coefficients: [-1, 0.5] }),
    /draws of d: expected a density above 0 in the domain of x, got none of 256 values above 0/,
  );
});

test("a peak between the positions that are looked at is refused, not cut off", async () => {
  const expression = await parseExpression("1 + 1000 * exp(-((x - 0.5) * 100000) ^ 2 / 2000)", "a test");
  assert.match(
    await complaint({ kind: "generic", x: "x", expression }),
    /draws of d: expected no peak of x narrower than a 256th of its domain, got [\d.]+ at 0\.[45]\d+, where [\d.]+ was the largest value found/,
  );
});

test("a region of next to no probability is refused after many attempts", async () => {
  assert.match(
    await complaint({ kind: "gaussian", x: "x", mean: 50, sigma: 1 }),
    /draws of x: expected a region that events are drawn in, got 1000 of 1000 events outside of it after 1000 attempts/,
  );
});

test.run();
