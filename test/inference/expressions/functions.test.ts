/** Every function of expressions obeys the laws; edges by name. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Expression } from "../../../inference/expressions/expression.js";
import {
  constants,
  type FunctionName,
  functions,
  futureFunctions,
  otherNames,
} from "../../../inference/expressions/functions.js";
import type { Row } from "../../../inference/expressions/operation.js";
import { close } from "../../support/close.js";
import { checkLaws } from "./laws.js";
import { derivatives } from "./values.js";

/** What mathjs has under another name. */
const inMathjs: Partial<Record<FunctionName, string>> = { erfc: "1 - erf(x)", ifelse: "condition ? x : y" };

checkLaws(
  "function",
  Object.entries<Row>(functions).map(([name, row]) => ({
    name,
    row,
    tree: (operands): Expression => ({ kind: "call", function: name as FunctionName, operands }),
    text: inMathjs[name as FunctionName] ?? `${name}(${Object.keys(row.operands).join(", ")})`,
  })),
);

/** HS³, "Generic expressions": the functions that an implementation must have. */
const HS3 = "ifelse exp log sqrt abs pow min max sin cos tan asin acos atan".split(" ");

test("every function of HS³ is there, or said to be on its way", () => {
  for (const name of HS3) assert.ok(Object.hasOwn(functions, name) || futureFunctions.includes(name), name);
});

test("what is on its way is not there, and other names are of functions", () => {
  for (const name of [...futureFunctions, ...Object.keys(otherNames)]) assert.not(Object.hasOwn(functions, name), name);
});

test("the constants are those of HS³", () => {
  // OEIS A000796 and A001113.
  const [pi, e] = ["3.14159265358979323846", "2.71828182845904523536"].map(Number);
  assert.equal(constants, { PI: pi, EULER: e, TRUE: 1, FALSE: 0 });
});

test("sinh, expm1 and log1p are accurate near 0, where sinh(x) is x + x³/6", async () => {
  const x = 1e-9;
  for (const text of ["sinh(x)", "expm1(x) - x^2/2", "log1p(x) + x^2/2"]) {
    const { value } = await derivatives(text, { x: [x] });
    close(value!, [x], { absolute: 0, relative: 1e-15 }, text);
  }
});

test("sinh and cosh keep their derivatives at 0 and end in infinity beyond 709.78", async () => {
  assert.equal(await derivatives("sinh(x)", { x: [0, 710] }), {
    value: [0, Number.POSITIVE_INFINITY],
    slope: [1, Number.POSITIVE_INFINITY],
    curvature: [0, Number.POSITIVE_INFINITY],
  });
  assert.equal(await derivatives("cosh(x)", { x: [0, -710] }), {
    value: [1, Number.POSITIVE_INFINITY],
    slope: [0, Number.NEGATIVE_INFINITY],
    curvature: [1, Number.POSITIVE_INFINITY],
  });
});

test("at a tie min and max share the derivative, and |x| has none at 0", async () => {
  assert.equal(await derivatives("max(x, 2)", { x: [2] }), { value: [2], slope: [0.5], curvature: [0] });
  assert.equal(await derivatives("min(x, 2)", { x: [2] }), { value: [2], slope: [0.5], curvature: [0] });
  assert.equal(await derivatives("abs(x)", { x: [0] }), { value: [0], slope: [0], curvature: [0] });
});

test("logarithms and roots of negative numbers are NaN, and logarithms of 0 minus infinity", async () => {
  for (const name of ["log", "log10", "log2"]) {
    const { value } = await derivatives(`${name}(x)`, { x: [-1, 0] });
    assert.equal(value, [Number.NaN, Number.NEGATIVE_INFINITY], name);
  }
  assert.equal((await derivatives("sqrt(x)", { x: [-1, 0] })).value, [Number.NaN, 0]);
});

test("the side that is not chosen gets no derivative", async () => {
  const text = "ifelse(x > 0, log(ifelse(x > 0, x, 1)), x)";
  assert.equal(await derivatives(text, { x: [-2, 1] }), { value: [-2, 0], slope: [1, 1], curvature: [0, -1] });
});

test.run();
