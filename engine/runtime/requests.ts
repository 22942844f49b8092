/** Checks of what backends and programs are asked to do: compile, run, steps. */
import { aFlag, aNumber, anObject, aSignal, checkOptions, type Options, optional } from "../options.js";
import { checkNode } from "../tape/nodes.js";
import type { ProgramRequest, RunOptions, StepPlan } from "./backend.js";

const requestOptions: Options<ProgramRequest> = {
  outputs: anObject,
  updates: optional(anObject),
  timed: optional(aFlag),
};

const runOptions: Options<RunOptions> = {
  range: optional(anObject),
  into: optional(anObject),
  signal: optional(aSignal),
};

export const checkRun = (options: RunOptions): void => checkOptions("run", options, runOptions);

const stepOptions: Options<StepPlan> = {
  count: aNumber,
  indices: anObject,
  schedule: optional(anObject),
  signal: optional(aSignal),
};

export const checkPlan = (plan: StepPlan): void => checkOptions("steps", plan, stepOptions);

/** What backends compile: nodes by name. */
export function checkRequest(request: ProgramRequest): void {
  checkOptions("compile", request, requestOptions);
  for (const part of ["outputs", "updates"] as const) {
    for (const [name, node] of Object.entries(request[part] ?? {})) {
      checkNode("compile", node, `a node of a tape for "${name}" of ${part}`);
    }
  }
}
