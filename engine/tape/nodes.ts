/** Nodes of tapes where values of any kind come in. */

import { UsageError } from "../errors.js";
import { valueText } from "../options.js";
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
