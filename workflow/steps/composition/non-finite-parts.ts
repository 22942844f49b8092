/** What makes the likelihood of a composition not finite where a fit ended because of that: a fit alone cannot say which part. */
import type { ChannelsLikelihood } from "../../../inference/model/likelihood/channels.js";
import { eventAt } from "../../events/channel-stream.js";
import type { BoundPlan } from "./context.js";

const CAUSE = "Look for a width or a number of events that is not above 0, and for a density that is 0 there.";
const SLOPES =
  "-ln L is finite there, but not its derivatives: look for widths, ranges and numbers of events whose squares are beyond those of numbers.";
const BEYOND =
  "-ln L falls towards a point beyond which it is not finite. Numbers of events that the data may lack need a range from 0, widths one above 0.";

/**
 * In sentences. Where every part is finite, what lies beyond the point is not.
 *
 * @param theta    of the free parameters [K]
 * @param isStart  whether the fit got no further
 */
export async function nonFiniteText(
  likelihood: Pick<ChannelsLikelihood, "logProb" | "evaluateParts">,
  { plan, events }: Pick<BoundPlan, "plan" | "events">,
  theta: readonly number[],
  isStart: boolean,
): Promise<string> {
  const found: string[] = [];
  for (const [c, { name, selected }] of plan.channels.entries()) {
    const { data } = events[c]!;
    const { count } = data;
    let bad = 0;
    let first = count;
    if (count > 0) {
      await likelihood.logProb(name, theta, (logs, start) => {
        for (const [i, value] of logs.entries()) {
          if (Number.isFinite(value)) continue;
          bad++;
          first = Math.min(first, start + i);
        }
      });
    }
    if (bad === 0) continue;
    const { of, given } = plan.composition.shape(selected);
    const values = await eventAt(data, first, [...of, ...given]);
    const at = Object.entries(values).map(([column, value]) => `${column} = ${Number(value.toPrecision(6))}`);
    found.push(
      `log p of ${bad} of ${count} events of the channel ${name} is not finite, the first at ${at.join(", ")}.`,
    );
  }
  if (found.length > 0) return [...found, CAUSE].join(" ");
  const { penalty } = await likelihood.evaluateParts(theta, 0);
  return Number.isFinite(penalty.nll)
    ? isStart
      ? SLOPES
      : BEYOND
    : `The constraints or the expected numbers of events are not finite. ${CAUSE}`;
}
