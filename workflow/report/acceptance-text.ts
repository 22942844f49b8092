/** How the yields follow the shape nuisances, for people: the cells of a table, and lines of text. */
import { measurement } from "../../inference/plots/index.js";
import type { AcceptanceFindings, AcceptanceSide } from "../acceptance.js";
import { textTable } from "../text-table.js";

/** "1.200 ± 0.038"; of a side without samples, how the yield follows there. */
export const sideText = (side: AcceptanceSide | null) =>
  side === null ? "log-normal" : measurement(side.ratio, side.error);

/** A table, where any yield follows, and a line for each doubt. */
export function acceptanceLines({ rows, notes }: AcceptanceFindings): string[] {
  const heads = ["process", "nuisance", "at +1", "at −1"];
  const cells = rows.map(({ process, nuisance, up, down }) => [process, nuisance, sideText(up), sideText(down)]);
  const table = [
    "yields over nominal yields, from sums of weights, with Monte Carlo errors:",
    ...textTable([heads, ...cells])
      .split("\n")
      .map((line) => `  ${line}`),
  ];
  return [...(rows.length === 0 ? [] : table), ...notes.map((note) => `note: ${note}`)];
}
