/** Frames of a figure: where they stand, and what their scales say. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { linearAxis } from "../../../../inference/plots/drawing/axis.js";
import { figure, gridColumns, type Panel } from "../../../../inference/plots/drawing/figure.js";
import type { Scales } from "../../../../inference/plots/drawing/scales.js";
import { requireWellFormed } from "../well-formed.js";

const seen: Scales[] = [];
const part = (height: number) => ({
  height,
  y: linearAxis("counts", [-5, 5], 3),
  rightLabels: [],
  draw: (to: Scales) => {
    seen.push(to);
    return "";
  },
});
const panel = (title: string, heights: readonly number[]): Panel => ({
  title,
  legend: [],
  x: linearAxis("mass", [60, 120], 3),
  parts: heights.map(part),
});
const spec = { title: "A title", footer: "a footer", legend: [], panelWidth: 200, columns: 2 };

const frames = (svg: string) =>
  [...svg.matchAll(/<svg x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"/g)].map((match) =>
    match.slice(1).map(Number),
  ) as [number, number, number, number][];

test("scales take the domain to the frame, with y upwards; what is far outside stays within reach", () => {
  seen.length = 0;
  requireWellFormed(figure("test", { ...spec, panels: [panel("one", [90])] }).trim());
  const [to] = seen as [Scales];
  assert.equal([to.width, to.height], [200, 90]);
  assert.equal([60, 90, 120].map(to.x), [0, 100, 200]);
  assert.equal([-5, 0, 5].map(to.y), [90, 45, 0]);
  assert.ok(Math.abs(to.x(1e300)) < 1e5 && Math.abs(to.y(-1e300)) < 1e5);
});

test("frames of a grid line up, overlap nowhere and lie on the page", () => {
  const panels = [panel("one", [90, 30]), panel("", [90]), panel("three", [50])];
  const svg = figure("test", { ...spec, panels });
  const placed = frames(svg);
  assert.is(placed.length, 4);
  const [, , width, height] = /viewBox="(\d+) (\d+) (\d+) (\d+)"/.exec(svg)!.slice(1).map(Number) as number[];
  for (const [x, y, w, h] of placed) assert.ok(x >= 0 && y >= 0 && x + w <= width! && y + h <= height!);
  placed.forEach(([x, y, w, h], i) => {
    for (const [x2, y2, w2, h2] of placed.slice(i + 1)) {
      assert.ok(x + w <= x2 || x2 + w2 <= x || y + h <= y2 || y2 + h2 <= y, `${i} overlaps`);
    }
  });
  const [upper, lower, right, below] = placed as [
    (typeof placed)[0],
    (typeof placed)[0],
    (typeof placed)[0],
    (typeof placed)[0],
  ];
  assert.is(upper[0], lower[0]);
  assert.is(upper[1], right[1]);
  assert.is(upper[0], below[0]);
});

test("a figure of no panels is refused", () => {
  assert.throws(() => figure("scan1d", { ...spec, panels: [] }), /^scan1d: expected at least one entry in panels/);
});

test("grids leave no row nearly empty", () => {
  assert.equal([1, 2, 3, 4, 5, 6].map(gridColumns), [1, 2, 3, 2, 3, 3]);
});

test.run();
