/** What was measured with what: the first entries of results.json; and the last, what checks and people should know. */
import { stringify } from "yaml";
import { nuisanceNames, processNames } from "../../configuration/analysis.js";
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import { DATA_FILE } from "../../store/output-folder.js";
import { failedOf } from "../../verdicts.js";
import { readVersion } from "../../version.js";
import type { Numbers } from "../leaves.js";
import type { Frame } from "../page.js";

export function analysisNumbers({ analysis, backend, events }: RunContext, { best }: Pick<Outcome, "best">) {
  const { configuration } = analysis;
  const { likelihood, data } = configuration;
  return {
    results: {
      analysis: configuration.name,
      version: readVersion(),
      seed: configuration.seed,
      backend: { name: backend.name, precision: backend.precision },
      events: events.data.count,
      effectiveEvents: best.summary.effectiveEvents,
      observables: likelihood.observables,
      form: likelihood.form,
      nuisances: nuisanceNames(configuration),
      processes: processNames(configuration),
      truth: configuration.truth,
    },
    // Written when they were drawn.
    files: data.generator === undefined ? [] : [{ name: DATA_FILE }],
  } satisfies Numbers;
}

type Checked = Pick<Outcome, "verdicts" | "leftOut" | "cutFlows" | "influence" | "warnings">;

export const checkNumbers = ({ verdicts, leftOut, cutFlows, influence, warnings }: Checked) =>
  ({
    results: { verdicts: failedOf(verdicts), leftOut, cutFlows, influence, warnings: [...warnings] },
  }) satisfies Numbers;

/** @param leftOut  steps that are not done, as they were not asked for */
export function frameOf(
  { analysis: { configuration } }: RunContext,
  { verdicts, warnings }: Pick<Outcome, "verdicts" | "warnings">,
  leftOut: readonly string[],
): Frame {
  const { name, seed } = configuration;
  return { title: name, seed, verdicts, leftOut, warnings, configuration: stringify(configuration) };
}
