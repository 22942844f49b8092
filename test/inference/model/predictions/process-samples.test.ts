/** Simulation by points. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  fullVector,
  isMovedBy,
  joinedByPoint,
  simulatedPoints,
  thinned,
} from "../../../../inference/model/predictions/process-samples.js";
import type { SimulatedEvents } from "../../../../inference/model/sampling/simulated-events.js";
import { gaussianModel } from "../../../support/gaussian-mixture.js";

/** Shapes are scale (all processes), tilt (the third, nominal 0.3), modelling (the first). */
const sample = (process: number, at: readonly number[], first: number, weights?: Float64Array) => ({
  process,
  at,
  count: 2,
  x: Float32Array.from([first, first + 1]),
  y: Float32Array.from([0, 1, 2, 3, 4, 5]),
  ...(weights && { weights }),
});

const NOMINAL = [0, 0.3, 0];

test("a process that a point does not move has its nominal events there", () => {
  const events = [
    ...[0, 1, 2].map((process) => sample(process, NOMINAL, process)),
    sample(2, [0, 1.3, 0], 10),
    sample(0, [1, 0.3, 0], 20),
    sample(1, [1, 0.3, 0], 30),
  ];
  const points = simulatedPoints(gaussianModel, events);
  const firsts = points.map(({ at, samples }) => [at, samples.map((own) => own?.x[0])]);
  assert.equal(firsts, [
    [NOMINAL, [0, 1, 2]],
    [
      [0, 1.3, 0],
      [0, 1, 10],
    ],
    // The third is moved by scale, and was not simulated there.
    [
      [1, 0.3, 0],
      [20, 30, undefined],
    ],
  ]);
  assert.is(isMovedBy(gaussianModel, 2, [0, 1.3, 0]), true);
  assert.is(isMovedBy(gaussianModel, 1, [0, 1.3, 0]), false);
  assert.equal(fullVector(gaussianModel, [0, 1.3, 0]), [0, 0.2, 1.3, 0]);
});

test("samples of one process at one point are one, those without weights counting 1", () => {
  const [point] = simulatedPoints(gaussianModel, [
    sample(0, NOMINAL, 0),
    sample(0, NOMINAL, 5, Float64Array.from([0.5, -1])),
  ]);
  const { count, x, y, weights } = point!.samples[0]!;
  assert.is(count, 4);
  assert.equal([...x], [0, 1, 5, 6]);
  assert.equal([...y!], [0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5]);
  assert.equal([...weights!], [1, 1, 0.5, -1]);
});

test("fewer events are spread over the sample", () => {
  const whole = {
    count: 6,
    x: Float32Array.from([0, 1, 2, 3, 4, 5]),
    y: Float32Array.from([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15]),
    weights: Float64Array.from([1, 2, 3, 4, 5, 6]),
  };
  const { count, x, y, weights } = thinned(whole, 3);
  assert.is(count, 3);
  assert.equal(
    [[...x], [...y!], [...weights!]],
    [
      [0, 2, 4],
      [0, 2, 4, 10, 12, 14],
      [1, 3, 5],
    ],
  );
  assert.is(thinned(whole, 6), whole);
  assert.throws(() => thinned(whole, 0), /^thinned: expected at least one event to keep, got 0$/);
});

test("samples of each point are one, in the order of their files, with weights where some have them", () => {
  const sampleAt = (at: number, x: readonly number[], weights?: readonly number[]): SimulatedEvents => ({
    process: 1,
    at: [at],
    count: x.length,
    x: Float64Array.from(x),
    ...(weights && { weights: Float64Array.from(weights) }),
  });
  const joined = joinedByPoint([sampleAt(0, [1, 2]), sampleAt(1, [5]), sampleAt(0, [3], [-2])]);
  assert.equal(
    joined.map(({ process, at, count, x, weights }) => [process, at, count, [...x], weights && [...weights]]),
    [
      [1, [0], 3, [1, 2, 3], [1, 1, -2]],
      [1, [1], 1, [5], undefined],
    ],
  );
});

test.run();
