/** Nodes of few numbers in one go are those of the definition, to the bit, and are computed when something has changed. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { schedule } from "../../../engine/passes/event-passes.js";
import { evaluate } from "../../../engine/reference/evaluate.js";
import { parameterFunction } from "../../../engine/reference/parameter-function.js";
import { SmallNodes } from "../../../engine/reference/small-nodes.js";
import { elementwiseFacts } from "../../../engine/tape/elementwise-facts.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";

const P = Float64Array.of(0.3, -1.2, 0, 2.5);
const Q = Float64Array.of(1.5, 0.7, -0.4, 0.9);

/** Every operation without events, of [4] and of a row of it. */
function nodesOf(tape: Tape): Var[] {
  const [p, q] = [tape.parameter("p", [4]), tape.parameter("q", [4])];
  const unary = Object.entries(elementwiseFacts).flatMap(([name, { slopes }]) => (slopes.length === 1 ? [name] : []));
  const elementwise = unary.map((name) => tape.append({ name: name as "exp" }, [q], [4], undefined));
  const binary = [o.add, o.sub, o.mul, o.div, o.maximum, o.minimum, o.greater, o.greaterEqual, o.equal];
  const matrix = o.broadcast(o.reshape(q, [4, 1]), [4, 4]);
  return [
    ...elementwise,
    ...binary.map((own) => own(p, q)),
    o.where(p, q, 7),
    o.where(o.greater(p, 0), p, q),
    o.slice(p, -1, 1, 3),
    o.take(p, [3], Int32Array.of(2, -1, 0)),
    o.sum(matrix, 1),
    o.max(o.mul(matrix, p), 0),
    o.cumulativeSum(matrix, 0, { reverse: true }),
    o.linear(p, o.mul(matrix, p)),
    o.mul(o.reshape(o.slice(p, -1, 3, 4), []), 3),
    o.stopGradient(o.neg(p)),
    tape.constant([4, 3, 2, 1]),
  ];
}

test("every operation gives the bits of the definition", () => {
  const outputs = nodesOf(new Tape());
  const { nodes } = schedule(outputs);
  const values = new Map<number, Float64Array>();
  for (const node of nodes) {
    const { operation } = node;
    const inputs = node.inputs.map(({ id }) => values.get(id) as Float64Array);
    const given = operation.name === "parameter" ? (operation.label === "p" ? P : Q) : undefined;
    values.set(node.id, given ?? evaluate(node, inputs, 1));
  }
  const own = SmallNodes.included(nodes);
  assert.is(own.length, nodes.length - 2);
  const small = new SmallNodes(own);
  small.run((id) => values.get(id) as Float64Array);
  for (const node of own) {
    const [found, expected] = [small.valueOf(node), values.get(node.id) as Float64Array];
    assert.is(found.length, expected.length);
    for (const [i, value] of found.entries()) assert.ok(Object.is(value, expected[i]), `${node.operation.name} [${i}]`);
  }
});

test("what has not changed is not computed again; -0 is a change, and NaN none", () => {
  const tape = new Tape();
  const p = tape.parameter("p");
  const inverse = o.div(1, p);
  const small = new SmallNodes(SmallNodes.included(schedule([inverse]).nodes));
  const run = (value: number) => small.run(() => Float64Array.of(value));
  const [first] = [run(0), small.valueOf(inverse)[0]];
  assert.ok(first);
  assert.not(run(0));
  assert.is(small.valueOf(inverse)[0], Number.POSITIVE_INFINITY);
  assert.ok(run(-0));
  assert.is(small.valueOf(inverse)[0], Number.NEGATIVE_INFINITY);
  assert.ok(run(Number.NaN));
  assert.not(run(Number.NaN));
});

test("nodes of many numbers, and those that read them, are left out", () => {
  const tape = new Tape();
  const [p, big] = [tape.parameter("p"), tape.parameter("big", [65])];
  const total = o.reshape(o.sum(o.mul(big, p), 0), []);
  const { nodes } = schedule([o.add(o.exp(p), o.exp(total))]);
  const names = SmallNodes.included(nodes).map(({ operation }) => operation.name);
  assert.equal(names, ["exp"]);
});

test("a function of parameters mixes both, and its results are the caller's", () => {
  const tape = new Tape();
  const [p, big] = [tape.parameter("p"), tape.parameter("big", [65])];
  const total = o.reshape(o.sum(o.mul(big, p), 0), []);
  const f = parameterFunction({ total: o.add(o.exp(p), total), square: o.square(p) });
  const ones = new Float64Array(65).fill(1);
  const first = f({ p: Float64Array.of(2), big: ones });
  assert.equal([...first.total!, ...first.square!], [Math.exp(2) + 130, 4]);
  first.square![0] = 7;
  const second = f({ p: Float64Array.of(2), big: ones.map((one) => 2 * one) });
  assert.equal([...second.total!, ...second.square!], [Math.exp(2) + 260, 4]);
  assert.throws(() => f({ p: Float64Array.of(2) }), /internal: parameter big has no value/);
});

test.run();
