/** Every kind of density of the language is written in a file under its name, or by trainings alone. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type DensityForm, densityKinds } from "../../../../../inference/model/densities/densities.js";
import { functionKinds } from "../../../../../inference/model/functions/functions.js";
import { constraintKinds } from "../../../../../inference/model/parameters/constraints.js";
import { densityRows, restProblem } from "../../../../../workflow/configuration/table/composition/densities.js";
import { functionRows } from "../../../../../workflow/configuration/table/composition/functions.js";
import { constraintRows } from "../../../../../workflow/configuration/table/composition/parameters.js";
import { entriesOf, formOf } from "../../../../../workflow/configuration/table/composition/row.js";

test("tables have the kinds of the language, and no others", () => {
  const same = (rows: object, kinds: readonly string[]) => assert.equal(Object.keys(rows).sort(), [...kinds].sort());
  same(densityRows, densityKinds);
  same(functionRows, functionKinds);
  same(constraintRows, constraintKinds);
});

test("every density can be written; functions that trainings make cannot", () => {
  assert.equal(Object.keys(entriesOf(densityRows)).sort(), [...densityKinds].sort());
  assert.not.ok(Object.keys(entriesOf(functionRows)).some((kind) => ["network", "classifier"].includes(kind)));
});

const formed = (written: Readonly<Record<string, unknown>>) => formOf<DensityForm>(densityRows, written, "density d");

test("what is written becomes the form of its kind, in the order of the file", async () => {
  assert.equal(await formed({ mixture: { b: "n", a: 2 } }), {
    kind: "mixture",
    summands: ["b", "a"],
    coefficients: ["n", 2],
  });
  assert.equal(await formed({ mixture: { b: 0.2, a: "rest" } }), {
    kind: "mixture",
    summands: ["b", "a"],
    coefficients: [0.2],
  });
  assert.equal(await formed({ ensemble: { members: ["a"], weights: undefined } }), {
    kind: "ensemble",
    members: ["a"],
  });
  const affine = { m: { shift: "s", scale: undefined }, t: { shift: undefined, scale: 2 } };
  assert.equal(await formed({ transported: { density: "a", affine } }), {
    kind: "transported",
    density: "a",
    affine: { m: { shift: "s" }, t: { scale: 2 } },
  });
});

test("`rest` is of the last density alone", () => {
  assert.is(restProblem({ a: 0.5, b: "rest" }), undefined);
  assert.is(restProblem({ a: 0.5 }), undefined);
  const before = { expected: "`rest` once, of the last density", got: "it before" };
  assert.equal(restProblem({ a: "rest", b: 0.5 }), before);
  assert.equal(restProblem({ a: "rest", b: "rest" }), before);
  assert.equal(restProblem({ b: "rest" }), {
    expected: "a fraction of another density before `rest`",
    got: "`rest` alone",
    hint: "Use the density b itself, or give its number of events",
  });
});

test.run();
