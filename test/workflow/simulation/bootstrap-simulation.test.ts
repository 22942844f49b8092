/** Draws of simulated events: Poisson numbers that follow from names and counts alone, the same for variations of the same events. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { SimulatedEvents } from "../../../inference/model/sampling/simulated-events.js";
import { bootstrapSimulation } from "../../../workflow/simulation/bootstrap-simulation.js";
import type { Simulation } from "../../../workflow/simulation/simulation.js";
import { FILES, read } from "../configuration/sources.js";

const configuration = read(FILES);
const SHAPES = Object.values(configuration.nuisances).filter(({ kind }) => kind === "shape").length;
const at = (first: number) => Array.from({ length: SHAPES }, (_, k) => (k === 0 ? first : 0));

/** x is the number of the event. */
function sample(first: number, count: number, more: Partial<SimulatedEvents> = {}): SimulatedEvents {
  return { process: 0, at: at(first), count, x: Float64Array.from({ length: count }, (_, i) => i), ...more };
}

function simulationOf(training: readonly SimulatedEvents[], heldOut: readonly SimulatedEvents[] = []): Simulation {
  return {
    anchors: training.map(({ process, at: point }) => ({ process, at: point })),
    training: async () => training,
    validation: async () => heldOut,
    test: async () => [],
    digest: () => "events",
  } as unknown as Simulation;
}

const trained = async (samples: readonly SimulatedEvents[], replica: number) => {
  const { simulation } = await bootstrapSimulation(configuration, simulationOf(samples), replica);
  return simulation.training("", simulation.anchors, 0, 1);
};

// Mean and variance of 20 000 Poisson numbers of mean 1 are known to 0.007 and 0.017 (4th moment 4): five standard deviations.
test("events are drawn a Poisson number of times: mean and variance 1 (false alarm 1e-6)", async () => {
  const count = 20_000;
  const [drawn] = await trained([sample(0, count)], 0);
  const times = new Float64Array(count);
  for (let i = 0; i < drawn!.count; i++) times[drawn!.x[i]!] = drawn!.weights![i]!;
  const mean = times.reduce((sum, n) => sum + n, 0) / count;
  const variance = times.reduce((sum, n) => sum + (n - mean) ** 2, 0) / count;
  assert.ok(Math.abs(mean - 1) < 0.036, `${mean}`);
  assert.ok(Math.abs(variance - 1) < 0.087, `${variance}`);
  // Those that are not drawn are not there.
  assert.ok(Math.abs(drawn!.count / count - (1 - Math.exp(-1))) < 0.018);
});

test("draws multiply weights of either sign; replicas, points and files of one point differ", async () => {
  const weights = Float64Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? -0.5 : 2));
  const [weighted] = await trained([sample(0, 100, { weights })], 3);
  const [plain, second, moved] = await trained([sample(0, 100), sample(0, 100), sample(1, 100)], 3);
  const expected = Float64Array.from(plain!.weights!, (n, i) => n * weights[plain!.x[i]!]!);
  assert.equal(weighted!.weights, expected);
  const [other] = await trained([sample(0, 100)], 4);
  for (const own of [second, moved, other]) assert.not.equal(own!.weights, plain!.weights);
  // Whatever else there is.
  const [, again] = await trained([sample(1, 100), sample(0, 100)], 3);
  assert.equal(again!.weights, plain!.weights);
});

test("variations of the same events are drawn alike, and are variations of what is drawn", async () => {
  const nominal = sample(0, 200);
  const varied = sample(1, 200, { x: Float64Array.from({ length: 200 }, (_, i) => i + 0.5), nominal });
  const [own, others] = await trained([nominal, varied], 1);
  assert.equal(
    others!.x,
    Float64Array.from(own!.x, (value) => value + 0.5),
  );
  assert.equal(others!.weights, own!.weights);
  assert.is(others!.nominal!.x, own!.x);
});

test("sums of weights are those of all events, held-out ones too; a training chooses no epoch; the digest names the replica", async () => {
  const [training, heldOut] = [[sample(0, 900), sample(1, 900)], [sample(0, 100)]];
  const { simulation, sumRatio } = await bootstrapSimulation(configuration, simulationOf(training, heldOut), 2);
  const [own] = await simulation.training("", [simulation.anchors[0]!], 0, 1);
  const drawn = Array.from(own!.weights!).reduce((sum, n) => sum + n, 0);
  const alone = await bootstrapSimulation(configuration, simulationOf(training), 2);
  assert.is(alone.sumRatio(0, at(0)), drawn / 900);
  assert.is.not(sumRatio(0, at(0)), drawn / 900);
  assert.ok(Math.abs(1000 * sumRatio(0, at(0)) - drawn - 100) < 60);
  assert.is(await simulation.validation(simulation.anchors), undefined);
  const other = await bootstrapSimulation(configuration, simulationOf(training, heldOut), 3);
  assert.is(simulation.digest([], "x"), alone.simulation.digest([], "x"));
  assert.is.not(simulation.digest([], "x"), other.simulation.digest([], "x"));
});

test.run();
