/** Conditions that select events, as the parts that all have to hold. */
import { UsageError } from "../../engine/errors.js";
import { rowOf } from "./bind.js";
import type { Expression } from "./expression.js";
import { expressionText } from "./text.js";

/** Whether a part is a truth or may be one: a name, and a choice between such parts. */
function mayBeTruth(part: Expression): boolean {
  if (part.kind === "name") return true;
  if (!("operands" in part)) return false;
  if (part.kind === "call" && part.function === "ifelse") return part.operands.slice(1).every(mayBeTruth);
  return rowOf(part).gives === "truth";
}

/**
 * The operands of the outermost `&&`, in order; a condition without one is its only part. Each is a truth, or a name: a column may hold
 * truths; or a choice between such. What is computed as a number is refused: `pt + 1` is forgotten to be compared.
 *
 * @param where  what the condition is for, at the beginning of messages
 */
export function conditionParts(condition: Expression, where: string): readonly Expression[] {
  const parts: Expression[] = [];
  const open = [condition];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (part.kind === "operator" && part.operator === "&&") open.push(...[...part.operands].reverse());
    else parts.push(part);
  }
  for (const part of parts) {
    if (mayBeTruth(part)) continue;
    const text = expressionText(part);
    throw new UsageError(where, {
      expected: "conditions, each true or false",
      got: `a number, ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`,
      hint: "Compare it with another number, as in pt > 20",
    });
  }
  return parts;
}
