/** Events in a part of where a density can be drawn: others are drawn again. */
import { UsageError } from "../../../engine/errors.js";
import { isInside, type Region } from "../language/region.js";
import type { Draws } from "./contract.js";

/** Rounds after which the rest is given up: a region of 1% of the probability is left with 1 in 20 000 events. */
const MOST_ROUNDS = 1000;

type Drawn = Readonly<Record<string, Float64Array>>;

/**
 * Events of `propose` that lie in the region.
 *
 * @param propose  events for some of those that are wanted, in their order
 */
export async function withinRegion(
  draws: Draws,
  where: string,
  region: Region,
  propose: (own: Draws) => Promise<Drawn>,
): Promise<Drawn> {
  let missing = Int32Array.from({ length: draws.count }, (_, i) => i);
  let all: Record<string, Float64Array> | undefined;
  for (let round = 0; missing.length > 0; round++) {
    if (round === MOST_ROUNDS) {
      throw new UsageError(where, {
        expected: "a region that events are drawn in",
        got: `${missing.length} of ${draws.count} events outside of it after ${MOST_ROUNDS} attempts`,
        hint: "Look at the parameters: does the density lie where its column can be?",
      });
    }
    const proposed = await propose(draws.part(missing));
    all ??= Object.fromEntries(Object.keys(proposed).map((name) => [name, new Float64Array(draws.count)]));
    const kept = missing;
    const isIn = (k: number) =>
      Object.entries(region).every(([column, intervals]) => isInside(intervals, proposed[column]![k]!));
    for (const [name, values] of Object.entries(proposed)) {
      for (const [k, i] of kept.entries()) all[name]![i] = values[k]!;
    }
    missing = kept.filter((_, k) => !isIn(k));
  }
  return all ?? {};
}

/** The same of one column and its domain. */
export function withinDomain(
  draws: Draws,
  column: string,
  propose: (own: Draws) => Promise<Float64Array>,
): Promise<Drawn> {
  const domain = draws.domain(column);
  return withinRegion(draws, `draws of ${column}`, { [column]: [domain] }, async (own) => ({
    [column]: await propose(own),
  }));
}
