/** HS³'s generic_function: an expression of parameters, functions and columns. */
import { oneOf } from "../../../engine/options.js";
import { bindExpression } from "../../expressions/bind.js";
import { checkExpression, type Expression, namesOf } from "../../expressions/expression.js";
import { anExpression } from "../language/entry-kinds.js";
import type { FunctionKind } from "./contract.js";

export interface ExpressionFunction {
  readonly kind: "expression";
  /** `parseExpression` makes one of a text. */
  readonly expression: Expression;
}

export const expressionFunction: FunctionKind<ExpressionFunction> = {
  doc: "an expression in the grammar of HS³ (docs/expressions.md)",
  entries: { kind: oneOf("expression"), expression: anExpression },
  values: ({ expression }) => namesOf(expression),
  check: ({ expression }, where) => checkExpression(where, expression),
  bind: ({ expression }, at) => bindExpression(at.tape, expression, (name) => at.value(name)),
};
