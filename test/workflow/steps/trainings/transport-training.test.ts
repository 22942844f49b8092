/** The events on which T is trained: as a replica weighs them, and as the flows see them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { EventData } from "../../../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import type { RunContext } from "../../../../workflow/context.js";
import { framed, replicaData } from "../../../../workflow/steps/trainings/transport-training.js";

const COUNT = 4000;
const x = Float64Array.from({ length: COUNT }, (_, i) => 1e7 + i);
const contextOf = (data: EventData, seed = 5) =>
  ({
    analysis: { configuration: { seed } },
    events: { data },
    backend: { precision: "f32" },
  }) as unknown as RunContext;
const weightsOf = (data: EventData, index: number, seed?: number) =>
  Array.from(replicaData(contextOf(data, seed), index).weights!);

test("a replica has the events of the data, with Poisson weights of mean 1 that follow from seed and index alone", () => {
  const data: EventData = { count: COUNT, x };
  const weights = weightsOf(data, 0);
  assert.is(replicaData(contextOf(data), 0).x, x);
  assert.ok(weights.every((weight) => Number.isInteger(weight) && weight >= 0));
  // Mean and variance of Poisson(1), within five standard errors: of the mean 1/√n, of the variance √(3/n).
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / COUNT;
  const variance = weights.reduce((sum, weight) => sum + (weight - mean) ** 2, 0) / (COUNT - 1);
  assert.ok(Math.abs(mean - 1) < 5 / Math.sqrt(COUNT), `${mean}`);
  assert.ok(Math.abs(variance - 1) < 5 * Math.sqrt(3 / COUNT), `${variance}`);
  assert.equal(weightsOf(data, 0), weights);
  assert.not.equal(weightsOf(data, 1), weights);
  assert.not.equal(weightsOf(data, 0, 6), weights);
});

test("weights of the data, of either sign, are multiplied by those of the replica", () => {
  const own = Float64Array.from({ length: COUNT }, (_, i) => (i % 7 === 0 ? -0.5 : 2));
  const counts = weightsOf({ count: COUNT, x }, 3);
  assert.equal(
    weightsOf({ count: COUNT, x, weights: own }, 3),
    counts.map((count, i) => count * own[i]!),
  );
});

test("what T is trained on is shifted and scaled in f64 before it becomes f32", () => {
  const model = { frame: { x: { shift: [1e7], scale: [2] } } } as unknown as MixtureModel;
  const seen = framed(contextOf({ count: COUNT, x }), model, { count: COUNT, x });
  assert.instance(seen.x, Float32Array);
  assert.equal(
    Array.from(seen.x.subarray(0, 4)),
    [0, 0.5, 1, 1.5],
    "f32 alone holds multiples of 1 at 10^7, and these numbers exactly",
  );
});

test.run();
