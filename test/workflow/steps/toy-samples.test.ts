/** Where toys of the samples are drawn: at points that every process was simulated at, with the yields of the model there. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import type { SimulatedEvents } from "../../../inference/model/sampling/simulated-events.js";
import type { Anchor } from "../../../inference/model/training/morph.js";
import { simulationAnchors } from "../../../workflow/configuration/analysis.js";
import type { RunContext } from "../../../workflow/context.js";
import { sampledPoints, sampledShapes, sampledToy } from "../../../workflow/steps/toy-samples.js";
import { FILES, read } from "../configuration/sources.js";

/** Two processes; tilt acts on the first alone, which has a sample of it; norm is a rate. */
const configuration = read(FILES);
const anchors = simulationAnchors(configuration);

/** Of an anchor two events whose x says its place among the anchors, in each of three parts. */
const eventsOf =
  (part: number) =>
  async (own: readonly Anchor[]): Promise<SimulatedEvents[]> =>
    own.map(({ process, at }) => {
      const place = anchors.findIndex((one) => one.process === process && one.at.join() === at.join());
      return {
        process,
        at,
        count: 2,
        x: Float32Array.of(place, place + 0.1 * part),
        y: new Float32Array(6).fill(place),
      };
    });
const context = {
  analysis: { file: "a.yaml", configuration },
  simulation: {
    anchors,
    training: async (_purpose: string, own: readonly Anchor[]) => eventsOf(1)(own),
    validation: eventsOf(2),
    test: eventsOf(3),
  },
} as unknown as RunContext;

/** Of 10 and 20 events; scale takes those of the first times 1.5 at +1, norm both by a tenth. */
const factor = { up: Math.log(1.5), down: null };
const none = { up: null, down: null };
const model = {
  x: {},
  processes: [
    { name: "signal", logYield: Math.log(10) },
    { name: "other", logYield: Math.log(20) },
  ],
  nuisances: [
    { name: "scale", kind: "shape", nominal: 0, acts: [true, true], acceptance: [factor, { up: 0, down: null }] },
    { name: "tilt", kind: "shape", nominal: 0, acts: [true, false], acceptance: [none, none] },
    { name: "norm", kind: "rate", nominal: 0, logFactors: [Math.log(1.1), Math.log(1.1)] },
  ],
} as unknown as MixtureModel;

test("points are those that every process has: a process on which a nuisance does not act has its nominal samples there", () => {
  assert.equal(sampledShapes(configuration, anchors), [
    [0, 0],
    [1, 0],
    [0, 1],
  ]);
  const without = anchors.filter(({ process, at }) => process === 0 || at[0] === 0);
  assert.equal(sampledShapes(configuration, without), [
    [0, 0],
    [0, 1],
  ]);
});

test("toys of all points have the yields of the model there, rates at their nominal values, and all parts of the samples", async () => {
  const points = await sampledPoints(context, model, undefined);
  assert.equal(
    points.map(({ name, truth }) => [name, truth]),
    [
      ["nominal", [0, 0, 0]],
      ["scale=1", [1, 0, 0]],
      ["tilt=1", [0, 1, 0]],
    ],
  );
  const [nominal, scale, tilt] = points;
  assert.equal(
    nominal!.yields.map((value) => value.toFixed(9)),
    ["10.000000000", "20.000000000"],
  );
  assert.equal(
    scale!.yields.map((value) => value.toFixed(9)),
    ["15.000000000", "20.000000000"],
  );
  // Signal at tilt = 1 is the third sample, the other process has its nominal one, the fourth.
  assert.equal(new Set(tilt!.samples.map(({ x }) => Math.floor(x[0]!))), new Set([2, 3]));
  assert.is(
    tilt!.samples.reduce((sum, { count }) => sum + count, 0),
    12,
  );
  // 20 expected of 6 simulated.
  assert.ok(Math.abs(tilt!.shared.shift - Math.sqrt(20 / 6)) < 1e-9);
  assert.ok(Math.abs(tilt!.chance - Math.sqrt((0.1 * 20) / 6 / 0.9)) < 1e-9, "a tenth is held out");
});

test("one point has any value of a rate, and a toy of it both observables of its own samples", async () => {
  const [point, ...others] = await sampledPoints(context, model, [1, 0, 2]);
  assert.is(others.length, 0);
  assert.equal(point!.truth, [1, 0, 2]);
  assert.ok(Math.abs(point!.yields[1]! - 20 * 1.1 ** 2) < 1e-9);
  const { count, x, y } = sampledToy(context, point!, 7);
  assert.is(y!.length, 3 * count);
  assert.ok(x.every((value: number) => [1, 4].includes(Math.floor(value))));
});

test("a point without samples is refused, with those that there are", async () => {
  let problem = "";
  try {
    await sampledPoints(context, model, [0.5, 0, 0]);
  } catch (error) {
    problem = (error as Error).message;
  }
  assert.match(
    problem,
    /--at: expected a point at which every process has samples: nominal; scale=1; tilt=1, got scale=0.5/,
  );
});

test.run();
