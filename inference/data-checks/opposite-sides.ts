/** Do the samples on either side of a nuisance move a process in opposite directions? Where not, one of them may be another's. */
import type { SimulatedEvents } from "../model/sampling/simulated-events.js";
import { chiSquarePValue } from "../statistics/goodness/special-functions.js";
import { movedNuisances, shiftsFrom } from "./variations.js";

/** The two sides of one nuisance of one process. */
export interface OppositeSides {
  readonly nuisance: number;
  /** Of the samples above and below nominal. */
  readonly at: readonly [above: number, below: number];
  /** Of the angle between what they do to shape and correlations: -1 where they are opposite. */
  readonly cosine: number;
}

/**
 * Chance that effects that are opposite to first order are looked at. Each side is a vector of shifts in standard errors; where they are
 * opposite, 0 lies on the segment between them, but for chance: the square of its distance is at most a χ² of their length, whatever
 * the two have of their fluctuation in common. Shifts of correlated features are correlated, so that the chance is larger there: 1e-3 for three
 * features without an effect that are correlated by 0.95. What the nominal sample adds to both sides then looks like the same on both.
 */
const SIDES_LEVEL = 1e-5;

/**
 * Of the nuisances that each of a pair of samples moves alone: where the two are not opposite but for chance.
 *
 * @param samples        of one process; of several at one point the first
 * @param nominalValues  of the shape nuisances
 */
export function oppositeSides(samples: readonly SimulatedEvents[], nominalValues: readonly number[]): OppositeSides[] {
  const moved = samples.map((sample) => movedNuisances(sample, nominalValues));
  const nominal = samples.find((_, i) => moved[i]!.length === 0);
  if (nominal === undefined) return [];
  const alone = nominalValues.map((): SimulatedEvents[] => []);
  for (const [i, [first, ...others]] of moved.entries()) {
    if (first !== undefined && others.length === 0) alone[first]!.push(samples[i]!);
  }
  const pairs = nominalValues.flatMap((value, nuisance) => {
    const above = alone[nuisance]!.find(({ at }) => at[nuisance]! > value);
    const below = alone[nuisance]!.find(({ at }) => at[nuisance]! < value);
    return above === undefined || below === undefined ? [] : [{ nuisance, above, below }];
  });
  // Of all at once, as the nominal sample is sorted for them.
  const shifts = shiftsFrom(
    nominal,
    pairs.flatMap(({ above, below }) => [above, below]),
  );
  return pairs.flatMap(({ nuisance, above, below }, i): OppositeSides[] => {
    const [up, down] = [shifts[2 * i]!, shifts[2 * i + 1]!];
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, own, j) => sum + own * b[j]!, 0);
    const [ofUp, ofDown, ofBoth] = [dot(up, up), dot(down, down), dot(up, down)];
    // The point up + t (down - up) of the segment that is next to 0.
    const t = Math.min(1, Math.max(0, (ofUp - ofBoth) / (ofUp + ofDown - 2 * ofBoth)));
    const distance = (1 - t) ** 2 * ofUp + t ** 2 * ofDown + 2 * t * (1 - t) * ofBoth;
    if (!(chiSquarePValue(distance, up.length) < SIDES_LEVEL)) return [];
    return [{ nuisance, at: [above.at[nuisance]!, below.at[nuisance]!], cosine: ofBoth / Math.sqrt(ofUp * ofDown) }];
  });
}
