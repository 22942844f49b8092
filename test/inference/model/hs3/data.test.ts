/** Data of files: entries, weights, and what is no data of an unbinned likelihood. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { events, readWith, refused } from "./documents.js";

const data = (more: object) => ({ data: [{ ...events, ...more }] });

test("entries are columns, with weights where there are some", async () => {
  const axes = [...events.axes, { name: "y", min: 0, max: 1, nbins: 10 }];
  const entries = [
    [1, 0.5],
    [2, 0.25],
  ];
  const { samples, composition } = await readWith(data({ axes, entries, weights: [0.5, -1] }));
  assert.equal(samples.d, {
    count: 2,
    columns: { x: Float64Array.of(1, 2), y: Float64Array.of(0.5, 0.25) },
    weights: Float64Array.of(0.5, -1),
  });
  assert.equal(Object.keys(composition.columns), ["x"]);
});

test("binned and combined data are refused with what to do", async () => {
  const expected = 'expected "unbinned" data, or a "point" for an auxiliary measurement';
  await refused(
    data({ type: "binned", contents: [1] }),
    `m.json: data[0].type (of d): ${expected}, got binned data, which an unbinned likelihood does not take. Give the events themselves (type unbinned): entries with one number for each axis`,
  );
  await refused(
    data({ type: "combined" }),
    `m.json: data[0].type (of d): ${expected}, got a combined data set. Pair each of its data sets with its distribution in the likelihood`,
  );
  await refused(
    data({ type: "unbined" }),
    `m.json: data[0].type (of d): ${expected}, got "unbined". Did you mean unbinned?`,
  );
  await refused(data({ type: undefined }), 'm.json: data[0].type (of d): expected "unbinned", got nothing');
});

test("entries that are none are refused by their place", async () => {
  await refused(
    data({ entries: [[1], [2, 3]] }),
    "m.json: data[0].entries[1] (of d): expected a list of 1 number, one for each axis, got [2,3]",
  );
  await refused(
    data({ entries: [1, 2] }),
    "m.json: data[0].entries[0] (of d): expected a list of 1 number, one for each axis, got 1. Write [[1.5], [2.5]] in place of [1.5, 2.5]",
  );
  await refused(
    data({ entries: [[1], ["2"]] }),
    'm.json: data[0].entries[1][0] (of d): expected a finite number, got "2"',
  );
  await refused(
    data({ entries: [[null]] }),
    "m.json: data[0].entries[0][0] (of d): expected a finite number, got null",
  );
  await refused(
    data({ entries: undefined }),
    "m.json: data[0].entries (of d): expected a list of entries, got nothing",
  );
  await refused(data({ axes: [] }), "m.json: data[0].axes (of d): expected at least one axis, got none");
  await refused(
    data({ contents: [] }),
    'm.json: data[0] (of d): expected keys that are known, got "contents". Known are name, type, entries, axes, weights, entries_uncertainties, title',
  );
});

test("weights and uncertainties", async () => {
  await refused(
    data({ weights: [1] }),
    "m.json: data[0].weights (of d): expected 3 weights, one for each entry, got 1",
  );
  await refused(data({ weights: [1, "a", 2] }), 'm.json: data[0].weights[1] (of d): expected a finite number, got "a"');
  await refused(
    data({ entries_uncertainties: [[1], [1], [1]] }),
    "m.json: data[0].entries_uncertainties (of d): expected no uncertainties of entries, got some. A likelihood of unbinned data has no use for them",
  );
});

test.run();
