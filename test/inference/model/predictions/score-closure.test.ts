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
    // The error is that of 128 parts, known to 6%.
    assert.ok(Math.abs(errorOf(found!) / error - 1) < 0.25, `${errorOf(found!)} for ${error}`);
    assert.ok(Math.abs(found!.sigma[0]! * Math.sqrt(information + 1) - 1) < 0.02);
    // The number of events is what it is. In the second order of δ, the curvature of displaced events ties the rate to the shape.
    assert.ok(Math.abs(found!.bias[1]!) < 0.03 * found!.sigma[1]!, `${found!.bias[1]}`);
    const verdict = biasVerdict([found!], { nominal: [1, 0], estimate: [1, 0] })!;
    assert.is(verdict.passed, false);
    assert.ok(Math.abs(verdict.fit[0]!.bias - shift * Math.sqrt(information + 1)) < 0.05);
  }));

/** Of the first nuisance. */
const errorOf = ({ parts }: EstimatedBias) => Math.hypot(...parts.map((part) => part[0]!));

test("points that share events share their fluctuation (seed 11)", () =>
  withBackend(create, async (backend) => {
    const x = normals("shared", 5000, MOVE);
    const own = { count: x.length, x };
    const points = [0, 1].map((move) => ({ nu: [move, 0], samples: [own] }));
    const [here, there] = await scoreClosure({ ...common, backend, model: normalModel, points });
    // g = MOVE (x - MOVE ν): at every ν the same, but for its mean.
    const largest = Math.max(...here!.parts.map(Math.abs));
    assert.ok(largest > 0.1, `${largest}`);
    for (const [i, part] of here!.parts.entries()) {
      assert.ok(Math.abs(part - there!.parts[i]!) < 1e-3 * largest, `${part} for ${there!.parts[i]}`);
    }
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
      const pulls = found.map((own) => own.bias[0]! / errorOf(own));
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
        for (let k = 0; k < size; k++) {
          const error = Math.hypot(...found!.parts.filter((_, i) => i % size === k));
          assert.ok(Math.abs(found!.gradient[k]!) < 4 * error + 1e-5, `${k}: ${found!.gradient[k]} ± ${error}`);
        }
        assert.is(found!.events, 12_000);
      }));
  }
}

/** @param part  the one of nine that has all of the events: points of the same one share them, others are independent */
const exact = (bias: number[], error: number[], nu = [0, 0], part = 0): EstimatedBias => ({
  nu,
  events: 100,
  bias,
  parts: Array.from({ length: 9 }, (_, p) => (p === part ? error : [0, 0])),
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
    exact([0.5, 0.6], [0.02, 0.03], [1, 0], 1),
    exact([-0.3, 0], [0.03, 0.04], [-1, 0], 2),
    exact([0.7, 0.9], [0.05, 0.01], [0, 2], 0),
    exact([9, 9], [9, 9], [1, 2], 4),
  ];
  const near = (estimate: number[], ...wanted: [bias: number, error: number][]) => {
    const { fit } = biasVerdict(points, { nominal: [0, 0], estimate, quoted: [1, 1] })!;
    for (const [k, { bias, error }] of fit.entries()) {
      const [wantedBias, wantedError] = wanted[k]!;
      assert.ok(Math.abs(bias - wantedBias) < 1e-12, `${estimate}: ${bias} for ${wantedBias}`);
      assert.ok(Math.abs(error - wantedError) < 1e-12, `${estimate}: ${error} for ${wantedError}`);
    }
  };
  near([0, 0], [0.1, 0.01], [0.2, 0.02]);
  near([0.5, 0], [0.3, Math.hypot(0.005, 0.01)], [0.4, Math.hypot(0.01, 0.015)]);
  near([-0.5, 0], [-0.1, Math.hypot(0.005, 0.015)], [0.1, Math.hypot(0.01, 0.02)]);
  near([3, 0], [0.5, 0.02], [0.6, 0.03]);
  // Half of the way to either; the third point has the events of the nominal one, whose weight is zero here.
  near([0.5, 1], [0.1 + 0.2 + 0.3, Math.hypot(0.01, 0.025)], [0.2 + 0.2 + 0.35, Math.hypot(0.015, 0.005)]);
  // On the other side of a point that has no counterpart, the way back; of events that are shared, errors cancel.
  near([0, -1], [0.1 - 0.3, 0.025 - 0.015], [0.2 - 0.35, 0.03 - 0.005]);
});

const MANY = 20;
const ANALYSES = 300;

/** Closure of twenty nuisances with the points ±1 of each: errors of a twentieth of σ at every point, independent, each by 64 parts. */
function manyBiases(seed: number, bias: number) {
  const parts = 64;
  const nuAt = (k: number, value: number) => Array.from({ length: MANY }, (_, l) => (l === k ? value : 0));
  const points = [nuAt(0, 0), ...Array.from({ length: MANY }, (_, k) => [nuAt(k, 1), nuAt(k, -1)]).flat()];
  const estimate = new Float64Array(MANY);
  fillNormal(randomKey(seed, "estimate"), 0, estimate);
  const estimates = points.map((nu, i): EstimatedBias => {
    // The nominal sample is larger.
    const error = (i === 0 ? 0.05 / Math.sqrt(MANY) : 0.05) / Math.sqrt(parts);
    const drawn = new Float64Array(parts * MANY);
    fillNormal(randomKey(seed, `point ${i}`), 0, drawn);
    const own = Array.from({ length: parts }, (_, p) =>
      Array.from(drawn.subarray(p * MANY, (p + 1) * MANY), (z) => error * z),
    );
    const sums = nu.map((_, k) => own.reduce((sum, part) => sum + part[k]!, 0));
    return {
      nu,
      events: 100,
      bias: sums.map((sum, k) => sum + (k === 0 ? bias : 0)),
      parts: own,
      sigma: nu.map(() => 1),
    };
  });
  return biasVerdict(estimates, { nominal: nuAt(0, 0), estimate: Array.from(estimate) })!;
}

test("with twenty nuisances a bias of 2 σ is seen in 300 of 300 analyses; without any the pulls are 1 wide, a false alarm of 1e-4", () => {
  let [square, seen] = [0, 0];
  for (let seed = 0; seed < ANALYSES; seed++) {
    const { fit, passed } = manyBiases(seed, 0);
    assert.ok(passed, `seed ${seed}`);
    square += fit.reduce((sum, { bias, error }) => sum + (bias / error) ** 2 / MANY, 0) / ANALYSES;
    // Their sum, Σ |t| / 20 and more for normal t, would be 0.6 or so, and a bias of 2.5 the least that is seen.
    assert.ok(fit[0]!.error < 0.35, `${fit[0]!.error}`);
    if (!manyBiases(seed, 2).passed) seen++;
  }
  // Pulls by 64 parts have a mean square of 63 / 61, each mean of twenty of them a relative error of √(2 / 20) and a few percent.
  assert.ok(Math.abs(square - 63 / 61) < 4 * Math.sqrt(2 / (MANY * ANALYSES)), `${square}`);
  assert.is(seen, ANALYSES);
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
