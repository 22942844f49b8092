/** Values of columns for the events of a table, and where those that are not finite are. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseExpression } from "../../../../inference/expressions/parse.js";
import type { EventTable } from "../../../../io/event-table.js";
import type { Part } from "../../../../workflow/events/derived/parts.js";
import { Values } from "../../../../workflow/events/derived/values.js";
import { rejects } from "../../../support/rejects.js";

const table: EventTable = {
  path: "*.csv",
  count: 4,
  total: 10,
  columns: new Map([
    ["x", { features: ["x"], data: Float64Array.of(4, 1, -1, 9) }],
    ["y", { features: ["y[0]", "y[1]"], data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) }],
  ]),
};
const x: Part = { kind: "file", column: "x" };
const y: Part = { kind: "file", column: "y" };
const root = async (): Promise<Part> => ({
  kind: "expression",
  expression: await parseExpression("sqrt(x)", ""),
  label: "r = sqrt(x)",
  parts: new Map([["x", x]]),
});

test("values of all events, and of those that are selected", async () => {
  const values = new Values("a.csv", table);
  assert.equal([...(await values.single(await root()))], [2, 1, Number.NaN, 3]);
  const left = values.selected(Int32Array.of(0, 3));
  assert.equal([...(await left.single(await root()))], [2, 3]);
  assert.equal([...(await left.column(y)).data], [1, 4, 5, 8]);
  await left.requireFinite(await root());
  await rejects(
    () => values.single(y),
    /^a\.csv, column "y": expected one number for each event, as .*, got 2 features/,
  );
});

test("a value that is not finite has the row of the file that it was read from, selected or not", async () => {
  const refused = (values: Values, message: RegExp) =>
    root().then((part) => rejects(() => values.requireFinite(part), message));
  await refused(
    new Values("a.csv", table),
    /column "r = sqrt\(x\)": .* NaN in row 2 \(counted from 0\), where x = -1\./,
  );
  await refused(new Values("a.csv", table, undefined, 30), /in row 32 /);
  await refused(new Values("a.csv", table, undefined, 30).selected(Int32Array.of(1, 2)), /in row 32 /);
  // Rows 30 to 33 of all: 31 is the last of one file.
  const files = [
    { path: "m.csv", start: -7 },
    { path: "n.csv", start: 2 },
  ];
  const parts = new Values("*.csv", { ...table, files }, undefined, 30);
  await refused(parts, /in row 0 \(counted from 0\) of n\.csv, where/);
  assert.is(parts.rowText(1), "row 8 (counted from 0) of m.csv");
});

test.run();
