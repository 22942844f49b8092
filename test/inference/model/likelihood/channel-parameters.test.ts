/** Terms that look at parameters alone, in closed form: of the first events and outcomes, and of others that are bound in their place. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import {
  ChannelParameters,
  type CountedChannel,
  withOutcomes,
} from "../../../../inference/model/likelihood/channel-parameters.js";
import { close, tolerances } from "../../../support/close.js";

import { parameter } from "../densities/samples.js";

const composition = checkedComposition({
  parameters: [
    parameter("signal", 6, { constraint: { kind: "poisson", observed: 8, scale: 1.5 } }),
    parameter("background", 9, { constraint: { kind: "log-normal", observed: 7, kappa: 1.2 } }),
    parameter("c", 0.8, { constraint: { kind: "normal", observed: 0.7, sigma: 0.2 } }),
  ],
  columns: { m: { range: [1, 4] } },
  densities: {
    e: { kind: "exponential", x: "m", c: "c" },
    u: { kind: "uniform", x: "m" },
    model: { kind: "mixture", summands: ["e", "u"], coefficients: ["signal", "background"] },
  },
});
const theta = [6, 9, 0.8];

const channelOf = (count: number, weights?: Float64Array): CountedChannel => ({
  name: "all",
  density: "model",
  isExtended: true,
  data: { count, weights },
});

/** Poisson terms are 0 at their minimum: μ - n - n log(μ / n). */
const poisson = (mean: number, n: number) => mean - n - (n === 0 ? 0 : n * Math.log(mean / n));

const wanted = ([s, b, c]: readonly number[], events: number, outcomes: readonly number[]) =>
  poisson(1.5 * s!, outcomes[0]!) +
  (Math.log(b! / outcomes[1]!) / Math.log(1.2)) ** 2 / 2 +
  ((c! - outcomes[2]!) / 0.2) ** 2 / 2 +
  poisson(s! + b!, events);

test("constraints and extended terms of the outcomes and numbers of events that are bound", () => {
  const terms = new ChannelParameters(composition, [channelOf(5)]);
  const check = (events: number, outcomes: readonly number[]) => {
    close(terms.penalty(theta).nll!, [wanted(theta, events, outcomes)], tolerances.f64);
    const curvature = [outcomes[0]! / 36, (1 - Math.log(9 / outcomes[1]!)) / (81 * Math.log(1.2) ** 2), 25];
    const diagonal = [0, 4, 8].map((k) => terms.curvature(theta).hessian![k]!);
    close(diagonal, curvature, tolerances.f64);
    assert.equal([...terms.expected!(theta)["expected all"]!], [15]);
  };
  check(5, [8, 7, 0.7]);
  const others = withOutcomes(composition, { signal: 3, background: 11, c: -0.2 });
  terms.bind(others, [channelOf(5)]);
  check(5, [3, 11, -0.2]);
  terms.bind(composition, [channelOf(12)]);
  check(12, [8, 7, 0.7]);
  terms.bind(withOutcomes(composition, { signal: 0, c: 0 }), [channelOf(0)]);
  check(0, [0, 7, 0]);
  terms.bind(others, [channelOf(3, Float64Array.of(2, 0.5, -1))]);
  check(1.5, [3, 11, -0.2]);
});

test("outcomes of parameters without a constraint, and weights that no number of events has, are refused", () => {
  assert.throws(
    () => withOutcomes(composition, { other: 1 }),
    /parameters with a constraint \(signal, background, c\), got other/,
  );
  assert.throws(
    () => withOutcomes(composition, { background: 0 }),
    /constraint of background: expected a positive outcome, got 0/,
  );
  const terms = new ChannelParameters(composition, [channelOf(5)]);
  assert.throws(
    () => terms.bind(composition, [channelOf(2, Float64Array.of(1, -1))]),
    /weights with a positive finite sum, got 0/,
  );
  close(terms.penalty(theta).nll!, [wanted(theta, 5, [8, 7, 0.7])], tolerances.f64, "the numbers before stay");
});

test.run();
