/** Expressions as nodes of a tape. */
import { UsageError } from "../../engine/errors.js";
import { aFunction, checkArgument } from "../../engine/options.js";
import { checkNode, checkTape } from "../../engine/tape/nodes.js";
import { equal, type Operand, uniformValue } from "../../engine/tape/operations.js";
import type { Tape, Var } from "../../engine/tape/tape.js";
import { checkExpression, type Expression, foldExpression } from "./expression.js";
import { functions } from "./functions.js";
import { arityOf, type Kind, type Row } from "./operation.js";
import { operators } from "./operators.js";

interface Value {
  readonly operand: Operand;
  readonly kind: Kind;
}

/** A number that is true becomes 1. */
function truth(x: Operand): Operand {
  if (typeof x === "number") return x === 0 ? 0 : 1;
  return equal(equal(x, 0), 0);
}

function apply(row: Row, parts: readonly Value[]): Value {
  const kinds = Object.values(row.operands);
  const operands = parts.map(({ operand, kind }, i) =>
    kinds[i] === "truth" && kind !== "truth" ? truth(operand) : operand,
  );
  const areNumbers = operands.every((operand) => typeof operand === "number");
  return { operand: areNumbers ? row.f64(...(operands as number[])) : row.tape(...operands), kind: row.gives };
}

/** The row of a node. Texts that were stored by others may name what is none. */
export function rowOf(node: Extract<Expression, { readonly operands: unknown }>): Row {
  const name = node.kind === "call" ? node.function : node.operator;
  const rows: Readonly<Record<string, Row>> = node.kind === "call" ? functions : operators;
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (row !== undefined && node.operands.length === arityOf(row)) return row;
  throw new UsageError("bindExpression", {
    expected: "operators and functions of expressions with their operands",
    got: `${name} of ${node.operands.length}`,
  });
}

/**
 * The value of an expression as a node of a tape: derivatives to any order, on every backend. Names may be columns and parameters of any
 * shapes that broadcast. Comparisons give 1 and 0. What has numbers alone for operands is computed here, in f64.
 *
 * @param lookup  the node that a name stands for
 */
export function bindExpression(tape: Tape, expression: Expression, lookup: (name: string) => Var): Var {
  checkTape("bindExpression", tape);
  checkExpression("bindExpression", expression);
  checkArgument("bindExpression", "lookup", lookup, aFunction);
  const { operand } = foldExpression<Value>(expression, (node, parts) => {
    if (node.kind === "number") return { operand: node.value, kind: "number" };
    if (node.kind !== "name") return apply(rowOf(node), parts);
    const found = lookup(node.name);
    checkNode("bindExpression", found, `a node for "${node.name}"`);
    // A parameter that is fixed may be an exponent as good as one that was written as a number.
    const isNumber = found.shape.length === 0 && found.events === undefined;
    return { operand: (isNumber ? uniformValue(found) : undefined) ?? found, kind: "number" };
  });
  return typeof operand === "number" ? tape.constant(operand) : operand;
}
