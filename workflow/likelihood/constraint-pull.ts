/** Does a fit pull nuisances away from their constraints further than these allow? */
import { nuisanceVector } from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import type { FitSummary } from "./fit-summary.js";

/**
 * Widths of the constraint. Where the truth follows it, the estimate scatters around its nominal value by less than its width, as what the
 * data say is drawn back to it: a probability below 4.7e-4 for each nuisance.
 */
const MOST = 3.5;

/** The nuisances that are pulled too far, in a sentence; undefined where there are none. */
export function pullText(
  configuration: Configuration,
  { names, estimate }: Pick<FitSummary, "names" | "estimate">,
): string | undefined {
  const nominal = nuisanceVector(configuration, {});
  const pulled = names.flatMap((name, k) => {
    const pull = estimate[k]! - nominal[k]!;
    return Math.abs(pull) > MOST ? [`${name} by ${pull.toFixed(1)}`] : [];
  });
  if (pulled.length === 0) return undefined;
  return (
    `The data pull ${pulled.join(" and ")} standard deviations of the constraint away from its nominal value. The model probably does ` +
    "not describe the data. Check that data and simulation have the same cuts and units, and look at the projections."
  );
}
