/** Names in expressions, and folds over trees. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkExpressionNames, fold, namesOf } from "../../../inference/expressions/expression.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { rejects } from "../../support/rejects.js";

test("names come once each, in order of appearance; constants and functions are none", async () => {
  const tree = await parseExpression("b * exp(PI * a) + (c > b ? a : d) * TRUE", "test");
  assert.equal(namesOf(tree), ["b", "a", "c", "d"]);
  assert.equal(namesOf(await parseExpression("2 * EULER", "test")), []);
});

test("names that are not known are refused at their first place", async () => {
  const tree = await parseExpression("mean + widht * 2 - widht", "test");
  checkExpressionNames("a density", tree, "parameters", ["widht", "mean", "other"]);
  await rejects(
    () => checkExpressionNames("a density", tree, "parameters", ["mean", "width"]),
    /^a density: expected names of parameters, got "widht" at character 8\. Did you mean width\?$/,
  );
});

test("what is no expression has no names", async () => {
  await rejects(() => namesOf("a + b" as never), /^namesOf: expected an expression, got "a \+ b"\. Make one of a text/);
  await rejects(
    () => checkExpressionNames("a", {} as never, "columns", []),
    /^checkExpressionNames: expected an expression, got \{ {2}\}/,
  );
});

test("a fold takes parts from left to right, and trees of any depth", () => {
  type Node = readonly Node[];
  const tree: Node = [[[], []], [[]]];
  assert.is(
    fold<Node, string>(
      tree,
      (node) => node,
      (_, parts) => `(${parts.join("")})`,
    ),
    "((()())(()))",
  );
  let deep: Node = [];
  for (let i = 0; i < 1e5; i++) deep = [deep];
  assert.is(
    fold<Node, number>(
      deep,
      (node) => node,
      (_, [depth = -1]) => depth + 1,
    ),
    1e5,
  );
});

test.run();
