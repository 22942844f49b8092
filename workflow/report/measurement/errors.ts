/** What the errors of the fit leave: what they are made of, the part of the simulation, and the events that move the estimates most. */
import { sideOf } from "../../../inference/model/mixture-model.js";
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import { lost, type PagePart, tables } from "../leaves.js";
import { RESPONSE_WAYS, responseText } from "../response-text.js";
import { simulationText } from "../simulation-text.js";
import { crossCheckTables, influenceTables, modeTable } from "../tables.js";
import { HEADING } from "./fits.js";

type Errors = Pick<Outcome, "fitted" | "best" | "simulationErrors" | "missing">;

/** The part of the errors that comes from the simulation. */
export const simulationErrorPage = (context: RunContext, outcome: Errors): PagePart => ({
  top: [lost(outcome.missing, "Errors from the simulation")],
  sections: [{ heading: HEADING, text: () => simulationText(context, outcome) }],
});

/** Which way T responds, and what its response leaves of the errors. */
export const responsePage = ({ best, fitted: { model } }: Pick<Outcome, "best" | "fitted">): PagePart => ({
  sections: [
    {
      heading: HEADING,
      text() {
        if (model.response === undefined) return "";
        const sentences = [RESPONSE_WAYS[sideOf(model.response)], responseText(best.summary)];
        return `\n\n${sentences.filter(Boolean).join(" ")}`;
      },
    },
  ],
});

/** What the errors are made of. */
export const errorPage = (context: RunContext, outcome: Pick<Outcome, "best">): PagePart => ({
  sections: [
    {
      heading: HEADING,
      text: () => "",
      tables: [
        tables("the table of errors by the scores", () => crossCheckTables(context, outcome)),
        tables("the table of modes", () => [modeTable(context, outcome)]),
      ],
    },
  ],
});

export const influencePage = (context: RunContext, outcome: Pick<Outcome, "influence">): PagePart => ({
  sections: [
    {
      heading: HEADING,
      text: () => "",
      tables: [tables("the table of influential events", () => influenceTables(context, outcome))],
    },
  ],
});
