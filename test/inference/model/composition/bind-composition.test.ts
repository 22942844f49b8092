import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { add } from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { bindComposition, TapeParts } from "../../../../inference/model/composition/bind-composition.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { close, tolerances } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";
import { networkOf, parameter } from "../densities/samples.js";

const composition = checkedComposition({
  parameters: [parameter("a", 1), parameter("fixed", 5, { isFixed: true }), parameter("b", 2)],
  columns: { m: { range: [0, 3] }, t: {} },
  functions: {
    shifted: { kind: "sum", summands: ["t", "b", "fixed"] },
    net: { kind: "network", of: ["t"], parameters: ["a"], output: "sigmoid", network: networkOf(2, 1, 3) },
  },
  densities: { e: { kind: "exponential", x: "m", c: "shifted" } },
});

function bound() {
  const tape = new Tape();
  const theta = tape.parameter("theta", [2]);
  const columns = { t: tape.column("t"), m: tape.column("m") };
  return { tape, at: bindComposition(composition, theta, columns, new TapeParts()) };
}

test("values are numbers, free and fixed parameters in their order, functions and columns", async () => {
  const { at } = bound();
  const outputs = Object.fromEntries(["a", "b", "fixed", "shifted", "t"].map((name) => [name, at.value(name)]));
  const program = await referenceBackend().compile({ outputs: { ...outputs, number: at.value(0.5) } });
  await program.write({ theta: [10, 20] });
  await program.bind({ t: Float64Array.of(0.25) });
  const found = await program.run();
  const flat = Object.fromEntries(Object.entries(found).map(([name, values]) => [name, values[0]]));
  assert.equal(flat, { a: 10, b: 20, fixed: 5, shifted: 25.25, t: 0.25, number: 0.5 });
});

test("other columns change what looks at them, and nothing else; weights stay the same nodes", async () => {
  const { tape, at } = bound();
  const moved = at.withColumns({ t: add(at.column("t"), 1) });
  assert.is(moved.column("m"), at.column("m"));
  assert.is(moved.value("a"), at.value("a"));
  const values = { here: at.value("shifted"), there: moved.value("shifted") };
  const parameters = () => tape.nodes.filter(({ operation }) => operation.name === "parameter").length;
  at.value("net");
  const known = parameters();
  moved.value("net");
  assert.is(parameters(), known);
  const program = await referenceBackend().compile({ outputs: values });
  await program.write({ theta: [10, 20] });
  await program.bind({ t: Float64Array.of(0.25) });
  const { here, there } = await program.run();
  close([there![0]! - here![0]!], [1], tolerances.f64);
});

test("a domain that moves is that of the densities in the environment", () => {
  const { at } = bound();
  const moved = at.withColumns({}, { domain: (column) => (column === "m" ? [-1, 7] : at.domain(column)) });
  assert.equal(moved.domain("m"), [-1, 7]);
  assert.equal(at.domain("m"), [0, 3]);
  assert.equal(moved.withColumns({}).domain("m"), [-1, 7]);
});

test("parameters of another number are refused", async () => {
  const tape = new Tape();
  await rejects(
    () => bindComposition(composition, tape.parameter("theta", [3]), {}, new TapeParts()),
    /composition: expected parameters \[2\], got .*\[3\]/,
  );
});

test.run();
