/** How the probabilities of bins follow the parameters of a composition. */
import type { Backend } from "../../../engine/runtime/backend.js";
import { channelsLikelihood } from "../likelihood/channels.js";
import { binWithin } from "./closure.js";
import { type BinIntegrals, type BinSource, type DensityBins, openIntegrals } from "./density-in-bins.js";

/**
 * Derivatives of the probability of every bin [K][bins]: of integrals by central differences in f64; of drawn events, which have noise, by their
 * scores, as ∂p_b = E[1_b (g - E g)] with g the gradient of an event's log p.
 *
 * @param ends  of each parameter two values around that of θ, much less than a standard deviation apart [K]
 */
export async function binDerivatives(
  backend: Backend,
  bins: DensityBins,
  source: BinSource,
  ends: readonly (readonly [low: number, high: number])[],
): Promise<number[][]> {
  const integrals = await openIntegrals(bins);
  if (integrals === undefined) return byScores(backend, bins, source);
  try {
    return await byDifferences(integrals, source.theta, ends);
  } finally {
    await integrals.close();
  }
}

async function byDifferences(
  integrals: BinIntegrals,
  theta: readonly number[],
  ends: readonly (readonly [number, number])[],
): Promise<number[][]> {
  const slopes: number[][] = [];
  for (const [k, [low, high]] of ends.entries()) {
    const at = async (value: number) => (await integrals.at(theta.with(k, value))).total;
    const [below, above] = [await at(low), await at(high)];
    slopes.push(above.map((value, bin) => (value - below[bin]!) / (high - low)));
  }
  return slopes;
}

async function byScores(backend: Backend, bins: DensityBins, source: BinSource): Promise<number[][]> {
  const { composition, density, column, edges } = bins;
  const data = await source.events();
  const channel = { name: density, density, data: { ...data, weights: undefined }, isExtended: false };
  const likelihood = await channelsLikelihood({ backend, composition, channels: [channel] });
  try {
    const scores = await likelihood.eventScores(density, source.theta);
    const values = data.columns[column]!;
    const { count, weights } = data;
    const shares = binWithin(values, edges, weights).sums;
    const whole = shares.reduce((a, b) => a + b, 0);
    return source.theta.map((_, k) => {
      const own = scores.subarray(k * count, (k + 1) * count);
      const { sums } = binWithin(values, edges, weights ? own.map((score, i) => score * weights[i]!) : own);
      const all = sums.reduce((a, b) => a + b, 0);
      return sums.map((sum, bin) => (sum - (all * shares[bin]!) / whole) / whole);
    });
  } finally {
    await likelihood.close();
  }
}
