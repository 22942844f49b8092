/** Regions of events: which events are looked at, and how regions share them out. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { distributionImpacts } from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts-on-distribution.js";
import {
  marginalPartitions,
  partition,
  regionText,
} from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts-regions.js";
import type { DistributionRequest } from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts-weighted-regions.js";
import { testBackends } from "../../../../support/backends.js";
import { close, tolerances } from "../../../../support/close.js";
import { weightsWith } from "../../../weights-with.js";
import { withBackend } from "../../../with-backend.js";
import {
  COUNT,
  correlated,
  data,
  GROUPS,
  grouped,
  isLow,
  model,
  modes,
  RESPONSE,
  RHO,
  requestOf,
  responseArchitecture,
  SCALE,
  SIGMA_A,
  SIGMA_B,
  sigma,
} from "./affine-map.js";

test("where T is linear in nu the group of all nuisances explains all of the variance of T", () =>
  withBackend(testBackends()[0]!.create, async (backend) => {
    const slopes = RESPONSE.map((row) => [row[2]! / SCALE, row[6]! / SCALE]);
    const response = {
      architecture: responseArchitecture,
      weights: weightsWith(
        responseArchitecture,
        Object.fromEntries(
          RESPONSE.map((row, k) => [`transforms.0.nuisances.${k}.1.bias`, [2, 6].map((i) => [i, row[i]!] as const)]),
        ),
      ),
    };
    const request = { ...requestOf(backend), model: { ...model, response } };
    const { tables } = await distributionImpacts(request, [correlated("covariance")], modes, GROUPS);
    const variance = [0, 1].map((j) => {
      const [a, b] = [slopes[0]![j]! * SIGMA_A, slopes[1]![j]! * SIGMA_B];
      return a ** 2 + b ** 2 + 2 * RHO * a * b;
    });
    for (const { process, size } of tables[0]!.groups[0]!.cells) {
      // Scales are of the observed y, which the response does not change; shares follow from x alone.
      const square = variance[0]! / sigma(process, 0) ** 2 + variance[1]! / sigma(process, 1) ** 2;
      close([size], [Math.sqrt(square)], tolerances.f64, "all");
    }
  }));

test("part of the events is drawn from all of them, the same for a seed; regions default to every feature", () =>
  withBackend(testBackends()[0]!.create, async (backend) => {
    const { partitions: _partitions, ...request } = requestOf(backend);
    const drawnWith = async (seed: number, events: number) =>
      (await distributionImpacts({ ...request, seed, events }, [modes], modes, grouped({}))).events;
    const [some, again, others] = [await drawnWith(1, 20), await drawnWith(1, 20), await drawnWith(2, 20)];
    assert.equal(some, again);
    assert.not.equal(some, others);
    assert.is(some[0]!.length, 1 + 3 * 2);
    const [all] = [await drawnWith(1, COUNT)];
    const weight = data.weights.reduce((sum, value) => sum + value, 0);
    close([all[0]![0]! + all[1]![0]!], [weight], tolerances.f32, "shares of both processes");
  }));

test("regions without events of a process are left out", () =>
  withBackend(testBackends()[0]!.create, async (backend) => {
    const weights = data.weights.map((weight, i) => (isLow(i) ? weight : 0));
    const request = { ...requestOf(backend), data: { ...data, weights } };
    const { tables, total } = await distributionImpacts(request, [modes], modes, grouped({}));
    for (const cells of [tables[0]!.impacts[0]!.cells, total]) {
      assert.equal(
        cells.map(({ process, region }) => [process, region]),
        [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ],
      );
    }
  }));

test("cells between quantiles share out the events; texts say where they are", () => {
  const twelve = {
    count: 12,
    x: Float32Array.from({ length: 12 }, (_, i) => (5 * i) % 12),
    y: Float32Array.from({ length: 24 }, (_, i) => (i < 12 ? i : 24 - i)),
  };
  const cells = partition(
    twelve,
    [
      { of: "x", feature: 0 },
      { of: "y", feature: 1 },
    ],
    3,
  );
  assert.is(cells.regions.length, 9);
  for (let i = 0; i < 12; i++) {
    // x = 0 … 11 and y = 12 … 1, four to a bin.
    const [bx, by] = [Math.floor(twelve.x[i]! / 4), Math.floor((twelve.y[12 + i]! - 1) / 4)];
    assert.is(cells.cellOf[i], 3 * bx + by, `event ${i}`);
  }
  const text = (r: number) => regionText(cells.regions[r]!, ({ of, feature }) => `${of}${feature + 1}`, String);
  assert.is(text(0), "x1 < 4 and y2 < 5");
  assert.is(text(4), "4 ≤ x1 < 8 and 5 ≤ y2 < 9");
  assert.is(text(8), "x1 ≥ 8 and y2 ≥ 9");
  const [everything] = partition(twelve, [], 3).regions;
  assert.is(
    regionText(everything!, () => "", String),
    "all events",
  );
  assert.equal(marginalPartitions(twelve), [
    [{ of: "x", feature: 0 }],
    [{ of: "y", feature: 0 }],
    [{ of: "y", feature: 1 }],
  ]);
  assert.throws(
    () => partition(twelve, [{ of: "y", feature: 2 }], 3),
    /features of data with 2 of y, counted from 0, got/,
  );
  assert.throws(() => partition(twelve, [], 0), /impacts: bins: expected a positive integer, got 0/);
});

test("data without y, and no events, are refused", () =>
  withBackend(testBackends()[0]!.create, async (backend) => {
    const refused = (change: Partial<DistributionRequest>, message: RegExp) =>
      distributionImpacts({ ...requestOf(backend), ...change }, [modes], modes, grouped({})).then(
        () => assert.unreachable(`${message}`),
        (error: Error) => assert.match(error.message, message),
      );
    await refused({ data: { ...data, y: undefined } }, /expected data and a model with y, got x alone/);
    await refused({ events: 0 }, /expected at least one event, got 0/);
  }));

test.run();

test.run();
