/** Every law from the quantiles of itself: the fit finds the parameters that they were made with. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { logNormalTail } from "../../../../inference/model/features/normal-tail.js";
import {
  boxCox,
  type Excesses,
  edge,
  excessesOf,
  exponential,
  type FittedLaw,
  linear,
  pareto,
  power,
  stretched,
} from "../../../../inference/model/features/tail-laws.js";
import { type Tail, tailLaw } from "../../../../inference/model/features/tails.js";
import { weightedSample } from "../../../../inference/model/features/weighted-sample.js";

const COUNT = 20_000;
const PROBABILITY = 0.1;
const Z = 1.2815515655446004;

/** At S = (i + ½) / n. */
function excessesFrom(tail: Tail, slope: number): Excesses {
  const law = tailLaw(tail, 0, Z, slope);
  const logKnot = logNormalTail(Z);
  const d = Float64Array.from({ length: COUNT }, (_, i) => {
    const wanted = Math.log((i + 0.5) / COUNT);
    // The z of a probability by bisection: not by what is tested.
    let [low, high] = [Z, 10];
    for (let step = 0; step < 60; step++) {
      const middle = 0.5 * (low + high);
      if (logNormalTail(middle) - logKnot > wanted) low = middle;
      else high = middle;
    }
    return law.inverse(low);
  });
  const weights = new Float64Array(COUNT).fill(1 / COUNT);
  return { d, weights, effectiveEvents: COUNT, probability: PROBABILITY };
}

/** Quantiles have no noise but end at 1/(2n): what the last event's absence does to a mean is of the order of 10⁻³. */
const TOLERANCE = 0.02;

function check(
  name: string,
  tail: Tail,
  fit: (excesses: Excesses) => FittedLaw,
  tolerance = TOLERANCE,
  slope = 1,
): void {
  test(`${name} is found from its quantiles`, () => {
    const found = fit(excessesFrom(tail, slope));
    assert.is(found.tail.kind, tail.kind);
    for (const [key, wanted] of Object.entries(tail)) {
      if (key === "kind") continue;
      const value = (found.tail as unknown as Record<string, number>)[key]!;
      assert.ok(
        Math.abs(value - wanted) <= tolerance * (0.1 + Math.abs(wanted)),
        `${key} = ${value}, expected ${wanted}`,
      );
    }
    if (tail.kind === "linear") assert.ok(Math.abs(found.slope! / slope - 1) < tolerance);
    const law = tailLaw(tail, 0, Z, slope);
    for (const d of [0.1, 0.5, 1.5]) {
      const depth = logNormalTail(Z) - logNormalTail(law.forward(d));
      assert.ok(Math.abs(found.depth(d) - depth) < 0.05 * (1 + depth), `-log S(${d})`);
    }
  });
}

check("an exponential law", { kind: "pareto", index: 0, scale: 1.7 }, exponential);
check("a linear law", { kind: "linear" }, linear, TOLERANCE, 0.6);
check("a Pareto law", { kind: "pareto", index: 0.3, scale: 0.8 }, pareto);
check("a heavy Pareto law", { kind: "pareto", index: 1.4, scale: 30 }, pareto);
// Three parameters of which one direction is all but free.
const wide = 0.15;
check(
  "a power law",
  { kind: "power", index: 0.25, linear: 0.6, quadratic: 0.3 },
  (own) => power(own, pareto(own).tail),
  wide,
);
check(
  "a stretched exponential",
  { kind: "stretched", factor: 1.5, scale: 1, power: 0.4 },
  (own) => stretched(own, { power: 0.5 }),
  wide,
);
check(
  "a compressed exponential",
  { kind: "stretched", factor: 0.8, scale: 1, power: 1.8 },
  (own) => stretched(own, { power: 1.5 }),
  wide,
);
check(
  "a power of a normal variable",
  { kind: "box-cox", factor: Z, scale: Z ** 3, power: 1 / 3 },
  (own) => boxCox(own, { power: 0.5 }),
  wide,
);
check("a constant edge", { kind: "edge", end: 2, power: 1, bend: 0 }, (own) => edge(own, 2, 2, 0));
check("a bent edge", { kind: "edge", end: 2, power: 1, bend: 0.2 }, (own) => edge(own, 2, 2, 1), 0.05);
check("a diverging edge", { kind: "edge", end: 2, power: 0.4, bend: -0.3 }, (own) => edge(own, 2, 2, 2), 0.05);

test("excesses are those beyond the knot, with weights that add up to 1", () => {
  const sample = weightedSample(Float64Array.of(1, 2, 3, 4, 9), Float64Array.of(5, 1, 2, -1, 3));
  const found = excessesOf(sample, 2.5, 0.4)!;
  assert.equal(Array.from(found.d), [0.5, 1.5, 6.5]);
  assert.equal(Array.from(found.weights), [0.5, -0.25, 0.75]);
  // (0.4 · 10)² / (4 + 1 + 9)
  assert.ok(Math.abs(found.effectiveEvents - 16 / 14) < 1e-14);
});

test("excesses that say nothing are none", () => {
  const weights = Float64Array.of(1, 1, 1, 1);
  assert.is(excessesOf(weightedSample(Float64Array.of(1, 2, 2, 2), weights), 2, 0.4), undefined);
  assert.is(
    excessesOf(weightedSample(Float64Array.of(1, 2, 3, 4), Float64Array.of(9, 1, -1, -1)), 1.5, 0.4),
    undefined,
  );
});

test.run();
