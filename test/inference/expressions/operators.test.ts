/** Every operator of expressions obeys the laws; edges by name. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { evaluateExpression } from "../../../inference/expressions/evaluate.js";
import type { Expression } from "../../../inference/expressions/expression.js";
import type { Row } from "../../../inference/expressions/operation.js";
import { type OperatorName, operators } from "../../../inference/expressions/operators.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { close } from "../../support/close.js";
import { checkLaws } from "./laws.js";

/** What mathjs writes otherwise. */
const inMathjs: Partial<Record<OperatorName, string>> = {
  "unary -": "-x",
  "===": "x == y",
  "!==": "x != y",
  "!": "not x",
  "&&": "x and y",
  "||": "x or y",
};

checkLaws(
  "operator",
  Object.entries<Row>(operators).map(([name, row]) => ({
    name,
    row,
    tree: (operands): Expression => ({ kind: "operator", operator: name as OperatorName, operands }),
    text: inMathjs[name as OperatorName] ?? `x ${name} y`,
  })),
);

async function valuesOf(text: string, x: readonly number[], y: readonly number[] = x): Promise<number[]> {
  const columns = { x: Float64Array.from(x), y: Float64Array.from(y) };
  return Array.from(await evaluateExpression(await parseExpression(text, "test"), columns));
}

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

test("== allows for rounding, === does not", async () => {
  const [x, y] = [
    [0.1 + 0.2, 1, 1, 0, -3],
    [0.3, 1 + 2 ** -50, 1 + 2 ** -49, -0, 3],
  ];
  assert.equal(await valuesOf("x == y", x, y), [1, 1, 0, 1, 0]);
  assert.equal(await valuesOf("x != y", x, y), [0, 0, 1, 0, 1]);
  assert.equal(await valuesOf("x === y", x, y), [0, 0, 0, 1, 0]);
  assert.equal(await valuesOf("x !== y", x, y), [1, 1, 1, 0, 1]);
});

test("an infinity equals itself alone, and NaN nothing", async () => {
  const [x, y] = [
    [inf, inf, inf, nan, nan],
    [inf, -inf, 5, nan, 5],
  ];
  for (const equal of ["==", "==="]) assert.equal(await valuesOf(`x ${equal} y`, x, y), [1, 0, 0, 0, 0], equal);
  for (const unequal of ["!=", "!=="]) assert.equal(await valuesOf(`x ${unequal} y`, x, y), [0, 1, 1, 1, 1], unequal);
  for (const order of ["<", "<=", ">", ">="]) assert.equal(await valuesOf(`x ${order} y`, [nan], [5]), [0], order);
});

test("a number other than 0 is true, a truth is 1 or 0, and numbers come out of neither && nor ||", async () => {
  assert.equal(await valuesOf("x && y", [2, 2, 0, 0], [3, 0, 3, 0]), [1, 0, 0, 0]);
  assert.equal(await valuesOf("x || y", [2, 2, 0, 0], [3, 0, 3, 0]), [1, 1, 1, 0]);
  assert.equal(await valuesOf("!x", [2, 0, -0]), [0, 1, 1]);
  assert.equal(await valuesOf("(x > 1) * 3 + (x > 2)", [0, 2, 3]), [0, 3, 4]);
  assert.equal(await valuesOf("x && 5", [2, 0]), [1, 0]);
  assert.equal(await valuesOf("0 || x", [2, 0]), [1, 0]);
  assert.equal(await valuesOf("0 && x", [2, 0]), [0, 0]);
  assert.equal(await valuesOf("TRUE && x", [2, 0]), [1, 0]);
});

test("numbers alone give what columns of them give", async () => {
  for (const [name, row] of Object.entries<Row>(operators)) {
    if (row.operands.y === undefined) continue;
    for (const [a, b] of [
      [2, 3],
      [0.5, 0.25],
      [3, 3],
      [1, 0],
    ] as const) {
      const [ofColumns] = await valuesOf(`x ${name} y`, [a], [b]);
      const texts = { both: `${a} ${name} ${b}`, second: `x ${name} ${b}`, first: `${a} ${name} y` };
      // A power of numbers is rounded once, that of a column by its logarithm more often.
      for (const [which, text] of Object.entries(texts)) {
        close(await valuesOf(text, [a], [b]), [ofColumns!], { absolute: 0, relative: 1e-15 }, `${which} of ${text}`);
      }
    }
  }
});

test.run();
