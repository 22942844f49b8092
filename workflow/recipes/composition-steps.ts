/** The steps of a composition, and what a folder of results has of them. */
import type { Backend } from "../../engine/runtime/backend.js";
import { commonOf } from "../common-inputs.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { Reporter } from "../reporter.js";
import type { LazyStep } from "../store/lazy-step.js";
import { passingSteps, stateOf } from "../store/step-store.js";
import { plannedSteps, readPlans, stepsOf } from "./composition.js";
import type { PlannedStep } from "./planned-steps.js";
import type { StepRow } from "./step-rows.js";

/** "fit.signal": its kind comes first. */
const kindOf = (name: string) => name.split(".", 1)[0]!;

/** As a graph: a step needs those whose keys it follows from. */
export const planOf = (steps: readonly LazyStep<unknown>[]): PlannedStep[] =>
  steps.map(({ name, inputs }) => {
    const text = JSON.stringify(inputs);
    const needs = steps.filter(({ key }) => text.includes(key)).map((step) => step.name);
    return { name, kind: kindOf(name), needs };
  });

export async function compositionSteps(
  request: { readonly analysis: CompositionAnalysis; readonly folder: string; readonly backend: Backend },
  reporter: Reporter,
): Promise<StepRow[]> {
  const { analysis, folder, backend } = request;
  const { progress, signal, warn } = reporter;
  const common = commonOf(analysis, backend);
  const context = { analysis, store: passingSteps(common), common, backend, progress, signal, warn };
  const rows: StepRow[] = [];
  for (const read of await readPlans(analysis, reporter)) {
    const steps = stepsOf(plannedSteps(context, read));
    for (const [i, planned] of planOf(steps).entries()) {
      const { key } = steps[i]!;
      rows.push({ ...planned, key, state: await stateOf(folder, planned.name, key, progress) });
    }
  }
  return rows;
}
