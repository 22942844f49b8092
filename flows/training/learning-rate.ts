/** Learning-rate schedules: what fraction of its rate an optimiser uses in each step. */
import { UsageError } from "../../engine/errors.js";
import { cos } from "../../engine/exact-functions.js";
import { aNumber, checkOptions, type Options, optional } from "../../engine/options.js";

/**
 * Factor on the learning rate of every group, a pure function of the step.
 *
 * @param step        steps done before this one: 0 in the first
 * @param totalSteps  steps of the whole training
 */
export type RateSchedule = (step: number, totalSteps: number) => number;

export const constantRate: RateSchedule = () => 1;

export interface WarmUpCosineOptions {
  /** Steps before the peak; 0, as where it is absent, begins at the peak. */
  readonly warmUpSteps?: number;
  /** Factor that the cosine would reach one step after the last; 0 where absent. */
  readonly final?: number;
}

const warmUpCosineOptions: Options<WarmUpCosineOptions> = { warmUpSteps: optional(aNumber), final: optional(aNumber) };

/**
 * Linear from 1/warmUpSteps to 1, then half a cosine down to `final`.
 *
 * Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5, one cycle over the steps that the warm-up leaves.
 */
export function warmUpCosine(options: WarmUpCosineOptions = {}): RateSchedule {
  checkOptions("warmUpCosine", options, warmUpCosineOptions);
  const { warmUpSteps = 0, final = 0 } = options;
  if (!Number.isInteger(warmUpSteps) || warmUpSteps < 0 || !(final >= 0 && final <= 1)) {
    throw new UsageError("warmUpCosine", {
      expected: "warmUpSteps to be an integer >= 0 and final a factor in [0, 1]",
      got: `warmUpSteps = ${warmUpSteps}, final = ${final}`,
    });
  }
  return (step, totalSteps) => {
    if (step < warmUpSteps) return (step + 1) / warmUpSteps;
    const phase = (step - warmUpSteps) / (totalSteps - warmUpSteps);
    return final + (1 - final) * 0.5 * (1 + cos(Math.PI * phase));
  };
}
