/** A classifier as a two-sample test: what it sees that bins of one and two features cannot, and that it sees nothing where nothing is. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, fillUniform, randomKey } from "../../../../engine/random/random.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { type Division, openClassifier } from "../../../../inference/model/predictions/classifier-test.js";
import {
  type ComparedColumn,
  type ComparedWeights,
  testPairs,
  testSingles,
} from "../../../../inference/model/predictions/feature-tests.js";
import { testBackends } from "../../../support/backends.js";
import { withBackend } from "../../with-backend.js";

const { create } = testBackends().find(({ name }) => name.startsWith("cpu"))!;

const FEATURES = [0, 1, 2];
const NONE = { observed: undefined, expected: undefined };

function normals(purpose: string, count: number): Float32Array {
  const values = new Float32Array(count);
  fillNormal(randomKey(4, purpose), 0, values);
  return values;
}

function uniforms(purpose: string, count: number): Float32Array {
  const values = new Float32Array(count);
  fillUniform(randomKey(4, purpose), 0, values);
  return values;
}

const independent = (purpose: string, count: number) => FEATURES.map((j) => normals(`${purpose}/${j}`, count));

/** φ(x) (1 + a sign(x₁ x₂ x₃)): any two of the features are independent. */
function threeWay(purpose: string, count: number, a: number): Float32Array[] {
  const features = independent(purpose, count);
  const [first, second, third] = features as [Float32Array, Float32Array, Float32Array];
  const drawn = uniforms(`${purpose}/flips`, count);
  for (let i = 0; i < count; i++) if (first[i]! * second[i]! * third[i]! < 0 && drawn[i]! < a) first[i] = -first[i]!;
  return features;
}

const compared = (observed: readonly Float32Array[], expected: readonly Float32Array[]): ComparedColumn[] =>
  observed.map((own, j) => ({ observed: own, expected: expected[j]! }));

async function once(backend: Backend, columns: readonly ComparedColumn[], weights: ComparedWeights, seed = 1) {
  const classifier = openClassifier(backend);
  const found = await classifier.test(columns, weights, "by event", { seed, purpose: "test" });
  await classifier.close();
  return found;
}

const COUNT = 6000;
const DEPENDENCE = 0.5;
const dependent = () => compared(threeWay("observed", COUNT, DEPENDENCE), independent("expected", COUNT));

for (const { name, create } of testBackends()) {
  test(`three features of which any two are independent: seen by the classifier alone, on ${name} (seed 4)`, () =>
    withBackend(create, async (backend) => {
      const columns = dependent();
      for (const { result } of [...testSingles(columns, NONE), ...testPairs(columns, 0, NONE)]) {
        assert.ok(result.pValue! > 1e-4, `${result.pValue}`);
      }
      const found = await once(backend, columns, NONE);
      assert.ok(found!.result.pValue! < 1e-20, `${found!.result.pValue}`);
      // ∫ (p - q)² / q is a²: no bins see more of it, but for what fluctuates.
      const { lambda, error } = found!.difference;
      assert.ok(lambda > 0.4 * DEPENDENCE ** 2 && lambda < DEPENDENCE ** 2 + 5 * error, `${lambda}`);
    }));
}

/** √n times the largest distance of the p-values from a uniform distribution (Kolmogorov 1933): above 2.23 with a probability of 1e-4. */
function kolmogorov(pValues: readonly number[]): number {
  const sorted = [...pValues].sort((a, b) => a - b);
  const n = sorted.length;
  return Math.sqrt(n) * Math.max(...sorted.flatMap((p, i) => [p - i / n, (i + 1) / n - p]));
}

const REPEATED = 80;

async function repeated(
  division: Division,
  samples: (i: number) => readonly [ComparedColumn[], ComparedWeights],
): Promise<number[]> {
  const pValues: number[] = [];
  await withBackend(create, async (backend) => {
    const classifier = openClassifier(backend);
    for (let i = 0; i < REPEATED; i++) {
      const found = await classifier.test(...samples(i), division, { seed: i, purpose: "repeated" });
      pValues.push(found!.result.pValue!);
    }
    await classifier.close();
  });
  return pValues;
}

test("of equal distributions p is uniform, by Kolmogorov's test: 80 samples, false alarm 1e-4 (seed 4)", async () => {
  const pValues = await repeated("by event", (i) => [
    compared(independent(`observed/${i}`, 2000), independent(`expected/${i}`, 2500)),
    NONE,
  ]);
  assert.ok(kolmogorov(pValues) < 2.23, `${kolmogorov(pValues)}`);
});

test("of equal distributions with weights, some negative, p is uniform: 80 samples, false alarm 1e-4 (seed 4)", async () => {
  const pValues = await repeated("by event", (i) => {
    const [observed, expected] = [independent(`signed/${i}`, 3000), independent(`weighted/${i}`, 3000)];
    // One in ten counts -1, wherever it is; normal events of width 1 weighted to a width of 1 / √1.2 on both sides.
    const narrowed = (x: number) => Math.exp(-0.1 * x * x);
    const signs = uniforms(`signs/${i}`, 3000);
    const weights = {
      observed: Float64Array.from(observed[0]!, (x, event) => (signs[event]! < 0.1 ? -1 : 1) * narrowed(x)),
      expected: Float64Array.from(expected[0]!, narrowed),
    };
    return [compared(observed, expected), weights];
  });
  assert.ok(kolmogorov(pValues) < 2.23, `${kolmogorov(pValues)}`);
});

test("samples that share events place by place do not fail by it: the smallest of 80 p-values, false alarm 1e-3 (seed 4)", async () => {
  const pValues = await repeated("by event", (i) => {
    const [first, second] = independent(`shared/${i}`, 2000) as [Float32Array, Float32Array];
    return [compared([first, second, normals(`one/${i}`, 2000)], [first, second, normals(`other/${i}`, 2000)]), NONE];
  });
  assert.ok(Math.min(...pValues) > 1e-3 / REPEATED, `${Math.min(...pValues)}`);
});

test("variations of events of which a selection takes some out do not fail by it: 80 samples, false alarm 1e-3 (seed 4)", async () => {
  const pValues = await repeated("by block", (i) => {
    const all = independent(`selected/${i}`, 4000);
    const drawn = uniforms(`selected/${i}`, 4000);
    const kept = [...drawn.keys()].filter((event) => drawn[event]! > 0.05);
    const some = all.map((own) => Float32Array.from(kept, (event) => own[event]!));
    return [compared(some, all), NONE];
  });
  assert.ok(Math.min(...pValues) > 1e-3 / REPEATED, `${Math.min(...pValues)}`);
  // Divided event by event, half of what is tested was trained on with the other label: the median is far below a half.
  assert.ok([...pValues].sort((a, b) => a - b)[REPEATED / 2]! > 0.3);
});

test("equal requests give equal bits, another seed others", () =>
  withBackend(create, async (backend) => {
    const columns = dependent();
    const first = await once(backend, columns, NONE);
    assert.equal(await once(backend, columns, NONE), first);
    assert.not.equal(await once(backend, columns, NONE, 2), first);
  }));

test("one classifier tests samples of any number of features one after another, as new ones do", () =>
  withBackend(create, async (backend) => {
    const columns = dependent();
    const wanted = await once(backend, columns, NONE);
    const classifier = openClassifier(backend);
    const stream = { seed: 1, purpose: "test" };
    await classifier.test(compared(independent("a", 900), independent("b", 900)), NONE, "by event", stream);
    // A feature that does not vary, and one that is far off and large.
    const constant = { observed: new Float32Array(900).fill(7), expected: new Float32Array(900).fill(7) };
    const large = {
      observed: normals("c", 900).map((x) => 1e6 * x + 1e7),
      expected: normals("d", 900).map((x) => 1e6 * x + 1e7),
    };
    const same = await classifier.test(
      [constant, large, { observed: normals("e", 900), expected: normals("f", 900) }],
      NONE,
      "by event",
      stream,
    );
    assert.ok(same!.result.pValue! > 1e-4, `${same!.result.pValue}`);
    assert.equal(await classifier.test(columns, NONE, "by event", stream), wanted);
    await classifier.close();
  }));

test("a sample without a positive sum of weights is not tested, and a signal ends a test", () =>
  withBackend(create, async (backend) => {
    const columns = dependent();
    const negative = { observed: new Float64Array(COUNT).fill(-1), expected: undefined };
    assert.is(await once(backend, columns, negative), undefined);
    const classifier = openClassifier(backend);
    try {
      await classifier.test(columns, NONE, "by event", { seed: 1, purpose: "test" }, AbortSignal.abort());
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).name, "AbortError");
    }
    await classifier.close();
  }));

test.run();
