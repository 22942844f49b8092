/** Expressions as trees: plain, frozen data of numbers, names, operators and calls of functions. */

import { UsageError } from "../../engine/errors.js";
import { aList, aText, checkArgument, valueText } from "../../engine/options.js";
import { suggestion } from "../../io/edit-distance.js";
import { constants, type FunctionName } from "./functions.js";
import type { OperatorName } from "./operators.js";

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  /** `at`: the place of the name in the text, counted from 1. */
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  | { readonly kind: "operator"; readonly operator: OperatorName; readonly operands: readonly Expression[] }
  | { readonly kind: "call"; readonly function: FunctionName; readonly operands: readonly Expression[] };

const operandsOf = (node: Expression): readonly Expression[] => ("operands" in node ? node.operands : []);

/**
 * Makes something of each node of a tree from what was made of its parts, from left to right. Without recursion: a sum of thousands of
 * terms is a tree as deep.
 */
export function fold<N, T>(root: N, partsOf: (node: N) => readonly N[], make: (node: N, parts: readonly T[]) => T): T {
  const open = [{ node: root, parts: partsOf(root), made: [] as T[] }];
  for (;;) {
    const last = open[open.length - 1]!;
    if (last.made.length < last.parts.length) {
      const node = last.parts[last.made.length]!;
      open.push({ node, parts: partsOf(node), made: [] });
      continue;
    }
    const made = make(last.node, last.made);
    open.pop();
    const above = open[open.length - 1];
    if (above === undefined) return made;
    above.made.push(made);
  }
}

/** `fold` over an expression. */
export const foldExpression = <T>(expression: Expression, make: (node: Expression, parts: readonly T[]) => T): T =>
  fold(expression, operandsOf, make);

/** Refuses what `parseExpression` cannot have given. */
export function checkExpression(where: string, expression: Expression): void {
  const kind: unknown = (expression as Partial<Expression> | null | undefined)?.kind;
  if (["number", "name", "operator", "call"].includes(kind as string)) return;
  throw new UsageError(where, {
    expected: "an expression",
    got: valueText(expression),
    hint: expression instanceof Promise ? "Await it" : "Make one of a text: await parseExpression(text, where)",
  });
}

/** Where each free name of an expression first appears, counted from 1. */
function placesOf(expression: Expression): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  foldExpression<void>(expression, (node) => {
    if (node.kind === "name" && !places.has(node.name)) places.set(node.name, node.at);
  });
  return places;
}

/** The free names of an expression, each once, in the order in which they appear. */
export function namesOf(expression: Expression): readonly string[] {
  checkExpression("namesOf", expression);
  return [...placesOf(expression).keys()];
}

/**
 * Refuses an expression with a name that is not among the known ones, with a suggestion.
 *
 * @param where  what the expression is for, at the beginning of the message
 * @param what   what the known names are of: "columns", "parameters"
 */
export function checkExpressionNames(
  where: string,
  expression: Expression,
  what: string,
  known: readonly string[],
): void {
  checkArgument("checkExpressionNames", "where", where, aText);
  checkExpression("checkExpressionNames", expression);
  checkArgument("checkExpressionNames", "what", what, aText);
  checkArgument("checkExpressionNames", "known", known, aList);
  for (const [name, at] of placesOf(expression)) {
    if (known.includes(name)) continue;
    throw new UsageError(where, {
      expected: `names of ${what}`,
      got: `"${name}" at character ${at}`,
      hint: suggestion(name, [...known, ...Object.keys(constants)]),
    });
  }
}
