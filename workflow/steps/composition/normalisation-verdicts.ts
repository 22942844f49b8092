/**
 * Whether densities are normalised at the estimate, and extended channels have the numbers of events that the fit expects: others mean that no
 * yield can follow the data.
 */
import { weightSums } from "../../../inference/model/likelihood/event-stream.js";
import { isMinimum } from "../../../inference/statistics/fit/fit-result.js";
import type { LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import type { ChannelEvents } from "../../events/channel-events.js";
import type { Verdict } from "../../verdicts.js";
import type { CompositionFit } from "./fit.js";
import { MOST_PULL } from "./parameter-verdicts.js";

/** Integrals are refused where they are uncertain at the start; where they are so at the estimate, the fit may have gone there because of that. */
export const integralVerdicts = (label: string, { uncertain }: Pick<CompositionFit, "uncertain">): Verdict[] =>
  uncertain.map(({ channel, what, error }) => ({
    check: "integral",
    about: "fit",
    failed: true,
    text: `${label}: at the estimate, the logarithm of ${what} has an error of ${error.toPrecision(2)} by quadrature, in the channel ${channel}`,
    advice: "Give its columns ranges in which the density has no narrow peaks, or limit the parameters of its width",
  }));

/** @param events  in the order of the channels */
export function yieldVerdicts(
  label: string,
  { channels }: Pick<LikelihoodPlan, "channels">,
  events: readonly Pick<ChannelEvents, "data">[],
  { fit, expected }: Pick<CompositionFit, "fit" | "expected">,
): Verdict[] {
  if (!isMinimum(fit)) return [];
  return channels.flatMap(({ name, density, isExtended }, c): Verdict[] => {
    if (!isExtended) return [];
    const { data } = events[c]!;
    // Σ w² is the variance of a sum of weights.
    const { total: observed, squares } = weightSums(data);
    const own = expected[name]!;
    // Of both variances the larger one: a small expectation is no normal number.
    const pull = (observed - own) / Math.sqrt(Math.max(own, squares));
    if (!(Math.abs(pull) > MOST_PULL)) return [];
    return [
      {
        check: "number of events",
        about: "fit",
        failed: true,
        text: `${label}: the channel ${name} has ${Number(observed.toPrecision(6))} events, where ${own.toPrecision(3)} are expected after the fit`,
        advice:
          `Let the coefficients of ${density} be numbers of events that can follow the data. If they are fractions, leave the last one ` +
          "to `rest`, or set extended to false",
      },
    ];
  });
}
