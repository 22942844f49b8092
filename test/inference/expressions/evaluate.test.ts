/** Values of expressions for events. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { evaluateExpression } from "../../../inference/expressions/evaluate.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { rejects } from "../../support/rejects.js";

const values = async (text: string, columns: Readonly<Record<string, Float32Array | Float64Array>>) =>
  evaluateExpression(await parseExpression(text, "test"), columns);

test("a selection gives 1 and 0 for every event, over many blocks of events", async () => {
  const n = 10_001;
  const pt = Float64Array.from({ length: n }, (_, i) => i % 60);
  const eta = Float64Array.from({ length: n }, (_, i) => Math.sin(i) * 3);
  const selected = await values("pt > 30 && abs(eta) < 2.4", { pt, eta });
  assert.instance(selected, Float64Array);
  assert.equal(
    selected,
    Float64Array.from(pt, (own, i) => (own > 30 && Math.abs(eta[i]!) < 2.4 ? 1 : 0)),
  );
});

test("a derived column is computed in f64, from columns in f32 too", async () => {
  const x = Float32Array.of(0.1, 0.2);
  assert.equal(
    await values("x * 3", { x }),
    Float64Array.from(x, (own) => own * 3),
  );
});

test("an expression of numbers, or of a column times 0, has its value for every event", async () => {
  const x = Float64Array.of(1, 2, 3);
  assert.equal(await values("1 + 1", { x }), Float64Array.of(2, 2, 2));
  assert.equal(await values("exp(x * 0)", { x }), Float64Array.of(1, 1, 1));
  assert.equal(await values("x", { x }), x);
});

test("columns that the expression does not name do not matter, whatever they are called", async () => {
  const x = Float64Array.of(1, 2);
  assert.equal(await values("x + 1", { x, constructor: x, "a column": x }), Float64Array.of(2, 3));
});

test("no events give no values", async () => {
  assert.equal(await values("x + 1", { x: new Float64Array(0) }), new Float64Array(0));
});

test("a name that is no column is refused with what was meant", async () => {
  const tag_pt = Float64Array.of(1);
  await rejects(
    values("tag_pt > 30 && tagpt < 50", { tag_pt, probe_pt: tag_pt }),
    /^evaluateExpression: expected names of columns, got "tagpt" at character 16\. Did you mean tag_pt\?$/,
  );
  await rejects(values("pi * tag_pt", { tag_pt }), /got "pi" at character 1\. Did you mean PI\?$/);
  await rejects(values("zz", { tag_pt }), /got "zz" at character 1\. Choose from tag_pt, PI, EULER, TRUE, FALSE$/);
});

test("columns of different lengths, none, or of another kind are refused", async () => {
  const x = Float64Array.of(1, 2);
  await rejects(
    values("x", { x, y: Float64Array.of(1) }),
    /^evaluateExpression: expected 2 events in every column, as in "x", got 1 in "y"$/,
  );
  await rejects(values("1", {}), /^evaluateExpression: expected at least one column, got none$/);
  await rejects(
    values("x", { x: [1, 2] as never }),
    /^evaluateExpression: expected a Float32Array or Float64Array for x, got \[1, 2\]$/,
  );
  await rejects(values("x", new Map() as never), /^evaluateExpression: expected an object for columns, got a Map$/);
});

test.run();
