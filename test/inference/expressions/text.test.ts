/** Expressions as texts: the same tree comes back, with no more brackets than it takes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Expression, foldExpression } from "../../../inference/expressions/expression.js";
import { functions } from "../../../inference/expressions/functions.js";
import { arityOf } from "../../../inference/expressions/operation.js";
import { operators } from "../../../inference/expressions/operators.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { expressionText } from "../../../inference/expressions/text.js";
import { rejects } from "../../support/rejects.js";

const parsed = (text: string) => parseExpression(text, "test");

/** Without the places of names. */
const treeOf = (expression: Expression) =>
  foldExpression<unknown>(expression, (node, parts) => {
    if (node.kind === "number") return node.value;
    if (node.kind === "name") return node.name;
    return [node.kind === "operator" ? node.operator : node.function, ...parts];
  });

/** As they are printed. */
const texts = [
  "a - b - c",
  "a - (b - c)",
  "a / b / c * d",
  "a / (b * c)",
  "a ^ b ^ c",
  "(a ^ b) ^ c",
  "-a ^ b",
  "(-a) ^ b",
  "a ^ (-b)",
  "a * -b",
  "-(a + b)",
  "-(-a)",
  "!(a && b) || c",
  "(a || b) && c",
  "(a < b) == (c > 1)",
  "(!a) == b",
  "!(a == b)",
  "ifelse(a < 1 && b >= 2, exp(-c), min(a, b))",
  "3.141592653589793 * 1e-300 + 1e+21 + 0.1",
  "5e-324 * 1.7976931348623157e+308",
];

for (const text of texts) {
  test(`${text}: printed as it is written`, async () => {
    const expression = await parsed(text);
    const printed = expressionText(expression);
    assert.is(printed, text);
    assert.equal(treeOf(await parsed(printed)), treeOf(expression));
  });
}

test("what is written otherwise has the same tree", async () => {
  for (const text of ["a?b:c", "pow(a,2)-+b", "PI*TRUE", "((a))+((b*c))", "a and not b", "1.0E2"]) {
    const expression = await parsed(text);
    assert.equal(treeOf(await parsed(expressionText(expression))), treeOf(expression), text);
  }
});

test("every operator within every other, and every function, comes back", async () => {
  const name = (own: string): Expression => ({ kind: "name", name: own, at: 1 });
  const of = (operator: keyof typeof operators, ...operands: readonly Expression[]): Expression => ({
    kind: "operator",
    operator,
    operands: operands.slice(0, arityOf(operators[operator])),
  });
  const all = Object.keys(operators) as (keyof typeof operators)[];
  for (const outer of all) {
    for (const inner of all) {
      for (const expression of [
        of(outer, of(inner, name("a"), name("b")), name("c")),
        of(outer, name("a"), of(inner, name("b"), name("c"))),
      ]) {
        assert.equal(treeOf(await parsed(expressionText(expression))), treeOf(expression));
      }
    }
  }
  for (const [own, row] of Object.entries(functions)) {
    const operands = Array.from({ length: arityOf(row) }, (_, i) => of("+", name("a"), name(`b${i}`)));
    const expression: Expression = { kind: "call", function: own as keyof typeof functions, operands };
    assert.equal(treeOf(await parsed(expressionText(expression))), treeOf(expression));
  }
});

test("a sum of thousands of terms has no brackets", async () => {
  const text = Array.from({ length: 2000 }, (_, i) => `a${i % 7}`).join(" + ");
  assert.is(expressionText(await parsed(text)), text);
});

test("numbers that a program gives are signed, and finite", async () => {
  const number = (value: number): Expression => ({ kind: "number", value });
  assert.is(expressionText(number(-2.5)), "-2.5");
  assert.is(expressionText({ kind: "operator", operator: "^", operands: [number(-2), number(3)] }), "(-2) ^ 3");
  await rejects(() => expressionText(number(Number.NaN)), /^expressionText: expected finite numbers, got NaN$/);
  await rejects(() => expressionText("a" as never), /^expressionText: expected an expression, got "a"/);
});

test.run();
