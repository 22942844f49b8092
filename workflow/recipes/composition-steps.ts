/** The steps of a composition, and what a folder of results has of them. */
import type { Backend } from "../../engine/runtime/backend.js";
import { commonOf } from "../common-inputs.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { Reporter } from "../reporter.js";
import { plannedTrainings } from "../steps/composition/trainings.js";
import type { LazyStep } from "../store/lazy-step.js";
import { type FolderSteps, passingSteps, stateOf } from "../store/step-store.js";
import { plannedSteps, readPlans, stepsOf } from "./composition.js";
import { withKeys } from "./composition-trainings.js";
import { type ChosenNames, type ChosenStore, chosenStore, isChosen, type PlannedStep } from "./planned-steps.js";
import type { StepRow } from "./step-rows.js";

/** "fit.signal": its kind comes first. */
const kindOf = (name: string) => name.split(".", 1)[0]!;

/** The samples decide which trainings the step of a morph is made of: they have no names of their own in the plan. */
const plannedName = (plan: readonly PlannedStep[], name: string): string =>
  plan.find((step) => step.kind === "train" && name.startsWith(`${step.name}.`))?.name ?? name;

/** As a graph: a step needs those whose keys it follows from. */
export const planOf = (steps: readonly LazyStep<unknown>[]): PlannedStep[] =>
  steps.map(({ name, inputs }) => {
    const text = JSON.stringify(inputs);
    const needs = steps.filter(({ key }) => text.includes(key)).map((step) => step.name);
    return { name, kind: kindOf(name), needs };
  });

/** What the steps of a composition are made of, and its folder of results. */
interface Request {
  readonly analysis: CompositionAnalysis;
  readonly folder: string;
  readonly backend: Backend;
}

/** Every step, none of them done. */
async function planned(
  { analysis, backend }: Omit<Request, "folder">,
  reporter: Reporter,
): Promise<LazyStep<unknown>[]> {
  const { progress, signal, warn } = reporter;
  const common = commonOf(analysis, backend);
  const context = { analysis, store: passingSteps(common), common, backend, progress, signal, warn };
  const trainings = await plannedTrainings(context);
  const plans = await readPlans(analysis, reporter);
  return [...trainings, ...plans.flatMap((read) => stepsOf(plannedSteps(withKeys(context, trainings), read)))];
}

export async function compositionSteps({ folder, ...request }: Request, reporter: Reporter): Promise<StepRow[]> {
  const steps = await planned(request, reporter);
  const rows: StepRow[] = [];
  for (const [i, step] of planOf(steps).entries()) {
    const { key } = steps[i]!;
    rows.push({ ...step, key, state: await stateOf(folder, step.name, key, reporter.progress) });
  }
  return rows;
}

/** Steps of which some are done, and others taken as they are. The events are read for their keys first, and again by the run. */
export async function chosenComposition(
  steps: FolderSteps,
  request: Omit<Request, "folder">,
  names: ChosenNames,
  { progress: { begin }, signal }: Pick<Reporter, "progress" | "signal">,
): Promise<ChosenStore> {
  if (!isChosen(names)) return { store: steps, leftOut: () => [] };
  const quiet = { progress: { begin, note() {} }, signal, warn() {} };
  const plan = planOf(await planned(request, quiet));
  return chosenStore(steps, plan, names, (name) => plannedName(plan, name));
}
