/** Impacts on a T that is affine, region by region, in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  distributionImpacts,
  type RegionImpact,
} from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts-on-distribution.js";
import type { ImpactSources } from "../../../../../inference/statistics/impacts/impact-sources.js";
import { testBackends } from "../../../../support/backends.js";
import { close, tolerances } from "../../../../support/close.js";
import { withBackend } from "../../../with-backend.js";
import {
  correlated,
  data,
  everywhere,
  GROUPS,
  grouped,
  isLow,
  mean,
  modes,
  RHO,
  requestOf,
  share,
  shift,
  sigma,
  source,
} from "./affine-map.js";

const auxiliary: ImpactSources = {
  definition: "auxiliary",
  sources: [source("a", [0.85, -1], [0.3, -0.8]), source("b", [0.6, -0.7], [0.6, -1])],
  evaluations: 0,
};

const rms = (f: number, isIn: (i: number) => boolean, nu: readonly number[]) =>
  Math.sqrt(mean(f, isIn, (i) => (shift(nu, 0, i) / sigma(f, 0)) ** 2 + (shift(nu, 1, i) / sigma(f, 1)) ** 2));

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

for (const definition of ["covariance", "shift"] as const) {
  test(`groups by ${definition} are quadratic forms of the members' fields`, () =>
    withBackend(testBackends()[0]!.create, async (backend) => {
      const set = correlated(definition);
      const { tables } = await distributionImpacts(requestOf(backend), [set], modes, GROUPS);
      const [both, one, fixed] = tables[0]!.groups;
      assert.equal(fixed, { name: "fixed", cells: [] });
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

test.run();
