/** Likelihoods of samples of densities, and all that they say. */
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { ChannelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import type { DensitySample } from "../densities/samples.js";

/** Everything that a likelihood says at a point. */
export async function numbersOf(likelihood: ChannelsLikelihood, theta: readonly number[]) {
  const at = Float64Array.from(theta);
  const parts = [];
  for (const order of [0, 1, 2] as const) parts.push(await likelihood.evaluateParts(at, order));
  return {
    parts,
    events: await Promise.all(Object.keys(parts[0]!.channels).map((name) => likelihood.logProb(name, theta))),
    scores: await Promise.all(Object.keys(parts[0]!.channels).map((name) => likelihood.eventScores(name, theta))),
    scoreProduct: await likelihood.scoreProduct(theta),
    outerProduct: await likelihood.outerProduct(theta),
    expected: await likelihood.expected(theta),
    uncertain: await likelihood.uncertainIntegrals(theta),
    effectiveEvents: likelihood.effectiveEvents,
    parameters: likelihood.parameters,
  };
}

/** Events of a sample's density. */
export async function drawnFrom({ composition, density, given = [] }: DensitySample, count: number, seed: number) {
  const own = checkedComposition(composition);
  const columns = Object.fromEntries(
    own
      .shape(density)
      .given.map((name) => [name, Float64Array.from({ length: count }, (_, i) => given[i % given.length]![name]!)]),
  );
  const drawn = await drawEvents({ composition: own, density, count, given: columns, seed, purpose: "events" });
  return { count, columns: { ...columns, ...drawn } };
}
