/** What simulation says before anything is fitted: how features are transformed, how yields follow nuisances, and how much is noise. */
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import { featureRows } from "../feature-text.js";
import { type Numbers, type PagePart, tables } from "../leaves.js";
import { noiseTables } from "../noise-table.js";
import { acceptanceTables, featureTables } from "../tables.js";

type Simulated = Pick<Outcome, "fitted" | "acceptance" | "noise">;

export const simulationNumbers = ({ analysis }: RunContext, { fitted, acceptance, noise }: Simulated) =>
  ({
    results: { features: featureRows(analysis, fitted.model.frame), acceptance, trainingNoise: noise },
  }) satisfies Numbers;

export const simulationPage = (context: RunContext, outcome: Simulated): PagePart => ({
  top: [
    tables("the table of transformations", () => featureTables(context, outcome)),
    tables("the table of acceptances", () => acceptanceTables(context, outcome)),
    tables("the table of information", () => noiseTables(context, outcome.noise)),
  ],
});
