/** Every function of expressions obeys the laws; edges by name. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Expression } from "../../../inference/expressions/expression.js";
import { constants, type FunctionName, functions, otherNames } from "../../../inference/expressions/functions.js";
import type { Row } from "../../../inference/expressions/operation.js";
import { close } from "../../support/close.js";
import { checkLaws } from "./laws.js";
import { derivatives } from "./values.js";

/** What mathjs has under another name. */
const inMathjs: Partial<Record<FunctionName, string>> = {
  erfc: "1 - erf(x)",
  fmod: "x - y * fix(x / y)",
  ifelse: "condition ? x : y",
  // Its own has an error of 6e-13 at 0.7.
  lgamma: "log(gamma(x))",
  tgamma: "gamma(x)",
  trunc: "fix(x)",
};

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

test("every function of HS³ is there", () => {
  for (const name of HS3) assert.ok(Object.hasOwn(functions, name), name);
});

test("other names are not those of functions", () => {
  for (const name of Object.keys(otherNames)) assert.not(Object.hasOwn(functions, name), name);
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

test("inverse sine and cosine end at ±1, and keep their digits where they are small", async () => {
  assert.equal((await derivatives("asin(x)", { x: [1.5, -1.5] })).value, [Number.NaN, Number.NaN]);
  assert.equal((await derivatives("acos(x)", { x: [1, 1.5] })).value, [0, Number.NaN]);
  close(
    (await derivatives("acos(x)", { x: [-1, 0] })).value!,
    [Math.PI, Math.PI / 2],
    { absolute: 0, relative: 1e-15 },
    "acos",
  );
  // acos(1 - e) = √(2 e) (1 + e / 12)
  const e = 2 ** -40;
  close(
    (await derivatives("acos(x)", { x: [1 - e] })).value!,
    [Math.sqrt(2 * e) * (1 + e / 12)],
    { absolute: 0, relative: 1e-15 },
    "acos",
  );
});

test("an angle is known in all quadrants, on the axes and at the origin", async () => {
  const points = [
    [0, 0, 0],
    [1, 0, 0],
    [0, 2, Math.PI / 2],
    [-1, 0, Math.PI],
    [0, -2, -Math.PI / 2],
    [-2, -2, -0.75 * Math.PI],
    [1e-200, -1e-200, -Math.PI / 4],
  ] as const;
  for (const [x, y, wanted] of points) {
    const { value, slope } = await derivatives("atan2(y, x)", { x: [x], y: [y] });
    close(value!, [wanted], { absolute: 0, relative: 1e-15 }, `atan2(${y}, ${x})`);
    assert.ok(Number.isFinite(slope![0]));
  }
});

test("parts of numbers of both signs, on the half and beyond 2^52", async () => {
  const x = [-2.5, -0.5, -0.2, 0, 0.5, 1.5, 2 ** 53, -1e300];
  const wanted = {
    floor: [-3, -1, -1, 0, 0, 1, 2 ** 53, -1e300],
    ceil: [-2, -0, -0, 0, 1, 2, 2 ** 53, -1e300],
    round: [-3, -1, -0, 0, 1, 2, 2 ** 53, -1e300],
    trunc: [-2, -0, -0, 0, 0, 1, 2 ** 53, -1e300],
  };
  for (const [name, values] of Object.entries(wanted)) {
    const { value, slope } = await derivatives(`${name}(x)`, { x });
    assert.equal(
      value!.map((own) => own + 0),
      values.map((own) => own + 0),
      name,
    );
    assert.ok(slope!.every((own) => own === 0));
  }
  // Numbers of events, which are even or odd.
  assert.equal((await derivatives("fmod(x, 2)", { x: [0, 7, 4503599627370495, -3] })).value, [0, 1, 1, -1]);
});

test("the gamma function has poles, signs and whole values", async () => {
  const { value } = await derivatives("tgamma(x)", { x: [1, 2, 5, 0.5, -0.5, -1.5, 171, 172] });
  const root = Math.sqrt(Math.PI);
  const wanted = [1, 1, 24, root, -2 * root, (4 / 3) * root, 7.257415615307994e306, Number.POSITIVE_INFINITY];
  close(value!.slice(0, 7), wanted.slice(0, 7), { absolute: 0, relative: 2e-13 }, "tgamma");
  assert.is(value![7], wanted[7]);
  assert.equal(
    (await derivatives("lgamma(x)", { x: [0, -1, -7, -1e17] })).value,
    Array(4).fill(Number.POSITIVE_INFINITY),
  );
  assert.equal((await derivatives("lgamma(x)", { x: [1, 2] })).value!.map(Math.abs), [0, 0]);
});

test.run();
