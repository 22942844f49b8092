/** Points of ν at which step 2 trains. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { adam } from "../../../../flows/training/optimiser.js";
import {
  memberTransports,
  type NodeLaw,
  responseSample,
  responseTraining,
} from "../../../../inference/measurements/distribution-of-interest/response-training.js";
import { dataSample } from "../../../../inference/measurements/distribution-of-interest/transport-training.js";
import { mixtureParameters, type ResponseSide } from "../../../../inference/model/mixture-model.js";
import { chiSquarePValue } from "../../../../inference/statistics/goodness/special-functions.js";
import { shiftModel } from "../../shift-model.js";

const near = (got: number, expected: number, tolerance: number) => Math.abs(got - expected) <= tolerance;

const count = 20_000;
const data = { count, x: new Float32Array(count), y: new Float32Array(count) };
const nodesOf = (law: NodeLaw, seed: number, epoch: number, purpose = "profile/nodes") =>
  responseSample(dataSample(data), law, { seed, purpose, epoch }).columns["data/delta"]!;

test("random points fill the range, quadrature takes its nodes with their weights (seed 3, false alarm 1e-6)", () => {
  const [first, second] = [0.3, 0.6];
  const random = nodesOf({ kind: "random", halfWidths: [first, first] }, 3, 0);
  assert.is(random.length, 2 * count);
  assert.ok(random.every((value) => Math.abs(value) < first));
  const square = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length;
  // <u²> = 1/3 on [-1, 1], variance of u² is 4/45: five standard deviations of the mean of 40 000.
  const tolerance = 5 * Math.sqrt(4 / 45 / (2 * count));
  assert.ok(near(square(random) / first ** 2, 1 / 3, tolerance));
  const both = nodesOf({ kind: "quadrature", halfWidths: [first, second], points: 3 }, 3, 0);
  const quadrature = Array.from(both, (value, i) => (i < count ? value : (value * first) / second));
  const values = [...new Set(quadrature.map(Math.fround))].sort((a, b) => a - b);
  assert.is(values.length, 3);
  assert.ok(near(values[2]!, first * Math.sqrt(0.6), 1e-7));
  assert.ok(near(square(quadrature) / first ** 2, 1 / 3, tolerance));
});

test("points change with the epoch, the seed and the purpose, and with nothing else", () => {
  const law = { kind: "random", halfWidths: [1] } as const;
  const draw = (...of: [seed: number, epoch: number, purpose?: string]) => Array.from(nodesOf(law, ...of));
  assert.equal(draw(1, 2), draw(1, 2));
  assert.not.equal(draw(1, 2), draw(1, 3));
  assert.not.equal(draw(1, 2), draw(2, 2));
  assert.not.equal(draw(1, 2), draw(1, 2, "profile/held out"));
});

test("each step draws the T of one member, all of them alike (seed 5, false alarm 1e-4)", () => {
  const members = [0, 1, 2].map((value) => new Map([["a", { shape: [1], data: Float64Array.of(value) }]]));
  const drawn = memberTransports(members, 5);
  const counts = [0, 0, 0];
  for (let step = 0; step < 3000; step++) counts[drawn(step)["transfer.a"]![0]!]! += 1;
  const chiSquared = counts.reduce((sum, seen) => sum + (seen - 1000) ** 2 / 1000, 0);
  assert.ok(chiSquarePValue(chiSquared, 2) > 1e-4, counts.join());
});

/** The loss of three events of a model of shifts. */
const [b, origin, t] = [0.4, 0.2, 0.6];
const y = [-1.3, 0.2, 2.1];
const delta = [0.3, -0.5, 0.1];
async function lossOf(r: number, actsOn: ResponseSide): Promise<number> {
  const model = shiftModel({ events: 3, a: [0.3], b: [b], t, r: [r], origin: [origin], actsOn });
  const tape = new Tape();
  const optimiser = adam({ learningRate: 1e-3 });
  const { loss } = responseTraining({ model, isWeighted: false, optimiser })(tape, { data: 3 });
  const program = await referenceBackend().compile({ outputs: { loss } });
  await program.write(mixtureParameters(model));
  await program.bind({
    "data/x": Float64Array.of(0.1, -0.7, 1.2),
    "data/y": Float64Array.from(y),
    "data/delta": Float64Array.from(delta),
  });
  return (await program.run()).loss![0]!;
}

/** One process: y + t + b ν_0 is standard normal, and moves by (r + b) δ with δ. log p less that at ν_0, of event i. */
const SLOPE = 0.5;
const change = (i: number, side: number) => {
  const z = y[i]! + t + b * origin;
  return (z * z - (z + side * SLOPE * delta[i]!) ** 2) / 2;
};

test("the loss is how much y still depends on nu: 0 where T undoes it all, else as in closed form", async () => {
  // The square of the rounding of log p.
  assert.ok(near(await lossOf(-b, "simulation"), 0, 1e-28));
  const expected = y.reduce((sum, _, i) => sum + (change(i, 1) ** 2 + change(i, -1) ** 2) / 2 / y.length, 0);
  assert.ok(near(await lossOf(SLOPE - b, "simulation"), expected, 1e-12), `${expected}`);
});

test("the loss of a response that acts on data is its likelihood less that at the origin, in closed form", async () => {
  // The rounding of log p.
  assert.ok(near(await lossOf(-b, "data"), 0, 1e-15));
  const expected = y.reduce((sum, _, i) => sum - (change(i, 1) + change(i, -1)) / 2 / y.length, 0);
  assert.ok(near(await lossOf(SLOPE - b, "data"), expected, 1e-12), `${expected}`);
});

test.run();
