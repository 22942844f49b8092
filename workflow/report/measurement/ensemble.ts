/** What the ensemble leaves: its replicas, their spread and their average. */
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import { REPLICAS_FILE, saveReplicas } from "../../store/ensemble-files.js";
import { ensembleResults } from "../ensemble-results.js";
import { ensembleTables } from "../ensemble-tables.js";
import { nuisanceLabels } from "../labels.js";
import { type Numbers, type PagePart, tables } from "../leaves.js";
import { replicaPicture } from "../pictures.js";

type Ensemble = Pick<Outcome, "fitted" | "best">;

export const ensembleNumbers = (outcome: Ensemble) =>
  ({
    results: { ensemble: ensembleResults(outcome) },
    files: [
      {
        name: REPLICAS_FILE,
        write: (folder) =>
          saveReplicas(
            folder,
            outcome.fitted.replicas.map(({ replica }) => replica),
          ),
      },
    ],
  }) satisfies Numbers;

const TEXT =
  "Each replica repeats step 1, the fit of T and ν, with Poisson-bootstrap weights of the events. The spread of the replicas " +
  "shows what the statistical fluctuation of the data does to T and ν.\n\nThe T of each replica gives a likelihood of the " +
  "data. Where T responds to ν, y of an event counts as often as in the replica, and x counts once. The average is taken of " +
  "these likelihoods, each counted from its own minimum. Its curvature is the mean curvature of the replicas (within) less " +
  "what the differences between their gradients take away (between).";

export const ensemblePage = (context: RunContext, outcome: Ensemble): PagePart => ({
  pictures: [{ name: "replicas", drawings: () => replicaPicture(context, outcome) }],
  sections: [
    {
      heading: "Ensemble",
      text: () => TEXT,
      figures: [["replicas", "Replicas, with the 68% and 95% ellipses of the fit and of the average."]],
      tables: [tables("the tables of the ensemble", () => ensembleTables(outcome, nuisanceLabels(context)))],
    },
  ],
});
