import { test } from "uvu";
import * as assert from "uvu/assert";
import { backward, type Vjp, vjps } from "../../../engine/derivatives/vjp.js";
import * as o from "../../../engine/tape/operations.js";
import { type OperationName, Tape, type Var } from "../../../engine/tape/tape.js";
import { samples } from "../samples.js";

/** The node and all that it is made of. */
function madeOf(node: Var, found = new Set<Var>()): Set<Var> {
  if (!found.has(node)) for (const input of found.add(node) && node.inputs) madeOf(input, found);
  return found;
}

test("the operations whose VJPs are written in the result are those that are named", () => {
  const found = new Set<string>();
  for (const [name, list] of Object.entries(samples)) {
    for (const sample of list) {
      const tape = new Tape();
      const inputs = [
        ...(sample.columns ?? []).map((shape, i) => tape.column(`x${i}`, shape)),
        ...(sample.parameters ?? []).map((shape, i) => tape.parameter(`p${i}`, shape)),
      ];
      sample.build(inputs, tape);
      for (const node of [...tape.nodes].filter(({ operation }) => operation.name === name)) {
        const { shape, events, operation } = node;
        const [g, y] = ["cotangent", "result"].map((label) =>
          events === undefined ? tape.parameter(label + node.id, shape) : tape.column(label + node.id, shape, events),
        ) as [Var, Var];
        const vjp = vjps[name as OperationName] as Vjp<unknown>;
        const cotangents = vjp
          .back(g, y, node.inputs, operation)
          .flatMap((cotangent) => (cotangent ? [cotangent()] : []));
        if (cotangents.some((cotangent) => madeOf(cotangent).has(y))) found.add(name);
      }
    }
  }
  // A rectifier reads the sign of its result, which has no derivative of its own: see `isTaken`.
  found.delete("where");
  const named = Object.entries(vjps).filter(([, { gradientFromResult }]) => gradientFromResult);
  assert.equal([...found].sort(), named.map(([name]) => name).sort());
});

test("cotangents add up where a node is used twice, and stop where `passed` says so", () => {
  const tape = new Tape();
  const p = tape.parameter("p");
  const inner = o.sin(p);
  const loss = o.add(o.mul(inner, 3), o.mul(inner, 4));
  const cotangents = backward(loss, [p], (_node, cotangent) => cotangent);
  assert.equal(cotangents.get(inner.id)?.operation, { name: "constant", value: 7 });
  const zero = backward(loss, [p], (node, cotangent) => (node === inner ? tape.constant(0, []) : cotangent));
  assert.equal(zero.get(p.id)?.operation, { name: "constant", value: 0 });
});

test.run();
