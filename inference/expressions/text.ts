/** Expressions as texts: what `parseExpression` makes of one again is the same tree, up to places of names. */
import { UsageError } from "../../engine/errors.js";
import { checkExpression, type Expression, foldExpression } from "./expression.js";
import type { OperatorName } from "./operators.js";

/** How strongly operators bind: the larger, the stronger. */
const STRENGTH: Readonly<Record<OperatorName, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "===": 3,
  "!==": 3,
  "<": 3,
  "<=": 3,
  ">": 3,
  ">=": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "unary -": 6,
  "!": 6,
  "^": 7,
};

/** Of numbers, names and calls. */
const ATOM = 8;

interface Written {
  readonly text: string;
  readonly strength: number;
}

/** In brackets where it binds less than what it stands in. */
const within = ({ text, strength }: Written, least: number): string => (strength >= least ? text : `(${text})`);

function writtenNumber(value: number): Written {
  if (!Number.isFinite(value)) {
    throw new UsageError("expressionText", { expected: "finite numbers", got: `${value}` });
  }
  // The text of a number has no sign: that is an operator.
  const isNegative = value < 0 || Object.is(value, -0);
  return isNegative ? { text: `-${-value}`, strength: STRENGTH["unary -"] } : { text: `${value}`, strength: ATOM };
}

function writtenOperator(operator: OperatorName, operands: readonly Written[]): Written {
  const strength = STRENGTH[operator];
  const [a, b] = operands as [Written, Written | undefined];
  if (b === undefined) {
    const sign = operator === "!" ? "!" : "-";
    // Two signs in a row are read by nobody.
    return { text: `${sign}${within(a, strength + 1)}`, strength };
  }
  // Powers go from the right, all else from the left; comparisons and negations of them are never side by side.
  const isComparison = strength === STRENGTH["<"];
  const isPower = operator === "^";
  const left = isPower || isComparison ? strength + 1 : strength;
  const leftText = isComparison && a.text.startsWith("!") ? `(${a.text})` : within(a, left);
  return { text: `${leftText} ${operator} ${within(b, isPower ? strength : strength + 1)}`, strength };
}

/** The expression in the grammar of HS³ (docs/expressions.md). Numbers have all their digits. */
export function expressionText(expression: Expression): string {
  checkExpression("expressionText", expression);
  return foldExpression<Written>(expression, (node, parts) => {
    switch (node.kind) {
      case "number":
        return writtenNumber(node.value);
      case "name":
        return { text: node.name, strength: ATOM };
      case "operator":
        return writtenOperator(node.operator, parts);
      case "call":
        return { text: `${node.function}(${parts.map(({ text }) => text).join(", ")})`, strength: ATOM };
    }
  }).text;
}
