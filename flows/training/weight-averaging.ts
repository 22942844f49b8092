/**
 * The mean of the parameters over the last steps of a training.
 *
 * A parameter whose loss is steep forgets within some tens of steps: the last value of a training knows the few events seen
 * after the learning rate came down, the mean over many steps knows all of them. With fresh events in every step it
 * reaches the error of the maximum-likelihood estimate: Polyak and Juditsky 1992, doi:10.1137/0330046.
 */

import { UsageError } from "../../engine/errors.js";
import type { Named } from "../../engine/runtime/backend.js";
import { add, mul, sub } from "../../engine/tape/operations.js";
import type { Tape, Var } from "../../engine/tape/tape.js";

const PREFIX = "average.";

/** Label of the parameter that holds the mean of another. */
export const averageName = (parameter: string) => PREFIX + parameter;

const WEIGHT = `${PREFIX}weight`;

/** Running means of new values, beside them in the program: mean ← mean + weight (new - mean). */
export function averages(tape: Tape, values: Named<Var>): Record<string, Var> {
  const weight = tape.parameter(WEIGHT);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const mean = tape.parameter(averageName(name), value.shape);
      return [averageName(name), add(mean, mul(weight, sub(value, mean)))];
    }),
  );
}

/** Of `count` steps, the weight of the newest value: 1 until the last `part` of all steps begins, then 1, 1/2, 1/3 … */
export function averagingSchedule(
  part: number,
  firstStep: number,
  count: number,
  totalSteps: number,
): Record<string, Float64Array> {
  const start = Math.floor((1 - part) * totalSteps);
  return {
    [WEIGHT]: Float64Array.from({ length: count }, (_, i) => 1 / Math.max(1, firstStep + i - start + 1)),
  };
}

export function checkAveragedPart(part: number): void {
  if (part >= 0 && part <= 1) return;
  throw new UsageError("train", { expected: "averaged to be a part of all steps, 0 to 1", got: `${part}` });
}
