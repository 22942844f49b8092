/** What a reader of a report sees first: the result in one sentence. */

import { fixed, measurement } from "../../inference/plots/index.js";
import type { RunContext } from "../context.js";
import type { Outcome } from "../recipes/outcome.js";
import { listed } from "../text-table.js";
import { failedOf } from "../verdicts.js";
import { nuisanceLabels } from "./labels.js";
import { errorsOfBest } from "./simulation-text.js";

/** Nuisances of which the sentence has the numbers; the table below has them all. */
const MOST_NAMED = 6;

/** With the total error where the part of the simulation is known. */
export function resultSentence(
  context: RunContext,
  outcome: Pick<Outcome, "fitted" | "best" | "simulationErrors" | "verdicts">,
): string {
  const { best, verdicts } = outcome;
  const { estimate } = best.summary;
  const total = errorsOfBest(outcome)?.total.sigma;
  const sigma = total ?? best.summary.sigma;
  const labels = nuisanceLabels(context);
  const named = labels.slice(0, MOST_NAMED).map((label, k) => {
    const value = sigma === null ? fixed(estimate[k]!, 4) : measurement(estimate[k]!, sigma[k]!);
    return `${label} = ${value}`;
  });
  const more = labels.length - named.length;
  const list = more > 0 ? `${named.join(", ")}, and ${more} more nuisances, which the table below has` : listed(named);
  const errors =
    sigma === null ? ", without errors" : total === undefined ? "" : ", with the error of the simulation included";
  const doubt = failedOf(verdicts).length === 0 ? "" : "; these numbers are not for use as they stand";
  return `The ${best.label} gives ${list} (in prior standard deviations${errors})${doubt}.`;
}
