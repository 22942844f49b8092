/** The way of the parameters through the second half of a training: where it begins, the mean over the second quarter of the steps. */

import type { Named } from "../../engine/runtime/backend.js";
import type { TrainingState } from "./training-state.js";

/** Values that the mean is made of: reading one costs a small part of a step. */
const VALUES = 16;

/** Steps after which the parameters are read: evenly in the second quarter, fewer where it has fewer. */
function stepsOfPath(totalSteps: number): number[] {
  const [first, last] = [Math.floor(totalSteps / 4), Math.floor(totalSteps / 2)];
  const steps = Array.from({ length: VALUES }, (_, i) => first + Math.ceil(((i + 1) * (last - first)) / VALUES));
  return [...new Set(steps)];
}

/** Steps until the parameters are read next; infinite where they have been read for the last time. */
export function stepsUntilRead(step: number, totalSteps: number): number {
  return (stepsOfPath(totalSteps).find((own) => own > step) ?? Number.POSITIVE_INFINITY) - step;
}

export const isReadAfter = (step: number, totalSteps: number) => stepsOfPath(totalSteps).includes(step);

/** With the values of one more step. */
export function addedToPath(
  { record, pathSum = {} }: Pick<TrainingState, "record" | "pathSum">,
  values: Named<Float64Array>,
): Pick<TrainingState, "record" | "pathSum"> {
  const sums = Object.entries(values).map(([name, own]) => {
    const before = pathSum[name];
    return [name, before === undefined ? own : own.map((value, i) => before[i]! + value)];
  });
  return { record: { ...record, pathCount: (record.pathCount ?? 0) + 1 }, pathSum: Object.fromEntries(sums) };
}

/** Where the path begins; undefined where the training ended before, or an earlier version began it. */
export function startOfPath({
  record,
  pathSum = {},
}: Pick<TrainingState, "record" | "pathSum">): Named<Float64Array> | undefined {
  const { pathCount = 0 } = record;
  if (pathCount === 0) return undefined;
  return Object.fromEntries(
    Object.entries(pathSum).map(([name, sum]) => [name, sum.map((value) => value / pathCount)]),
  );
}
