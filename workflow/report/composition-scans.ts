/** Scans of a likelihood of a composition in units of -2Δ ln L of one standard deviation. */
import { isWeighted as hasWeights } from "../../inference/model/likelihood/event-stream.js";
import { inUnits, type LeveledScans } from "../likelihood/level.js";
import type { LikelihoodOutcome } from "../recipes/composition.js";
import { levelOf, pairLevelOf } from "../steps/composition/fit.js";

export const isWeighted = ({ events }: Pick<LikelihoodOutcome, "events">) =>
  events.some(({ data }) => hasWeights(data));

/** Of events that count once, as they are. */
export function leveledScans(own: LikelihoodOutcome): LeveledScans {
  const { scans: single, pairs, fit } = own;
  const isPair = (of: readonly string[]): of is readonly [string, string] => of.length === 2;
  if (!isWeighted(own)) return { single, pairs };
  return inUnits({ single, pairs }, (of) => (isPair(of) ? pairLevelOf(fit, of) : levelOf(fit, of[0]!)));
}
