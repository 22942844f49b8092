import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { NamedArrays } from "../../io/arrays.js";
import { readEvents } from "../../io/columns.js";
import { type EventTable, requireColumn, rowOf } from "../../io/event-table.js";
import { writeNpz } from "../../io/numpy/npz.js";
import { assertRefused, withFolder } from "./support.js";

/** Reads columns out of an npz file made of these arrays. */
async function tableOf(arrays: NamedArrays, names?: readonly string[]): Promise<EventTable> {
  let table: EventTable | undefined;
  await withFolder(async (folder) => {
    await writeNpz(join(folder, "a.npz"), arrays);
    table = await readEvents(join(folder, "a.npz"), names);
  });
  return table!;
}

const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

test("NaN and Inf in a column are counted, the first row of any feature named", async () => {
  const data = Float32Array.of(0, Number.NaN, 2, 3, 4, Number.POSITIVE_INFINITY, 6, 7);
  const table = await tableOf({ x: { shape: [4, 2], data } });
  await assertRefused(
    () => requireColumn(table, "x"),
    /a\.npz, column "x": expected finite values, got 2 values that are not, the first NaN in row 0 \(counted from 0\) of "x\[1\]"\. Remove these events/,
  );
  const one = await tableOf({ x: vector(1, Number.NEGATIVE_INFINITY) });
  await assertRefused(
    () => requireColumn(one, "x"),
    /got 1 value that is not, the first -Infinity in row 1 \(counted from 0\) of "x"/,
  );
});

test("wrong width and zero events are refused", async () => {
  const table = await tableOf({ x: { shape: [2, 2], data: new Float32Array(4) } });
  await assertRefused(
    () => requireColumn(table, "x", { features: 1 }),
    /column "x": expected 1 feature, got 2 features\. Name the columns that hold them, or correct/,
  );
  const empty = await tableOf({ x: { shape: [0, 2], data: new Float32Array() } });
  assert.is(empty.count, 0);
  await assertRefused(
    () => requireColumn(empty, "x", { features: 2 }),
    /column "x": expected at least one event, got none/,
  );
});

test("several columns are stacked feature after feature", async () => {
  const table = await tableOf({
    x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    m: vector(5, 6),
    w: { shape: [2], data: Float64Array.of(0.1, 0.2) },
  });
  const stacked = requireColumn(table, ["m", "x"], { features: 3 });
  assert.equal(stacked, { features: ["m", "x[0]", "x[1]"], data: Float32Array.of(5, 6, 1, 3, 2, 4) });
  assert.equal(requireColumn(table, ["m", "w"]).data, Float64Array.of(5, 6, 0.1, 0.2));
  assert.is(requireColumn(table, "w").data, table.columns.get("w")!.data);
});

test("a row of several files is named by its place in its own", () => {
  const files = [
    { path: "a", start: 0 },
    { path: "b", start: 3 },
  ];
  assert.is(rowOf({ files }, 2), "row 2 (counted from 0) of a");
  assert.is(rowOf({ files }, 3), "row 0 (counted from 0) of b");
  assert.is(rowOf({}, 3), "row 3 (counted from 0)");
});

test.run();
