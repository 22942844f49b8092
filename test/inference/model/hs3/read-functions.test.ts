/** Types of function: those of HS³ and of RooFit, and what is refused. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { expressionText } from "../../../../inference/expressions/text.js";
import { functionTypes } from "../../../../inference/model/hs3/read-functions.js";
import { gaussian, point, readWith, refused, saidOf } from "./documents.js";

const withFunction = (form: object) => ({
  functions: [{ name: "f", ...form }],
  distributions: [{ ...gaussian, mean: "f" }],
  parameter_points: [point({ mu: 0.1, s: 1.5, a: 0.5, b: -0.5 })],
});

async function functionsOf(form: object) {
  return (await readWith(withFunction(form))).composition.functions;
}

test("sums, products, expressions and polynomials", async () => {
  assert.equal(await functionsOf({ type: "sum", summands: [1, "mu"] }), { f: { kind: "sum", summands: [1, "mu"] } });
  assert.equal(await functionsOf({ type: "product", factors: ["2", "mu"] }), {
    f: { kind: "product", factors: [2, "mu"] },
  });
  for (const type of ["generic", "generic_function"]) {
    const { f } = await functionsOf({ type, expression: "mu^2-1" });
    assert.is(f!.kind === "expression" && expressionText(f.expression), "mu ^ 2 - 1");
  }
  const { f } = await functionsOf({ type: "polynomial", x: "mu", coefficients: [1, "a", 3] });
  assert.is(f!.kind === "expression" && expressionText(f.expression), "1 + mu * (a + mu * 3)");
  await refused(
    withFunction({ type: "polynomial", x: 2, coefficients: [1] }),
    "m.json: functions[0].x (of f): expected the name of a variable, got 2",
  );
  await refused(
    withFunction({ type: "polynomial", x: "mu", coefficients: [] }),
    "m.json: functions[0].coefficients (of f): expected at least one coefficient, got none",
  );
});

test("HistFactory's interpolations: factors relative to the nominal value", async () => {
  const form = { type: "interpolation0d", vars: ["a", "b"], nom: 2, low: [1.8, 1.9], high: [2.5, 2.2] };
  assert.equal(await functionsOf({ ...form, interpolationCodes: [4, 1] }), {
    f: { kind: "product", factors: [2, "f_0", "f_1"] },
    f_0: { kind: "interpolation", code: 4, low: 0.9, high: 1.25, parameter: "a" },
    f_1: { kind: "interpolation", code: 1, low: 0.95, high: 1.1, parameter: "b" },
  });
  const place = "m.json: functions[0]";
  await refused(
    withFunction(form),
    `${place}.interpolationCodes (of f): expected code 1 (exponential) or 4 (polynomial between -1 and 1), got 0`,
  );
  await refused(
    withFunction({ ...form, interpolationCodes: [4, 2] }),
    `${place}.interpolationCodes[1] (of f): expected code 1 (exponential) or 4 (polynomial between -1 and 1), got 2`,
  );
  await refused(
    withFunction({ ...form, interpolationCodes: [4] }),
    `${place}.interpolationCodes (of f): expected 2 codes, as vars has, got 1`,
  );
  await refused(withFunction({ ...form, low: [1] }), `${place}.low (of f): expected 2 numbers, as vars has, got 1`);
  await refused(
    withFunction({ ...form, interpolationCodes: [4, 4], high: [2, -1] }),
    `${place}.high[1] (of f): expected a number above 0, got -1`,
  );
  await refused(withFunction({ ...form, nom: 0 }), `${place}.nom (of f): expected a number above 0, got 0`);
});

test("functions that the file does not have give way to names that it has", async () => {
  const form = { type: "interpolation0d", vars: ["a"], nom: 2, low: [1.8], high: [2.5], interpolationCodes: [4] };
  const changed = withFunction(form);
  const { composition } = await readWith({
    ...changed,
    functions: [...changed.functions, { name: "f_0", type: "sum" }],
  });
  assert.equal(Object.keys(composition.functions).sort(), ["f", "f_0_"]);
});

test("other types are refused with what is supported", async () => {
  const expected = `expected a type of function that is supported (${functionTypes.join(", ")})`;
  await refused(
    withFunction({ type: "produkt" }),
    `m.json: functions[0].type (of f): ${expected}, got "produkt". Did you mean product?`,
  );
  await refused(
    withFunction({ type: "histogram" }),
    `m.json: functions[0].type (of f): ${expected}, got "histogram". Write it as a generic_function with an expression, if it has one`,
  );
  assert.match(
    await saidOf(withFunction({})),
    /functions\[0\]\.type \(of f\): expected a type of function .*, got nothing$/,
  );
  await refused(
    withFunction({ type: "sum", sumands: [1] }),
    'm.json: functions[0] (of f): expected keys that are known, got "sumands". Did you mean summands?',
  );
});

test.run();
