/** The table of cut flows. */
import { significant } from "../../inference/plots/index.js";
import type { CutFlow } from "../events/loaded-events.js";
import type { ReportTable } from "./html.js";

/** Of files of which nothing is left out there are no rows. */
export function cutFlowTables(flows: readonly CutFlow[]): ReportTable[] {
  const cut = flows.filter(({ rows }) => rows.length > 1);
  if (cut.length === 0) return [];
  return [
    {
      caption: "Cut flow: the events that each condition leaves of those that the one before it left",
      columns: ["file", "after", "events", "sum of weights"],
      rows: cut.flatMap(({ file, rows }) =>
        rows.map(({ after, events, sumOfWeights }, i) => [
          i === 0 ? file : "",
          after,
          `${events}`,
          sumOfWeights === null ? undefined : significant(sumOfWeights, 7),
        ]),
      ),
    },
  ];
}
