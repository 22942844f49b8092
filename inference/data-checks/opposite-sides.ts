/** Do the samples on either side of a nuisance move a process in opposite directions? Where not, one of them may be another's. */
import type { SimulatedEvents } from "../model/sampling/simulated-events.js";
import { movedNuisances, shiftsFrom } from "./variations.js";

/** The two sides of one nuisance of one process. */
export interface OppositeSides {
  readonly nuisance: number;
  /** Of the samples above and below nominal. */
  readonly at: readonly [above: number, below: number];
  /** Of the angle between what they do to shape and correlations: -1 where they are opposite. */
  readonly cosine: number;
}

/** χ² of an effect beyond what chance adds: 10σ, and four times chance, so that the cosine is known to better than a quarter. */
const LEAST_EFFECT = 100;
const LEAST_RATIO = 4;

/**
 * Of the nuisances that each of a pair of samples moves alone, and clearly.
 *
 * @param samples        of one process
 * @param nominalValues  of the shape nuisances
 */
export function oppositeSides(samples: readonly SimulatedEvents[], nominalValues: readonly number[]): OppositeSides[] {
  const moved = samples.map((sample) => movedNuisances(sample, nominalValues));
  const nominal = samples.find((_, i) => moved[i]!.length === 0);
  if (nominal === undefined) return [];
  return nominalValues.flatMap((value, k): OppositeSides[] => {
    const alone = samples.filter((_, i) => moved[i]!.length === 1 && moved[i]![0] === k);
    const [above, below] = [alone.find(({ at }) => at[k]! > value), alone.find(({ at }) => at[k]! < value)];
    if (above === undefined || below === undefined) return [];
    const [up, down] = shiftsFrom(nominal, [above, below]) as [number[], number[]];
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, own, i) => sum + own * b[i]!, 0);
    const [ofUp, ofDown] = [dot(up, up) - up.length, dot(down, down) - down.length];
    if (Math.min(ofUp, ofDown) < LEAST_EFFECT + LEAST_RATIO * up.length) return [];
    return [{ nuisance: k, at: [above.at[k]!, below.at[k]!], cosine: dot(up, down) / Math.sqrt(ofUp * ofDown) }];
  });
}
