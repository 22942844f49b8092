/** Sampling, closure and projections against Gaussians in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import { autoregressiveFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { displacements } from "../../../../inference/measurements/distribution-of-interest/displacement.js";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import { closureTests, inData } from "../../../../inference/model/predictions/closure.js";
import { type ClosureVerdict, closureVerdicts } from "../../../../inference/model/predictions/closure-verdicts.js";
import { fullVector } from "../../../../inference/model/predictions/process-samples.js";
import { project, sampleMixture } from "../../../../inference/model/predictions/projections.js";
import { openSampler, withoutTransport } from "../../../../inference/model/sampling/sampling.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { closedForm, gaussianModel } from "../../../support/gaussian-mixture.js";
import { withBackend } from "../../with-backend.js";

const { create } = testBackends().find(({ name }) => name.startsWith("cpu"))!;

/** One process, x and y standard normal in two dimensions, whatever the context. */
const standardNormal = ((): MixtureModel => {
  const flow = (context: number) => {
    const architecture = autoregressiveFlow({
      features: 2,
      context,
      hidden: [4],
      transforms: 1,
      transform: { kind: "affine" },
    });
    return { architecture, weights: initialise(architecture, 1, { identity: true }) };
  };
  return {
    processes: [{ name: "only", logYield: Math.log(1000) }],
    nuisances: [],
    x: { nominal: flow(1) },
    y: { nominal: flow(3) },
  };
})();

const COUNT = 4000;
function normals(purpose: string, shift: number): Float32Array {
  const values = new Float32Array(2 * COUNT);
  fillNormal(randomKey(5, purpose), 0, values);
  return values.map((value, i) => (i < COUNT ? value + shift : value));
}

async function verdictsOf(shiftX: number, shiftY: number): Promise<ClosureVerdict[]> {
  let verdicts: ClosureVerdict[] = [];
  await withBackend(create, async (backend) => {
    const sample = { count: COUNT, x: normals("x", shiftX), y: normals("y", shiftY) };
    const points = [{ at: [], samples: [sample] }];
    const tests = await closureTests({ backend, model: standardNormal, points, nominal: [], bins: 20, seed: 9 });
    // x: two features and their pair; y: two features, five pairs of which the last is one of them, and all four by a classifier.
    assert.is(tests.length, 3 + 8);
    verdicts = closureVerdicts(await inData(tests, standardNormal, undefined));
  });
  return verdicts;
}

test("closure passes where held-out events follow the flow (seed 9)", async () => {
  assert.equal(
    (await verdictsOf(0, 0)).map(({ of, part, by, tests, passed }) => [of, part, by, tests, passed]),
    [
      ["x", "nominal", "bins", 3, true],
      ["y", "nominal", "bins", 7, true],
      ["y", "nominal", "classifier", 1, true],
    ],
  );
});

test("closure fails for the observable that is moved by a fifth of its width, and says which feature (seed 9)", async () => {
  const [x, y] = await verdictsOf(0, 0.2);
  assert.is(x!.passed, true);
  assert.is(y!.passed, false);
  assert.equal(y!.worst.features[0], { of: "y", feature: 0 });
  // 1000 events that are moved by δ = 0.2 of their width differ by λ = 1000 (e^δ² - 1). Its error by 4000 events of either kind is
  // √(4 λ (1 + 1) 1000 / 4000 + 2 n (1000 · 2 / 4000)²) = 10, n = 24 bins.
  assert.ok(Math.abs(y!.worst.difference.lambda - 40) < 3 * 10, `${y!.worst.difference.lambda}`);
});

test("a dependence of four features is found and named where single features and pairs pass (seed 9)", () =>
  withBackend(create, async (backend) => {
    const count = 12_000;
    const model = { ...standardNormal, processes: [{ name: "only", logYield: Math.log(4000) }] };
    const columns = (purpose: string) => {
      const values = new Float32Array(2 * count);
      fillNormal(randomKey(5, purpose), 0, values);
      return values;
    };
    const [x, y] = [columns("three/x"), columns("three/y")];
    // y₂ has the sign of x₁ x₂ y₁ in 80% of the events: (1 + 0.6 sign) times the density that is right.
    for (let i = 0; i < count; i++) {
      const product = x[i]! * x[count + i]! * y[i]!;
      const isTurned = product * y[count + i]! < 0 && i % 5 < 3;
      if (isTurned) y[count + i] = -y[count + i]!;
    }
    const points = [{ at: [], samples: [{ count, x, y }] }];
    const tests = await inData(
      await closureTests({ backend, model, points, nominal: [], bins: 20, seed: 9 }),
      model,
      undefined,
    );
    const verdicts = closureVerdicts(tests);
    assert.equal(
      verdicts.map(({ of, by, passed }) => [of, by, passed]),
      [
        ["x", "bins", true],
        ["y", "bins", true],
        ["y", "classifier", false],
      ],
    );
    const { worst } = verdicts[2]!;
    assert.is(worst.features.length, 4);
    // 4000 events that differ by a = 0.6 of the density everywhere: λ = 4000 a², of which bins see a part.
    assert.ok(worst.difference.lambda > 0.3 * 4000 * 0.36 && worst.difference.lambda < 1.1 * 4000 * 0.36);
  }));

test("a morph is asked for all that a nuisance does, where a dependence of all features shows that it misses some (seed 9)", () =>
  withBackend(create, async (backend) => {
    const model = withoutTransport(gaussianModel);
    const nominal = model.nuisances.flatMap((own) => (own.kind === "shape" ? [own.nominal] : []));
    const at = nominal.map((value, k) => (k === 0 ? value + 0.3 : value));
    const count = 12_000;
    const sampler = await openSampler(backend, model);
    const drawnAt = async (shapes: readonly number[], purpose: string) => {
      const nu = fullVector(model, shapes);
      const x = await sampler.sampleX(0, nu, count, { seed: 9, purpose: `${purpose}/x` });
      return { count, x, y: await sampler.sampleY(0, nu, x, { seed: 9, purpose: `${purpose}/y` }) };
    };
    const [first, second] = [await drawnAt(nominal, "nominal"), await drawnAt(at, "moved")];
    await sampler.close();
    // Of y at the moved point, the third feature is on one side of its middle where the first two are on the same side of theirs.
    const middle = (j: number) => [...second.y.subarray(j * count, (j + 1) * count)].sort((a, b) => a - b)[count / 2]!;
    const middles = [0, 1, 2].map(middle);
    const broken = second.y.slice();
    for (let i = 0; i < count; i++) {
      const signs = middles.map((own, j) => Math.sign(second.y[j * count + i]! - own));
      if (i % 2 === 0 && signs[0]! * signs[1]! * signs[2]! < 0)
        broken[2 * count + i] = 2 * middles[2]! - broken[2 * count + i]!;
    }
    const morphOf = async (moved: typeof second) => {
      const points = [
        { at: nominal, samples: [first, undefined, undefined] },
        { at, samples: [moved, undefined, undefined] },
      ];
      const tests = await closureTests({ backend, model, points, nominal, bins: 20, seed: 9 });
      const own = tests.filter(({ of, part }) => of === "y" && part === "morph");
      const [together] = own.filter(({ by }) => by === "classifier");
      const largest = Math.max(...own.filter(({ by }) => by === "bins").map(({ variation }) => variation!.lambda));
      return { together: together!, largest };
    };
    const right = await morphOf(second);
    assert.ok(right.together.result.pValue! > 1e-4, `${right.together.result.pValue}`);
    assert.is(right.together.variation!.lambda, right.largest);
    const wrong = await morphOf({ ...second, y: broken });
    assert.ok(wrong.together.result.pValue! < 1e-6, `${wrong.together.result.pValue}`);
    assert.ok(wrong.together.difference.lambda > right.together.difference.lambda);
    assert.ok(wrong.together.variation!.lambda >= wrong.largest);
  }));

/** Mean and variance of x of the mixture by Simpson's rule on the closed form. */
function momentsOfX(nu: readonly number[]): { mean: number; variance: number } {
  const [low, high, n] = [-40, 40, 4000];
  const h = (high - low) / n;
  const sums = [0, 0, 0];
  for (let i = 0; i <= n; i++) {
    const x = low + i * h;
    const weight = i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2;
    const p = (weight * h * Math.exp(closedForm([x], [0, 0, 0], nu).ofX)) / 3;
    for (let k = 0; k < 3; k++) sums[k]! += p * x ** k;
  }
  const [norm, first, second] = sums as [number, number, number];
  assert.ok(Math.abs(norm - 1) < 1e-9);
  return { mean: first, variance: second - first ** 2 };
}

test("sampled mixtures have the moments of the closed form (seed 4, false alarm 1e-6)", () =>
  withBackend(create, async (backend) => {
    const nu = [0.7, -0.6, 0.9, -0.4];
    const sample = await sampleMixture({
      backend,
      model: withoutTransport(gaussianModel),
      nu,
      count: 30_000,
      withY: false,
      observed: 1,
      seed: 4,
      purpose: "test",
    });
    const sums = [0, 0, 0];
    for (const { x, weight } of sample.processes) {
      for (const value of x) for (let k = 0; k < 3; k++) sums[k]! += weight * value ** k;
    }
    const [total, mean, square] = sums as [number, number, number];
    const expected = momentsOfX(nu);
    assert.ok(Math.abs(total - 1) < 1e-9);
    assert.ok(Math.abs(mean - expected.mean) < 5 * Math.sqrt(expected.variance / 30_000));
    // A mixture of Gaussians has a kurtosis of a few at most: its fourth moment is below 10 variances squared.
    assert.ok(Math.abs(square - mean ** 2 - expected.variance) < 5 * expected.variance * Math.sqrt(10 / 30_000));
  }));

test("what T does to sampled y brings back y without T: the same random numbers", () =>
  withBackend(create, async (backend) => {
    const nu = [0.2, 0.1, -0.3, 0.4];
    const x = Float32Array.from({ length: 50 }, (_, i) => i / 25 - 1);
    const stream = { seed: 2, purpose: "y" };
    const data = await openSampler(backend, gaussianModel);
    const simulated = await openSampler(backend, withoutTransport(gaussianModel));
    const y = await data.sampleY(1, nu, x, stream);
    const bare = await simulated.sampleY(1, nu, x, stream);
    await data.close();
    await simulated.close();
    const { nominal, shifts } = await displacements({
      backend,
      model: gaussianModel,
      x,
      y,
      count: 50,
      points: [nu, nu],
    });
    for (let i = 0; i < y.length; i++) assert.ok(Math.abs(y[i]! + nominal[1]![i]! - bare[i]!) < 1e-4);
    assert.ok(shifts[0]!.every((field) => field.every((value) => value === 0)));
  }));

for (const { name, create } of testBackends()) {
  test(`an identity flow gives the normals of its stream on ${name}`, () =>
    withBackend(create, async (backend) => {
      const sampler = await openSampler(backend, standardNormal);
      const wanted = normals("identity", 0);
      // A GPU makes its own.
      const relative = name === "webgpu" ? 1e-6 : 0;
      const x = await sampler.sampleX(0, [], COUNT, { seed: 5, purpose: "identity" });
      close(x, wanted, { absolute: 0, relative }, "x");
      close(await sampler.sampleY(0, [], x, { seed: 5, purpose: "identity" }), wanted, { absolute: 0, relative }, "y");
      await sampler.close();
    }));
}

test("y varies with nu where x does not", () =>
  withBackend(create, async (backend) => {
    const nu = [0.7, -0.6, 0.9, -0.4];
    const x = Float32Array.from({ length: 20 }, (_, i) => i / 10 - 1);
    const stream = { seed: 2, purpose: "y" };
    const whole = await openSampler(backend, gaussianModel);
    const still = await openSampler(backend, { ...gaussianModel, x: { nominal: gaussianModel.x.nominal } });
    assert.equal(await still.sampleY(2, nu, x, stream), await whole.sampleY(2, nu, x, stream));
    const nominalValues = gaussianModel.nuisances.map(({ nominal }) => nominal);
    assert.equal(await still.sampleX(2, nu, 20, stream), await whole.sampleX(2, nominalValues, 20, stream));
    await whole.close();
    await still.close();
  }));

test("processes and points that a model does not have are refused", () =>
  withBackend(create, async (backend) => {
    const sampler = await openSampler(backend, standardNormal);
    const stream = { seed: 1, purpose: "none" };
    const { y: _, ...ofX } = standardNormal;
    const withoutY = await openSampler(backend, ofX);
    const cases = [
      [() => sampler.sampleX(1, [], 3, stream), /sampler: expected a process from 0 to 0, got 1/],
      [() => sampler.sampleX(0, [0.5], 3, stream), /sampler: expected one finite number for each of 0 nuisances/],
      [
        () => withoutY.sampleY(0, [], new Float32Array(2), stream),
        /sampler: expected a model with a density of y, got one of x/,
      ],
    ] as const;
    for (const [draw, message] of cases) {
      try {
        await draw();
        assert.unreachable(`${message}`);
      } catch (error) {
        assert.match((error as Error).message, message);
      }
    }
    await sampler.close();
    await withoutY.close();
  }));

test("projections count every event of the data and of the mixture", async () => {
  const data = { count: COUNT, x: normals("x", 0), y: normals("y", 0) };
  await withBackend(create, async (backend) => {
    const common = { backend, model: standardNormal, nu: [], withY: true, seed: 6, purpose: "after" };
    const sample = await sampleMixture({ ...common, count: 20_000, observed: COUNT });
    const projections = project(data, [sample], 16, 1);
    assert.is(projections.length, 4);
    for (const { observed, predictions } of projections) {
      const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
      assert.is(sum(observed.sums), COUNT);
      assert.ok(Math.abs(sum(predictions[0]!.expected.sums) - COUNT) < 1e-6 * COUNT);
      assert.ok(predictions[0]!.result.pValue! > 1e-4);
    }
  });
});

test.run();
