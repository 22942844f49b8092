/** Conditions that select events, as the parts that all have to hold. */
import { UsageError } from "../../engine/errors.js";
import { rowOf } from "./bind.js";
import type { Expression } from "./expression.js";
import { expressionText } from "./text.js";

/**
 * The operands of the outermost `&&`, in order; a condition without one is its only part. Each is a truth, or a name: a column may hold
 * truths. What is computed as a number is refused: `pt + 1` is forgotten to be compared.
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
    if (part.kind === "name" || ("operands" in part && rowOf(part).gives === "truth")) continue;
    const text = expressionText(part);
    throw new UsageError(where, {
      expected: "conditions, each true or false",
      got: `a number, ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`,
      hint: "Compare it with another number, as in pt > 20",
    });
  }
  return parts;
}
