/** What a configuration asks for its features, and the events that it has no room for. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ModelFrame } from "../../../inference/model/feature-frame.js";
import { extremesOf } from "../../../inference/model/resolution.js";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import { requireEdges, transformRequests } from "../../../workflow/events/feature-support.js";

const text = (observable: string) => `name: Support
observables: { x: { features: 2, columns: [pt, mass], ${observable} } }
processes: { A: { yield: 10, samples: [{ file: a.npz }] } }
nuisances: { r: { kind: rate, kappa: 0.1 } }
likelihood: { observables: [x] }
data: { file: data.npz }
`;

const analysisOf = (observable: string) => ({
  file: "analysis.yaml",
  configuration: readConfiguration(text(observable), "analysis.yaml"),
});
type Analysis = Parameters<typeof requireEdges>[0];
const open = (observable: string) => analysisOf(observable) as unknown as Analysis;

/** pt [3, -2], mass [110, 90]. */
const extremes = extremesOf({ count: 2, x: Float64Array.of(3, -2, 110, 90) });
const files = [["a.npz", extremes]] as const;

test("each feature has its choice, its given edges, and the extremes of all samples", () => {
  const more = [...extremes, ...extremesOf({ count: 1, x: Float64Array.of(0, 150) })];
  const { x, y } = transformRequests(
    open("transform: [auto, rank], edges: { mass: { low: 80 }, x1: { high: 9 } }"),
    more,
  );
  assert.equal(x, [
    { choice: "auto", edges: [undefined, 9], extremes: [-2, 3] },
    { choice: "rank", edges: [80, undefined], extremes: [90, 150] },
  ]);
  assert.equal(y, []);
});

test("one choice is that of all features", () => {
  const { x } = transformRequests(open("transform: [asinh]"), extremes);
  assert.equal(
    x?.map(({ choice }) => choice),
    ["asinh", "asinh"],
  );
});

test("a logarithm of a number that has none is refused by file, column and row", () => {
  const message =
    /^a\.npz, column "pt", row 1 \(counted from 0\): expected a number above 0, as its logarithm is taken, got -2\. Remove such/;
  assert.throws(() => requireEdges(open("transform: [log, auto]"), files), message);
  const frame: ModelFrame = { x: { transforms: [{ kind: "log" }, { kind: "none" }], shift: [0, 0], scale: [1, 1] } };
  assert.throws(() => requireEdges(open("transform: [auto]"), files, frame), message);
  requireEdges(open("transform: [auto]"), files);
});

test("an event beyond a given edge is refused by file, column and row", () => {
  assert.throws(
    () => requireEdges(open("edges: { mass: { low: 100 } }"), files),
    /^a\.npz, column "mass", row 1 \(counted from 0\): expected a number of at least 100, got 90\. Remove such events, or correct the/,
  );
  assert.throws(
    () => requireEdges(open("edges: { mass: { high: 100 } }"), files),
    /^a\.npz, column "mass", row 0 \(counted from 0\): expected a number of at most 100, got 110\. Remove such events/,
  );
  requireEdges(open("edges: { mass: { low: 90, high: 110 } }"), files);
});

test.run();
