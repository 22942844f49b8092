/** What a training leaves out: derivatives and repeated work of units that see nothing that moves. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { schedule } from "../../../engine/passes/event-passes.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import type { Backend, ProgramRequest } from "../../../engine/runtime/backend.js";
import { add, neg, reshape, sumEvents } from "../../../engine/tape/operations.js";
import { type Attributes, Tape, type Var } from "../../../engine/tape/tape.js";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../../flows/factorizable.js";
import { bindFlow } from "../../../flows/flow.js";
import { named } from "../../../flows/networks/weights.js";
import { adam } from "../../../flows/training/optimiser.js";
import { type ModelBuilder, trainingProgram } from "../../../flows/training/training-program.js";
import { close, tolerances } from "../../support/close.js";

const HIDDEN = 8;
const architecture = autoregressiveFlow({
  features: 2,
  context: 3,
  hidden: [HIDDEN, HIDDEN],
  transforms: 1,
  transform: { kind: "affine" },
});
const weights = initialise(architecture, 1);
const initial = { ...named("flow", weights), shift: Float64Array.of(0.1, -0.2) };
const EVENTS = 5;
const sample = {
  count: EVENTS,
  columns: {
    y: Float64Array.from({ length: 2 * EVENTS }, (_, i) => Math.sin(i)),
    x: Float64Array.from({ length: 3 * EVENTS }, (_, i) => Math.cos(i)),
  },
};

/** A flow that stays what it is, of y moved by a shift that is trained, and of y moved further; as it is without training. */
const traced = (tape: Tape) => {
  const flow = bindFlow(tape, architecture, "flow");
  const [y, x] = [tape.column("y", [2]), tape.column("x", [3])];
  const shift = tape.parameter("shift", [2]);
  const logProb = add(flow.logProb(add(y, shift), x), flow.logProb(add(add(y, shift), 0.5), x));
  return { loss: neg(reshape(sumEvents(logProb), [])), shift };
};

const model: ModelBuilder = (tape) => {
  const { loss, shift } = traced(tape);
  return { loss, trainable: [{ parameters: [shift], optimiser: adam({ learningRate: 0.01 }) }] };
};

/** What a backend is asked to compile. */
async function requested(): Promise<ProgramRequest> {
  const backend = referenceBackend();
  let request: ProgramRequest | undefined;
  const listening: Backend = {
    ...backend,
    compile: (asked) => {
      request = asked;
      return backend.compile(asked);
    },
  };
  await trainingProgram(listening, model, { events: EVENTS }, initial, { part: 0, totalSteps: 1 });
  return request!;
}

/** Multiply-adds per event of the maps between hidden layers. */
function hiddenWork({ outputs, updates = {} }: ProgramRequest, transposed: boolean): number {
  const { nodes } = schedule([...Object.values(outputs), ...Object.values(updates)]);
  const maps = nodes.filter(({ operation }: Var) => operation.name === "linear" && operation.transposed === transposed);
  return maps.reduce((total, { operation, inputs }) => {
    const [rows, columns] = (inputs[1] as Var).shape as [number, number];
    // Half of the units see the context alone: maps from or to the outside have other sizes.
    if (Math.max(rows, columns) > HIDDEN || rows % 4 !== 0 || columns % 4 !== 0) return total;
    const { prefix } = operation as unknown as Attributes["linear"];
    return total + (prefix?.reduce((sum, length) => sum + length, 0) ?? rows * columns);
  }, 0);
}

test("units of a fixed network that see the context alone are computed once, and no derivative goes through them", async () => {
  const request = await requested();
  const quarter = (HIDDEN / 2) ** 2;
  // To them and from them to the others once, among the others twice.
  assert.is(hiddenWork(request, false), 4 * quarter);
  assert.is(hiddenWork(request, true), 2 * quarter);
});

test("the loss of a training is that of the model", async () => {
  const training = await trainingProgram(referenceBackend(), model, { events: EVENTS }, initial, {
    part: 0,
    totalSteps: 1,
  });
  await training.bind({ events: sample });
  const indices = { events: Int32Array.from({ length: EVENTS }, (_, i) => i) };
  const { loss } = await training.program.steps({ count: 1, indices, schedule: training.schedule(0, 1, () => 1) });
  const plain = await referenceBackend().compile({ outputs: { loss: traced(new Tape()).loss } });
  await plain.bind(sample.columns);
  await plain.write(initial);
  close(loss!, (await plain.run()).loss!, tolerances.f64, "loss");
});

test("a constant at the nominal values of a factorizable flow costs nothing", () => {
  const nuisances = [
    { nominal: 0.1, scale: 1 },
    { nominal: -0.2, scale: 1 },
  ];
  const tape = new Tape();
  const factorizable = factorizableFlow({ features: 2, context: 1, layers: 2, hidden: [4], nuisances });
  const flow = bindFactorizableFlow(tape, factorizable, "flow");
  const [y, x] = [tape.column("y", [2]), tape.column("x", [1])];
  assert.is(flow.toNominal(y, x, tape.constant([0.1, -0.2])).value, y);
  const maps = (nu: Var) => {
    const { nodes } = schedule([flow.toNominal(y, x, nu).value]);
    return nodes.filter(({ operation }) => operation.name === "linear").length;
  };
  assert.is(2 * maps(tape.constant([0.1, 0])), maps(tape.parameter("nu", [2])));
});

test.run();
