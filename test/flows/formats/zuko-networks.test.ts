/** A masked network of zuko, rearranged, computes what its weights and masks say. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { Tape } from "../../../engine/tape/tape.js";
import { arrangeNetwork, readLayers } from "../../../flows/formats/zuko-networks.js";
import { maskedNetwork } from "../../../flows/networks/masked-network.js";
import { close } from "../../support/close.js";

/** Inputs (feature 0, feature 1, context); units of degrees 1, 0 and 1; one output per feature. */
const matrices = {
  "0.weight": { shape: [3, 3], data: [0.5, 9, -1, 9, 9, 2, -0.25, 9, 0.75] },
  "0.mask": { shape: [3, 3], data: [1, 0, 1, 0, 0, 1, 1, 0, 1] },
  "0.bias": { shape: [3], data: [0.1, 0.2, 0.3] },
  "2.weight": { shape: [2, 3], data: [9, 1.5, 9, -2, 0.5, 3] },
  "2.mask": { shape: [2, 3], data: [0, 1, 0, 1, 1, 1] },
  "2.bias": { shape: [2], data: [-0.4, 0.6] },
};
const tensorsWith = (change: Partial<typeof matrices> = {}) =>
  new Map(Object.entries({ ...matrices, ...change }).map(([name, tensor]) => [`net.${name}`, tensor]));

/** The plain product of masked matrices, with ReLU between them. */
function plain(inputs: readonly number[]): number[] {
  const layer = (at: "0" | "2", x: readonly number[]) =>
    matrices[`${at}.bias`].data.map((bias, row) =>
      x.reduce((sum, value, column) => {
        const index = row * x.length + column;
        return sum + value * matrices[`${at}.weight`].data[index]! * matrices[`${at}.mask`].data[index]!;
      }, bias),
    );
  return layer(
    "2",
    layer("0", inputs).map((value) => Math.max(0, value)),
  );
}

test("units sorted by degree give the numbers of the masks", async () => {
  const loaded = arrangeNetwork("net", readLayers(tensorsWith(), "net"), [0, 1], [0]);
  assert.is(loaded.context, 1);
  assert.equal(loaded.hidden, [[1, 2]]);
  const tape = new Tape();
  const { hidden } = loaded;
  const architecture = { features: 2, context: 1, hidden, outputs: 1, activation: "relu" } as const;
  const network = maskedNetwork(architecture, (name) => tape.parameter(name, loaded.weights.get(name)!.shape));
  const outputs = { y: network.evaluate(tape.parameter("features", [2]), tape.parameter("context", [1])) };
  const program = await referenceBackend().compile({ outputs });
  await program.write(Object.fromEntries([...loaded.weights].map(([name, { data }]) => [name, data])));
  for (const [a, b, c] of [
    [0.3, -2, 1.5],
    [-1, 4, -0.5],
    [2, 0, 0.7],
  ] as const) {
    await program.write({ features: [a, b], context: [c] });
    close((await program.run()).y!, plain([a, b, c]), { absolute: 1e-14, relative: 1e-14 });
  }
});

test("masks of no degrees, and outputs that see too little, are refused", () => {
  const arranged = (change: Partial<typeof matrices>) => () =>
    arrangeNetwork("net", readLayers(tensorsWith(change), "net"), [0, 1], [0]);
  const mask = (shape: number[], data: number[]) => ({ shape, data });
  // A unit that sees feature 0 and not the context, which every degree sees.
  assert.throws(arranged({ "0.mask": mask([3, 3], [1, 0, 0, 0, 0, 1, 1, 0, 1]) }), /net\.0 mask: .* row 0/);
  assert.throws(
    arranged({ "2.mask": mask([2, 3], [0, 1, 0, 0, 1, 0]) }),
    /net\.2 mask: expected row 1 to see degrees up to 1, got up to 0/,
  );
});

test("layers with something between them are refused", () => {
  const { "2.weight": weight, "2.mask": mask, "2.bias": bias } = matrices;
  const shifted = new Map(Object.entries({ "net.1.weight": weight, "net.1.mask": mask, "net.1.bias": bias }));
  assert.throws(() => readLayers(shifted, "net"), /layers at 0, 2, 4, .* got layers at 1/);
});

test.run();
