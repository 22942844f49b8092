/** What the impacts leave. */
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import { DEFINITIONS, impactPictures } from "../impact-pictures.js";
import { lost, type Numbers, type PagePart } from "../leaves.js";

export const impactNumbers = ({ impacts }: Pick<Outcome, "impacts">) =>
  ({ results: { impacts: impacts ?? null } }) satisfies Numbers;

function impactText({ analysis: { configuration } }: RunContext): string {
  const definitions = configuration.impacts.definitions
    .map((name) => `${name}, ${DEFINITIONS[name as keyof typeof DEFINITIONS]}`)
    .join("; ");
  return (
    `The impact of a source is how far the result moves with it. The definitions are: ${definitions}.\n\nA region lies between two ` +
    "quantiles of one feature of the data. An event counts for a process with the probability that it belongs to it. The file results.json " +
    "has all numbers, also the impacts on the nuisances."
  );
}

export const impactPage = (
  context: RunContext,
  { impacts, best, missing }: Pick<Outcome, "impacts" | "best" | "missing">,
): PagePart => ({
  pictures: [{ name: "impact", drawings: () => impactPictures(context, impacts, best) }],
  sections: [
    {
      heading: "Impacts",
      text: () => impactText(context),
      figures: [["impact", ""]],
      tables: [lost(missing, "Impacts")],
    },
  ],
});
