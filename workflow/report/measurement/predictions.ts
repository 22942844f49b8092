/** What the fit predicts: yields, and the errors that it should have had. */
import { totalWeight } from "../../../flows/training/weighted-moments.js";
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import { lost, type Numbers, type PagePart, tables } from "../leaves.js";
import { sensitivityTables, yieldTable } from "../tables.js";
import { HEADING } from "./fits.js";

export const yieldNumbers = ({ yields }: Pick<Outcome, "yields">) => ({ results: { yields } }) satisfies Numbers;

export const yieldPage = (
  { events }: RunContext,
  { yields, missing }: Pick<Outcome, "yields" | "missing">,
): PagePart => ({
  top: [
    lost(missing, "Yields"),
    tables("the table of yields", () => (yields.length === 0 ? [] : [yieldTable(yields, totalWeight(events.data))])),
  ],
});

export const sensitivityNumbers = ({ sensitivity }: Pick<Outcome, "sensitivity">) =>
  ({ results: { expected: sensitivity ?? null } }) satisfies Numbers;

export const sensitivityPage = (
  context: RunContext,
  outcome: Pick<Outcome, "sensitivity" | "best" | "missing">,
): PagePart => ({
  sections: [
    {
      heading: HEADING,
      text: () => "",
      tables: [
        lost(outcome.missing, "Expected errors"),
        tables("the table of expected errors", () => sensitivityTables(context, outcome)),
      ],
    },
  ],
});
