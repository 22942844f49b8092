/** Cut flows: how many events each condition leaves, with the sums of their weights. */
import { type CountedEvents, weightSums } from "../../inference/model/likelihood/event-stream.js";
import type { CutFlow, CutFlowRow, LeftOut } from "./loaded-events.js";
import { leftOutText } from "./selection.js";

const finite = (sum: number) => (Number.isFinite(sum) ? sum : null);

/**
 * @param left     the events that are left in the end
 * @param leftOut  of the file, in the order in which conditions were looked at
 */
export function cutFlowOf(file: string, left: CountedEvents, leftOut: readonly LeftOut[]): CutFlow {
  let events = left.count;
  let sum = weightSums(left).total;
  const rows: CutFlowRow[] = [];
  for (const own of [...leftOut].reverse()) {
    const after = own.isCondition ? own.reason : `without ${own.reason}`;
    rows.push({ after, events, sumOfWeights: finite(sum) });
    events += own.count;
    sum += own.sum;
  }
  rows.push({ after: "read", events, sumOfWeights: finite(sum) });
  return { file, rows: rows.reverse() };
}

const isWeighted = ({ rows }: CutFlow) => rows.some(({ events, sumOfWeights }) => sumOfWeights !== events);

/** "m.csv: 10583 events, pt > 20: 9000, abs(eta) < 2.4: 8645"; with weights "9000 (8990.5)". */
function cutFlowText(flow: CutFlow): string {
  const sums = isWeighted(flow);
  const shown = ({ events, sumOfWeights }: CutFlowRow) =>
    sums ? `${events} (${sumOfWeights === null ? "not finite" : Number(sumOfWeights.toPrecision(7))})` : `${events}`;
  const [read, ...after] = flow.rows as [CutFlowRow, ...CutFlowRow[]];
  const cuts = after.map((own) => `, ${own.after}: ${shown(own)}`).join("");
  return `${flow.file}: events${sums ? " (sums of weights)" : ""} read: ${shown(read)}${cuts}`;
}

/** What is said of events of a file that are left out: its cut flow, where there are conditions. */
export function selectionTexts(...of: Parameters<typeof cutFlowOf>): string[] {
  const [, , leftOut] = of;
  return leftOut.some(({ isCondition }) => isCondition) ? [cutFlowText(cutFlowOf(...of))] : leftOut.map(leftOutText);
}
