/** By how much the sums of weights of samples at other values of a nuisance differ from those of the nominal samples. */
import type { SimulatedEvents } from "../model/sampling/simulated-events.js";
import { movedNuisances } from "./variations.js";

/** What the samples of one process say about its yield at one value of one nuisance. */
export interface YieldRatio {
  /** Position of the process. */
  readonly process: number;
  /** Position among the shape nuisances. */
  readonly nuisance: number;
  /** Of the nuisance, in the samples that are compared with the nominal ones. */
  readonly value: number;
  /** Σw there and of the nominal samples. */
  readonly sum: number;
  readonly nominalSum: number;
  /** Do all events have weights, or those of a variation of the same events? Without, Σw is the number of events. */
  readonly hasWeights: boolean;
  /** sum / nominalSum */
  readonly ratio: number;
  /** Its Monte Carlo error, one standard deviation. */
  readonly error: number;
}

interface Sums {
  readonly sum: number;
  readonly squares: number;
}

/** Σ and Σ² of the weights of all samples together, as one file each of a larger sample. */
function sumsOf(samples: readonly Pick<SimulatedEvents, "count" | "weights">[]): Sums {
  let [sum, squares] = [0, 0];
  for (const { count, weights } of samples) {
    for (let i = 0; i < count; i++) {
      const weight = weights === undefined ? 1 : weights[i]!;
      sum += weight;
      squares += weight * weight;
    }
  }
  return { sum, squares };
}

/** What a sum of weights is taken of. */
type Weighted = Pick<SimulatedEvents, "count" | "x" | "weights">;

/** The same events with other weights: what fluctuates in both cancels in their ratio. */
function isReweighted(a: Weighted, b: Weighted): boolean {
  if (a.count !== b.count) return false;
  for (let i = 0; i < a.x.length; i++) if (a.x[i] !== b.x[i]) return false;
  return true;
}

/** Do the samples hold the same events as the others, one by one? */
function areSameEvents(varied: readonly SimulatedEvents[], nominal: readonly Weighted[]): boolean {
  if (varied.every((own, i) => own.nominal !== undefined && own.nominal === nominal[i])) return true;
  return varied.length === 1 && nominal.length === 1 && isReweighted(varied[0]!, nominal[0]!);
}

/**
 * Error of R = S / S_0 for Poisson numbers of events: √(Σ(w - R w_0)²) / S_0 over events that both have, √(Σw² + R² Σw_0²) / S_0 for
 * samples that are taken as independent.
 */
function errorOf(varied: readonly SimulatedEvents[], nominal: readonly Weighted[], ratio: number): number {
  const [own, reference] = [sumsOf(varied), sumsOf(nominal)];
  if (!areSameEvents(varied, nominal)) {
    return Math.sqrt(own.squares + ratio ** 2 * reference.squares) / Math.abs(reference.sum);
  }
  let squares = 0;
  for (const [sample, a] of varied.entries()) {
    const b = nominal[sample]!;
    for (let i = 0; i < a.count; i++) squares += ((a.weights?.[i] ?? 1) - ratio * (b.weights?.[i] ?? 1)) ** 2;
  }
  return Math.sqrt(squares) / Math.abs(reference.sum);
}

/**
 * One for each nuisance and value at which samples of the process move this nuisance alone.
 *
 * @param samples        of one process
 * @param nominalValues  of the shape nuisances
 */
export function yieldRatios(samples: readonly SimulatedEvents[], nominalValues: readonly number[]): YieldRatio[] {
  const nominal: SimulatedEvents[] = [];
  const alone = new Map<
    string,
    { readonly nuisance: number; readonly value: number; readonly own: SimulatedEvents[] }
  >();
  for (const sample of samples) {
    const [nuisance, ...others] = movedNuisances(sample, nominalValues);
    if (nuisance === undefined) nominal.push(sample);
    else if (others.length === 0) {
      const value = sample.at[nuisance]!;
      const key = `${nuisance}/${value}`;
      const group = alone.get(key);
      if (group === undefined) alone.set(key, { nuisance, value, own: [sample] });
      else group.own.push(sample);
    }
  }
  if (nominal.length === 0) return [];
  return [...alone.values()].map(({ nuisance, value, own }) => {
    // Variations of the same events are compared with these, whatever other nominal samples there are.
    const pairs = own.flatMap((varied) => varied.nominal ?? []);
    const reference = pairs.length === own.length ? pairs : nominal;
    const [{ sum }, { sum: nominalSum }] = [sumsOf(own), sumsOf(reference)];
    const ratio = sum / nominalSum;
    // Of the same events, a weight in one of two places is a change of the yield.
    const isWeighted = reference === pairs && own.every(({ weights }) => weights !== undefined);
    const hasWeights = isWeighted || [...nominal, ...own].every(({ weights }) => weights !== undefined);
    const error = errorOf(own, reference, ratio);
    return { process: own[0]!.process, nuisance, value, sum, nominalSum, hasWeights, ratio, error };
  });
}
