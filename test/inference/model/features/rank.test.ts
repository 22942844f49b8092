/** The density that a rank gives a feature, φ(g(x)) g'(x), against exact ones: the standard normal density stands in for that of a flow. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, fillUniform, randomKey } from "../../../../engine/random/random.js";
import { edgesOf } from "../../../../inference/model/features/choose-transform.js";
import { logNormalDensity } from "../../../../inference/model/features/normal-tail.js";
import { fitRank, rankMap } from "../../../../inference/model/features/rank.js";
import { type WeightedSample, weightedSample } from "../../../../inference/model/features/weighted-sample.js";
import { distributions, type ExactDistribution, exactSample, exactValues } from "./exact-samples.js";

const COUNT = 100_000;

function densityOf(sample: WeightedSample) {
  const extremes = [sample.values[0]!, sample.values[sample.values.length - 1]!] as const;
  const transform = fitRank(sample, edgesOf({ sample, extremes, edges: [undefined, undefined] }))!;
  const map = rankMap(transform);
  return { transform, map, logDensity: (x: number) => logNormalDensity(map.forward(x)) + map.logSlope(x) };
}

/**
 * Largest error of log p out to where one in 10⁶ events lies, of a sample of 10⁵ without noise: 0.1 in the middle, from the interpolation, and in the
 * tails what the law leaves open. That of a log-normal density below is none of the laws: `auto` takes its logarithm.
 */
const TOLERANCES: { readonly [N in keyof typeof distributions]: number } = {
  "log-normal": 2,
  exponential: 0.1,
  "Student t": 0.1,
  Pareto: 0.1,
  Gaussian: 0.1,
  uniform: 0.05,
};

for (const [name, tolerance] of Object.entries(TOLERANCES)) {
  const distribution: ExactDistribution = distributions[name as keyof typeof distributions];
  test(`log p of the ${name} distribution out to one in 10⁶`, () => {
    const { logDensity } = densityOf(exactSample(distribution, COUNT));
    for (const side of ["lower", "upper"] as const) {
      for (const p of [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.3, 0.5]) {
        const x = distribution.quantile(p, side);
        const error = logDensity(x) - distribution.logDensity(x);
        assert.ok(Math.abs(error) < (p < 1e-3 ? tolerance : 0.1), `log p at ${x} (${side} ${p}) is off by ${error}`);
      }
    }
  });
}

test("far outside of the sample log p follows the power law", () => {
  for (const name of ["Student t", "Pareto"] as const) {
    const distribution = distributions[name];
    const values = exactValues(distribution, COUNT);
    const { logDensity } = densityOf(exactSample(distribution, COUNT));
    const far = 10 * values[COUNT - 1]!;
    // 5% of the index are 0.05 · 4 · log 10.
    const error = logDensity(far) - distribution.logDensity(far);
    assert.ok(Math.abs(error) < 0.5, `${name}: log p at ${far} is off by ${error}`);
  }
});

/** Mean of log p less the exact one, of another sample than that of the fit. */
function divergence(sample: WeightedSample, fresh: Float64Array, exact: (x: number) => number): number {
  const { logDensity } = densityOf(sample);
  return fresh.reduce((sum, x) => sum + exact(x) - logDensity(x), 0) / fresh.length;
}

const normals = (purpose: string) => {
  const values = new Float64Array(COUNT);
  fillNormal(randomKey(3, purpose), 0, values);
  return values;
};
const ones = new Float64Array(COUNT).fill(1);

test("the divergence of a Gaussian sample's rank is that of its knots, seed 3", () => {
  // Some 50 intervals of 10⁵ events: half of 50/10⁵ on average, and the scatter of a mean of 10⁵ differences that small.
  const found = divergence(weightedSample(normals("fit"), ones), normals("test"), distributions.Gaussian.logDensity);
  assert.ok(found > -1e-4 && found < 1e-3, `${found}`);
});

test("a cusp is resolved by knots of its own, seed 3", () => {
  const [cubes, fresh] = [normals("fit"), normals("test")].map((values) => values.map((x) => x ** 3)) as [
    Float64Array,
    Float64Array,
  ];
  const exact = (x: number) => {
    const root = Math.cbrt(x);
    return distributions.Gaussian.logDensity(root) - Math.log(3 * root * root);
  };
  const found = divergence(weightedSample(cubes, ones), fresh, exact);
  assert.ok(found < 0.003, `${found}`);
});

test("weights of both signs: the rank is that of the density that they stand for, seed 3", () => {
  const values = normals("fit");
  const uniform = new Float64Array(COUNT);
  fillUniform(randomKey(3, "signs"), 0, uniform);
  // A tenth of the events counts -1: what is left of the others is unchanged where signs do not depend on the value.
  const signs = uniform.map((u) => (u < 0.1 ? -1 : 1));
  const found = divergence(weightedSample(values, signs), normals("test"), distributions.Gaussian.logDensity);
  assert.ok(found > -1e-4 && found < 2e-3, `${found}`);
});

test("the map increases, with an inverse and the slope of its differences, in knots and tails", () => {
  const { map, transform } = densityOf(exactSample(distributions["Student t"], 5000));
  const points = [-1e6, -300, ...transform.x, -0.123, 0.77, 4.4, 300, 1e6].sort((a, b) => a - b);
  for (const [i, x] of points.entries()) {
    const z = map.forward(x);
    if (i > 0) assert.ok(z > map.forward(points[i - 1]!), `z at ${x}`);
    assert.ok(Math.abs(map.inverse(z) - x) < 1e-11 * (1 + Math.abs(x)), `inverse at ${x}`);
    const step = 1e-5 * (1 + Math.abs(x));
    const difference = (map.forward(x + step) - map.forward(x - step)) / (2 * step);
    // At a knot the second derivative jumps.
    assert.ok(Math.abs(Math.exp(map.logSlope(x)) / difference - 1) < 1e-4, `slope at ${x}`);
  }
});

test("a sample of few or of equal values has no rank", () => {
  const few = weightedSample(
    Float64Array.from({ length: 20 }, (_, i) => i),
    new Float64Array(20).fill(1),
  );
  assert.is(fitRank(few, [undefined, undefined]), undefined);
  const equal = weightedSample(new Float64Array(COUNT), ones);
  assert.is(fitRank(equal, [undefined, undefined]), undefined);
});

test("an integer feature has a map all the same", () => {
  const integers = weightedSample(
    Float64Array.from({ length: 5000 }, (_, i) => i % 7),
    new Float64Array(5000).fill(1),
  );
  const map = rankMap(fitRank(integers, [undefined, undefined])!);
  for (let i = 1; i < 7; i++) assert.ok(map.forward(i) > map.forward(i - 1));
});

test.run();
