/** Gradients in ν of the events of a likelihood, some of them at a time. */
import type { OpenLikelihood } from "./bound-likelihood.js";

/** Events whose scores are computed together. */
const PORTION = 2 ** 14;

/** The scores of events `start` to `stop`, the latter excluded [K, stop - start], of all events in turn. */
export async function* scorePortions(
  { likelihood, events }: Pick<OpenLikelihood, "likelihood" | "events">,
  nu: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<{ readonly start: number; readonly stop: number; readonly scores: Float64Array }> {
  const { count } = events.data;
  for (let start = 0; start < count; start += PORTION) {
    signal.throwIfAborted();
    const stop = Math.min(count, start + PORTION);
    yield { start, stop, scores: await likelihood.eventScores(nu, [start, stop]) };
  }
}
