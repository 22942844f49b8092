/** The steps that a recipe plans, as a graph: which follow from which, and which of them a command does. */
import { suggestion } from "../../io/edit-distance.js";
import { PartMissing, UsageError } from "../errors.js";
import type { Part } from "../plan/choices.js";
import { chosenSteps, type FailedStep, type StepChoice, type StepNotDone } from "../store/chosen-steps.js";
import type { FolderSteps, StepStore } from "../store/step-store.js";
import { type Verdict, verdictLines } from "../verdicts.js";

export interface PlannedStep {
  readonly name: string;
  /** What it does, in a word. */
  readonly kind: string;
  /** Names of the steps that it follows from directly; each stands before it in the plan. */
  readonly needs: readonly string[];
}

/** Steps on the command line, by their names. */
export interface ChosenNames {
  /** Undefined: all of the run. */
  readonly part?: Part | undefined;
  /** These alone, with what they need. */
  readonly only: readonly string[];
  /** This one again, and everything behind it. */
  readonly from: string | undefined;
}

/** The steps that a name stands for: the one of that name, or else those whose names begin with it up to a dot. */
function stepsNamed(plan: readonly PlannedStep[], option: "--only" | "--from", name: string): PlannedStep[] {
  const exact = plan.filter((step) => step.name === name);
  const found = exact.length > 0 ? exact : plan.filter((step) => step.name.startsWith(`${name}.`));
  if (found.length > 0) return found;
  const names = plan.map((step) => step.name);
  throw new UsageError(option, { expected: "a step of the analysis", got: name, hint: suggestion(name, names) });
}

/** These and all that they need. */
export function withNeeds(plan: readonly PlannedStep[], names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names);
  for (const { name, needs } of plan.toReversed()) if (found.has(name)) for (const need of needs) found.add(need);
  return found;
}

/** These and all that follow from them. */
export function withFollowers(plan: readonly PlannedStep[], names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names);
  for (const { name, needs } of plan) if (needs.some((need) => found.has(need))) found.add(name);
  return found;
}

/**
 * @param planned  the name that a step has in the plan, where the plan does not know all of its parts
 */
export function choiceOf(
  plan: readonly PlannedStep[],
  { part, only, from }: ChosenNames,
  planned: (name: string) => string = (name) => name,
): StepChoice {
  if (part === "report") return { does: () => false, repeats: () => false };
  const named = only.flatMap((name) => stepsNamed(plan, "--only", planned(name)).map((step) => step.name));
  const done = only.length === 0 ? undefined : withNeeds(plan, named);
  const again = from === undefined ? [] : stepsNamed(plan, "--from", planned(from)).map((step) => step.name);
  const repeated = withFollowers(plan, again);
  return {
    does: (name) => done === undefined || done.has(planned(name)),
    repeats: (name) => repeated.has(planned(name)),
  };
}

/** Steps of which some are done and others are taken as they are. */
export interface ChosenStore {
  readonly store: StepStore;
  /** Names of the steps that are not done because they were not asked for. */
  leftOut(): string[];
}

/** @param planned  as of `choiceOf` */
export function chosenStore(
  steps: FolderSteps,
  plan: readonly PlannedStep[],
  names: ChosenNames,
  planned: (name: string) => string = (name) => name,
): ChosenStore {
  const choice = choiceOf(plan, names, planned);
  const left: string[] = [];
  return {
    store: chosenSteps(steps, choice, (name) => left.push(planned(name))),
    leftOut: () => [...withFollowers(plan, left)].filter((name) => !choice.does(name)),
  };
}

export const isChosen = ({ part, only, from }: ChosenNames): boolean =>
  part === "report" || only.length > 0 || from !== undefined;

/** Of a run in which some steps are not done because they were not asked for. */
export const leftOutText = (names: readonly string[]): string => `left out, as they are not done: ${names.join(", ")}`;

/** The end of a command that does steps and writes no results. */
export const stepsText = (verdicts: readonly Verdict[]): string =>
  `Steps are done, and results not written: \`run --part report\` writes them.\n${verdictLines(verdicts, ["results"])}`;

/**
 * Throws at the end of a report, when it is written, where steps are missing.
 *
 * @param hasResults  whether there are results without them
 */
export function requireDone(missing: readonly string[], hasResults: boolean): void {
  if (missing.length === 0) return;
  throw new PartMissing("run --part report", {
    expected: "steps that are done",
    got: `${missing.length} that ${missing.length === 1 ? "is" : "are"} not: ${missing.join(", ")}`,
    hint: `${hasResults ? "Results are made of those that are done, and name the others" : "There are no results without"}. \`unbinned steps\` lists all`,
  });
}

/** Throws at the end of a command that does steps where some could not be done. */
export function requireNoneFailed(failed: readonly FailedStep[]): void {
  if (failed.length === 0) return;
  throw new PartMissing("run --part steps", {
    expected: "steps that can be done",
    got: failed.map(({ name, reason }) => `${name}, which failed: ${reason}`).join("; "),
    hint: "What was done before is kept",
  });
}

/** Where the fits, which results are made of, are not there. */
export const noResultsText = ({ step }: StepNotDone): string =>
  `No results yet: they are made of the fits, and the step ${step} is not done. What was done is kept.`;
