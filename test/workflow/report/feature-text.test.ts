import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ModelFrame } from "../../../inference/model/feature-frame.js";
import { featureLines, featureRows, tailText } from "../../../workflow/report/feature-text.js";

const analysis = {
  configuration: {
    observables: { x: { features: 2, columns: ["pt", "mass"] }, y: { features: 1, columns: ["score"] } },
  },
} as unknown as Parameters<typeof featureRows>[0];

const frame: ModelFrame = {
  x: {
    transforms: [
      { kind: "log" },
      {
        kind: "rank",
        x: [101, 150],
        z: [-1.3, 1.3],
        slope: [1, 1],
        lower: { kind: "edge", end: 100, power: 1, bend: 0 },
        upper: { kind: "power", index: 0.254, linear: 1, quadratic: 1 },
      },
    ],
    shift: [0, 0],
    scale: [1, 1],
  },
  y: { shift: [0], scale: [1] },
};

test("a row for each feature, as soon as one is transformed", () => {
  assert.equal(featureRows(analysis, frame), [
    { of: "x", feature: "pt", transform: "log", lower: null, upper: null },
    {
      of: "x",
      feature: "mass",
      transform: "rank",
      lower: { kind: "edge", index: null, edge: 100 },
      upper: { kind: "power", index: 0.254, edge: null },
    },
    { of: "y", feature: "score", transform: "none", lower: null, upper: null },
  ]);
  assert.equal(featureRows(analysis, { x: frame.y!, y: frame.y! }), []);
  assert.equal(featureRows(analysis, undefined), []);
});

test("a line for each feature that is transformed", () => {
  assert.equal(featureLines(analysis, frame), [
    "x, pt: transform log",
    "x, mass: transform rank, below: edge at 100, above: tail index 0.25",
  ]);
});

test("tails by name where they fall faster than any power", () => {
  const tail = (kind: "linear" | "pareto" | "stretched") => tailText({ kind, index: 0, edge: null });
  assert.equal(
    ["linear", "pareto", "stretched"].map((kind) => tail(kind as "linear")),
    ["Gaussian tail", "exponential tail", "stretched exponential tail"],
  );
  assert.is(tailText(null), "");
});

test.run();
