/** Impacts on a T that is affine, region by region, in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../../../../flows/architecture/architecture.js";
import {
  distributionImpacts,
  type RegionImpact,
} from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts-on-distribution.js";
import {
  marginalPartitions,
  partition,
  regionText,
} from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts-regions.js";
import type { DistributionRequest } from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts-weighted-regions.js";
import type { MixtureModel } from "../../../../../inference/model/mixture-model.js";
import type { ImpactSources } from "../../../../../inference/statistics/impacts/impact-sources.js";
import { testBackends } from "../../../../support/backends.js";
import { close, tolerances } from "../../../../support/close.js";
import { randomNumbers } from "../../../../support/random-numbers.js";
import { rejects } from "../../../../support/rejects.js";
import { weightsWith } from "../../../weights-with.js";
import { withBackend } from "../../../with-backend.js";

const affine = { hidden: [3], transforms: 1, transform: { kind: "affine" } } as const;

/** x + OFF for the second process, so that p_1(x) / p_0(x) = exp(-OFF x - ½ OFF²). */
const OFF = 0.75;
const architectureX = autoregressiveFlow({ ...affine, features: 1, context: 2 });
const densityX = {
  architecture: architectureX,
  weights: weightsWith(architectureX, {
    // The first hidden unit, a ReLU, is 1 for the second process, else 0. Outputs are (s, t).
    "transforms.0.0.weight": [0, 1].map((input) => [input, input] as const),
    "transforms.0.0.bias": [[0, 0]],
    "transforms.0.1.weight": [[3, OFF]],
  }),
};
const architectureY = autoregressiveFlow({ ...affine, features: 2, context: 3 });

const CENTRE = [0.5, -1];
const SCALE = 0.5;
/** Per nuisance and feature: s linear, s quadratic, t linear, t quadratic. */
const RESPONSE = [
  [0.25, 0, -0.5, 0, 0.125, 0, 0.375, 0],
  [0, 0, 0.25, 0, -0.5, 0, -0.25, 0],
];
const responseArchitecture = factorizableFlow({
  features: 2,
  context: 3,
  hidden: [3],
  layers: 1,
  nuisances: CENTRE.map((nominal) => ({ nominal, scale: SCALE })),
  quadraticDamping: 0.01,
});

const YIELDS = [300, 500];
const model: MixtureModel = {
  processes: YIELDS.map((events, f) => ({ name: `p${f}`, logYield: Math.log(events) })),
  nuisances: ["a", "b"].map((name, k) => ({ name, kind: "rate", nominal: CENTRE[k]!, logFactors: [0, 0] })),
  x: { nominal: densityX },
  y: { nominal: { architecture: architectureY, weights: initialise(architectureY, 1, { identity: true }) } },
  response: {
    architecture: responseArchitecture,
    weights: weightsWith(
      responseArchitecture,
      Object.fromEntries(
        RESPONSE.map((row, k) => [`transforms.0.nuisances.${k}.1.bias`, row.map((value, i) => [i, value] as const)]),
      ),
    ),
  },
};

/** T(y) of feature j. */
function moved(y: number, j: number, nu: readonly number[]): number {
  const sum = (at: number) => nu.reduce((all, v, k) => all + (RESPONSE[k]![at]! * (v - CENTRE[k]!)) / SCALE, 0);
  return y * Math.exp(sum(4 * j)) + sum(4 * j + 2);
}

const COUNT = 40;
const random = randomNumbers(5);
const drawn = (n: number) => Float32Array.from({ length: n }, () => 4 * random() - 2);
const data = { count: COUNT, x: drawn(COUNT), y: drawn(2 * COUNT), weights: drawn(COUNT).map((w) => 1.25 + 0.5 * w) };
const estimate = [0.6, -0.9];
const source = (name: string, up: number[], down: number[]) => ({ name, up, down, problems: [] });
const auxiliary: ImpactSources = {
  definition: "auxiliary",
  sources: [source("a", [0.85, -1], [0.3, -0.8]), source("b", [0.6, -0.7], [0.6, -1])],
  evaluations: 0,
};
const modes: ImpactSources = {
  definition: "mode",
  sources: [source("mode 1", [0.7, -0.8], [0.5, -1]), source("mode 2", [0.65, -0.95], [0.55, -0.85])],
  evaluations: 0,
};

/** Errors of the two nuisances and their correlation. */
const [SIGMA_A, SIGMA_B, RHO] = [0.2, 0.3, -0.6];
const grouped = (groups: Readonly<Record<string, readonly string[]>>) => ({
  covariance: {
    names: ["a", "b"],
    correlation: [
      [1, RHO],
      [RHO, 1],
    ],
  },
  groups,
});

/** Events of the process, by Bayes' theorem. */
const share = (f: number, i: number) => {
  const second = (YIELDS[1]! / YIELDS[0]!) * Math.exp(-OFF * data.x[i]! - 0.5 * OFF ** 2);
  return (data.weights[i]! * (f === 1 ? second : 1)) / (1 + second);
};
const mean = (f: number, isIn: (i: number) => boolean, value: (i: number) => number) => {
  let [sum, weight] = [0, 0];
  for (let i = 0; i < COUNT; i++) {
    if (!isIn(i)) continue;
    sum += share(f, i) * value(i);
    weight += share(f, i);
  }
  return sum / weight;
};
const everywhere = () => true;
const sigma = (f: number, j: number) => {
  const y = (i: number) => data.y[j * COUNT + i]!;
  const centre = mean(f, everywhere, y);
  return Math.sqrt(mean(f, everywhere, (i) => (y(i) - centre) ** 2));
};
const shift = (nu: readonly number[], j: number, i: number) => {
  const y = data.y[j * COUNT + i]!;
  return moved(y, j, nu) - moved(y, j, estimate);
};
const rms = (f: number, isIn: (i: number) => boolean, nu: readonly number[]) =>
  Math.sqrt(mean(f, isIn, (i) => (shift(nu, 0, i) / sigma(f, 0)) ** 2 + (shift(nu, 1, i) / sigma(f, 1)) ** 2));

/** Is the event among the lower half of the second feature of y? */
const isLow = (i: number) => {
  const own = data.y.slice(COUNT);
  return own.filter((value) => value < own[i]!).length < COUNT / 2;
};

const requestOf = (backend: DistributionRequest["backend"]): DistributionRequest => ({
  backend,
  model,
  data,
  estimate,
  partitions: [[{ of: "y", feature: 1 }]],
  bins: 2,
  events: 1000,
  seed: 1,
});

for (const { name, precision, create } of testBackends()) {
  test(`an affine T moves each process and region by the mean over its events, on ${name}`, () =>
    withBackend(create, async (backend) => {
      const seen: string[] = [];
      const request = { ...requestOf(backend), onPoints: (done: number, all: number) => seen.push(`${done}/${all}`) };
      const found = await distributionImpacts(
        request,
        [auxiliary, modes],
        modes,
        grouped({ both: ["a", "b"], one: ["b"] }),
      );
      const tolerance = tolerances[precision];
      assert.equal(seen, ["1/8", "2/8", "3/8", "4/8", "5/8", "6/8", "7/8", "8/8"]);
      const regions = [everywhere, isLow, (i: number) => !isLow(i)];
      assert.is(found.regions.length, 3);
      for (const f of [0, 1]) {
        close(found.scales[f]!, [sigma(f, 0), sigma(f, 1)], tolerance, "scales");
        for (const [region, isIn] of regions.entries()) {
          const events = data.weights.reduce((sum, _, i) => sum + (isIn(i) ? share(f, i) : 0), 0);
          close([found.events[f]![region]!], [events], tolerance, "events");
        }
      }
      for (const [t, set] of [auxiliary, modes].entries()) {
        for (const [s, { up, down }] of set.sources.entries()) {
          const { cells } = found.tables[t]!.impacts[s]!;
          assert.is(cells.length, 6);
          for (const { process, region, ...cell } of cells) {
            const isIn = regions[region]!;
            for (const [end, nu] of [
              [cell.up, up],
              [cell.down, down],
            ] as const) {
              const want = [0, 1].map((j) => mean(process, isIn, (i) => shift(nu, j, i)));
              close(end.mean, want, tolerance, "mean");
              close([end.rms], [rms(process, isIn, nu)], tolerance, "rms");
            }
            const size = Math.sqrt((rms(process, isIn, up) ** 2 + rms(process, isIn, down) ** 2) / 2);
            close([cell.size], [size], tolerance, "size");
          }
        }
      }
      const sizes = (cells: readonly Pick<RegionImpact, "size">[]) => cells.map(({ size }) => size);
      const [both, one] = found.tables[0]!.groups;
      const members = found.tables[0]!.impacts.map(({ cells }) => sizes(cells));
      close(sizes(one!.cells), members[1]!, tolerance, "group of one");
      const together = members[0]!.map((size, i) => Math.hypot(size, members[1]![i]!));
      close(sizes(both!.cells), together, tolerance, "group of both");
      assert.equal(found.tables[1]!.groups, []);
      const ofModes = found.tables[1]!.impacts.map(({ cells }) => sizes(cells));
      const total = ofModes[0]!.map((size, i) => Math.hypot(size, ofModes[1]![i]!));
      close(sizes(found.total), total, tolerance, "total");
      for (const f of [0, 1]) {
        const [a, b] = auxiliary.sources.map(({ up, down }) =>
          Math.hypot(rms(f, everywhere, up), rms(f, everywhere, down)),
        ) as [number, number];
        const ranks = found.tables[0]!.impacts.map((impact) => impact.ranks[f]);
        assert.equal(ranks, a > b ? [1, 2] : [2, 1]);
      }
    }));
}

const correlated = (definition: "covariance" | "shift"): ImpactSources => ({
  definition,
  sources: (
    [
      ["a", [SIGMA_A, RHO * SIGMA_B]],
      ["b", [RHO * SIGMA_A, SIGMA_B]],
    ] as const
  ).map(([name, change]) => {
    const at = (side: number) => estimate.map((value, k) => value + side * change[k]!);
    return source(name, at(1), at(-1));
  }),
  evaluations: 0,
});
const GROUPS = grouped({ both: ["b", "a"], one: ["b"], held: ["c"] });

for (const definition of ["covariance", "shift"] as const) {
  test(`groups by ${definition} are quadratic forms of the members' fields`, () =>
    withBackend(testBackends()[0]!.create, async (backend) => {
      const set = correlated(definition);
      const { tables } = await distributionImpacts(requestOf(backend), [set], modes, GROUPS);
      const [both, one, held] = tables[0]!.groups;
      assert.equal(held, { name: "held", cells: [] });
      const members = tables[0]!.impacts.map(({ cells }) => cells.map(({ size }) => size));
      close(
        one!.cells.map(({ size }) => size),
        members[1]!,
        tolerances.f64,
        "group of one",
      );
      const [a, b] = set.sources as [ImpactSources["sources"][number], ImpactSources["sources"][number]];
      assert.is(both!.cells.length, 6);
      for (const { process, region, size } of both!.cells) {
        const isIn = [everywhere, isLow, (i: number) => !isLow(i)][region]!;
        const square = mean(process, isIn, (i) => {
          let sum = 0;
          for (const j of [0, 1]) {
            for (const side of ["up", "down"] as const) {
              const [ofA, ofB] = [shift(a[side], j, i), shift(b[side], j, i)];
              sum += (0.5 * (ofA ** 2 + ofB ** 2 - 2 * RHO * ofA * ofB)) / ((1 - RHO ** 2) * sigma(process, j) ** 2);
            }
          }
          return sum;
        });
        close([size], [Math.sqrt(square)], tolerances.f64, "both");
      }
    }));
}

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
      rejects(distributionImpacts({ ...requestOf(backend), ...change }, [modes], modes, grouped({})), message);
    await refused({ data: { ...data, y: undefined } }, /expected data and a model with y, got x alone/);
    await refused({ events: 0 }, /expected at least one event, got 0/);
  }));

test.run();
