/** What goes forward and what goes back belong together: g · (J u) = (Jᵀ g) · u, for every operation. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { jvp, replay } from "../../../engine/derivatives/jvp.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { type OperationName, sizeOf, Tape, type Var } from "../../../engine/tape/tape.js";
import { close } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { type Sample, samples } from "../samples.js";

const EVENTS = 5;

/** The change of a node as its inputs change from node to node, `undefined` where it stays the same. */
function changeOf(node: Var, changes: ReadonlyMap<Var, Var>): Var | undefined {
  const found = new Map<Var, Var | undefined>(changes);
  for (const own of node.tape.nodes.slice(0, node.id + 1)) {
    if (changes.has(own) || !own.inputs.some((input) => found.get(input) !== undefined)) continue;
    found.set(
      own,
      jvp(
        own,
        own,
        own.inputs,
        own.inputs.map((input) => found.get(input)),
      ),
    );
  }
  return found.get(node);
}

async function bothWays(sample: Sample) {
  const next = randomNumbers(3);
  const tape = new Tape();
  const columns: Record<string, Float64Array> = {};
  const parameters: Record<string, Float64Array> = {};
  const draw = (count: number, [low, high]: readonly [number, number]) =>
    Float64Array.from({ length: count }, () => low + (high - low) * next());
  const column = (name: string, shape: readonly number[], range: readonly [number, number]) => {
    columns[name] = draw(sizeOf(shape) * EVENTS, range);
    return tape.column(name, shape);
  };
  const parameter = (name: string, shape: readonly number[], range: readonly [number, number]) => {
    parameters[name] = draw(sizeOf(shape), range);
    return tape.parameter(name, shape);
  };
  const inputs = [
    ...(sample.columns ?? []).map((shape, i) => column(`x${i}`, shape, sample.domain)),
    ...(sample.parameters ?? []).map((shape, i) => parameter(`p${i}`, shape, sample.domain)),
  ];
  const directions = inputs.map(({ shape, events }, i) =>
    events === undefined ? parameter(`u${i}`, shape, [-1, 1]) : column(`u${i}`, shape, [-1, 1]),
  );
  const output = sample.build(inputs, tape);
  const g = tape.constant(draw(sizeOf(output.shape), [0.5, 1.5]), output.shape);
  const total = (x: Var) => o.sumTo(x.events === undefined ? x : o.sumEvents(x), []);
  const change = changeOf(output, new Map(inputs.map((input, i) => [input, directions[i] as Var])));
  const back = gradient(total(o.mul(output, g)), inputs);
  const outputs = {
    forward: change === undefined ? tape.constant(0, []) : total(o.mul(change, g)),
    back: back.map((own, i) => total(o.mul(own, directions[i] as Var))).reduce((a, b) => o.add(a, b)),
  };
  const program = await referenceBackend().compile({ outputs });
  await program.bind(columns);
  await program.write(parameters);
  return program.run();
}

for (const [name, own] of Object.entries(samples) as [OperationName, readonly Sample[]][]) {
  for (const sample of own) {
    test(`${sample.name}: forward and back give one number (${name})`, async () => {
      const { forward, back } = await bothWays(sample);
      // Sums of some tens of products of order one, in two orders.
      close(forward as Float64Array, back as Float64Array, { absolute: 1e-12, relative: 1e-12 }, sample.name);
    });
  }
}

test("a node that is replayed on its own inputs is itself", () => {
  const tape = new Tape();
  const y = o.sum(o.exp(o.linear(tape.column("x", [3]), tape.parameter("w", [2, 3]))), 0);
  for (const node of tape.nodes.filter(({ inputs }) => inputs.length > 0)) assert.is(replay(node, node.inputs), node);
  assert.is(replay(y, y.inputs), y);
});

test.run();
