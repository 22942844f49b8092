/** Numbers of constraint terms: which are constants, and which straight lines in one parameter. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readDocument } from "../../../../inference/model/hs3/document.js";
import { Graph } from "../../../../inference/model/hs3/graph.js";
import { Lines, requireConstant } from "../../../../inference/model/hs3/linear.js";
import { Part } from "../../../../inference/model/hs3/part.js";
import { refusal, rejects } from "../../../support/rejects.js";
import { point, textOf } from "./documents.js";

const functions = [
  { name: "sum", type: "sum", summands: ["a", 2, "a", "k"] },
  { name: "product", type: "product", factors: [3, "sum", "k"] },
  { name: "both", type: "product", factors: ["a", "b"] },
  { name: "other", type: "interpolation0d" },
  { name: "itself", type: "sum", summands: ["itself"] },
];
const expression = (name: string, text: string) => ({ name, type: "generic_function", expression: text });
const texts: Readonly<Record<string, string>> = {
  line: "-(a - 3) / 2 + product",
  constant: "max(sqrt(k), 2) ^ 3 + (1 < 2)",
  nothing: "a - a",
  curve: "a * a",
  inverse: "1 / a",
  condition: "ifelse(a > 1, a, 2)",
  mixed: "a + b",
  output: "sum.value + 1",
};

const text = textOf({
  functions: [...functions, ...Object.entries(texts).map(([name, own]) => expression(name, own))],
  parameter_points: [point({ mu: 0, s: 1, a: 2, b: 3, k: 9 }, "k")],
});
const graph = () => {
  const never = () => assert.unreachable() as never;
  return new Graph(readDocument(text, "m.json", undefined), new Map(), { density: never, functionOf: never });
};
const part = (value: unknown) => new Part(value, "distributions[0].mean", "m.json", "t");
const lineOf = (value: unknown) => new Lines(graph()).of(part(value));

test("numbers, parameters and constant parameters", async () => {
  assert.equal(await lineOf(2.5), { offset: 2.5, slope: 0 });
  assert.equal(await lineOf("2.5"), { offset: 2.5, slope: 0 });
  assert.equal(await lineOf("a"), { offset: 0, slope: 1, parameter: "a" });
  assert.equal(await lineOf("k"), { offset: 9, slope: 0 });
  const fixed = new Lines(graph(), (name) => name !== "k");
  assert.equal(await fixed.of(part("k")), { offset: 0, slope: 1, parameter: "k" });
});

test("sums, products and expressions are followed", async () => {
  assert.equal(await lineOf("sum"), { offset: 11, slope: 2, parameter: "a" });
  assert.equal(await lineOf("sum.value"), { offset: 11, slope: 2, parameter: "a" });
  assert.equal(await lineOf("product"), { offset: 297, slope: 54, parameter: "a" });
  assert.equal(await lineOf("line"), { offset: 298.5, slope: 53.5, parameter: "a" });
  assert.equal(await lineOf("constant"), { offset: 28, slope: 0 });
  assert.equal(await lineOf("nothing"), { offset: 0, slope: 0, parameter: "a" });
});

test("what is no straight line in one parameter is none", async () => {
  for (const name of ["both", "curve", "inverse", "condition", "mixed", "other"]) {
    assert.is(await lineOf(name), undefined, name);
  }
});

test("names of nothing and circles are refused", async () => {
  assert.match(await refusal(lineOf("nowhere")), /distributions\[0\]\.mean \(of t\): expected the name of a parameter/);
  assert.match(await refusal(lineOf("itself")), /expected at most 50 levels of functions in a constraint, got more$/);
  await rejects(lineOf(undefined), /expected a number or a name, got nothing$/);
});

test("a constant is required where one is", async () => {
  assert.is(requireConstant(part(0), { offset: 3, slope: 0 }, "a width"), 3);
  await rejects(
    () => requireConstant(part("a"), { offset: 0, slope: 1, parameter: "a" }, "a width"),
    /^m\.json: distributions\[0\]\.mean \(of t\): expected a width that is constant, got one that depends on a\. Parameters are constant/,
  );
  await rejects(() => requireConstant(part("a"), undefined, "a width"), /got one that is not/);
  await rejects(() => requireConstant(part("a"), { offset: Number.NaN, slope: 0 }, "a width"), /got one that is not/);
});

test.run();
