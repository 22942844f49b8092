/**
 * Expressions as lists, for files: operands before their operator. A sum of thousands of terms is a tree as deep, which JSON could not
 * nest; and what a list holds is checked entry by entry, before anything trusts it.
 */
import { UsageError } from "../../../engine/errors.js";
import { isData, shownData } from "../../../flows/architecture/form.js";
import { type Expression, foldExpression } from "../../expressions/expression.js";
import { type FunctionName, functions } from "../../expressions/functions.js";
import { arityOf, type Row } from "../../expressions/operation.js";
import { type OperatorName, operators } from "../../expressions/operators.js";

/** An entry of a list: a number, a name with its place in the text, an operator or a function. */
export type Postfix =
  | number
  | { readonly name: string; readonly at: number }
  | { readonly operator: OperatorName }
  | { readonly call: FunctionName };

function entryOf(node: Expression): Postfix {
  switch (node.kind) {
    case "number":
      return node.value;
    case "name":
      return { name: node.name, at: node.at };
    case "operator":
      return { operator: node.operator };
    case "call":
      return { call: node.function };
  }
}

/** Every node behind its operands. */
export function toPostfix(expression: Expression): Postfix[] {
  const list: Postfix[] = [];
  foldExpression<void>(expression, (node) => {
    list.push(entryOf(node));
  });
  return list;
}

const frozen = (node: Expression): Expression =>
  Object.freeze("operands" in node ? { ...node, operands: Object.freeze([...node.operands]) } : node);

/** The expression of a list from a file; refuses what is none. */
export function fromPostfix(list: unknown): Expression {
  const refuse = (got: unknown): never => {
    const expected = "an expression as a list of numbers, names, operators and functions, each behind its operands";
    throw new UsageError("expression", { expected, got: shownData(got) });
  };
  if (!Array.isArray(list)) return refuse(list);
  const open: Expression[] = [];
  const operandsFor = (rows: Readonly<Record<string, Row>>, name: unknown, entry: unknown) => {
    const row = typeof name === "string" && Object.hasOwn(rows, name) ? rows[name]! : refuse(entry);
    const count = arityOf(row);
    return open.length < count ? refuse(entry) : open.splice(open.length - count);
  };
  for (const entry of list as unknown[]) {
    if (typeof entry === "number") {
      open.push(frozen({ kind: "number", value: entry }));
    } else if (!isData(entry)) {
      refuse(entry);
    } else if (typeof entry.name === "string" && typeof entry.at === "number") {
      open.push(frozen({ kind: "name", name: entry.name, at: entry.at }));
    } else if (entry.operator !== undefined) {
      const operands = operandsFor(operators, entry.operator, entry);
      open.push(frozen({ kind: "operator", operator: entry.operator as OperatorName, operands }));
    } else {
      const operands = operandsFor(functions, entry.call, entry);
      open.push(frozen({ kind: "call", function: entry.call as FunctionName, operands }));
    }
  }
  return open.length === 1 ? open[0]! : refuse(list);
}
