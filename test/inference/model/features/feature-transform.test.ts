/** Laws of every kind of transformation, away from the identity, and its way through a file. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type FeatureTransform,
  monotoneMap,
  TRANSFORM_KINDS,
  type TransformKind,
} from "../../../../inference/model/features/feature-transform.js";
import { fitRank } from "../../../../inference/model/features/rank.js";
import { isTransform } from "../../../../inference/model/features/transform-form.js";
import { distributions, exactSample } from "./exact-samples.js";

interface Sample {
  readonly transform: FeatureTransform;
  readonly points: readonly number[];
}

const samples: { readonly [K in TransformKind]: readonly Sample[] } = {
  none: [{ transform: { kind: "none" }, points: [-3, 0.1, 1e5] }],
  log: [{ transform: { kind: "log" }, points: [1e-200, 0.3, 7, 1e30] }],
  asinh: [{ transform: { kind: "asinh", centre: 80, width: 3 }, points: [-1e20, 7, 80.1, 90, 1e12] }],
  rank: [
    {
      transform: fitRank(exactSample(distributions.Pareto, 3000), [1, undefined])!,
      points: [1.0001, 1.2, 3, 40, 1e9],
    },
    { transform: fitRank(exactSample(distributions.uniform, 3000), [2, 3])!, points: [2.00001, 2.3, 2.9, 2.99999] },
  ],
};

test("every kind has samples", () => assert.equal(Object.keys(samples).sort(), TRANSFORM_KINDS.toSorted()));

for (const [kind, own] of Object.entries(samples)) {
  for (const { transform, points } of own) {
    const map = monotoneMap(transform);
    test(`${kind} increases and is inverted`, () => {
      for (const [i, x] of points.entries()) {
        const z = map.forward(x);
        if (i > 0) assert.ok(z > map.forward(points[i - 1]!));
        // Rounding of z, in the units of x.
        const rounding = 4 * Number.EPSILON * ((1 + Math.abs(z)) / Math.exp(map.logSlope(x)) + Math.abs(x));
        assert.ok(Math.abs(map.inverse(z) - x) <= 8 * rounding, `${x} comes back as ${map.inverse(z)}`);
      }
    });
    test(`${kind} has the slope of its differences`, () => {
      for (const x of points) {
        const step = 1e-7 * Math.abs(x);
        const difference = (map.forward(x + step) - map.forward(x - step)) / (2 * step);
        const relative = Math.exp(map.logSlope(x)) / difference - 1;
        // Of z the last digits are lost in the difference; near an edge a step is no longer small.
        assert.ok(Math.abs(relative) < 1e-2 || difference === 0, `slope at ${x} is off by ${relative}`);
      }
    });
    test(`${kind} comes back from a file with every bit`, () => {
      const stored: unknown = JSON.parse(JSON.stringify(transform));
      assert.equal(stored, transform);
      assert.ok(isTransform(stored));
    });
  }
}

test("where there is no density, z is finite and the slope is not", () => {
  const beyond: readonly (readonly [FeatureTransform, number])[] = [
    [{ kind: "log" }, 0],
    [{ kind: "log" }, -3],
    [samples.rank[0]!.transform, 0.99],
    [samples.rank[1]!.transform, 1.99],
    [samples.rank[1]!.transform, 3.01],
  ];
  for (const [transform, x] of beyond) {
    const map = monotoneMap(transform);
    assert.ok(Number.isFinite(map.forward(x)));
    assert.is(map.logSlope(x), Number.NEGATIVE_INFINITY);
  }
});

test("what is no transformation is refused", () => {
  const rank = samples.rank[1]!.transform as FeatureTransform & { kind: "rank" };
  const bad: readonly unknown[] = [
    null,
    "log",
    { kind: "cube" },
    { kind: "toString" },
    { kind: "asinh", centre: 0, width: 0 },
    { kind: "asinh", centre: null, width: 1 },
    { ...rank, x: rank.x.slice(1) },
    { ...rank, x: rank.x.toReversed() },
    { ...rank, slope: rank.slope.map(() => 0) },
    { ...rank, z: rank.z.map((z) => z / 9) },
    { ...rank, lower: { kind: "edge", end: 9, power: 1, bend: 0 } },
    { ...rank, upper: { kind: "edge", end: 3, power: 1, bend: 2 } },
    { ...rank, upper: { kind: "pareto", index: -0.2, scale: 1 } },
    { ...rank, upper: { kind: "constructor" } },
  ];
  for (const data of bad) assert.not.ok(isTransform(data), JSON.stringify(data)?.slice(0, 80));
});

test.run();
