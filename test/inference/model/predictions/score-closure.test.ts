/** Closure by scores against Gaussians, for which fits are known in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../../../flows/architecture/architecture.js";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import { fullVector } from "../../../../inference/model/predictions/process-samples.js";
import {
  biasVerdict,
  type EstimatedBias,
  estimatedBias,
  scoreClosure,
  significantAmong,
} from "../../../../inference/model/predictions/score-closure.js";
import { openSampler, withoutTransport } from "../../../../inference/model/sampling/sampling.js";
import { testBackends } from "../../../support/backends.js";
import { gaussianModel } from "../../../support/gaussian-mixture.js";
import { randomNumbers } from "../../../support/random-numbers.js";
import { withBackend } from "../../with-backend.js";

const { create } = testBackends().find(({ name }) => name.startsWith("cpu"))!;

/** Nominal x = x - MOVE ν. */
const MOVE = 0.1;
const YIELD = 500;

/** One process, x normal of width 1 about MOVE ν; a rate of 10%. */
const normalModel = ((): MixtureModel => {
  const nominal = autoregressiveFlow({
    features: 1,
    context: 1,
    hidden: [2],
    transforms: 1,
    transform: { kind: "affine" },
  });
  const morph = factorizableFlow({
    features: 1,
    context: 1,
    hidden: [2],
    layers: 1,
    nuisances: [{ nominal: 0, scale: 1, linearOnly: true }],
    pairs: [],
  });
  const weights = initialise(morph, 1, { identity: true });
  weights.set("transforms.0.nuisances.0.1.bias", { shape: [2], data: Float64Array.from([0, -MOVE]) });
  return {
    processes: [{ name: "only", logYield: Math.log(YIELD) }],
    nuisances: [
      { name: "move", kind: "shape", nominal: 0, acts: [true] },
      { name: "rate", kind: "rate", nominal: 0, logFactors: [Math.log(1.1)] },
    ],
    x: {
      nominal: { architecture: nominal, weights: initialise(nominal, 1, { identity: true }) },
      morph: { architecture: morph, weights },
    },
  };
})();

function normals(purpose: string, count: number, mean: number): Float32Array {
  const values = new Float32Array(count);
  fillNormal(randomKey(11, purpose), 0, values);
  return values.map((value) => value + mean);
}

const common = { form: "joint", extended: true } as const;

/** Of samples at ν = (1, 0) whose events are displaced. */
async function biasesAt(backend: Backend, displaced: readonly Float32Array[], weights?: Float64Array) {
  const points = displaced.map((x) => ({ nu: [1, 0], samples: [{ count: x.length, x, ...(weights && { weights }) }] }));
  const found = await scoreClosure({ ...common, backend, model: normalModel, points });
  return found.map((own) => estimatedBias(own, ["move", "rate"])!);
}

test("a density that is displaced moves the estimate by as much as in closed form (seed 11)", () =>
  withBackend(create, async (backend) => {
    const [delta, count] = [0.03, 400_000];
    const [found] = await biasesAt(backend, [normals("displaced", count, MOVE + delta)]);
    // The mean of x is MOVE ν, its error 1/√N: -ln L = N (MOVE ν - mean)²/2 + (ν - 1)²/2.
    const information = YIELD * MOVE ** 2;
    const shift = (information / (information + 1)) * (delta / MOVE);
    const error = information / (information + 1) / (MOVE * Math.sqrt(count));
    assert.ok(Math.abs(found!.bias[0]! - shift) < 5 * error, `${found!.bias[0]} for ${shift}`);
    assert.ok(Math.abs(found!.error[0]! / error - 1) < 0.03, `${found!.error[0]} for ${error}`);
    assert.ok(Math.abs(found!.sigma[0]! * Math.sqrt(information + 1) - 1) < 0.02);
    // The number of events is what it is. In the second order of δ, the curvature of displaced events ties the rate to the shape.
    assert.ok(Math.abs(found!.bias[1]!) < 0.03 * found!.sigma[1]!, `${found!.bias[1]}`);
    const verdict = biasVerdict([found!], { nominal: [1, 0], estimate: [1, 0] })!;
    assert.is(verdict.passed, false);
    assert.ok(Math.abs(verdict.fit[0]!.bias - shift * Math.sqrt(information + 1)) < 0.05);
  }));

const SAMPLES = 300;

for (const isWeighted of [false, true]) {
  const what = isWeighted ? "with weights, a tenth of them negative, " : "";
  test(`${what}the error is that of the simulation: 300 samples, false alarm 1e-4 (seed 11)`, () =>
    withBackend(create, async (backend) => {
      const random = randomNumbers(3);
      const count = 600;
      const weights = Float64Array.from({ length: count }, () => (random() < 0.1 ? -0.8 : 0.5 + random()));
      const samples = Array.from({ length: SAMPLES }, (_, i) => normals(`exact/${i}`, count, MOVE));
      const found = await biasesAt(backend, samples, isWeighted ? weights : undefined);
      const pulls = found.map(({ bias, error }) => bias[0]! / error[0]!);
      const mean = pulls.reduce((sum, value) => sum + value, 0) / SAMPLES;
      const square = pulls.reduce((sum, value) => sum + value ** 2, 0) / SAMPLES;
      assert.ok(Math.abs(mean) < 4 / Math.sqrt(SAMPLES), `mean ${mean}`);
      assert.ok(Math.abs(square - 1) < 4 * Math.sqrt(2 / SAMPLES), `square ${square}`);
    }));
}

for (const extended of [true, false]) {
  for (const form of ["joint", "conditional"] as const) {
    test(`three processes of exact densities have no gradient, ${form}, ${extended ? "" : "not "}extended (seed 5, false alarm 1e-3)`, () =>
      withBackend(create, async (backend) => {
        const model = withoutTransport(gaussianModel);
        const sampler = await openSampler(backend, model);
        const nu = fullVector(model, [0.8, -0.5, 0.6]);
        const samples = [];
        for (const process of [0, 1, 2]) {
          const x = await sampler.sampleX(process, nu, 4000, { seed: 5, purpose: `x/${process}` });
          const y = await sampler.sampleY(process, nu, x, { seed: 5, purpose: `y/${process}` });
          samples.push({ count: 4000, x, y });
        }
        await sampler.close();
        const points = [{ nu, samples }];
        const [found] = await scoreClosure({
          backend,
          model,
          form,
          extended,
          observed: extended ? undefined : 90,
          points,
        });
        const size = nu.length;
        const scatter = found!.gradientCovariance;
        for (let k = 0; k < size; k++) {
          const error = Math.sqrt(scatter[k * size + k]!);
          assert.ok(Math.abs(found!.gradient[k]!) < 4 * error + 1e-5, `${k}: ${found!.gradient[k]} ± ${error}`);
        }
        assert.is(found!.events, 12_000);
      }));
  }
}

const exact = (bias: number[], error: number[], nu = [0, 0]): EstimatedBias => ({
  nu,
  events: 100,
  bias,
  error,
  sigma: [0.2, 1],
});

const atNominal = { nominal: [0, 0], estimate: [0, 0] };

test("a bias fails where it is more than half of an error, and no chance", () => {
  // Two tests at 0.001: Φ(-z) = 0.0005 / 2.
  assert.ok(Math.abs(significantAmong(2) - 3.4807) < 0.001);
  assert.ok(Math.abs(significantAmong(1) - 3.2905) < 0.001);
  const passed = (bias: number[], error: number[]) => biasVerdict([exact(bias, error)], atNominal)!.passed;
  assert.is(passed([0.09, 0.4], [0.001, 0.01]), true);
  assert.is(passed([0.11, 0.4], [0.001, 0.01]), false);
  assert.is(passed([0.6, 0], [0.2, 0.1]), true);
  const { visible } = biasVerdict([exact([0, 0], [0.2, 0.1])], atNominal)!;
  assert.ok(Math.abs(visible[0]! - 3.4807) < 0.001);
  assert.is(visible[1], 0.5);
  // In units of errors that are quoted elsewhere.
  const quoted = { ...atNominal, quoted: [0.5, 1] };
  assert.is(biasVerdict([exact([0.11, 0.4], [0.001, 0.01])], quoted)!.passed, true);
  assert.is(biasVerdict([], atNominal), undefined);
});

test("the bias at the estimate is interpolated between the points that move one nuisance, no further than these", () => {
  const points = [
    exact([0.1, 0.2], [0.01, 0.02]),
    exact([0.5, 0.6], [0.02, 0.03], [1, 0]),
    exact([-0.3, 0], [0.03, 0.04], [-1, 0]),
    exact([0.7, 0.9], [0.05, 0.01], [0, 2]),
    exact([9, 9], [9, 9], [1, 2]),
  ];
  const found = (estimate: number[]) =>
    biasVerdict(points, { nominal: [0, 0], estimate, quoted: [1, 1] })!.fit.map(({ bias, error }) => [bias, error]);
  const near = (estimate: number[], wanted: number[][]) => {
    for (const [k, own] of found(estimate).entries()) {
      for (const i of [0, 1])
        assert.ok(Math.abs(own[i]! - wanted[k]![i]!) < 1e-12, `${estimate}: ${own} for ${wanted[k]}`);
    }
  };
  near(
    [0, 0],
    [
      [0.1, 0.01],
      [0.2, 0.02],
    ],
  );
  near(
    [0.5, 0],
    [
      [0.3, 0.015],
      [0.4, 0.025],
    ],
  );
  near(
    [-0.5, 0],
    [
      [-0.1, 0.02],
      [0.1, 0.03],
    ],
  );
  near(
    [3, 0],
    [
      [0.5, 0.02],
      [0.6, 0.03],
    ],
  );
  // Half of the way to either; on the other side of a point that has no counterpart, the way back.
  near(
    [0.5, 1],
    [
      [0.1 + 0.2 + 0.3, 0.01 + 0.025],
      [0.2 + 0.2 + 0.35, 0.015 + 0.005],
    ],
  );
  near(
    [0, -1],
    [
      [0.1 - 0.3, 0.015 + 0.025],
      [0.2 - 0.35, 0.03 + 0.005],
    ],
  );
});

test("refuses points that lack a process or a nuisance", () =>
  withBackend(create, async (backend) => {
    const refused = async (nu: number[], message: RegExp) => {
      try {
        await scoreClosure({ ...common, backend, model: normalModel, points: [{ nu, samples: [] }] });
        assert.unreachable();
      } catch (error) {
        assert.match((error as Error).message, message);
      }
    };
    await refused([0, 0], /^scoreClosure: expected events of each of 1 processes, got 0 samples$/);
    await refused([0], /^scoreClosure: expected one finite number for each of 2 nuisances \(move, rate\), got \[0\]$/);
  }));

test.run();
