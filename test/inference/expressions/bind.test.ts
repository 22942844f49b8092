/** Expressions as nodes: columns and parameters, on every backend, and what is refused. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { sumEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { bindExpression } from "../../../inference/expressions/bind.js";
import type { Expression } from "../../../inference/expressions/expression.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { close, tolerances } from "../../support/close.js";
import { rejects } from "../../support/rejects.js";
import { runOnEachBackend } from "../../support/run-program.js";

test("columns and parameters broadcast, and derivatives in parameters are exact on every backend", async () => {
  const tape = new Tape();
  const nodes: Readonly<Record<string, Var>> = {
    m: tape.column("m"),
    slope: tape.parameter("slope"),
    mean: tape.parameter("mean"),
  };
  const text = "exp(-slope * m) * (m > 1) + (m - mean)^2 / (2 * PI)";
  const value = bindExpression(tape, await parseExpression(text, "test"), (name) => nodes[name]!);
  const [ofSlope, ofMean] = gradient(sumEvents(value), [nodes.slope!, nodes.mean!]);
  const m = [0.5, 1.5, 2.25];
  const [slope, mean] = [0.75, 1.25];
  const program = {
    outputs: { value, ofSlope: ofSlope!, ofMean: ofMean! },
    parameters: { slope: [slope], mean: [mean] },
    columns: { m: Float64Array.from(m) },
  };
  const sum = (f: (m: number) => number) => m.reduce((total, own) => total + f(own), 0);
  const decay = (own: number) => (own > 1 ? Math.exp(-slope * own) : 0);
  await runOnEachBackend(program, (got, { precision }) => {
    const wanted = m.map((own) => decay(own) + (own - mean) ** 2 / (2 * Math.PI));
    close(got.value!, wanted, tolerances[precision], "value");
    close(got.ofSlope!, [sum((own) => -own * decay(own))], tolerances[precision], "in the slope");
    close(got.ofMean!, [sum((own) => -(own - mean) / Math.PI)], tolerances[precision], "in the mean");
  });
});

test("parameters alone give a node without events, and axes of features broadcast", async () => {
  const tape = new Tape();
  const a = tape.parameter("a", [3]);
  const b = tape.parameter("b");
  const node = bindExpression(tape, await parseExpression("max(a, b) + 1", "test"), (name) => (name === "a" ? a : b));
  assert.equal([node.shape, node.events], [[3], undefined]);
});

test("what has numbers alone for operands becomes one constant", async () => {
  const tape = new Tape();
  const x = tape.column("x");
  bindExpression(tape, await parseExpression("sqrt(2 * PI) * (3 > 2 ? 1 : 0) / (1 && 5) * x", "test"), () => x);
  assert.equal(
    tape.nodes.map(({ operation }) => ("value" in operation ? operation.value : operation.name)),
    ["column", Math.sqrt(2 * Math.PI), "mul"],
  );
  const constant = bindExpression(tape, await parseExpression("2^10", "test"), () => x);
  assert.equal([constant.operation, constant.shape], [{ name: "constant", value: 1024 }, []]);
});

test("a name alone is its node", async () => {
  const tape = new Tape();
  const x = tape.column("x");
  assert.is(
    bindExpression(tape, await parseExpression("(x)", "test"), () => x),
    x,
  );
});

test("each name is looked up where it stands, with its own text", async () => {
  const tape = new Tape();
  const asked: string[] = [];
  const tree = await parseExpression("a + exp(b) * a", "test");
  bindExpression(tape, tree, (name) => {
    asked.push(name);
    return tape.constant(asked.length);
  });
  assert.equal(asked, ["a", "b", "a"]);
});

test("a lookup that gives no node, and trees that no text gives, are refused", async () => {
  const tape = new Tape();
  const tree = await parseExpression("x + 1", "test");
  const lookup = () => undefined as never;
  await rejects(() => bindExpression(tape, tree, lookup), /^bindExpression: expected a node for "x", got undefined$/);
  await rejects(() => bindExpression({} as never, tree, lookup), /^bindExpression: expected a tape, got/);
  await rejects(
    () => bindExpression(tape, tree, 3 as never),
    /^bindExpression: expected a function for lookup, got 3$/,
  );
  await rejects(
    () => bindExpression(tape, "x + 1" as never, lookup),
    /^bindExpression: expected an expression, got "x \+ 1"\. Make one of a text: await parseExpression\(text, where\)$/,
  );
  await rejects(
    () => bindExpression(tape, parseExpression("x", "test") as never, lookup),
    /^bindExpression: expected an expression, got a Promise\. Await it$/,
  );
  const strange = { kind: "call", function: "constructor", operands: [{ kind: "number", value: 1 }] };
  await rejects(
    () => bindExpression(tape, strange as unknown as Expression, lookup),
    /^bindExpression: expected operators and functions of expressions with their operands, got constructor of 1$/,
  );
  const short: Expression = { kind: "operator", operator: "+", operands: [{ kind: "number", value: 1 }] };
  await rejects(() => bindExpression(tape, short, lookup), /got \+ of 1$/);
});

test.run();
