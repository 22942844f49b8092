/** Nodes of tapes where values of any kind come in. */

import { UsageError } from "../errors.js";
import { aFlag, aNumber, anObject, aSignal, checkOptions, type Options, optional, valueText } from "../options.js";
import type { ProgramRequest, RunOptions, StepPlan } from "../runtime/backend.js";
import { Tape, type Var } from "./tape.js";

const isNode = (value: unknown): value is Var =>
  typeof value === "object" && value !== null && "tape" in value && value.tape instanceof Tape;

/** @param expected  what the node is for */
export function checkNode(where: string, value: unknown, expected = "a node of a tape", hint?: string): void {
  if (isNode(value)) return;
  throw new UsageError(where, { expected, got: nodeText(value), ...(hint !== undefined && { hint }) });
}

/** A node, or a number where one will do. */
export function checkOperand(where: string, value: unknown): void {
  if (typeof value === "number" || isNode(value)) return;
  throw new UsageError(where, {
    expected: "a node of a tape or a number",
    got: nodeText(value),
    ...(Array.isArray(value) && { hint: "Make a constant of a list: tape.constant(list)" }),
  });
}

export function checkTape(where: string, value: unknown): void {
  if (!(value instanceof Tape)) throw new UsageError(where, { expected: "a tape", got: valueText(value) });
}

function nodeText(value: unknown): string {
  if (Array.isArray(value) && value.length > 0 && value.every(isNode)) return `a list of ${value.length} nodes`;
  return valueText(value);
}

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
