/** Expected events of a process whose samples are read. */
import { type Analysis, expectedYield } from "../configuration/analysis.js";
import { MAXIMA } from "../configuration/limits.js";
import type { WeightSums } from "../configuration/normalisation.js";
import { UsageError } from "../errors.js";

/** @param sums  of the weights of its nominal samples */
export function yieldOf({ file, configuration }: Analysis, process: string, sums: WeightSums): number | undefined {
  const found = expectedYield(configuration, process, sums);
  if (found === undefined || (found >= MAXIMA.leastYield && found <= MAXIMA.yield)) return found;
  throw new UsageError(`${file}: processes.${process}.yield`, {
    expected: `a number of events from ${MAXIMA.leastYield} to ${MAXIMA.yield}, by the weights of the samples`,
    got: `${found}, with sums of weights ${sums.all} of all events and ${sums.selected} after selections`,
    hint: "Correct the weights, or give the number of events",
  });
}
