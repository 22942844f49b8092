/** Step 1 on Gaussian data that a shift has moved: an affine T must undo it, and the rate must settle where the yields say. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import { autoregressiveFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { updated } from "../../../../flows/networks/weights.js";
import { warmUpCosine } from "../../../../flows/training/learning-rate.js";
import { adam } from "../../../../flows/training/optimiser.js";
import { train } from "../../../../flows/training/training.js";
import { displacements } from "../../../../inference/measurements/distribution-of-interest/displacement.js";
import { responseTraining } from "../../../../inference/measurements/distribution-of-interest/response-training.js";
import {
  DATA,
  dataSample,
  initialNu,
  initialTransport,
  NU,
  releaseOfNu,
  transportTraining,
} from "../../../../inference/measurements/distribution-of-interest/transport-training.js";
import type { EventData } from "../../../../inference/model/likelihood/likelihood.js";
import { type MixtureModel, mixtureParameters } from "../../../../inference/model/mixture-model.js";
import { testBackends } from "../../../support/backends.js";
import { withBackend } from "../../with-backend.js";

const { create } = testBackends().find(({ name }) => name === "cpu f64")!;

const COUNT = 4000;
const SHIFT = [0.4, -0.3];
const EXPECTED = 3600;
const LOG_FACTOR = Math.log(1.1);

const standardNormal = (features: number, context: number) => {
  const architecture = autoregressiveFlow({
    features,
    context,
    hidden: [2],
    transforms: 1,
    transform: { kind: "affine" },
  });
  return { architecture, weights: initialise(architecture, 1, { identity: true }) };
};

/** Simulation: x and y standard normal, y in two dimensions; one process, whose rate is the only nuisance. */
const simulated: MixtureModel = {
  processes: [{ name: "only", logYield: Math.log(EXPECTED) }],
  nuisances: [{ name: "rate", kind: "rate", nominal: 0, logFactors: [LOG_FACTOR] }],
  x: { nominal: standardNormal(1, 1) },
  y: { nominal: standardNormal(2, 2) },
};

const architecture = autoregressiveFlow({
  features: 2,
  context: 2,
  hidden: [4],
  activation: "tanh",
  transforms: 1,
  transform: { kind: "affine" },
  standardisation: "both",
});

const normals = new Float64Array(3 * COUNT);
fillNormal(randomKey(12, "data"), 0, normals);
const data: EventData = {
  count: COUNT,
  x: normals.subarray(0, COUNT),
  y: normals.slice(COUNT).map((z, i) => z + SHIFT[Math.floor(i / COUNT)]!),
};

interface Fitted {
  readonly nu: number;
  /** T(y) - y [2, events] */
  readonly field: Float64Array;
}

/** @param perStep  when ν is free */
async function fit(of: EventData, perStep: (step: number) => Record<string, number[]>): Promise<Fitted> {
  const transport = initialTransport(architecture, of, 1, 7);
  const model: MixtureModel = { ...simulated, transport };
  const weights = of.weights;
  const observed = weights === undefined ? of.count : Array.from(weights).reduce((a, b) => a + b, 0);
  let result: Fitted | undefined;
  await withBackend(create, async (backend) => {
    const { parameters } = await train({
      backend,
      model: transportTraining({
        model,
        form: "joint",
        extended: true,
        isWeighted: weights !== undefined,
        observed,
        transport: adam({ learningRate: 0.02 }),
        nuisances: adam({ learningRate: 0.05 }),
      }),
      initial: { ...mixtureParameters(model), ...initialNu([START]) },
      data: { [DATA]: dataSample(of) },
      perStep,
      batch: of.count,
      epochs: STEPS,
      rate: warmUpCosine({ warmUpSteps: 10 }),
      seed: 7,
      purpose: "test",
    });
    const moved = {
      ...model,
      transport: { architecture, weights: updated("transfer", transport.weights, parameters) },
    };
    const { nominal } = await displacements({
      backend,
      model: moved,
      x: Float32Array.from(of.x),
      y: Float32Array.from(of.y!),
      count: of.count,
      points: [[0]],
    });
    result = { nu: parameters[NU]![0]!, field: nominal[0]! };
  });
  return result!;
}

/** Steps of the whole sample: gradient descent without noise. */
const STEPS = 400;
const START = 0.25;

/** dNLL/dθ = κ (N e^(κθ) - n) + θ = 0, by bisection: it rises with θ. */
function bestRate(observed: number): number {
  let [low, high] = [-5, 5];
  for (let i = 0; i < 60; i++) {
    const theta = (low + high) / 2;
    const slope = LOG_FACTOR * (EXPECTED * Math.exp(LOG_FACTOR * theta) - observed) + theta;
    if (slope > 0) high = theta;
    else low = theta;
  }
  return low;
}

/** Weighted means and variances of T(y) by feature. */
function momentsOfMoved({ field }: Fitted, { count, y, weights }: EventData) {
  return [0, 1].map((j) => {
    const weightOf = (i: number) => weights?.[i] ?? 1;
    const sum = (of: (value: number) => number) => {
      let [top, bottom] = [0, 0];
      for (let i = 0; i < count; i++) {
        top += weightOf(i) * of(y![j * count + i]! + field[j * count + i]!);
        bottom += weightOf(i);
      }
      return top / bottom;
    };
    const mean = sum((value) => value);
    return { mean, variance: sum((value) => (value - mean) ** 2) };
  });
}

test("T undoes the shift within its statistical error (seed 12, false alarm 2e-4), nu settles where the yields say", async () => {
  const fitted = await fit(data, releaseOfNu(STEPS / 2));
  for (const [j, { mean, variance }] of momentsOfMoved(fitted, data).entries()) {
    // The equations of the maximum: ∂/∂t and ∂/∂s of Σ log N(T(y)) |T'| are Σ T(y) = 0 and Σ T(y)(T(y) - t) = n.
    assert.ok(Math.abs(mean) < 2e-3, `mean of T(y_${j}): ${mean}`);
    assert.ok(Math.abs(variance - 1) < 0.02, `variance of T(y_${j}): ${variance}`);
    const own = fitted.field.subarray(j * COUNT, (j + 1) * COUNT);
    const displacement = own.reduce((sum, value) => sum + value, 0) / COUNT;
    const pull = (displacement + SHIFT[j]!) / (1 / Math.sqrt(COUNT));
    assert.ok(Math.abs(pull) < 4, `feature ${j} is moved by ${displacement}, ${pull} sigma from ${-SHIFT[j]!}`);
  }
  assert.ok(Math.abs(fitted.nu - bestRate(COUNT)) < 1e-3, `${fitted.nu}, ${bestRate(COUNT)}`);
});

test("weights of events: T brings the weighted mean to zero, the yields see the sum of weights", async () => {
  // Odd events count three times as much, and are moved further.
  const weights = Float64Array.from({ length: COUNT }, (_, i) => (i % 2 === 0 ? 0.5 : 1.5));
  const y = data.y!.map((value, i) => (i % 2 === 0 ? value : value + 0.5));
  const weighted = { ...data, y, weights };
  const fitted = await fit(weighted, releaseOfNu(STEPS / 2));
  for (const { mean, variance } of momentsOfMoved(fitted, weighted)) {
    assert.ok(Math.abs(mean) < 2e-3, `${mean}`);
    assert.ok(Math.abs(variance - 1) < 0.02, `${variance}`);
  }
  assert.ok(Math.abs(fitted.nu - bestRate(COUNT)) < 1e-3);
});

test("nu is fixed at its start until it is released", async () => {
  const { nu } = await fit(data, releaseOfNu(1e6));
  assert.is(nu, START);
  const release = releaseOfNu(1000);
  const values = [0, 599, 600, 999].map((step) => Object.values(release(step))[0]![0]);
  assert.equal(values, [0, 0, 1, 1]);
});

test("no T to train, no y to train it on: refused", () => {
  const optimiser = adam({ learningRate: 0.1 });
  const request = { form: "joint", extended: true, isWeighted: false, observed: 1 } as const;
  assert.throws(
    () => transportTraining({ ...request, model: simulated, transport: optimiser, nuisances: optimiser }),
    /transportTraining: expected a model with a T to train, got none\. Give it one with initialTransport/,
  );
  assert.throws(
    () => initialTransport(architecture, { count: 1, x: Float64Array.of(1) }, 1, 7),
    /frame of T: expected data with y, got x alone/,
  );
  assert.throws(
    () => responseTraining({ model: simulated, isWeighted: false, optimiser }),
    /responseTraining: expected a model with a response of T to train, got none\. Give it one with initialResponse/,
  );
});

test("T starts as the identity", () =>
  withBackend(create, async (backend) => {
    const model = { ...simulated, transport: initialTransport(architecture, data, 1, 7) };
    const y = Float32Array.from(data.y!);
    const { nominal } = await displacements({
      backend,
      model,
      x: Float32Array.from(data.x),
      y,
      count: COUNT,
      points: [[0]],
    });
    assert.ok(nominal[0]!.every((value) => Math.abs(value) < 1e-12));
  }));

test.run();
