/** Events that are left out: by their values in either precision, by the range of simulation, with rows and counts of the file. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Analysis } from "../../../workflow/configuration/analysis.js";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import {
  afterSelection,
  leftOutText,
  readCount,
  withoutOutside,
  withoutValues,
} from "../../../workflow/events/selection.js";
import { FILES } from "../configuration/sources.js";

const analysisWith = (...set: string[]): Analysis => ({
  file: "a.yaml",
  configuration: readConfiguration(FILES, "a.yaml", { set }),
});

const y = Float64Array.of(1, 2, 3, 4, 0.1, 6, 7, 8, 9, 10, 11, 12);
const events = { count: 4, x: Float64Array.of(-999, 5, 0.1, -999), y, weights: Float64Array.of(1, 2, 3, 4) };

test("events of a value are left out of every column, in order; an event of two values counts once", () => {
  const analysis = analysisWith("data.without=[{feature: x, values: [-999]}, {feature: 'y[1]', values: [0.1, 6]}]");
  const found = withoutValues(analysis, "d.npz", events);
  // Row 0 has x = -999 and y[1] = 0.1, row 1 has y[1] = 6.
  assert.equal([...found.rows!], [2]);
  assert.equal(found.leftOut, [
    { file: "d.npz", count: 2, of: 4, sum: 5, reason: "x = -999" },
    { file: "d.npz", count: 1, of: 4, sum: 2, reason: "y[1] = 6" },
  ]);
  const left = afterSelection({ data: events, total: 9, file: "d.npz" }, found);
  assert.equal([...left.data.x], [0.1]);
  assert.equal([...left.data.y!], [3, 7, 11]);
  assert.equal([...left.data.weights!], [3]);
  assert.is(readCount(left), 4);
  assert.is(leftOutText(found.leftOut[0]!), "d.npz: 2 of 4 events are left out, as they have x = -999");
});

test("a column in f32 has the value rounded to it; zero has no sign", () => {
  const analysis = analysisWith("data.without=[{feature: x, values: [0.1, 0]}]");
  const single = { count: 3, x: Float32Array.of(0.1, -0, 0.25) };
  assert.equal([...withoutValues(analysis, "d.npz", single).rows!], [2]);
});

test("nothing to leave out: the same events", () => {
  const analysis = analysisWith("data.without=[{feature: x, values: [7]}]");
  const found = withoutValues(analysis, "d.npz", events);
  assert.equal(found, { rows: undefined, leftOut: [] });
  const loaded = { data: events, total: 4, file: "d.npz" };
  assert.is(afterSelection(loaded, found), loaded);
  const none = { count: 0, x: new Float64Array(), y: new Float64Array() };
  assert.equal(withoutValues(analysis, "d.npz", none), { rows: undefined, leftOut: [] });
});

test("events beyond a range go by choice; rows stay those of the file after a first selection", () => {
  const range = {
    events: 100,
    x: [[0, 1]] as const,
    y: [
      [0, 3.5],
      [0, 8],
      [0, 20],
    ] as const,
  };
  const loaded = { data: events, total: 4, file: "d.npz", rows: Int32Array.of(3, 5, 7, 9) };
  assert.is(withoutOutside(analysisWith(), loaded, range, false), loaded);
  const analysis = analysisWith("data.outside=drop");
  const found = withoutOutside(analysis, loaded, range, false);
  assert.equal([...found.rows!], [7]);
  assert.equal(
    found.leftOut!.map(({ count, reason }) => [count, reason]),
    [
      [2, "x below 0, where no simulated event lies"],
      [1, "x above 1, where no simulated event lies"],
    ],
  );
  assert.is(withoutOutside(analysis, loaded, undefined, false), loaded);
  // T moves y by no more than the range: to [-3.5, 7] of y[0].
  const moved = {
    ...range,
    x: [[-1000, 6]] as const,
    y: [
      [0, 1.9],
      [0, 8],
      [0, 20],
    ] as const,
  };
  assert.equal([...withoutOutside(analysis, loaded, moved, true).rows!], [3, 5, 7]);
});

test.run();
