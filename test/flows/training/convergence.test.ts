/** The verdict on a training, for losses of known shape. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../engine/random/random.js";
import type { Named } from "../../../engine/runtime/backend.js";
import { convergenceAlong, convergenceOf, diverged, undecided } from "../../../flows/training/convergence.js";
import type { GroupedLoss } from "../../../flows/training/grouped-loss.js";
import { close, scalars } from "./small-trainings.js";

/** Σ λ (θ - minimum)² / 2 in 32 groups, each with a slope of its own that adds up to nothing. */
function quadratic(curvatures: Record<string, number>, minimum: number, scatter = 0): GroupedLoss {
  const groups = 32;
  const slopes = new Float64Array(groups);
  fillNormal(randomKey(3, "convergence test/slopes"), 0, slopes);
  const mean = slopes.reduce((sum, slope) => sum + slope, 0) / groups;
  return async (parameters: Named<Float64Array>) =>
    Array.from(slopes, (slope) => {
      const terms = Object.entries(curvatures).map(([name, curvature]) => {
        const away = parameters[name]![0]! - minimum;
        return (0.5 * curvature * away ** 2 + scatter * (slope - mean) * away) / groups;
      });
      return terms.reduce((sum, term) => sum + term, 0);
    });
}

const along = (loss: GroupedLoss, start: number, end: number) =>
  convergenceAlong(loss, { start: scalars({ theta: start }), end: scalars({ theta: end }), groups: [["theta"]] });

test("a loss that still falls: its gain is that of the minimum, to the step of the search", async () => {
  // The best of the factors 1/4, 1, 4, ... lies within 0.4 and 1.6 of the best of all: 1 - 0.6² = 64% of its gain and more.
  for (const left of [0.8, 1, 2.5, 3, 10, 100, 1000, 60_000]) {
    const found = await along(quadratic({ theta: 2 }, 1 + left), 0, 1);
    const truth = left ** 2;
    assert.is(found.status, "still falling", `${left}`);
    assert.ok(found.gain! <= truth * (1 + 1e-12) && found.gain! >= 0.64 * truth, `${found.gain} of ${truth}`);
    close(found.change!, left ** 2 - (1 + left) ** 2, 1e-9 * (1 + left) ** 2);
  }
});

test("a loss at its minimum, or with less than a fifth of its gain before it, has converged", async () => {
  const ended = await along(quadratic({ theta: 2 }, 1), 0, 1);
  assert.is(ended.status, "converged");
  assert.is(ended.reason, "further training would not lower the loss");
  assert.is(ended.gain, 0);
  // What is left over what was gained: 0.25² / (1.25² - 0.25²) = 4%.
  const nearly = await along(quadratic({ theta: 2 }, 1.25), 0, 1);
  assert.is(nearly.status, "converged");
  assert.is(nearly.reason, "further training would lower the loss by 0.063 ± 0, a small part of what it did");
  close(nearly.gain!, 0.0625, 1e-12);
});

test("a gain within its error is none", async () => {
  // The slope towards the minimum is 2; groups differ by 100 in theirs, so that the mean has an error of 100 / √32 = 18.
  const found = await along(quadratic({ theta: 2 }, 2, 100), 0, 1);
  assert.is(found.status, "converged");
  assert.match(found.reason, /^further training would lower the loss by 1\.0 ± 1\d$/);
  close(found.gainError!, 100 / Math.sqrt(32), 5);
});

test("a loss that has risen has diverged, and what it lost is the gain", async () => {
  const found = await along(quadratic({ theta: 2 }, 0), 0.5, 3);
  assert.is(found.status, "diverged");
  assert.is(found.reason, "the loss at the end is 8.8 ± 0 above that in the second quarter of the steps");
  close(found.change!, 8.75, 1e-12);
  close(found.gain!, 8.75, 1e-12);
});

test("a loss that is not finite at the end has diverged; one at the start or further on ends the search alone", async () => {
  const broken: GroupedLoss = async ({ theta }) => [1, 2].map((part) => part / (theta![0]! < 2 ? 1 : 0));
  const found = await along(broken, 0, 3);
  assert.is(found.status, "diverged");
  assert.is(found.reason, "the loss at the end is not finite");
  assert.is(found.gain, null);
  assert.is((await along(broken, 0, 1.9)).status, "converged");
  // Falls without end until it is minus infinity, and came from infinity.
  const cliff: GroupedLoss = async ({ theta }) => [1, 1].map(() => (theta![0]! > 0 ? -theta![0]! : 1 / 0));
  const falling = await along(cliff, 0, 1);
  assert.is(falling.change, null);
  assert.is(falling.status, "still falling");
  assert.match(
    falling.reason,
    /^the loss is still falling: further training would lower the loss by \S+ ± 0 or more since the second/,
  );
});

test("parameters of another optimiser that have come to their end hide nothing", async () => {
  // "fast" went from 0 to its minimum at 1, and further costs 1000 times as much as "slow" would gain.
  const loss = quadratic({ fast: 1000, slow: 1 }, 1);
  const pair = (fast: number, slow: number) => ({ fast: Float64Array.of(fast), slow: Float64Array.of(slow, 5) });
  const [start, end] = [pair(0, 0), pair(1, 0.1)];
  const together = await convergenceAlong(loss, { start, end, groups: [["fast", "slow"]] });
  const apart = await convergenceAlong(loss, { start, end, groups: [["fast"], ["slow"]] });
  assert.ok(together.gain! < 0.01, `${together.gain}`);
  assert.ok(apart.gain! > 0.64 * 0.405, `${apart.gain}`);
});

test("a verdict needs three standard errors, and a fifth of what was gained", () => {
  const change = { difference: -1, error: 0.01 };
  const status = (gain: number, error: number | undefined, from = change) =>
    convergenceOf(from, { difference: gain, error }).status;
  assert.is(status(0.31, 0.1), "still falling");
  assert.is(status(0.29, 0.1), "converged");
  assert.is(status(0.19, 0.01), "converged");
  assert.is(status(5, undefined), "converged");
  assert.is(status(0.001, 0.0001, { difference: 0.002, error: 0.001 }), "still falling");
  assert.is(status(0, 0, { difference: 0.0031, error: 0.001 }), "diverged");
  assert.is(status(0, 0, { difference: 0.0029, error: 0.001 }), "converged");
  const more = convergenceOf({ difference: 1, error: 0.1 }, { difference: 2, error: 0.2 });
  assert.equal([more.status, more.gain, more.gainError], ["diverged", 2, 0.2]);
});

test("a verdict without numbers has its reason", () => {
  assert.equal(undecided("nothing is known"), {
    status: "undecided",
    reason: "nothing is known",
    change: null,
    gain: null,
    gainError: null,
  });
  assert.is(diverged("it is gone").status, "diverged");
});

test.run();
