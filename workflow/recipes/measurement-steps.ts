/** The steps of a measurement in a folder of results: those that a command does, and what there is of all. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commonOf } from "../common-inputs.js";
import type { RunContext } from "../context.js";
import { type ContextRequest, type OpenContext, openContext } from "../open-context.js";
import type { Reporter } from "../reporter.js";
import { type SeenStep, seenSteps } from "../store/chosen-steps.js";
import { visitSteps } from "./distribution-of-interest.js";
import { measurementPlan, plannedName } from "./measurement-plan.js";
import { type ChosenNames, chosenStore, isChosen } from "./planned-steps.js";
import type { StepRow } from "./step-rows.js";

/** A context in which some steps are done, and others taken as they are; and the names of those that are left out. */
export async function chosenRun(context: OpenContext, names: ChosenNames) {
  if (!isChosen(names)) return { context, leftOut: () => [] };
  const { store, leftOut } = chosenStore(context.store, await measurementPlan(context), names, plannedName);
  return { context: { ...context, store }, leftOut };
}

/** Looks at the folder of a request. Nothing is written there: data that are generated go to a folder of their own. */
export async function looking<T>(
  request: Omit<ContextRequest, "isForced" | "folder">,
  { progress: { begin }, signal }: Pick<Reporter, "progress" | "signal">,
  look: (context: RunContext) => Promise<T>,
): Promise<T> {
  const progress = { begin, note() {} };
  const own = await mkdtemp(join(tmpdir(), "unbinned-steps-"));
  try {
    return await look(await openContext({ ...request, folder: own, isForced: false }, { progress, signal, warn() {} }));
  } finally {
    await rm(own, { recursive: true });
  }
}

/** What the folder of a request has of the steps of its analysis. */
export const measurementSteps = (
  { folder, ...request }: Omit<ContextRequest, "isForced">,
  reporter: Pick<Reporter, "progress" | "signal">,
): Promise<StepRow[]> => looking(request, reporter, (context) => rowsOf(context, folder));

/** A store of what a folder has, that does nothing. */
export const lookedAt = (context: RunContext, folder: string, onStep: (step: SeenStep) => void = () => {}) =>
  seenSteps(folder, commonOf(context.analysis, context.backend), context.progress, onStep);

export async function rowsOf(context: RunContext, folder: string): Promise<StepRow[]> {
  const seen: SeenStep[] = [];
  await visitSteps({ ...context, store: lookedAt(context, folder, (step) => seen.push(step)) });
  const isDone = new Set<string>();
  return (await measurementPlan(context)).flatMap((step): StepRow[] => {
    const own = seen.filter(({ name }) => plannedName(name) === step.name);
    const isReady = step.needs.every((need) => isDone.has(need));
    if (isReady && own.every(({ state }) => state === "done")) isDone.add(step.name);
    if (!isReady || own.length === 0) return [{ ...step, key: null, state: isReady ? "not needed" : "waiting" }];
    return own.map((found) => ({ ...step, ...found }));
  });
}
