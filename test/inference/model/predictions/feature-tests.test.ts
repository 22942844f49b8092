/** Two samples in bins, against differences that are known. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import { testPairs, testSingles } from "../../../../inference/model/predictions/feature-tests.js";

function normals(purpose: string, count: number): Float32Array {
  const values = new Float32Array(count);
  fillNormal(randomKey(2, purpose), 0, values);
  return values;
}

const none = { observed: undefined, expected: undefined };

test("λ of a known ratio is that of its formula", () => {
  const count = 400_000;
  const values = Float64Array.from({ length: count }, (_, i) => (i + 0.5) / count);
  // Expected weights 1.2 below the middle and 0.8 above: r = -1/6 and 1/4.
  const expected = values.map((value) => (value < 0.5 ? 1.2 : 0.8));
  const [found] = testSingles([{ observed: values, expected: values }], { observed: undefined, expected });
  const lambda = (0.5 * 1.2) / 36 + (0.5 * 0.8) / 16;
  // What fluctuations would add is taken away, though these samples have none: 23 bins of two parts.
  assert.ok(Math.abs(found!.difference.lambda - lambda) < 48 / count, `${found!.difference.lambda} for ${lambda}`);
  assert.is(found!.result.ndf, 23);
  assert.ok(found!.result.pValue! < 1e-100);
});

test("of equal distributions, λ is zero within its error: 400 samples, false alarm 1e-4 (seed 2)", () => {
  const pulls = Array.from({ length: 400 }, (_, i) => {
    const columns = [0, 1].map((j) => ({
      observed: normals(`observed/${i}/${j}`, 3000),
      expected: normals(`expected/${i}/${j}`, 3000),
    }));
    const single = testSingles(columns.slice(0, 1), none)[0]!.difference;
    const pair = testPairs(columns, 1, none)[0]!.difference;
    return [single.lambda / single.error, pair.lambda / pair.error];
  });
  for (const k of [0, 1]) {
    const mean = pulls.reduce((sum, own) => sum + own[k]!, 0) / pulls.length;
    const square = pulls.reduce((sum, own) => sum + (own[k]! - mean) ** 2, 0) / pulls.length;
    // One degree of freedom goes into the sum: -1/√(2 n) on average.
    assert.ok(Math.abs(mean + 1 / Math.sqrt(2 * (k === 0 ? 24 : 36))) < 4 / Math.sqrt(pulls.length), `mean ${mean}`);
    assert.ok(square > 0.7 && square < 1.35, `square ${square}`);
  }
});

test("a tail of one in two thousand that is missing is seen (seed 2)", () => {
  const observed = normals("tail", 200_000);
  const expected = normals("no tail", 200_000).map((value) => (value > 3.3 ? 0 : value));
  const [found] = testSingles([{ observed, expected }], none);
  assert.ok(found!.result.pValue! < 1e-6, `${found!.result.pValue}`);
});

test("a correlation that no single feature shows is seen in the pair alone (seed 2)", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => normals(name, 20_000)) as [Float32Array, Float32Array, Float32Array];
  const rho = 0.2;
  const columns = [
    { observed: a, expected: normals("d", 20_000) },
    { observed: a.map((value, i) => rho * value + Math.sqrt(1 - rho * rho) * b[i]!), expected: c },
  ];
  for (const { result } of testSingles(columns, none)) assert.ok(result.pValue! > 1e-4);
  const [found] = testPairs(columns, 1, none);
  assert.equal(found!.pair, [0, 1]);
  // ∫ (p - q)²/q of normal distributions is ρ²/(1 - ρ²); bins see most of it.
  assert.ok(found!.difference.lambda > 0.6 * rho ** 2 && found!.difference.lambda < 1.1 * rho ** 2);
});

test("values that many events share make fewer bins, and an only value makes none", () => {
  const shared = Float32Array.from({ length: 1000 }, (_, i) => i % 2);
  const [two] = testSingles([{ observed: shared, expected: shared }], none);
  assert.is(two!.result.ndf, 1);
  const alike = new Float32Array(1000);
  const [one] = testSingles([{ observed: alike, expected: alike }], none);
  assert.is(one!.result.pValue, undefined);
});

test.run();
