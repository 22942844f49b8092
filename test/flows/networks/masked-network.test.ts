/** Masked networks: which unit sees what. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { concatenate, reshape, slice } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import {
  degreeCounts,
  maskedNetwork,
  maskedNetworkTensors,
  networkSize,
} from "../../../flows/networks/masked-network.js";
import { close } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";

test("units spread over degrees in blocks of four; without context none sees nothing", () => {
  assert.equal(degreeCounts(128, 3, 2), [44, 40, 44]);
  assert.equal(degreeCounts(128, 2, 0), [0, 128]);
  assert.equal(degreeCounts(5, 3, 1), [2, 1, 2]);
});

const architecture = {
  features: 3,
  context: 2,
  hidden: [
    [2, 3, 2],
    [3, 2, 4],
  ],
  outputs: 2,
  activation: "tanh",
} as const;
const specs = maskedNetworkTensors(architecture, false);

/** The network on a tape with random weights, masked ones included, and what it puts out for these inputs [features, context]. */
async function opened() {
  const tape = new Tape();
  const draw = randomNumbers(3);
  const nodes = new Map(specs.map(({ name, shape }) => [name, tape.parameter(name, shape)]));
  const network = maskedNetwork(architecture, (name) => nodes.get(name)!);
  const [features, context] = [tape.parameter("features", [3]), tape.parameter("context", [2])];
  const steps = network.stages(context);
  const staged = [0, 1, 2].map((i) => steps.next(i === 0 ? undefined : slice(features, -1, i - 1, i)));
  const outputs = {
    all: network.evaluate(features, context),
    staged: concatenate(staged.map((own) => reshape(own, [2]))),
  };
  const program = await referenceBackend().compile({ outputs });
  await program.write(
    Object.fromEntries(
      specs.map(({ name, shape }) => [name, Array.from({ length: shape.reduce((a, b) => a * b) }, () => draw() - 0.5)]),
    ),
  );
  return async (x: readonly number[], c: readonly number[]) => {
    await program.write({ features: x, context: c });
    const { all, staged: inStages } = await program.run();
    return { all: all!.slice(), inStages: inStages!.slice() };
  };
}

test("the numbers of a feature depend on the context and on the features before it alone", async () => {
  const run = await opened();
  const { all: before } = await run([0.2, -0.7, 1.1], [0.5, -0.3]);
  for (const moved of [0, 1, 2]) {
    const x = [0.2, -0.7, 1.1].map((value, i) => (i === moved ? value + 1 : value));
    const { all } = await run(x, [0.5, -0.3]);
    const changed = [0, 1, 2].filter((i) => all[2 * i] !== before[2 * i] || all[2 * i + 1] !== before[2 * i + 1]);
    assert.equal(
      changed,
      [0, 1, 2].filter((i) => i > moved),
    );
  }
  const { all } = await run([0.2, -0.7, 1.1], [0.6, -0.3]);
  assert.ok(all.every((value, i) => value !== before[i]));
});

test("feature by feature the network puts out what it does at once", async () => {
  const { all, inStages } = await (await opened())([0.2, -0.7, 1.1], [0.5, -0.3]);
  close(inStages, all, { absolute: 1e-14, relative: 1e-14 });
});

test("the size of a network is that of its tensors", () => {
  const numbers = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.is(networkSize(architecture), numbers);
});

test.run();
